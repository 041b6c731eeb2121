import pytest

from core.base.errors import MotionError
from core.speech.cues import MouthCue
from core.speech.rhubarb import read_rhubarb, rhubarb_json, rhubarb_tsv

CUES = (MouthCue(0.0, 0.25, "X"), MouthCue(0.25, 0.5, "D"), MouthCue(0.5, 1.0, "A"))


def test_both_formats_come_back(tmp_path):
    for name, text in (
        ("a.json", rhubarb_json(CUES, "a.wav", 1.0)),
        ("a.tsv", rhubarb_tsv(CUES, 1.0)),
    ):
        path = tmp_path / name
        path.write_text(text)
        assert read_rhubarb(path) == CUES
    assert (tmp_path / "a.tsv").read_text() == "0.00\tX\n0.25\tD\n0.50\tA\n1.00\tX\n"


def test_gaps_rest(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"mouthCues": [{"start": 0.5, "end": 0.7, "value": "B"}]}')
    assert read_rhubarb(path) == (MouthCue(0.0, 0.5, "X"), MouthCue(0.5, 0.7, "B"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words",
        "0.0\tX\n0.5\tQ\n1\tX",
        "1.0\tA\n0.5\tB\n0.7\tX",
        "0\tA\nnan\tB\n2\tX",
        "{}",
        "{",
        '{"mouthCues": [{"start": "x", "end": 1, "value": "A"}]}',
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(MotionError, match="holds no mouth shapes"):
        read_rhubarb(path)
    with pytest.raises(MotionError, match="cannot be read"):
        read_rhubarb(tmp_path / "none.tsv")

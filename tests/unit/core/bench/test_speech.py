import shutil
from fractions import Fraction

import numpy as np
import pytest

from core.base.controls import FACTOR_SLICE, INDEX, REST, Factor
from core.base.errors import MediaError
from core.base.progress import Progress
from core.bench import speech as bench
from core.bench.observe import Observation
from core.bench.speaking import Spoken
from core.speech.lips import lips_from_speech


def lips(**controls):
    values = REST[None].copy()
    for name, value in controls.items():
        values[0, INDEX[name]] = value
    return Spoken(values, 0.0)


def test_the_rig_shows_what_the_lips_do():
    rest, opened = bench.mouth_of(lips()), bench.mouth_of(lips(jawOpen=0.5))
    assert opened.mouth_open[0] > rest.mouth_open[0] + 0.1
    shut = bench.mouth_of(lips(jawOpen=0.5, mouthClose=1.0))
    assert shut.mouth_open[0] < 0.02
    round_ = bench.mouth_of(lips(mouthPucker=0.7))
    wide = bench.mouth_of(lips(mouthStretchLeft=0.7, mouthStretchRight=0.7))
    assert round_.mouth_width[0] < rest.mouth_width[0] - 0.1 < wide.mouth_width[0] - 0.2


def test_a_mouth_that_moves_with_the_voice_agrees(sample_speech, tmp_path, monkeypatch):
    values = lips_from_speech(sample_speech, Fraction(25))
    n_frames = len(values)
    controls = np.tile(REST, (n_frames, 1))
    controls[:, FACTOR_SLICE[Factor.LIPS]] = values
    spoken = bench.mouth_of(Spoken(controls, 0.0))
    film = Observation(spoken, np.ones(n_frames, np.bool_), np.zeros(n_frames, np.float32), 0.0)
    monkeypatch.setattr(bench, "observe_film", lambda *_: film)
    other = tmp_path / "motion_unrelated.wav"
    shutil.copy(sample_speech, other)
    figures = bench.bench_speech([other, sample_speech], None, Progress())
    assert {f.case for f in figures} == {sample_speech.name, "all"}
    total = {f.measure: f for f in figures if f.case == "all"}
    assert total["mouth opening r, phones"].value > 0.95
    assert total["mouth width r, phones"].value > 0.95
    assert total["mouth opening r, phones"].is_met
    assert total["mouth width r, phones"].is_met


def test_clips_without_a_voice_are_no_measurement(sample_speech, tmp_path):
    unrelated = tmp_path / "motion_1.wav"
    shutil.copy(sample_speech, unrelated)
    with pytest.raises(MediaError, match="name videos with sound"):
        bench.bench_speech([unrelated], None, Progress())

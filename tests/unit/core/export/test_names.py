from datetime import date
from pathlib import Path

import pytest

from core.export.estimate import estimate
from core.export.names import output_path
from core.export.settings import ExportSettings, Picture

DAY = date(2026, 1, 31)


def test_tokens(tmp_path: Path) -> None:
    path = output_path(
        tmp_path, "{project}_{date}_{size}_{n}", ".mp4", {"project": "Ann", "size": "512"}, DAY
    )
    assert path == tmp_path / "Ann_2026-01-31_512_01.mp4"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("{project}_{n}", "Ann_03.mp4"), ("{project}", "Ann.mp4"), ("Ann_01", "Ann_01_02.mp4")],
)
def test_number_makes_it_new(tmp_path: Path, pattern: str, expected: str) -> None:
    (tmp_path / "Ann_01.mp4").touch()
    (tmp_path / "Ann_02.csv").touch()  # a sidecar takes the name as well
    assert output_path(tmp_path, pattern, ".mp4", {"project": "Ann"}, DAY).name == expected


def test_forbidden_characters_and_empty_pattern(tmp_path: Path) -> None:
    named = output_path(tmp_path, 'a/b:{what}"c', ".mp4", {}, DAY)
    assert named.parent == tmp_path
    assert named.name == "a_b_what_c.mp4"
    assert output_path(tmp_path, "  ", ".mp4", {"project": "P"}, DAY).name == "P_2026-01-31_01.mp4"


def test_folder_of_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.b_01").mkdir()
    assert output_path(tmp_path, "{project}_{n}", "", {"project": "a.b"}, DAY).name == "a.b_02"


def test_estimate_grows_with_what_is_written(tmp_path: Path) -> None:
    plain = ExportSettings()
    small = estimate(plain, 250, 10.0, (512, 512), tmp_path)
    assert estimate(plain, 500, 20.0, (512, 512), tmp_path).n_bytes == pytest.approx(
        2 * small.n_bytes, rel=0.01
    )
    fine = ExportSettings(crf=12)
    assert estimate(fine, 250, 10.0, (512, 512), tmp_path).n_bytes > 1.5 * small.n_bytes
    double = ExportSettings(picture=Picture.BESIDE_DRIVER)
    assert estimate(double, 250, 10.0, (512, 512), tmp_path).n_bytes > 1.5 * small.n_bytes
    assert estimate(plain, 250, 10.0, (512, 512), tmp_path, 0.2).seconds == pytest.approx(50)
    assert small.fits
    assert small.free_bytes is not None
    gone = tmp_path / "not" / "there"
    assert estimate(plain, 250, 10.0, (512, 512), gone).free_bytes is not None


def test_estimate_without_pictures_takes_no_time(tmp_path: Path) -> None:
    sound = estimate(ExportSettings(preset="wav"), 250, 10.0, (512, 512), tmp_path)
    assert sound.seconds == 0
    assert sound.n_bytes == 1_920_000

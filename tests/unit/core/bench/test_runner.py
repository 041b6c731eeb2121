from types import SimpleNamespace
from typing import Any

import pytest

from core.base.errors import MediaError
from core.base.progress import Progress
from core.bench import runner
from core.bench.figure import Figure
from core.bench.film import act
from core.bench.runner import BENCHES, INSTALLED, bench_names, files_in, run_bench

CLIPS = frozenset({".mp4"})


@pytest.fixture(scope="module")
def clip(sample_portrait, tmp_path_factory):
    """Two seconds in which every control of the sample moves."""
    path = tmp_path_factory.mktemp("clips") / "acted.mp4"
    act(sample_portrait, path, 2.0, Progress())
    return path


def test_files_are_found_in_folders_and_by_name(tmp_path):
    for name in ("b.mp4", "a.MP4", "notes.txt"):
        (tmp_path / name).touch()
    assert [f.name for f in files_in([tmp_path], CLIPS, "clip")] == ["a.MP4", "b.mp4"]
    assert files_in([tmp_path / "b.mp4"], CLIPS, "clip") == [tmp_path / "b.mp4"]


@pytest.mark.parametrize("name", ["missing", "notes.txt", "empty"])
def test_a_place_without_files_is_named(tmp_path, name):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(MediaError, match=f"There is no clip in .*{name}"):
        files_in([tmp_path / name], CLIPS, "clip")


def test_tracking_is_timed(clip):
    rows = run_bench("track", portraits=None, drivers=[clip], seconds=0.6, progress=Progress())
    values = {row["measure"]: row["value"] for row in rows}
    assert values["face found"] == 1.0
    assert values["tracking"] > values["tracking and decoding"] > 0


@pytest.mark.slow
def test_fidelity_of_the_sample_that_copies_a_film_of_itself(clip, sample_portrait):
    rows = run_bench(
        "fidelity", portraits=sample_portrait, drivers=[clip], seconds=2.0, progress=Progress()
    )
    assert len({tuple(row) for row in rows}) == 1
    values = {row["measure"]: row["value"] for row in rows if row["case"].startswith("all")}
    assert values["face found"] == 1.0
    assert values["yaw error"] < 3.0
    assert values["mouth opening r, all clips"] > 0.8
    assert 0.8 < values["yaw slope"] < 1.2
    assert values["jaw R²"] > 0.8
    assert 0.3 < values["eyes closed by a blink"] <= 1.0


def test_benches_of_other_packages_run_by_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def measure(seconds: float | None, progress: Progress) -> list[Figure]:
        asked.append(seconds)
        return [Figure("case", "measure", 1.0)]

    point = SimpleNamespace(load=lambda: measure)

    def points(*, group: str, name: str = "own") -> Any:
        assert group == INSTALLED
        return [point] if name == "own" else []

    monkeypatch.setattr(runner, "entry_points", points)
    rows = run_bench("own", portraits=None, drivers=[], seconds=2.0, progress=Progress())
    assert [row["value"] for row in rows] == [1.0]
    assert asked == [2.0]


def test_the_studio_offers_its_bench() -> None:
    assert bench_names() == (*BENCHES, "studio")

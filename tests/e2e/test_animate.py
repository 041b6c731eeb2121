"""animate → decode → track again → compare with the driver; and every option of the command."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.face.measures import Measures
from core.media.encode import AI_NOTICE

Run = Callable[..., Any]
Curve = NDArray[np.float64]


def agreement(a: Curve, b: Curve) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def animate(studio: Run, watch: Run, output: Path, *arguments: object) -> Any:
    """The film that `animate` makes, after its JSON lines were checked."""
    outcome = studio("animate", *arguments, "-o", output)
    assert outcome.code == 0, outcome.last
    assert {e["event"] for e in outcome.events} <= {"progress", "note", "done"}
    film = watch(output)
    assert outcome.last["event"] == "done"
    assert (outcome.last["output"], outcome.last["frames"]) == (str(output), len(film.frames))
    return film


@pytest.fixture(scope="module")
def driven(
    studio: Run, watch: Run, sample_portrait: Path, driver: Path, tmp_path_factory: Any
) -> Callable[[str], Measures]:
    """Measures of the portrait with one factor driven; the others rest or idle."""
    folder = tmp_path_factory.mktemp("driven")

    def make(factor: str) -> Measures:
        output = folder / f"{factor}.mp4"
        film = animate(studio, watch, output, sample_portrait, f"--{factor}", driver,
                       "--pose-mode", "absolute")  # fmt: skip
        measures: Measures = film.track()
        return measures

    return make


def test_the_head_follows_and_the_mouth_rests(
    driven: Callable[[str], Measures], driver_measures: Measures
) -> None:
    film = driven("pose")
    for curve, wanted in ((film.yaw, driver_measures.yaw), (film.pitch, driver_measures.pitch)):
        assert agreement(curve, wanted) > 0.98
        assert np.abs(curve - wanted).mean() < 1.5
    assert film.mouth_open.std() < 0.15 * driver_measures.mouth_open.std()
    assert abs(agreement(film.gaze_x, driver_measures.gaze_x)) < 0.6


def test_the_eyes_follow_and_head_and_mouth_do_not(
    driven: Callable[[str], Measures], driver_measures: Measures
) -> None:
    film = driven("eyes")
    for side in ("ear_left", "ear_right"):
        curve, wanted = getattr(film, side), getattr(driver_measures, side)
        assert agreement(curve, wanted) > 0.9
        for blink in (slice(13, 18), slice(40, 45)):
            assert curve[blink].mean() < 0.7 * np.median(curve)
    is_open = driver_measures.ear_left > 0.8 * np.median(driver_measures.ear_left)
    assert agreement(film.gaze_x[is_open], driver_measures.gaze_x[is_open]) > 0.7
    assert np.ptp(film.yaw) < 6
    assert film.mouth_open.std() < 0.15 * driver_measures.mouth_open.std()


def test_the_lips_follow_and_head_and_eyes_do_not(
    driven: Callable[[str], Measures], driver_measures: Measures
) -> None:
    film = driven("lips")
    assert agreement(film.mouth_open, driver_measures.mouth_open) > 0.9
    ratio = film.mouth_open.std() / driver_measures.mouth_open.std()
    assert 0.7 < ratio < 1.3
    assert np.ptp(film.yaw) < 6
    assert abs(agreement(film.gaze_x, driver_measures.gaze_x)) < 0.6


@pytest.fixture(scope="module")
def kept(
    studio: Run, watch: Run, small_portrait: Path, sample_speech: Path, driver: Path,
    tmp_path_factory: Any,
) -> tuple[Path, Path, Any]:  # fmt: skip
    """A spoken film of 1.4 s with its session: folder, file, film."""
    folder = tmp_path_factory.mktemp("kept")
    output = folder / "first.mp4"
    film = animate(studio, watch, output, small_portrait, "--audio", sample_speech,
                   "--pose", driver, "--duration", 1.4, "--size", 256,
                   "--session", folder / "take.avatar")  # fmt: skip
    return folder / "take.avatar", output, film


def test_a_spoken_film_has_sound_exact_length_and_the_notice(kept: tuple[Path, Path, Any]) -> None:
    film = kept[2]
    assert film.size == (256, 256)
    assert len(film.frames) == 35
    assert film.rate == 25
    assert film.has_sound
    video_s, audio_s = film.lengths_s
    assert video_s == 1.4
    assert audio_s == pytest.approx(1.4, abs=0.03)
    assert film.tags["title"].startswith(AI_NOTICE)
    assert film.tags["comment"].startswith(AI_NOTICE)


def test_a_kept_session_renders_to_the_same_bytes(
    studio: Run, kept: tuple[Path, Path, Any], tmp_path: Path
) -> None:
    session, first, _ = kept
    outcome = studio("render", session, "-o", tmp_path / "again.mp4")
    assert outcome.code == 0
    assert (tmp_path / "again.mp4").read_bytes() == first.read_bytes()


def test_a_range_and_a_size_of_a_session(
    studio: Run, watch: Run, kept: tuple[Path, Path, Any], tmp_path: Path
) -> None:
    session, _, whole = kept
    part_path = tmp_path / "part.mp4"
    assert studio("render", session, "-o", part_path, "--range", "0.4:1.0").code == 0
    part = watch(part_path)
    assert len(part.frames) == 15
    assert part.lengths_s[0] == pytest.approx(0.6)
    for own, expected in zip(part.frames, whole.frames[10:25], strict=True):
        assert np.abs(own.astype(int) - expected).mean() < 3
    big_path = tmp_path / "big.mp4"
    assert studio("render", session, "-o", big_path, "--range", ":0.12", "--size", 320).code == 0
    assert (watch(big_path).size, len(watch(big_path).frames)) == ((320, 320), 3)


def test_full_keeps_the_portraits_size(
    studio: Run, watch: Run, sample_portrait: Path, tmp_path: Path
) -> None:
    film = animate(studio, watch, tmp_path / "full.mp4", sample_portrait, "--full",
                   "--duration", 0.08)  # fmt: skip
    assert film.size == (960, 1430)  # of 1431 rows: H.264 wants even sides


def test_a_clip_as_portrait_keeps_what_nothing_replaces(
    studio: Run, watch: Run, driver: Path, sample_speech: Path, tmp_path: Path
) -> None:
    source = watch(driver).frames
    film = animate(studio, watch, tmp_path / "same.mp4", driver, "--full", "--duration", 0.4)
    for own, expected in zip(film.frames, source[:10], strict=True):
        assert np.abs(own.astype(int) - expected).mean() < 3
    dubbed = animate(studio, watch, tmp_path / "dub.mp4", driver, "--full", "--duration", 0.8,
                     "--audio", sample_speech)  # fmt: skip
    assert dubbed.has_sound
    film_yaw, source_yaw = dubbed.track().yaw, watch(driver).track().yaw[:20]
    assert agreement(film_yaw, source_yaw) > 0.98
    changed = np.abs(np.array(dubbed.frames, int) - np.array(source[:20], int)).mean((1, 2, 3))
    assert changed.max() > 0.3  # the lips


def test_the_seed_decides_on_the_blinks(
    studio: Run, watch: Run, small_portrait: Path, tmp_path: Path
) -> None:
    films = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        options = ("--seed", seed, "--duration", 6, "--fps", 12, "--size", 256)
        films.append(animate(studio, watch, tmp_path / f"{name}.mp4", small_portrait, *options))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    shut = []
    for film in (films[0], films[2]):
        ear = film.track().ear_left
        shut.append(set(np.flatnonzero(ear < 0.88 * np.median(ear))))
    assert shut[0]
    assert shut[1]
    assert shut[0] != shut[1]


def test_a_broadcast_rate(studio: Run, watch: Run, small_portrait: Path, tmp_path: Path) -> None:
    film = animate(studio, watch, tmp_path / "ntsc.mp4", small_portrait, "--fps", "29.97",
                   "--duration", 0.5, "--size", 256)  # fmt: skip
    assert film.rate == Fraction(30000, 1001)
    assert len(film.frames) == 15


def test_a_reference_frame_is_the_portraits_rest_and_a_short_clip_loops(
    studio: Run, watch: Run, small_portrait: Path, driver: Path, driver_measures: Measures,
    tmp_path: Path,
) -> None:  # fmt: skip
    film = animate(studio, watch, tmp_path / "loop.mp4", small_portrait, "--pose", driver,
                   "--reference", 44, "--clip-end", "loop", "--duration", 4.8, "--fps", 12.5,
                   "--size", 256)  # fmt: skip
    idle = animate(studio, watch, tmp_path / "idle.mp4", small_portrait, "--duration", 0.32,
                   "--size", 256)  # fmt: skip
    rest = np.median(idle.track().yaw[2:])  # the tracker settles on a face in its first frames
    yaw = film.track().yaw
    assert abs(yaw[22] - rest) < 1.5
    reach = driver_measures.yaw[14] - driver_measures.yaw[44]
    assert yaw[7] - rest == pytest.approx(reach, rel=0.15)
    again = 27  # frames until a loop repeats: 60 of the clip without the 6 of its crossfade
    assert agreement(yaw[4:again], yaw[4 + again : 2 * again]) > 0.98

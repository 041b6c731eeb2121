"""The runner with an engine that draws one colour per frame."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.base.errors import Cancelled, MediaError
from core.base.progress import Note, Progress, Step
from core.engines.protocol import Avatar, EngineSpec, Frame, Framing, Source, View
from core.export.runner import STAGE, ExportPlan, export_motion
from core.face.pose import Pose
from core.media.soundtrack import Sound
from core.motion.motion import Motion

RATE = Fraction(25)


class Card:
    """An avatar of 64 × 48 px."""

    rest_pose = Pose(0.0, 0.0, 0.0)
    n_refined = 0

    def output_size(self, view: View) -> tuple[int, int]:
        return (64, 48) if view.mode is Framing.FULL else (32, 32)

    def refine(self, progress: Progress) -> None:
        progress.check()
        self.n_refined += 1


class Painter:
    """Paints frames as grey as the jaw is open."""

    spec = EngineSpec("painter", "Painter")

    def __init__(self, fails_at: int | None = None) -> None:
        self._fails_at = fails_at

    def prepare(self, source: Source, *, progress: Progress) -> Card:
        raise NotImplementedError

    def render(self, avatar: Avatar, motion: Motion, view: View) -> Iterator[Frame]:
        width, height = avatar.output_size(view)
        for i, controls in enumerate(motion.controls):
            if i == self._fails_at:
                raise MediaError("The clip ends too early.")
            yield np.full((height, width, 3), 255 * controls[INDEX["jawOpen"]], np.uint8)


@pytest.fixture
def motion() -> Motion:
    """Twelve frames in which the jaw opens evenly."""
    controls = np.tile(REST, (12, 1))
    controls[:, INDEX["jawOpen"]] = np.linspace(0, 1, 12)
    return Motion(controls, RATE)


def test_every_frame_is_written_in_order(tmp_path: Path, motion: Motion) -> None:
    steps: list[Step | Note] = []
    card, plan = Card(), ExportPlan(tmp_path / "film.mp4", View(Framing.FULL, None))
    assert export_motion(Painter(), card, motion, plan, Progress(steps.append)) == 12
    with av.open(str(plan.output)) as film:
        frames = [f.to_ndarray(format="rgb24") for f in film.decode(video=0)]
        assert not film.streams.audio
    assert {frame.shape for frame in frames} == {(48, 64, 3)}
    greys = np.array([frame.mean() for frame in frames])
    assert greys == pytest.approx(np.linspace(0, 255, 12), abs=4)
    assert steps == [Step(STAGE, i, 12) for i in range(13)]
    assert card.n_refined == 1


def test_sound_lasts_as_long_as_the_frames(
    tmp_path: Path, motion: Motion, sample_speech: Path
) -> None:
    plan = ExportPlan(tmp_path / "film.mp4", View(), (Sound(sample_speech),))
    export_motion(Painter(), Card(), motion, plan, Progress())
    with av.open(str(plan.output)) as film:
        [sound] = film.streams.audio
        assert sound.duration * sound.time_base == pytest.approx(12 / 25, abs=0.025)


def test_a_failing_engine_leaves_nothing(tmp_path: Path, motion: Motion) -> None:
    plan = ExportPlan(tmp_path / "film.mp4", View())
    with pytest.raises(MediaError, match="too early"):
        export_motion(Painter(fails_at=5), Card(), motion, plan, Progress())
    assert list(tmp_path.iterdir()) == []


def test_cancelling_leaves_nothing_and_keeps_an_older_film(tmp_path: Path, motion: Motion) -> None:
    plan = ExportPlan(tmp_path / "film.mp4", View())
    plan.output.write_bytes(b"older")

    def stop_early(event: Step | Note) -> None:
        if isinstance(event, Step) and event.done == 4:
            progress.cancel()

    progress = Progress(stop_early)
    with pytest.raises(Cancelled):
        export_motion(Painter(), Card(), motion, plan, progress)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert plan.output.read_bytes() == b"older"

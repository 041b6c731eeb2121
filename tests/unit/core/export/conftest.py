from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.controls import INDEX, REST, Factor
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.protocol import EngineSpec, Frame, Framing, Source, View
from core.export.job import ExportJob, job_steps
from core.export.settings import ExportSettings
from core.face.pose import Pose
from core.media.encode import Mp4Writer
from core.motion.motion import Motion
from core.timeline.document import Document
from core.timeline.source import AudioParams, ClipParams, MediaReference
from core.timeline.source import Source as DocumentSource
from core.timeline.strip import AudioStrip, Strip

RATE = Fraction(25)


@dataclass
class FlatAvatar:
    """Shows the yaw as brightness: 128 at rest, one level per degree."""

    is_refined: bool = False
    rest_pose: Pose = field(default_factory=Pose)

    def output_size(self, view: View) -> tuple[int, int]:
        side = view.size or 96
        return (side, side // 2) if view.mode is Framing.FULL else (side, side)

    def refine(self, progress: Progress) -> None:
        self.is_refined = True


class FlatEngine:
    spec = EngineSpec("flat", "Flat")

    def prepare(self, source: Source, *, progress: Progress) -> FlatAvatar:
        return FlatAvatar()

    def render(self, avatar: FlatAvatar, motion: Motion, view: View) -> Iterator[Frame]:
        assert avatar.is_refined
        width, height = avatar.output_size(view)
        for row in motion.controls:
            yield np.full((height, width, 3), round(128 + row[INDEX["yaw"]]), np.uint8)


@pytest.fixture
def speech(sample_speech: Path) -> Path:
    return sample_speech


@pytest.fixture
def driver_clip(tmp_path: Path) -> Path:
    """2 s at 25 fps that get brighter by 4 levels a frame."""
    path = tmp_path / "driver.mp4"
    with Mp4Writer(path, 64, 64, RATE, duration_s=2, crf=0) as writer:
        for i in range(50):
            writer.write(np.full((64, 64, 3), 40 + 4 * i, np.uint8))
    return path


@pytest.fixture
def document(speech: Path) -> Document:
    """2 s with the speech heard from the 10th frame on."""
    source = DocumentSource("voice", "speech", AudioParams(), MediaReference(str(speech)))
    document = Document(rate=RATE, n_frames=50, sources=(source,))
    strips = (AudioStrip("audio-1", "voice", 10, 40, source_in=0.4),)
    return replace(document, audio=replace(document.audio, strips=strips))


@pytest.fixture
def driven(document: Document, driver_clip: Path) -> Document:
    """The clip drives the head on the frames 5..24, from its beginning."""
    source = DocumentSource("clip", "driver", ClipParams(), MediaReference(str(driver_clip)))
    document = replace(document, sources=(*document.sources, source))
    track = document.track(Factor.HEAD_POSE)
    return document.with_track(replace(track, strips=(Strip("strip-1", "clip", 5, 20),)))


@pytest.fixture
def run(motion: Motion) -> Callable[[ExportJob], list[int]]:
    """Exports a job with the flat engine; gives the frame counts on the way."""

    def export(job: ExportJob, progress: Progress | None = None) -> list[int]:
        first, stop = job.frames.start, job.frames.stop
        part = Motion(motion.controls[first:stop], motion.rate, first)
        steps = job_steps(job, FlatEngine(), FlatAvatar(), part, progress or Progress())
        return list(steps)

    return export


@pytest.fixture
def motion() -> Motion:
    """Yaw rises by half a degree a frame, from frame 0 on."""
    controls = np.tile(REST, (50, 1))
    controls[:, INDEX["yaw"]] = np.arange(50) * 0.5
    return Motion(controls, RATE)


@pytest.fixture
def job(document: Document, tmp_path: Path) -> ExportJob:
    settings = ExportSettings(size=96, speed="ultrafast")
    return ExportJob(document, tmp_path, FrameRange(0, 50), tmp_path / "film.mp4", settings)

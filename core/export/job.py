"""One export of any kind, as a chain of short steps: film, pictures, GIF, sound, motion files."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.base.errors import MediaError
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.protocol import Avatar, Engine
from core.export.driver import driver_frames
from core.export.overlay import with_mark
from core.export.presets import Kind, Preset, preset_named
from core.export.render_plan import at_rate, sounds_of
from core.export.runner import STAGE
from core.export.settings import ExportSettings, Picture, Sidecar
from core.export.sidecars import Scene, sidecar_path, write_sidecars
from core.export.sinks import GifWriter, PictureFolder, Sink
from core.media.encode import Mp4Writer, check_output
from core.media.soundtrack import Sound
from core.media.wav import write_wav
from core.motion.motion import Motion
from core.timeline.document import Document


@dataclass(frozen=True, slots=True)
class ExportJob:
    """What to export, and where to.

    Attributes:
        document: Its media must have been found.
        folder: The session folder.
        frames: Document frames, at least one.
        output: The file; a folder for pictures, and only a name for motion files.
        settings: How.
    """

    document: Document
    folder: Path
    frames: FrameRange
    output: Path
    settings: ExportSettings

    @property
    def preset(self) -> Preset:
        """The kind of output."""
        return preset_named(self.settings.preset)

    @property
    def rate(self) -> Fraction:
        """Frames per second of what is written."""
        return self.settings.rate or self.document.rate

    @property
    def duration_s(self) -> Fraction:
        """Seconds of what is written."""
        return len(self.frames) / self.document.rate

    @property
    def n_frames(self) -> int:
        """Frames of what is written."""
        return max(1, round(len(self.frames) * self.rate / self.document.rate))

    @property
    def sidecars(self) -> frozenset[Sidecar]:
        """The motion files; at least one when nothing else is written."""
        chosen = self.settings.sidecars
        if not chosen and self.preset.kind is Kind.MOTION:
            return frozenset({Sidecar.LIVE_LINK})
        return chosen

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All that it writes."""
        main = () if self.preset.kind is Kind.MOTION else (self.output,)
        return (*main, *(sidecar_path(self.output, s) for s in sorted(self.sidecars)))


def check_job(job: ExportJob) -> None:
    """Makes the folder and makes sure that nothing is overwritten, before any work is done.

    Raises:
        MediaError: an output is there already, or the folder cannot be made or written to.
    """
    preset_named(job.settings.preset)
    for path in job.outputs:
        if path.exists():
            raise MediaError(f"“{path.name}” is there already: give the export another name.")
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(
            f"The folder “{job.output.parent}” cannot be made ({error.strerror}): choose another."
        ) from error
    check_output(job.output, [], job.output.suffix.lower())


def job_steps(
    job: ExportJob, engine: Engine, avatar: Avatar, motion: Motion, progress: Progress
) -> Iterator[int]:
    """Writes everything that `job` asks for; yields the number of frames done so far.

    Each file appears when it is complete. Closing the iterator early, a failure and a cancellation
    leave nothing behind.

    Args:
        job: What to write.
        engine: Draws the frames.
        avatar: Who is drawn; it is refined first.
        motion: Of `job.frames` at the document's rate, relative to the avatar's rest.
        progress: Reports, and carries the cancel flag.

    Raises:
        MediaError: an output is there already or cannot be written, or an input cannot be read.
        StudioError: something else in the document cannot be used.
        Cancelled: the work was cancelled.
    """
    preset = job.preset
    check_job(job)
    motion = at_rate(motion, job.rate)
    scene = Scene(job.document, job.folder, job.frames, motion)
    has_film = preset.kind is not Kind.MOTION
    film = job.output if has_film and preset.kind is not Kind.SOUND else None
    written = write_sidecars(scene, job.output, film, job.sidecars, progress)
    is_done = False
    try:
        if preset.has_pictures:
            yield from _picture_steps(job, engine, avatar, motion, progress)
        elif preset.kind is Kind.SOUND:
            write_wav(job.output, _sounds(job), job.duration_s, progress)
            yield len(motion)
        else:
            yield len(motion)
        is_done = True
    finally:
        if not is_done:
            for path in written:
                path.unlink(missing_ok=True)


def _picture_steps(
    job: ExportJob, engine: Engine, avatar: Avatar, motion: Motion, progress: Progress
) -> Iterator[int]:
    avatar.refine(progress)
    view = job.settings.view
    width, height = avatar.output_size(view)
    is_double = job.settings.picture is Picture.BESIDE_DRIVER
    total = len(motion)
    progress.report(STAGE, 0, total)
    with (
        open_sink(job, (2 * width if is_double else width, height)) as sink,
        closing(
            driver_frames(job.document, job.folder, job.frames, job.rate, (width, height))
        ) as drivers,
    ):
        for done, frame in enumerate(engine.render(avatar, motion, view), 1):
            if is_double:
                frame = np.hstack([next(drivers), frame])
            sink.write(with_mark(frame, job.settings.mark))
            progress.report(STAGE, done, total)
            yield done


def open_sink(job: ExportJob, size: tuple[int, int]) -> Sink:
    """Where the frames of `job`, of `size` (width, height) px, go.

    Raises:
        MediaError: there is no such preset here.
    """
    preset, settings = job.preset, job.settings
    sounds = _sounds(job)
    if preset.kind is Kind.PICTURES:
        return PictureFolder(job.output, sounds, job.duration_s)
    if preset.kind is Kind.GIF:
        return GifWriter(job.output, *size, job.rate)
    if preset.codec is None:
        raise MediaError(f"“{preset.title}” has no pictures: choose another kind of output.")
    return Mp4Writer(
        job.output,
        *size,
        job.rate,
        sounds=sounds,
        duration_s=job.n_frames / job.rate,
        crf=settings.crf,
        preset=settings.speed,
        codec=preset.codec,
        full_chroma=settings.full_chroma,
    )


def _sounds(job: ExportJob) -> tuple[Sound, ...]:
    if not (job.settings.has_sound or job.preset.kind is Kind.SOUND):
        return ()
    return sounds_of(job.document, job.folder, job.frames)

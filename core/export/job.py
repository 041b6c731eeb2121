"""One export of any kind, as a chain of short steps: film, pictures, GIF, sound, motion files."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final

from core.base.content import content_key
from core.base.errors import EngineError, MediaError
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.protocol import Avatar, Engine, Frame
from core.export.driver import beside, driver_frames
from core.export.overlay import with_mark
from core.export.presets import Kind, Preset, preset_named
from core.export.render_plan import at_rate, sounds_of
from core.export.runner import STAGE
from core.export.settings import ExportSettings, Picture, Sidecar, SoundMode
from core.export.sidecars import Scene, sidecar_path, write_sidecars
from core.export.sinks import GifWriter, PictureFolder, Sink
from core.export.workplace import Workplace
from core.media.encode import Mp4Writer
from core.media.film_sound import why_not_copied
from core.media.image import is_still as is_picture
from core.media.output import check_output
from core.media.soundtrack import Sound
from core.media.wav import write_wav
from core.motion.motion import Motion
from core.session.bank import source_path
from core.session.schema import Project, to_text
from core.timeline.document import Document

_SEGMENTS: Final = "segments"


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
    def sound_file(self) -> Path | None:
        """The WAV file beside a film, where one is asked for."""
        is_asked = self.preset.kind is Kind.FILM and self.settings.sound is SoundMode.WAV
        return self.output.with_suffix(".wav") if is_asked else None

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All that it writes."""
        main = () if self.preset.kind is Kind.MOTION else (self.output,)
        sound = () if self.sound_file is None else (self.sound_file,)
        sidecars = (sidecar_path(self.output, s) for s in sorted(self.sidecars))
        return (*main, *sound, *sidecars)

    @property
    def digest(self) -> str:
        """Equal for jobs with the same result, byte by byte."""
        media = (source_path(s, self.folder) for s in self.document.sources if s.media is not None)
        stamps = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in media]
        return content_key(
            document=to_text(Project(document=self.document)),
            frames=f"{self.frames.start}:{self.frames.stop}",
            settings=repr(replace(self.settings, sidecars=frozenset())),
            media=repr(stamps),
        )


def check_job(job: ExportJob) -> None:
    """Makes the folder and makes sure that nothing is overwritten, before any work is done.

    Raises:
        MediaError: an output is there already, or the folder cannot be made or written to.
    """
    preset = preset_named(job.settings.preset)
    if job.settings.is_cut_out and not preset.has_alpha:
        raise MediaError(
            f"“{preset.title}” holds no transparent background: choose ProRes 4444 or a PNG "
            "sequence."
        )
    for path in job.outputs:
        if path.exists():
            raise MediaError(f"“{path.name}” is there already: give the export another name.")
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MediaError(
            f"The folder “{job.output.parent}” cannot be made ({error.strerror}): choose another."
        ) from error
    check_output(job.output, [], preset.ending or job.output.suffix.lower())


def job_steps(
    job: ExportJob,
    engine: Engine,
    avatar: Avatar,
    motion: Motion,
    progress: Progress,
    *,
    keeps: bool = False,
) -> Iterator[int]:
    """Writes everything that `job` asks for; yields the number of frames done so far.

    All files appear at once when they are complete. Closing the iterator early and a cancellation
    leave nothing behind; so does a failure, unless `keeps`.

    Args:
        job: What to write.
        engine: Draws the frames.
        avatar: Who is drawn; it is refined first.
        motion: Of `job.frames` at the document's rate, relative to the avatar's rest.
        progress: Reports, and carries the cancel flag.
        keeps: Whether a failure leaves what is finished in a hidden folder, from which the next
            attempt at the same goes on.

    Raises:
        MediaError: an output is there already or cannot be written, or an input cannot be read.
        EngineError: the engine cannot cut the person out.
        StudioError: something else in the document cannot be used.
        Cancelled: the work was cancelled.
    """
    preset = job.preset
    check_job(job)
    if job.settings.is_cut_out and not engine.spec.can_cut_out:
        raise EngineError(
            f"The engine “{engine.spec.name}” cannot tell the person from the background: "
            "export without a transparent background."
        )
    motion = at_rate(motion, job.rate)
    scene = Scene(job.document, job.folder, job.frames, motion)
    film = job.output if preset.kind not in (Kind.MOTION, Kind.SOUND) else None
    with Workplace(job.output, job.digest, keeps=keeps) as place:
        output = place.path(job.output)
        write_sidecars(scene, output, film, job.sidecars, progress)
        if preset.has_pictures:
            yield from _picture_steps(job, place, engine, avatar, motion, progress)
        if preset.kind is Kind.SOUND:
            write_wav(output, _sounds(job), job.duration_s, progress)
        if job.sound_file is not None:
            write_wav(place.path(job.sound_file), _sounds(job), job.duration_s, progress)
        place.publish(job.outputs)
    if not preset.has_pictures:
        yield len(motion)


def _picture_steps(
    job: ExportJob,
    place: Workplace,
    engine: Engine,
    avatar: Avatar,
    motion: Motion,
    progress: Progress,
) -> Iterator[int]:
    avatar.refine(progress)
    view = job.settings.view
    width, height = avatar.output_size(view)
    is_double = job.settings.picture is Picture.BESIDE_DRIVER
    total = len(motion)
    with (
        open_sink(job, place, (2 * width if is_double else width, height)) as sink,
        closing(
            driver_frames(job.document, job.folder, job.frames, job.rate, (width, height))
        ) as drivers,
    ):
        first = min(sink.n_done, total)
        progress.report(STAGE, first, total)
        shown = islice(drivers, first, None) if is_double else drivers
        for done, frame in _frames_from(first, job, engine, avatar, motion):
            if is_double:
                frame = beside(next(shown), frame)
            sink.write(with_mark(frame, job.settings.mark))
            progress.report(STAGE, done, total)
            yield done


def _frames_from(
    first: int, job: ExportJob, engine: Engine, avatar: Avatar, motion: Motion
) -> Iterator[tuple[int, Frame]]:
    """The frames from `first` on, each with the number of frames up to and with it.

    Frames that may depend on those before them (of some engines, and of a clip, whose face is
    followed through time) are drawn from the beginning.
    """
    source = job.document.source(job.document.avatar.source_id)
    is_still = (
        source is not None
        and source.media is not None
        and is_picture(source_path(source, job.folder))
    )
    n_skipped = first if is_still and not engine.spec.is_sequential else 0
    frames = engine.render(avatar, motion.since(n_skipped), job.settings.view)
    yield from islice(enumerate(frames, n_skipped + 1), first - n_skipped, None)


def open_sink(job: ExportJob, place: Workplace, size: tuple[int, int]) -> Sink:
    """Where the frames of `job`, of `size` (width, height) px, go.

    Raises:
        MediaError: there is no such preset here.
    """
    preset, settings = job.preset, job.settings
    path, sounds = place.path(job.output), _sounds(job)
    if preset.kind is Kind.PICTURES:
        has_sound = settings.sound is not SoundMode.NONE
        return PictureFolder(path, sounds if has_sound else (), job.duration_s)
    if preset.kind is Kind.GIF:
        return GifWriter(path, *size, job.rate)
    if preset.codec is None:
        raise MediaError(f"“{preset.title}” has no pictures: choose another kind of output.")
    is_copied = settings.sound is SoundMode.COPY
    if is_copied and (reason := why_not_copied(sounds, preset.codec)) is not None:
        raise MediaError(f"The sound cannot be copied as it is, because {reason}: code it anew.")
    return Mp4Writer(
        path,
        *size,
        job.rate,
        sounds=sounds if settings.sound in (SoundMode.CODED, SoundMode.COPY) else (),
        duration_s=job.n_frames / job.rate,
        crf=settings.crf,
        preset=settings.speed,
        codec=preset.codec,
        full_chroma=settings.full_chroma,
        bits_per_s=settings.bits_per_s,
        has_alpha=settings.is_cut_out,
        is_copied=is_copied,
        log=place.folder / _SEGMENTS,
    )


def _sounds(job: ExportJob) -> tuple[Sound, ...]:
    return sounds_of(job.document, job.folder, job.frames)

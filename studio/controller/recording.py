"""A recording while it is made, and its way to a take and to files. No Qt."""

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from core.base.controls import Factor
from core.base.errors import SessionError
from core.base.progress import Progress
from core.base.time import frames_in
from core.motion.track import FactorTrack
from core.session.media import copy_media, portable_name
from core.session.takes import save_take
from core.timeline.document import Document
from core.timeline.edits import add_audio_strip
from core.timeline.project_edits import add_source, set_length
from core.timeline.source import AudioParams, MediaReference, Source
from core.timeline.strip import AudioStrip
from studio.controller.assembly import speak
from studio.controller.take import Samples, sound_from, tracks_of, write_take_sound


class RecordMode(StrEnum):
    """Where the take goes: from the playhead, between in and out only, or on top of what is."""

    REPLACE = "replace"
    PUNCH = "punch"
    LAYER = "layer"


@dataclass(slots=True)
class Run:
    """One recording while it is made.

    Attributes:
        start: First document frame.
        stop: Document frame after the last.
        preroll: Frames that are played before the first one.
        counted_down_at: When the countdown ends, on the clock of `time.perf_counter`.
        samples: What was fed.
        sound: Blocks of recorded sound with the time of their first sample.
        sound_rate: Samples per second of it.
        zeros: Estimates of the time at which the first frame was on.
        beeps: Whole seconds of the countdown that are gone.
    """

    start: int
    stop: int
    preroll: int
    counted_down_at: float
    samples: Samples = field(default_factory=Samples)
    sound: list[tuple[float, NDArray[np.float32]]] = field(default_factory=list)
    sound_rate: int = 0
    zeros: list[float] = field(default_factory=list)
    beeps: int = 0

    @property
    def zero_s(self) -> float:
        """When the first frame was on, on the clock of `time.perf_counter`."""
        return median(self.zeros)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """What was recorded, as it came.

    Attributes:
        start: Document frame at which it begins.
        tracks: The motion of the factors that got some.
        sound: float32 [n] mono; empty without.
        sound_rate: Samples per second of it.
        length_s: Document seconds.
    """

    start: int
    tracks: Mapping[Factor, FactorTrack]
    sound: NDArray[np.float32]
    sound_rate: int
    length_s: float


@dataclass(frozen=True, slots=True)
class Files:
    """Where a take lies in the session; None for what it does not have."""

    motion: MediaReference | None
    sound: MediaReference | None


def assemble(
    run: Run, armed: Collection[str], pace: float, length_s: float, sound_latency_s: float
) -> Take | None:
    """The take of a recording that has ended; None when nothing was fed.

    Args:
        run: The recording.
        armed: Tracks that were recorded.
        pace: Document seconds per second; sound is recorded only at 1.
        length_s: Document seconds that it lasted.
        sound_latency_s: Seconds by which recorded sound lags behind.
    """
    if not run.zeros or length_s <= 0.0:
        return None
    tracks = {}
    if run.samples.n_samples:
        factors = [factor for factor in Factor if factor in armed]
        tracks = tracks_of(run.samples, factors, run.zero_s, pace, length_s)
    sound = np.zeros(0, np.float32)
    if pace == 1.0 and run.sound:
        sound = sound_from(run.sound, run.sound_rate, run.zero_s + sound_latency_s, length_s)
    if not tracks and not len(sound):
        return None
    return Take(run.start, tracks, sound, run.sound_rate, length_s)


def write_take(
    folder: Path, name: str, take: Take, *, has_motion: bool, progress: Progress
) -> Files:
    """Writes a take into a session folder. Runs in any thread.

    Raises:
        SessionError: it cannot be written.
        Cancelled: the work was cancelled.
    """
    motion = save_take(folder, name, take.tracks) if has_motion and take.tracks else None
    if not len(take.sound):
        return Files(motion, None)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{portable_name(name)}.wav"
        try:
            write_take_sound(path, take.sound, take.sound_rate)
        except OSError as error:
            raise SessionError(
                f"The sound of “{name}” cannot be written ({error.strerror}): free some space."
            ) from error
        return Files(motion, copy_media(folder, path, progress))


def lay_take_sound(document: Document, name: str, media: MediaReference, take: Take) -> Document:
    """The document with the recorded sound on its audio track, and lips that speak it.

    Raises:
        StudioError: the audio track is locked.
    """
    audio_id = next(document.new_ids("audio"))
    document = add_source(document, Source(audio_id, name, AudioParams(), media))
    n_frames = frames_in(len(take.sound) / take.sound_rate, document.rate)
    strip = AudioStrip(next(document.new_ids("strip")), audio_id, take.start, n_frames)
    document = add_audio_strip(document, strip)
    return speak(set_length(document, max(document.n_frames, strip.stop)))

"""Recording: armed tracks, countdown, samples with their times, and the take that comes of them.

Inputs (mouse pad, webcam, microphone) feed samples; the recorder does not know where they come
from. While a take is reviewed it shows as a preview of the document; keeping it is one step.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.motion.track import FactorTrack


class Phase(StrEnum):
    """Where a recording stands."""

    IDLE = "idle"
    REHEARSING = "rehearsing"
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    REVIEW = "review"


class RecordMode(StrEnum):
    """Where the take goes: from the playhead, between in and out only, or on top of what is."""

    REPLACE = "replace"
    PUNCH = "punch"
    LAYER = "layer"


@dataclass(frozen=True, slots=True)
class TakeSettings:
    """What can be changed on the take card before the take is kept.

    Attributes:
        smoothing: 0..1.
        simplify: 0..0.05 of the range, for curves that are baked from it.
        latency_s: −0.5..0.5, taken off the samples' times.
        gain: 0..2.
        excluded: Names of controls that are left at rest.
    """

    smoothing: float = 0.3
    simplify: float = 0.01
    latency_s: float = 0.0
    gain: float = 1.0
    excluded: frozenset[str] = frozenset()


class Recorder(QObject):
    """One recording at a time. Main thread only; inputs on other threads post to it by signals."""

    phase_changed = Signal()
    ticked = Signal(float)
    """Seconds until recording begins (countdown), or seconds recorded."""
    beeped = Signal()
    """A whole second of the countdown."""
    live_changed = Signal()
    """`live` changed: the monitor draws it."""
    take_changed = Signal()
    """The reviewed take or its settings changed."""
    kept = Signal(str)
    """Id of the take's source in the document."""

    @property
    def phase(self) -> Phase:
        """Where the recording stands."""
        raise NotImplementedError

    @property
    def mode(self) -> RecordMode:
        """Where the next take goes."""
        raise NotImplementedError

    def set_mode(self, mode: RecordMode) -> None:
        """Chooses where the next take goes."""
        raise NotImplementedError

    @property
    def pace(self) -> float:
        """Speed of the document while recording: 1, 0.5 or 0.25."""
        raise NotImplementedError

    def set_pace(self, pace: float) -> None:
        """Chooses 1, 0.5 or 0.25; samples are sped up to match."""
        raise NotImplementedError

    def set_device(self, track: str, device: str) -> None:
        """Names the input of a track: `mouse`, `webcam` or `microphone`."""
        raise NotImplementedError

    def device(self, track: str) -> str:
        """The input of a track; the mouse for factors and the microphone for audio by default."""
        raise NotImplementedError

    def rehearse(self, is_on: bool) -> None:
        """Shows the armed inputs live without recording."""
        raise NotImplementedError

    def feed(self, values: Mapping[str, float], time_s: float | None = None) -> None:
        """Takes in a sample: control → value relative to rest, at `time.perf_counter` seconds.

        Controls of tracks that are not armed are left out.
        """
        raise NotImplementedError

    def feed_sound(self, samples: NDArray[np.float32], rate: int, time_s: float) -> None:
        """Takes in sound, float32 [n] mono, whose first sample was heard at `time_s`."""
        raise NotImplementedError

    def input_lost(self, reason: str) -> None:
        """A device went away: what was recorded so far is kept for review."""
        raise NotImplementedError

    @property
    def live(self) -> NDArray[np.float32]:
        """The controls fed last, float32 [58]; rest where nothing was fed."""
        raise NotImplementedError

    def start(self) -> None:
        """Begins the countdown of 3 s with 1 s of pre-roll, then records."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends recording; the take card follows. During the countdown: nothing was recorded."""
        raise NotImplementedError

    @property
    def recorded_s(self) -> float:
        """Seconds recorded so far; ask before discarding more than 2 s."""
        raise NotImplementedError

    @property
    def settings(self) -> TakeSettings:
        """Settings of the take under review."""
        raise NotImplementedError

    def set_settings(self, settings: TakeSettings) -> None:
        """Changes the take under review; the preview follows."""
        raise NotImplementedError

    @property
    def take(self) -> Mapping[Factor, FactorTrack]:
        """The take under review at the document's rate with its settings, for the curve preview."""
        raise NotImplementedError

    @property
    def moved(self) -> tuple[str, ...]:
        """Controls that the take moves at all; the others are excluded from the start."""
        raise NotImplementedError

    def keep(self) -> None:
        """Lays the take on its tracks: one undoable step."""
        raise NotImplementedError

    def retake(self) -> None:
        """Discards the take and starts again from the same frame."""
        raise NotImplementedError

    def discard(self) -> None:
        """Throws the take (or the running recording) away."""
        raise NotImplementedError

    def set_rest_pose(self, device: str) -> None:
        """Averages one second of what is fed and takes it for rest from now on, per device."""
        raise NotImplementedError

"""The loudspeaker: a device that asks for samples and knows which of them is heard now.

Where there is none, a clock takes its place, so that playing works without sound.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.media.soundtrack import RATE

Samples = NDArray[np.float32]
"""float32 [n, 2] at `RATE`, −1..1."""
Fill = Callable[[Samples], int]
"""Fills an array to be played, in the device's own thread; returns how many samples count."""

CHANNELS: Final = 2
_BLOCK: Final = 512


class Output(Protocol):
    """Plays what it is given. All calls from one thread."""

    has_sound: bool

    def start(self, fill: Fill) -> None:
        """Begins to ask `fill` for samples, and to count from 0.

        Raises:
            MediaError: the device went away.
        """

    def heard(self) -> float:
        """Samples that were heard since `start`; those that did not count are left out."""

    def stop(self) -> None:
        """Stops asking; returns when `fill` is no longer called."""

    def close(self) -> None:
        """Lets the device go."""


OutputFactory = Callable[[str], Output]
"""Opens the output of that name, or the system's own when it is empty; may block.

Raises:
    MediaError: there is none; one sentence says why.
"""


class ClockOutput:
    """Implements `Output` without a sound."""

    has_sound = False

    def __init__(self) -> None:
        self._began: float | None = None
        self._heard = 0.0

    def start(self, fill: Fill) -> None:
        """Begins to count."""
        self._began, self._heard = time.perf_counter(), 0.0

    def heard(self) -> float:
        """Samples that would have been heard."""
        if self._began is None:
            return self._heard
        return (time.perf_counter() - self._began) * RATE

    def stop(self) -> None:
        """Stops counting."""
        self._heard, self._began = self.heard(), None

    def close(self) -> None:
        """Nothing to let go."""


class DeviceOutput:
    """Implements `Output` with PortAudio.

    Raises:
        MediaError: the device cannot be opened.
    """

    has_sound = True

    def __init__(self, device: str = "") -> None:
        self._sd = load_portaudio()
        self._fill: Fill | None = None
        # (samples before the block that is played at this time, the time); one write, one read
        self._mark: tuple[float, float] = (0.0, 0.0)
        self._counted = 0
        try:
            self._stream = self._sd.OutputStream(
                samplerate=RATE,
                channels=CHANNELS,
                dtype="float32",
                blocksize=_BLOCK,
                latency="low",
                device=device or None,
                callback=self._on_block,
            )
        except (self._sd.PortAudioError, ValueError) as error:
            raise _no_output(error) from error

    def start(self, fill: Fill) -> None:
        """Begins to play."""
        self._fill, self._counted, self._mark = fill, 0, (0.0, 0.0)
        try:
            self._stream.start()
        except self._sd.PortAudioError as error:
            raise _no_output(error) from error

    def heard(self) -> float:
        """Samples that left the loudspeaker since `start`."""
        before, heard_at = self._mark
        if heard_at == 0.0:
            return 0.0
        gone = (float(self._stream.time) - heard_at) * RATE
        # before the block begins to be heard the ones before it are; after it nothing is known
        return max(0.0, before + min(gone, float(_BLOCK)))

    def stop(self) -> None:
        """Stops at once."""
        self._stream.abort(ignore_errors=True)

    def close(self) -> None:
        """Lets the device go."""
        self._stream.close(ignore_errors=True)

    def _on_block(self, out: Samples, n_samples: int, times: Any, status: object) -> None:  # noqa: ANN401
        """Runs in PortAudio's thread."""
        before = self._counted
        n_counted = 0 if self._fill is None else self._fill(out)
        if n_counted:
            self._mark = (float(before), float(times.outputBufferDacTime))
        self._counted = before + n_counted


def load_portaudio() -> Any:  # noqa: ANN401  (sounddevice has no types)
    """The `sounddevice` module.

    Raises:
        MediaError: it or PortAudio is not installed.
    """
    try:
        return importlib.import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise MediaError(
            "There is no sound, because PortAudio is missing: install libportaudio2."
        ) from error


def open_output(device: str = "") -> Output:
    """Opens a loudspeaker.

    Raises:
        MediaError: there is none.
    """
    return DeviceOutput(device)


def _no_output(error: Exception) -> MediaError:
    reason = str(error).splitlines()[0] if str(error) else "no device"
    return MediaError(f"There is no sound, because no loudspeaker can be opened ({reason}).")

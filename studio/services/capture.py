"""Cameras and microphones: what there is, why not, and reading from them.

The protocols are what recording knows; the real devices live here, and tests give made-up ones.
A device that is absent is listed with its reason and is never an error.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.errors import MediaError

Frame = NDArray[np.uint8]
Heard = Callable[[NDArray[np.float32], int, float], None]
"""Takes float32 [n] mono samples, their rate, and the `time.perf_counter` second of the first."""

_CAMERA_SIDE: Final = (640, 480)
_LINUX_CAMERAS: Final = Path("/dev")
_MAX_CAMERAS: Final = 4


@dataclass(frozen=True, slots=True)
class Device:
    """One device, or the reason why there is none.

    Attributes:
        id: What `open_camera` or `open_microphone` takes.
        title: For people.
        reason: Why it cannot be used; empty when it can.
    """

    id: str
    title: str
    reason: str = ""

    @property
    def is_present(self) -> bool:
        """Whether it can be used."""
        return not self.reason


class Camera(Protocol):
    """Gives pictures one by one. Used in one thread."""

    def read(self) -> Frame | None:
        """The next picture, uint8 RGB [H, W, 3]; waits for it. None when the camera went away."""
        ...

    def close(self) -> None:
        """Lets the device go."""
        ...


class Microphone(Protocol):
    """Gives sound in a thread of its own between `start` and `close`."""

    def start(self, heard: Heard, lost: Callable[[str], None]) -> None:
        """Begins; `lost` is called with a reason when the device goes away.

        Raises:
            MediaError: the device cannot be used.
        """
        ...

    def close(self) -> None:
        """Ends; `heard` is not called any more afterwards."""
        ...


def list_cameras() -> tuple[Device, ...]:
    """The cameras, or one entry that says why there is none. Does not switch any on."""
    if sys.platform.startswith("linux"):
        found = sorted(_LINUX_CAMERAS.glob("video[0-9]*"))[:_MAX_CAMERAS]
        cameras = tuple(Device(str(p), f"Camera {p.name.removeprefix('video')}") for p in found)
    else:
        cameras = (Device("0", "Camera"),)  # asking would switch it on
    return cameras or (Device("", "Webcam", "No camera was found: connect one."),)


def open_camera(device_id: str) -> Camera:
    """Switches a camera on.

    Raises:
        MediaError: it cannot be used.
    """
    return _OpenCvCamera(device_id)


def list_microphones() -> tuple[Device, ...]:
    """The microphones, or one entry that says why there is none."""
    try:
        sounddevice = _sounddevice()
    except MediaError as error:
        return (Device("", "Microphone", str(error)),)
    try:
        found = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        return (Device("", "Microphone", f"The sound devices cannot be listed ({error})."),)
    inputs = [(i, d) for i, d in enumerate(found) if d["max_input_channels"] > 0]
    microphones = tuple(Device(str(i), str(device["name"])) for i, device in inputs)
    return microphones or (Device("", "Microphone", "No microphone was found: connect one."),)


def open_microphone(device_id: str) -> Microphone:
    """A microphone that is not started yet."""
    return _PortAudioMicrophone(device_id)


class _OpenCvCamera:
    def __init__(self, device_id: str) -> None:
        self._capture = cv2.VideoCapture(int(device_id) if device_id.isdigit() else device_id)
        if not self._capture.isOpened():
            self._capture.release()
            raise MediaError("The camera cannot be used: close other programs that show it.")
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, _CAMERA_SIDE[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _CAMERA_SIDE[1])
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Frame | None:
        is_read, bgr = self._capture.read()
        if not is_read:
            return None
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def close(self) -> None:
        self._capture.release()


class _PortAudioMicrophone:
    def __init__(self, device_id: str) -> None:
        self._device = int(device_id) if device_id else None
        self._stream: Any = None
        self._is_closing = False

    def start(self, heard: Heard, lost: Callable[[str], None]) -> None:
        sounddevice = _sounddevice()

        def on_block(samples: NDArray[np.float32], n: int, _times: object, _status: object) -> None:
            rate = int(self._stream.samplerate) if self._stream is not None else 48_000
            heard(samples[:, 0].copy(), rate, time.perf_counter() - n / rate)

        def on_end() -> None:
            if not self._is_closing:
                lost("The microphone went away: connect it again.")

        try:
            self._stream = sounddevice.InputStream(
                device=self._device,
                channels=1,
                dtype="float32",
                latency="low",
                callback=on_block,
                finished_callback=on_end,
            )
            self._stream.start()
        except sounddevice.PortAudioError as error:
            raise MediaError(
                f"The microphone cannot be used ({error}): close other programs that record."
            ) from error

    def close(self) -> None:
        self._is_closing = True
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _sounddevice() -> Any:  # noqa: ANN401  (the library is untyped)
    """The library, imported when it is first needed.

    Raises:
        MediaError: PortAudio is not on this machine.
    """
    try:
        import sounddevice
    except OSError as error:
        raise MediaError(
            "The sound library PortAudio is missing: install it to record or play sound."
        ) from error
    return sounddevice

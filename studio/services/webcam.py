"""Watches a face through a camera in a thread of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from PySide6.QtCore import QObject, Signal

from core.base.errors import StudioError
from core.face.tracker import Face, FaceTracker, create_tracker
from core.motion.live import LiveSolver
from studio.services.capture import Camera, Frame, open_camera

OpenCamera = Callable[[str], Camera]
MakeTracker = Callable[[], FaceTracker]
_JOIN_S: Final = 3.0
_PACE_SHARE: Final = 0.1  # how fast the shown frames per second follow


class Webcam(QObject):
    """Camera → face tracker → controls. Its signals arrive on the thread that listens.

    Args:
        device_id: Which camera.
        open_device: Opens it.
        make_tracker: Makes the face tracker, in the thread.
    """

    sampled = Signal(object, float)
    """Controls, float32 [58] relative to the first second, at `time.perf_counter` seconds."""
    seen = Signal(object, object)
    """The picture, uint8 RGB [H, W, 3], and the face's box (x0, y0, x1, y1) in px or None."""
    measured = Signal(float, float)
    """Frames per second, and milliseconds from the picture to its controls."""
    calibrated = Signal()
    """The person's rest is known from now on."""
    lost = Signal(str)
    """The camera cannot be used or went away; one sentence."""

    def __init__(
        self,
        device_id: str,
        open_device: OpenCamera = open_camera,
        make_tracker: MakeTracker = create_tracker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._device_id = device_id
        self._open = open_device
        self._make_tracker = make_tracker
        self._stop = threading.Event()
        self._recalibrate = threading.Event()
        self._shot_s = 0.0
        self._shot: Frame | None = None
        self._thread = threading.Thread(target=self._run, name="webcam", daemon=True)

    def start(self) -> None:
        """Begins to watch."""
        self._thread.start()

    def calibrate(self) -> None:
        """Takes the next second's face for rest."""
        self._recalibrate.set()

    def close(self) -> None:
        """Ends and lets the camera go."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            camera = self._open(self._device_id)
        except StudioError as error:
            self._tell_lost(str(error))
            return
        try:
            self._watch(camera)
        except StudioError as error:
            self._tell_lost(str(error))
        finally:
            camera.close()
        if not self._stop.is_set():
            self._tell_lost("The camera went away: connect it again.")

    def _watch(self, camera: Camera) -> None:
        solver, pace_s = LiveSolver(), 0.0
        last_s = time.perf_counter()
        for face in self._make_tracker().track(self._pictures(camera)):
            if self._stop.is_set():
                return
            if self._recalibrate.is_set():
                self._recalibrate.clear()
                solver.calibrate()
            self._solve(solver, face)
            now_s = time.perf_counter()
            pace_s += (_PACE_SHARE if pace_s else 1.0) * (now_s - last_s - pace_s)
            last_s = now_s
            self.seen.emit(self._shot, None if face is None else face.box)
            self.measured.emit(1.0 / max(pace_s, 1e-6), 1000.0 * (now_s - self._shot_s))

    def _solve(self, solver: LiveSolver, face: Face | None) -> None:
        was_calibrated = solver.is_calibrated
        controls = solver.add(face)
        if solver.is_calibrated and not was_calibrated:
            self.calibrated.emit()
        if controls is not None:
            self.sampled.emit(controls, self._shot_s)

    def _pictures(self, camera: Camera) -> Iterator[Frame]:
        while not self._stop.is_set():
            picture = camera.read()
            self._shot_s = time.perf_counter()
            if picture is None:
                return
            self._shot = picture
            yield picture

    def _tell_lost(self, reason: str) -> None:
        if not self._stop.is_set():
            self.lost.emit(reason)

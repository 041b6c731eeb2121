"""What a device gives while the person is at rest, kept for each device."""

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.base.controls import CONTROLS, INDEX, N_CONTROLS, REST
from studio.controller.take import relative_to
from studio.services.settings import Settings

_LENGTH_S: Final = 1.0


class RestPoses(QObject):
    """Main thread only."""

    taken = Signal(str)
    """Device whose rest pose was taken."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._device = ""
        self._began = 0.0
        self._rows: list[NDArray[np.float32]] = []

    def begin(self, device: str) -> None:
        """Averages one second of what a device gives and takes it for rest from now on."""
        self._device, self._began, self._rows = device, time.perf_counter(), []

    def relative(self, device: str, controls: NDArray[np.float32]) -> dict[str, float]:
        """Control → value relative to the device's rest, of controls float32 [58] absolute."""
        if device == self._device:
            self._add(controls)
        stored = self._settings.get("rest_poses").get(device)
        has_rest = isinstance(stored, list) and len(stored) == N_CONTROLS
        rest = np.array(stored, np.float32) if has_rest else REST
        return relative_to(controls, rest)

    def _add(self, controls: NDArray[np.float32]) -> None:
        self._rows.append(controls)
        if time.perf_counter() - self._began < _LENGTH_S:
            return
        device, self._device = self._device, ""
        mean = np.mean(self._rows, axis=0)
        poses = dict(self._settings.get("rest_poses"))
        poses[device] = [float(mean[INDEX[name]]) for name in CONTROLS]
        self._settings.set("rest_poses", poses)
        self.taken.emit(device)

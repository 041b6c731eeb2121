"""The sound under the playhead while it is moved by hand: a short piece for each frame."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from core.base.errors import StudioError
from core.media.soundtrack import RATE
from studio.controller.mixed_sound import MixedSound
from studio.controller.project import Project
from studio.services.audio_output import Output

_PIECE_S: Final = 0.08
_FADE: Final = 240  # samples
_LINGER_MS: Final = 400


class ScrubSound(QObject):
    """Plays pieces of the mixed sound. Main thread only."""

    def __init__(self, project: Project, mixed: MixedSound, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._mixed = mixed
        self._piece = np.zeros((0, 2), np.float32)
        self._output: Output | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LINGER_MS)
        self._timer.timeout.connect(self.stop)

    def play(self, output: Output, frame: int) -> None:
        """Lets one frame be heard; the first time the sound has to be mixed before."""
        sound = self._mixed.samples()
        if sound is None:
            return
        start = round(frame / self._project.document.rate * RATE)
        piece = sound[start : start + round(_PIECE_S * RATE)].astype(np.float32) / 32767
        if len(piece) > 2 * _FADE:
            ramp = np.linspace(0, 1, _FADE, dtype=np.float32)
            piece[:_FADE] *= ramp[:, None]
            piece[-_FADE:] *= ramp[::-1, None]
        self._piece = piece
        if self._output is None:
            try:
                output.start(self._fill)
            except StudioError:
                return  # playing tells what is wrong with the device
            self._output = output
        self._timer.start()

    def stop(self) -> None:
        """Gives the device free."""
        self._timer.stop()
        if self._output is not None:
            self._output.stop()
            self._output = None

    def _fill(self, out: NDArray[np.float32]) -> int:
        """Runs in the device's thread."""
        piece = self._piece
        n = min(len(piece), len(out))
        out[:n], out[n:] = piece[:n], 0.0
        self._piece = piece[n:]
        return len(out)

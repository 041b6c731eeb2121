"""The sound under the playhead while it is moved by hand: a short piece for each frame."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from core.base.errors import StudioError
from core.media.soundtrack import RATE
from studio.controller.project import Project
from studio.controller.sound_plan import whole_sound
from studio.services.audio_output import Output
from studio.services.pool import Pool

_PIECE_S: Final = 0.08
_FADE: Final = 240  # samples
_LINGER_MS: Final = 400
_LONGEST_S: Final = 1200.0  # of sound held in memory


class ScrubSound(QObject):
    """Mixes the document's sound once and plays pieces of it. Main thread only."""

    def __init__(self, project: Project, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._pool = pool
        self._sound: NDArray[np.int16] | None = None
        self._key: object = None
        self._piece = np.zeros((0, 2), np.float32)
        self._output: Output | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LINGER_MS)
        self._timer.timeout.connect(self.stop)

    def play(self, output: Output, frame: int) -> None:
        """Lets one frame be heard; the first time the sound has to be mixed before."""
        sound = self._mixed()
        if sound is None:
            return
        start = round(frame / self._project.document.rate * RATE)
        piece = sound[start : start + round(_PIECE_S * RATE)].astype(np.float32) / 32767
        if len(piece) > 2 * _FADE:
            ramp = np.linspace(0, 1, _FADE, dtype=np.float32)
            piece[:_FADE] *= ramp
            piece[-_FADE:] *= ramp[::-1]
        self._piece = np.repeat(piece[:, None], 2, axis=1)
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

    def close(self) -> None:
        """Stops and forgets the sound."""
        self.stop()
        self._sound = None

    def _fill(self, out: NDArray[np.float32]) -> int:
        """Runs in the device's thread."""
        piece = self._piece
        n = min(len(piece), len(out))
        out[:n], out[n:] = piece[:n], 0.0
        self._piece = piece[n:]
        return len(out)

    def _mixed(self) -> NDArray[np.int16] | None:
        """The whole sound if it is up to date; else it is mixed in a thread."""
        document, folder = self._project.document, self._project.folder
        key = (document.audio, document.rate, document.n_frames, folder)
        if key != self._key:
            self._key, self._sound = key, None
            is_short = document.n_frames / document.rate <= _LONGEST_S
            if document.audio.strips and is_short:

                def done(sound: NDArray[np.int16]) -> None:
                    if self._key == key:
                        self._sound = sound

                self._pool.run(lambda: whole_sound(document, folder), done, _silently)
        return self._sound


def _silently(_: BaseException) -> None:
    """Playing tells what is wrong with a sound."""

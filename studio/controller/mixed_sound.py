"""The document's whole sound, mixed once, for playing at once from anywhere and for scrubbing."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from studio.controller.project import Project
from studio.controller.sound_plan import whole_sound
from studio.services.pool import Pool

_LONGEST_S: Final = 900.0  # 165 MB; longer sound is read from its files while it plays


class MixedSound(QObject):
    """Keeps the mix of the document as it is. Main thread only."""

    ready = Signal()

    def __init__(self, project: Project, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._pool = pool
        self._sound: NDArray[np.int16] | None = None
        self._key: object = None

    def samples(self) -> NDArray[np.int16] | None:
        """int16 [n, 2] of all that is heard, if it is mixed; else that begins, if it can be."""
        key = sound_key(self._project)
        if key != self._key:
            self._key, self._sound = key, None
            self._mix(key)
        return self._sound

    def forget(self) -> None:
        """Frees the memory."""
        self._key, self._sound = None, None

    def _mix(self, key: object) -> None:
        document, folder = self._project.document, self._project.folder
        if not document.audio.strips or document.n_frames / document.rate > _LONGEST_S:
            return

        def done(sound: NDArray[np.int16]) -> None:
            if key == self._key:
                self._sound = sound
                self.ready.emit()

        self._pool.run(lambda: whole_sound(document, folder), done, _silently)


def sound_key(project: Project) -> object:
    """All of a document that its sound depends on."""
    document = project.document
    used = {strip.source_id for strip in document.audio.strips}
    media = tuple(source.media for source in document.sources if source.id in used)
    return document.audio, media, document.rate, document.n_frames, project.folder


def _silently(_: BaseException) -> None:
    """Playing tells what is wrong with a sound."""

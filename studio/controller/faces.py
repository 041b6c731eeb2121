"""Which faces a picture or a clip shows, as the engine finds them: asked for once, then kept."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.face.crop import Box
from core.jobs.messages import CancelledReply, FacesFound, Failed, FindFaces, Reply
from studio.controller.engine_link import EngineLink

_N_KEPT: Final = 32
_Picture = NDArray[np.uint8]
_Key = tuple[Path, Box | None]


@dataclass(frozen=True, slots=True, eq=False)
class FaceList:
    """What there is to choose from.

    Attributes:
        picture: The frame in which the faces were found; None where the file cannot be read.
        thumbnails: Each face, the largest first: uint8 RGB.
        boxes: Their places as shares of the picture.
        error: Why there is no picture, one sentence.
    """

    picture: _Picture | None
    thumbnails: tuple[_Picture, ...] = ()
    boxes: tuple[Box, ...] = ()
    error: str = ""


class Faces(QObject):
    """Main thread only."""

    changed = Signal()
    """A list that was asked for is known now."""

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._lists: OrderedDict[_Key, FaceList | None] = OrderedDict()

    def of(self, path: Path, crop: Box | None = None) -> FaceList | None:
        """The faces of a file, or of a part of its pictures; None until `changed`."""
        key = path, crop
        if key not in self._lists:
            self._lists[key] = None
            while len(self._lists) > _N_KEPT:
                self._lists.popitem(last=False)
            request = FindFaces(str(path), crop=crop)
            self._link.send(request, lambda reply: self._on_reply(key, reply))
        self._lists.move_to_end(key)
        return self._lists[key]

    def _on_reply(self, key: _Key, reply: Reply) -> None:
        if isinstance(reply, FacesFound):
            self._lists[key] = FaceList(reply.picture, reply.thumbnails, reply.boxes)
        elif isinstance(reply, Failed):
            self._lists[key] = FaceList(None, error=reply.message)
        elif isinstance(reply, CancelledReply):
            self._lists.pop(key, None)  # the engine ended: ask again
        else:
            return
        self.changed.emit()

"""Answers which faces a picture or a clip shows, with a small picture of each."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.face.crop import Box
from core.face.tracker import Face
from core.jobs.messages import FacesFound, FindFaces
from core.motion.tracking import find_faces

THUMBNAIL_PX: Final = 96
_PICTURE_PX: Final = 960  # longest side of the frame that is sent along
_ROOM: Final = 1.5  # side of a thumbnail in face sizes

_Picture = NDArray[np.uint8]


def answer(request: FindFaces, progress: Progress) -> FacesFound:
    """Looks for the faces.

    Raises:
        MediaError: the file cannot be read.
        Cancelled: the work was cancelled.
    """
    found = find_faces(
        Path(request.path), tracker=request.tracker, crop=request.crop, progress=progress
    )
    return FacesFound(
        request.ticket,
        _shrunk(found.picture),
        tuple(_thumbnail(found.picture, face) for face in found.faces),
        tuple(_shares(found.picture, face) for face in found.faces),
    )


def _shrunk(rgb: _Picture) -> _Picture:
    scale = _PICTURE_PX / max(rgb.shape[:2])
    if scale >= 1.0:
        return rgb
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _thumbnail(rgb: _Picture, face: Face) -> _Picture:
    """A square around the face, its border repeated where the picture ends."""
    x0, y0, x1, y1 = face.box
    side = max(_ROOM * face.size, 2.0)
    scale = THUMBNAIL_PX / side
    matrix = np.array(
        [
            [scale, 0.0, THUMBNAIL_PX / 2 - scale * (x0 + x1) / 2],
            [0.0, scale, THUMBNAIL_PX / 2 - scale * (y0 + y1) / 2],
        ]
    )
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    flags = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    part = cv2.warpAffine(rgb, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.uint8)


def _shares(rgb: _Picture, face: Face) -> Box:
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = face.box
    return x0 / width, y0 / height, x1 / width, y1 / height

"""Small pictures of media files, made beside the main thread and kept by file and time."""

from collections import OrderedDict
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.base.content import content_key
from core.base.paths import cache_dir
from core.media.image import is_still, read_image, write_png
from core.media.probe import probe
from core.media.video import read_frames
from studio.services.pool import Pool

SIDE_PX: Final = 192
_N_KEPT: Final = 512
_AT_SHARE: Final = 0.1  # of a clip: its first frame is often black
_Picture = NDArray[np.uint8]


class Thumbnails(QObject):
    """Gives what is there and makes what is not. Main thread only."""

    ready = Signal(object)
    """The `Path` whose thumbnail can now be had."""

    def __init__(self, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._images: OrderedDict[Path, QImage | None] = OrderedDict()

    def image(self, path: Path) -> QImage | None:
        """The thumbnail of a picture or clip; None until `ready`, or for what has no picture."""
        if path not in self._images:
            self._images[path] = None
            while len(self._images) > _N_KEPT:
                self._images.popitem(last=False)
            self._pool.run(
                lambda: load_thumbnail(path), lambda made: self._keep(path, made), _silently
            )
        return self._images[path]

    def _keep(self, path: Path, picture: _Picture) -> None:
        self._images[path] = to_image(picture)
        self.ready.emit(path)


def to_image(picture: _Picture) -> QImage:
    """uint8 RGB [H, W, 3] as a picture of its own."""
    height, width = picture.shape[:2]
    data = np.ascontiguousarray(picture)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def load_thumbnail(path: Path) -> _Picture:
    """The thumbnail uint8 RGB of a file, from the cache or made now. Runs in any thread.

    Raises:
        StudioError: the file cannot be read or shows nothing.
        OSError: it is not there.
    """
    stamp = path.stat()
    key = content_key(path=str(path), time=stamp.st_mtime_ns, size=stamp.st_size, side=SIDE_PX)
    kept = cache_dir() / "thumbnails" / f"{key}.png"
    if kept.exists():
        return read_image(kept).rgb
    picture = _shrunk(_picture_of(path))
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_png(kept, picture)
    return picture


def _picture_of(path: Path) -> _Picture:
    if path.is_file() and is_still(path):
        return read_image(path).rgb
    video = probe(path).video
    if video is None:
        raise FileNotFoundError(path)
    frames = read_frames(path, video.rate, start=_AT_SHARE * video.duration, max_side=2 * SIDE_PX)
    for frame in frames:
        return frame
    raise FileNotFoundError(path)


def _shrunk(picture: _Picture) -> _Picture:
    scale = SIDE_PX / max(picture.shape[:2])
    if scale >= 1.0:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _silently(_: BaseException) -> None:
    """A file without a thumbnail is no reason to disturb: using it tells what is wrong."""

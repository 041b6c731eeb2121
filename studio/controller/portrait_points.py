"""The portrait's own landmarks, found once on its picture at rest, in a thread."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.face.tracker import create_tracker
from studio.controller.face_points import Points
from studio.controller.frame_cache import Picture
from studio.services.pool import Pool


class PortraitPoints(QObject):
    """Finds them when somebody wants them and the picture is known. Main thread only."""

    picture_wanted = Signal()
    """Somebody wants the points: give the picture to `find`."""
    changed = Signal()

    def __init__(self, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._points: Points | None = None
        self._picture: Picture | None = None
        self._is_wanted = self._is_searched = False

    @property
    def points(self) -> Points | None:
        """Landmarks in px of the picture, float64 [478, 2]; `changed` follows where it is None."""
        if not self._is_wanted:
            self._is_wanted = True
            self.picture_wanted.emit()
        return self._points

    def find(self, picture: Picture | None) -> None:
        """Takes another picture of the portrait at rest; None while there is none."""
        if picture is not self._picture:
            self._picture, self._points, self._is_searched = picture, None, False
        if self._is_wanted and picture is not None and not self._is_searched:
            self._is_searched = True
            self._pool.run(lambda: find_points(picture), lambda points: self._take(picture, points))

    def _take(self, picture: Picture, points: Points | None) -> None:
        if picture is self._picture and points is not None:
            self._points = points
            self.changed.emit()


def find_points(picture: Picture) -> Points | None:
    """Landmarks of the largest face of a picture, float64 [478, 2] px. Runs in any thread."""
    faces = create_tracker().detect(picture)
    return faces[0].points[:, :2].astype(np.float64) if faces else None

"""A part of the picture in which faces are looked for, because a person drew it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from core.base.progress import Progress
from core.face.tracker import MIN_SCORE, Face, FaceTracker, Picture

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture's width and height, 0..1."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


class CroppedTracker:
    """Implements `core.face.tracker.FaceTracker` by looking through a box.

    Faces are numbered within the box; their landmarks are px of the whole picture. Nothing
    outside of the box is seen, by no frame of a clip either.
    """

    def __init__(self, tracker: FaceTracker, box: Box) -> None:
        self._tracker = tracker
        self._box = box

    def detect(
        self,
        rgb: Picture,
        progress: Progress | None = None,
        *,
        min_score: float = MIN_SCORE,
    ) -> list[Face]:
        """The faces in the box, the largest first.

        All are sure: a person vouches for them by the box. Where the detector believes in none, the
        one that it doubts least counts.
        """
        part, offset = _cut(rgb, self._box)
        found = self._tracker.detect(part, progress, min_score=0.0)
        sure = [face for face in found if face.score >= max(min_score, MIN_SCORE)]
        if not sure and found:
            sure = [max(found, key=lambda face: face.score)]
        return [replace(_moved(face, offset), score=1.0) for face in sure]

    def track(
        self, frames: Iterable[Picture], progress: Progress | None = None, *, face: int = 0
    ) -> Iterator[Face | None]:
        """Follows one face through the box; None where it is not seen there."""
        offset = np.zeros(3, np.float32)

        def parts() -> Iterator[Picture]:
            nonlocal offset
            for rgb in frames:
                part, offset = _cut(rgb, self._box)
                yield part

        for seen in self._tracker.track(parts(), progress, face=face):
            yield None if seen is None else _moved(seen, offset)


def looking_through(tracker: FaceTracker, box: Box | None) -> FaceTracker:
    """The tracker itself, or one that sees nothing outside of `box`."""
    return tracker if box is None else CroppedTracker(tracker, box)


def _cut(rgb: Picture, box: Box) -> tuple[Picture, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """The part of a picture that lies in the box, at least a pixel, and where it begins."""
    height, width = rgb.shape[:2]
    x0, x1 = _span(box[0], box[2], width)
    y0, y1 = _span(box[1], box[3], height)
    return np.ascontiguousarray(rgb[y0:y1, x0:x1]), np.array([x0, y0, 0], np.float32)


def _span(low: float, high: float, length: int) -> tuple[int, int]:
    start = min(max(int(low * length), 0), length - 1)
    return start, max(min(round(high * length), length), start + 1)


def _moved(face: Face, offset: np.ndarray[tuple[int], np.dtype[np.float32]]) -> Face:
    x, y = float(offset[0]), float(offset[1])
    x0, y0, x1, y1 = face.box
    return replace(face, points=face.points + offset, box=(x0 + x, y0 + y, x1 + x, y1 + y))

"""Where faces may be in a picture, and how human they look (BlazeFace, in mediapipe's wheel).

Two detectors look at everything: the short-range one finds large faces, and faces of animals too;
the full-range one finds small faces and has never accepted an animal. A face's score is the mean
of the two.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.face.quiet import quiet_stderr
from core.face.tracker import Picture

_SEARCH_SIDE: Final = 640  # px; the detectors sample without smoothing, so shrink well first
_CANDIDATE_CONFIDENCE: Final = 0.3
_SAME_FACE_IOU: Final = 0.3
_TILE_SHARES: Final = (0.5, 0.3)  # tile sides tried when the whole picture shows no face
_PATCH_SIDE: Final = 256
_PATCH_SHARES: Final = (1.5, 2.0, 3.0)  # sides of the scored crops in face sizes
_GREY: Final = (128, 128, 128)


@dataclass(frozen=True, slots=True)
class Region:
    """A square that may hold a face: centre and side in pixels, the detector's own score."""

    x: float
    y: float
    side: float
    score: float

    def overlap(self, other: "Region") -> float:
        """Intersection over union of two regions, 0..1."""
        half = (self.side + other.side) / 2
        low = min(self.side, other.side)
        width = min(low, half - abs(self.x - other.x))
        height = min(low, half - abs(self.y - other.y))
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / (self.side**2 + other.side**2 - shared)


def shrink(rgb: Picture, side: float) -> Picture:
    """The picture with its longer side at most `side` px, averaged, not sampled."""
    scale = side / max(rgb.shape[:2])
    if scale >= 1.0:
        return np.ascontiguousarray(rgb)
    size = tuple(max(1, round(n * scale)) for n in (rgb.shape[1], rgb.shape[0]))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


class FaceDetector:
    """Both detectors, made at first use."""

    def __init__(self) -> None:
        self._models: tuple[Any, ...] = ()

    def regions(
        self, rgb: Picture, progress: Progress | None = None, *, tiles: bool = True
    ) -> list[Region]:
        """Squares that may hold faces, best score first.

        With `tiles`, parts of the picture are searched for small faces if the whole shows none.
        """
        small = shrink(rgb, _SEARCH_SIDE)
        found = _merged(self._run(small, rgb.shape[1] / small.shape[1]))
        for share in _TILE_SHARES if tiles else ():
            if found:
                break
            side = max(round(share * max(rgb.shape[:2])), 1)
            parts: list[Region] = []
            for x, y in itertools.product(_steps(rgb.shape[1], side), _steps(rgb.shape[0], side)):
                if progress is not None:
                    progress.check()
                tile = rgb[y : y + side, x : x + side]
                small = shrink(tile, _SEARCH_SIDE)
                parts += self._run(small, tile.shape[1] / small.shape[1], (x, y))
            found = _merged(parts)
        return found

    def score(self, rgb: Picture, points: NDArray[np.float32]) -> float:
        """How sure both detectors are, 0..1, that landmarks [478, 3] lie on a human face."""
        low, high = points[:, :2].min(0), points[:, :2].max(0)
        centre = (low + high) / 2
        dx, dy = points[263, :2] - points[33, :2]
        best = [0.0, 0.0]
        for share in _PATCH_SHARES:
            zoom = _PATCH_SIDE / max(share * float((high - low).max()), 1.0)
            patch = _upright_patch(rgb, centre, math.degrees(math.atan2(dy, dx)), zoom)
            for i, model in enumerate(self._loaded()):
                scores = [d.score[0] for d in _detections(model, patch)]
                best[i] = max([best[i], *scores])
        return float(sum(best) / len(best))

    def _run(
        self, rgb: Picture, scale: float, offset: tuple[float, float] = (0.0, 0.0)
    ) -> list[Region]:
        height, width = rgb.shape[:2]
        regions = []
        for model in self._loaded():
            for detection in _detections(model, rgb):
                box = detection.location_data.relative_bounding_box
                regions.append(
                    Region(
                        (box.xmin + box.width / 2) * width * scale + offset[0],
                        (box.ymin + box.height / 2) * height * scale + offset[1],
                        max(box.width * width, box.height * height) * scale,
                        float(detection.score[0]),
                    )
                )
        return regions

    def _loaded(self) -> tuple[Any, ...]:
        if not self._models:
            from mediapipe.python.solutions.face_detection import FaceDetection

            blank = np.zeros((64, 64, 3), np.uint8)
            with quiet_stderr():
                self._models = tuple(
                    FaceDetection(_CANDIDATE_CONFIDENCE, model_selection=i) for i in (0, 1)
                )
                for model in self._models:
                    model.process(blank)
        return self._models


def _detections(model: Any, rgb: Picture) -> list[Any]:  # noqa: ANN401  (mediapipe is untyped)
    return list(model.process(rgb).detections or ())


def _steps(length: int, side: int) -> list[int]:
    """Starts of tiles that cover `length` with at least 40 % overlap."""
    if length <= side:
        return [0]
    count = math.ceil((length - side) / (0.6 * side)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _merged(regions: list[Region]) -> list[Region]:
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: -r.score):
        if all(region.overlap(other) < _SAME_FACE_IOU for other in kept):
            kept.append(region)
    return kept


def _upright_patch(
    rgb: Picture, centre: NDArray[np.float32], roll_deg: float, zoom: float
) -> Picture:
    """A square around `centre`, turned upright, grey beyond the picture."""
    reach = _PATCH_SIDE / zoom
    low = np.floor(np.maximum(centre - reach, 0)).astype(int)
    high = np.minimum(np.ceil(centre + reach), rgb.shape[1::-1]).astype(int)
    part = rgb[low[1] : high[1], low[0] : high[0]]
    small = shrink(part, max(part.shape[:2]) * min(zoom, 1.0))
    shrunk = small.shape[1] / part.shape[1]
    x, y = ((centre - low) * shrunk).tolist()
    matrix = np.asarray(cv2.getRotationMatrix2D((x, y), roll_deg, zoom / shrunk), np.float64)
    matrix[:, 2] += _PATCH_SIDE / 2 - np.array([x, y])
    patch = cv2.warpAffine(small, matrix, (_PATCH_SIDE, _PATCH_SIDE), borderValue=_GREY)
    return np.asarray(patch, np.uint8)

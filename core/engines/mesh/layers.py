"""The two layers of a stage: the person with a rim of its own background, and the plate behind.

The plate equals the picture wherever the front layer is not solid, so a still head gives back
the source picture exactly; a moving head uncovers the filled plate.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.engines.mesh.fill import fill_holes
from core.engines.mesh.plate import PatchFill

FloatMap = NDArray[np.float32]
Picture = NDArray[np.uint8]

_SOLID_MATTE: Final = 0.25
_HOLE_RIM: Final = 0.014  # of the stage's longer side: removed from the plate
_SOLID_RIM: Final = 0.022  # carried along
_FADE_RIM: Final = 0.024
_LEAST_BACKGROUND: Final = 0.02
_FILL_SIDE: Final = 256
_PLATE_SIDE: Final = 1024
_SEAM: Final = 0.004


@dataclass(frozen=True, slots=True)
class Layers:
    """Opacity of the front layer and the plate, both over the stage at their own resolution.

    Attributes:
        opacity: uint8 [h, w], 255 = solid.
        hole: uint8 [h, w], 1 where the plate had to be invented.
        plate: uint8 RGB [h, w, 3], or None when the picture shows no background.
        refined: Whether the plate is final.
    """

    opacity: NDArray[np.uint8]
    hole: NDArray[np.uint8]
    plate: Picture | None
    refined: bool = False


def opaque_layers() -> Layers:
    """Layers of a stage without background: everything moves with the front."""
    solid = np.full((2, 2), 255, np.uint8)
    return Layers(solid, np.ones_like(solid), None, refined=True)


def split_layers(picture: Picture, matte: FloatMap) -> Layers:
    """Splits a stage picture by its matte; the plate is filled smoothly at first."""
    side = max(matte.shape)

    def grown(mask: NDArray[np.uint8], rim: float) -> NDArray[np.uint8]:
        size = 2 * max(1, round(side * rim)) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        return np.asarray(cv2.dilate(mask, kernel), np.uint8)

    front = (matte > _SOLID_MATTE).astype(np.uint8)
    hole = grown(front, _HOLE_RIM)
    if (hole == 0).mean() < _LEAST_BACKGROUND:
        return Layers(np.full_like(hole, 255), hole, None, refined=True)
    away = cv2.distanceTransform(1 - grown(front, _SOLID_RIM), cv2.DIST_L2, 5)
    fade = 1 - np.clip(away / (side * _FADE_RIM), 0, 1)
    opacity = np.rint(255 * fade * fade * (3 - 2 * fade)).astype(np.uint8)
    return Layers(opacity, hole, _smooth_plate(picture, hole))


def refine_layers(layers: Layers, picture: Picture, progress: Progress) -> Layers:
    """The same layers with a plate of real texture (coarse-to-fine patch matching).

    Raises:
        Cancelled: the work was cancelled.
    """
    if layers.refined or layers.plate is None:
        return layers
    filled = PatchFill(picture, layers.hole, progress).fill()
    plate = _blend(picture, layers.hole, filled)
    return Layers(layers.opacity, layers.hole, plate, refined=True)


def _smooth_plate(picture: Picture, hole: NDArray[np.uint8]) -> Picture:
    height, width = hole.shape
    shrink = _FILL_SIDE / max(height, width)
    size = (max(8, round(width * shrink)), max(8, round(height * shrink)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    known = 1 - (cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)
    filled = fill_holes(small, known.astype(np.float32))
    for _ in range(3):
        softened = cv2.GaussianBlur(filled, (0, 0), 3)
        filled = np.where(known[..., None] > 0, small, softened).astype(np.float32)
    return _blend(picture, hole, np.asarray(cv2.resize(filled, (width, height)), np.float32))


def _blend(picture: Picture, hole: NDArray[np.uint8], filled: FloatMap) -> Picture:
    """The picture with `filled` in the hole and a short seam around it, uint8 RGB."""
    seam = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(hole.shape) * _SEAM)
    share = np.maximum(seam, hole)[..., None]
    mixed = filled * share + picture * (1 - share)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)

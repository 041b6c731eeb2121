"""The two layers of a stage: the person with a rim of its own background, and the plate behind.

The plate equals the picture wherever the front layer is not solid, so a still head gives back
the source picture exactly; a moving head uncovers the filled plate and sheds its rim.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.engines.mesh.fill import fill_holes
from core.engines.mesh.lattice import smooth
from core.engines.mesh.plate import PatchFill

FloatMap = NDArray[np.float32]
Picture = NDArray[np.uint8]

_SOLID_MATTE: Final = 0.25
_HOLE_RIM: Final = 0.014  # of the stage's longer side: removed from the plate
_SOLID_RIM: Final = 0.022  # carried along
_FADE_RIM: Final = 0.024
_OUTLINE_RIM: Final = 0.009  # kept by skin that has moved
_LEAST_BACKGROUND: Final = 0.02
_FILL_SIDE: Final = 256
_MEMBRANE_SIDE: Final = 384
_EDGE_PX: Final = 11  # of the membrane: twice the width of the edge, and one
_PLATE_SIDE: Final = 1024
_SEAM: Final = 0.004


@dataclass(frozen=True, slots=True)
class Layers:
    """Opacity of the front layer and the plate, both over the stage at their own resolution.

    Attributes:
        opacity: uint8 [h, w], 255 = solid; with the rim, for skin that is at rest.
        outline: uint8 [h, w], the same without the rim, for skin that has moved: what it would
            carry along is no longer the background that lies there.
        hole: uint8 [h, w], 1 where the plate had to be invented.
        plate: uint8 RGB [h, w, 3], or None when the picture shows no background.
        refined: Whether the plate is final.
    """

    opacity: NDArray[np.uint8]
    outline: NDArray[np.uint8]
    hole: NDArray[np.uint8]
    plate: Picture | None
    refined: bool = False


def opaque_layers() -> Layers:
    """Layers of a stage without background: everything moves with the front."""
    solid = np.full((2, 2), 255, np.uint8)
    return Layers(solid, solid, np.ones_like(solid), None, refined=True)


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
        solid = np.full_like(hole, 255)
        return Layers(solid, solid, hole, None, refined=True)

    def faded(mask: NDArray[np.uint8], rim: float) -> NDArray[np.uint8]:
        away = np.asarray(cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5), np.float32)
        return np.asarray(np.rint(255 * smooth(away, side * rim, 0.0)), np.uint8)

    opacity = faded(grown(front, _SOLID_RIM), _FADE_RIM)
    outline = faded(front, _OUTLINE_RIM)
    return Layers(opacity, outline, hole, _smooth_plate(picture, hole))


def refine_layers(layers: Layers, picture: Picture, progress: Progress) -> Layers:
    """The same layers with a plate of real texture (coarse-to-fine patch matching).

    Raises:
        Cancelled: the work was cancelled.
    """
    if layers.refined or layers.plate is None:
        return layers
    filled = PatchFill(picture, layers.hole, progress).fill()
    filled = _seamless(picture, layers.hole, filled)
    plate = _blend(picture, layers.hole, filled)
    return replace(layers, plate=plate, refined=True)


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


def _seamless(picture: Picture, hole: NDArray[np.uint8], filled: FloatMap) -> FloatMap:
    """`filled` with its colours led over to the picture's along the edge of the hole.

    What it misses just inside the edge, compared with the picture continued smoothly, is spread
    into the hole like a membrane (as in gradient-domain cloning).
    """
    height, width = hole.shape
    shrink = min(1.0, _MEMBRANE_SIDE / max(height, width))
    size = (max(8, round(width * shrink)), max(8, round(height * shrink)))

    def small(values: NDArray[Any]) -> FloatMap:
        shrunk = cv2.resize(values.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return np.asarray(shrunk, np.float32)

    inside = small(hole) > 0
    continued = fill_holes(small(picture), 1 - inside.astype(np.float32))
    core = cv2.erode(inside.astype(np.uint8), np.ones((_EDGE_PX, _EDGE_PX), np.uint8))
    edge = (inside & (core == 0)).astype(np.float32)
    spread = fill_holes(continued - small(filled), edge)
    return filled + np.asarray(cv2.resize(spread, (width, height)), np.float32)


def _blend(picture: Picture, hole: NDArray[np.uint8], filled: FloatMap) -> Picture:
    """The picture with `filled` in the hole and a short seam around it, uint8 RGB."""
    seam = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(hole.shape) * _SEAM)
    share = np.maximum(seam, hole)[..., None]
    mixed = filled * share + picture * (1 - share)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)

"""Glasses in a portrait: whether there are any, and which pixels are their frame.

A frame sits on the skull: lids must slide behind it and brows must not bend it. Detection looks
at the bridge of the nose, where nothing but a frame draws a hard horizontal edge: portraits
without glasses measure at most 0.24, full frames 0.27 to 1.1. Rimless bridges go unseen, and
move with the skin as they always did.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur
from core.engines.mesh.eye_frame import EyeFrame
from core.engines.mesh.lattice import smooth
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import FloatMap, Points, Side, Stage

THRESHOLD: Final = 0.255
_BRIDGE_CM: Final = ((-0.75, -0.9), (0.75, 1.9))  # canonical x, y of the looked-at patch
_BRIDGE_Z: Final = -2.2
_PATCH: Final = (30, 56)
_BOX_CM: Final = ((-7.0, -2.6), (7.0, 3.6))  # where a frame may lie
_BAR_CM: Final = 0.65  # most frames are thinner than this
_CONTRAST: Final = (0.10, 0.40)  # of the surrounding brightness, from which a line is a frame
_BRIDGE_SHARE: Final = 0.55  # the same, of what the bridge shows
_CLEAR_OF_LIDS: Final = 0.17  # of the eye's width: lashes are not frame
_RIM_CM: Final = 0.10  # soft rim added around the frame
_STILL_CM: Final = 0.8  # how far beyond it the skin is held


@dataclass(frozen=True, slots=True)
class Glasses:
    """The frame of a pair of glasses.

    Attributes:
        region: x0, y0, x1, y1 in texture px.
        alpha: float32 [h, w] of the region, 1 on the frame.
        scale: Texture px per cm.
    """

    region: tuple[int, int, int, int]
    alpha: FloatMap
    scale: float

    def within(self, region: tuple[int, int, int, int]) -> FloatMap:
        """The frame in another region of the texture (x0, y0, x1, y1), float32 [h, w]."""
        x0, y0, x1, y1 = region
        columns, rows = np.meshgrid(np.arange(x0, x1), np.arange(y0, y1))
        return self._at(self.alpha, np.dstack([columns, rows]).astype(np.float32))

    def stillness(self, lattice_px: FloatMap) -> FloatMap:
        """How much the frame holds the skin at points float32 [g, g', 2] of the texture.

        Returns:
            float32 [g, g']: 1 on the frame, falling to 0 within 0.8 cm of it. Multiply the
            displacement of brows and cheeks by `1 − stillness`.
        """
        clear = (self.alpha < 0.5).astype(np.uint8)
        if clear.all():
            return np.zeros(lattice_px.shape[:2], np.float32)
        distance = np.asarray(cv2.distanceTransform(clear, cv2.DIST_L2, 5), np.float32)
        return self._at(smooth(distance / self.scale, _STILL_CM, 0.0), lattice_px)

    def _at(self, values: FloatMap, points_px: FloatMap) -> FloatMap:
        """Values at texture px [..., 2], 0 outside the region."""
        x0, y0, x1, y1 = self.region
        at = points_px - np.array([x0, y0], np.float32)
        inside = (at >= 0).all(-1) & (at[..., 0] <= x1 - x0 - 1) & (at[..., 1] <= y1 - y0 - 1)
        return np.asarray(sample(values, at) * inside, np.float32)


def find_glasses(stage: Stage) -> Glasses | None:
    """The glasses that the portrait wears, or None."""
    if bridge_edge(stage) < THRESHOLD:
        return None
    corners = _in_texture(stage, np.array([[x, y] for x, y in _BOX_CM]), z=-0.5)
    w, h = stage.size
    low = np.clip(np.floor(corners.min(0)).astype(int), 0, [w - 2, h - 2])
    high = np.clip(np.ceil(corners.max(0)).astype(int), low + 2, [w, h])
    region = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return Glasses(region, _trace_frame(stage, region), stage.scale)


def bridge_edge(stage: Stage) -> float:
    """Strongest horizontal edge across the bridge of the nose, over its brightness."""
    (x0, y0), (x1, y1) = _BRIDGE_CM
    corners = _in_texture(stage, np.array([[x0, y0], [x1, y0], [x0, y1]]), z=_BRIDGE_Z)
    width, height = _PATCH
    target = np.array([[0, 0], [width, 0], [0, height]], np.float32)
    grey = blur(cv2.cvtColor(stage.texture, cv2.COLOR_RGB2GRAY), 0.04 * stage.scale)
    warp = cv2.getAffineTransform(corners.astype(np.float32), target)
    patch = np.asarray(cv2.warpAffine(grey, warp, _PATCH), np.float32)
    patch = blur(patch, 1.2)
    slopes = np.asarray(cv2.Sobel(patch, cv2.CV_32F, 0, 1), np.float32)
    return float(np.abs(slopes.mean(1)).max() / (patch.mean() + 20))


def _in_texture(stage: Stage, points_cm: Points, *, z: float) -> Points:
    """Canonical x, y [N, 2] at depth z → texture px [N, 2]."""
    return stage.from_canonical(np.c_[points_cm, np.full(len(points_cm), z)])[:, :2]


def _trace_frame(stage: Stage, region: tuple[int, int, int, int]) -> FloatMap:
    """Thin lines that hang together with the bridge, float32 [h, w] with a soft rim."""
    x0, y0, x1, y1 = region
    grey = cv2.cvtColor(stage.texture[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY)
    size = max(3, round(_BAR_CM * stage.scale)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    dark = np.asarray(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel), np.float32)
    bright = np.asarray(cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel), np.float32)
    around = blur(grey.astype(np.float32), size / 2) + 20
    contrast = np.maximum(dark, bright) / around
    (bx0, by0), (bx1, by1) = _BRIDGE_CM
    seed = _in_texture(stage, np.array([[bx0, by0], [bx1, by1]]), z=_BRIDGE_Z) - [x0, y0]
    low = np.maximum(seed.min(0), 0).astype(int)
    high = np.maximum(seed.max(0), low + 1).astype(int) + 1
    bridge = np.s_[low[1] : high[1], low[0] : high[0]]
    least = np.clip(_BRIDGE_SHARE * np.percentile(contrast[bridge], 95), *_CONTRAST)
    line = contrast > least
    for side in Side:
        line &= ~_near_eye(EyeFrame(stage, side), region)
    joined = cv2.morphologyEx(line.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels = cv2.connectedComponents(np.asarray(joined, np.uint8))
    found = np.unique(labels[bridge])
    frame = np.isin(labels, found[found > 0]).astype(np.float32)
    reach = max(1, round(_RIM_CM * stage.scale))
    grown = cv2.dilate(frame, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    return np.asarray(blur(np.asarray(grown, np.float32), 0.5 * reach), np.float32)


def _near_eye(frame: EyeFrame, region: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Pixels of the region (bool [h, w]) between and close to the lids."""
    margin = _CLEAR_OF_LIDS * frame.width
    near = (frame.v > frame.upper - margin) & (frame.v < frame.lower + margin)
    near &= np.abs(frame.u) < 0.5 * frame.width + margin
    out = np.zeros((region[3] - region[1], region[2] - region[0]), bool)
    x0, y0 = frame.region[0] - region[0], frame.region[1] - region[1]
    rows, columns = np.nonzero(near)
    rows, columns = rows + y0, columns + x0
    keep = (rows >= 0) & (rows < out.shape[0]) & (columns >= 0) & (columns < out.shape[1])
    out[rows[keep], columns[keep]] = True
    return out

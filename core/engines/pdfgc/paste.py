"""Puts a network's picture back where it was cut out, with soft edges."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.viewport import Viewport
from core.engines.pdfgc.alignment import Array, compose
from core.engines.protocol import Frame

_FEATHER: Final = 0.12  # of the side: width of the soft edge
_WEIGHT_STEPS: Final = 256


class Paste:
    """The way from network px to the px of one view; made once per view.

    Args:
        background: uint8 [H, W, 3]: what the view shows of the portrait.
        to_view: float64 [2, 3]: network px → view px.
        side: Of the network's picture.
    """

    def __init__(self, background: Frame, to_view: Array, side: int) -> None:
        self._background = background
        height, width = background.shape[:2]
        corners = np.array([[x, y, 1.0] for x in (-0.5, side - 0.5) for y in (-0.5, side - 0.5)])
        placed = corners @ to_view.T
        low = np.clip(np.floor(placed.min(0)), 0, [width, height]).astype(int)
        high = np.clip(np.ceil(placed.max(0)) + 1, low, [width, height]).astype(int)
        self._box = (slice(low[1], high[1]), slice(low[0], high[0]))
        self._size = (int(high[0] - low[0]), int(high[1] - low[1]))
        self._matrix = to_view - np.column_stack([np.zeros((2, 2)), low.astype(np.float64)])
        self._is_enlarging = float(np.hypot(*to_view[:, 0])) > 1.0
        self._weight = np.zeros((*self._size[::-1], 1), np.float32)
        if min(self._size) > 0:
            soft = cv2.warpAffine(feather(side), self._matrix, self._size)
            # whole steps, so that a pixel of no weight stays what it was
            self._weight[..., 0] = np.round(soft * _WEIGHT_STEPS) / _WEIGHT_STEPS

    def frame(self, face: Frame) -> Frame:
        """The view with `face`, uint8 RGB [side, side, 3], in its place."""
        frame = self._background.copy()
        if min(self._size) == 0:
            return frame
        how = cv2.INTER_CUBIC if self._is_enlarging else cv2.INTER_LINEAR
        placed = cv2.warpAffine(
            face, self._matrix, self._size, flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        below = frame[self._box].astype(np.float32)
        mixed = below + self._weight * (placed.astype(np.float32) - below)
        frame[self._box] = np.round(mixed).astype(np.uint8)
        return frame


def feather(side: int) -> NDArray[np.float32]:
    """Weight of a network's picture, float32 [side, side]: 1 inside, falling to 0 at the border."""
    inset = np.minimum(np.arange(side), np.arange(side)[::-1]) / (_FEATHER * side)
    edge = np.clip(inset, 0.0, 1.0)
    soft = edge * edge * (3.0 - 2.0 * edge)
    return np.outer(soft, soft).astype(np.float32)


def to_view(viewport: Viewport, to_portrait: Array) -> Array:
    """The map from network px to view px, given the one to portrait px."""
    step = viewport.step
    shift = [(0.5 - viewport.x0) / step - 0.5, (0.5 - viewport.y0) / step - 0.5]
    return compose(np.array([[1 / step, 0.0, shift[0]], [0.0, 1 / step, shift[1]]]), to_portrait)

"""Views as maps from output px to portrait px."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.errors import EngineError
from core.engines.mesh.geometry import Placement
from core.engines.protocol import Framing, View
from core.face.canonical import FACE_HEIGHT
from core.face.topology import CHIN, FOREHEAD_TOP

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]

_CROP_HEIGHTS: Final = 2.3
_CROP_DOWN: Final = 0.05  # of the face height: room for the neck
_SIDES: Final = (64, 2160)


@dataclass(frozen=True, slots=True)
class Viewport:
    """Output px (o) show portrait px (o + .5)·step − .5 + origin.

    Attributes:
        width, height: Output size in px, even.
        step: Portrait px per output px.
        x0, y0: Origin in portrait px.
    """

    width: int
    height: int
    step: float
    x0: float
    y0: float

    @property
    def shows_whole_px(self) -> bool:
        """Whether every output px is one px of the portrait."""
        return self.step == 1.0 and float(self.x0).is_integer() and float(self.y0).is_integer()

    def grid(self, shrink: Points) -> FloatMap:
        """Where every output px lies in the portrait shrunk by `shrink` [2]: [H, W, 2] px."""
        x = ((np.arange(self.width) + 0.5) * self.step + self.x0) * shrink[0] - 0.5
        y = ((np.arange(self.height) + 0.5) * self.step + self.y0) * shrink[1] - 0.5
        return np.dstack(np.meshgrid(x, y)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Crop:
    """A square part of the picture, portrait px, integers."""

    x0: int
    y0: int
    side: int

    @classmethod
    def around(cls, faces_px: Sequence[Points], picture_size: tuple[int, int]) -> "Crop":
        """The crop of 2.3 face heights that holds every face [478, 3] of a portrait or clip."""
        lows, highs = [], []
        for landmarks in faces_px:
            placement = Placement.of(landmarks)
            height = FACE_HEIGHT * placement.scale
            centre = (landmarks[FOREHEAD_TOP, :2] + landmarks[CHIN, :2]) / 2
            centre = centre + placement.rotation[:2, 1] * _CROP_DOWN * height
            lows.append(centre - _CROP_HEIGHTS / 2 * height)
            highs.append(centre + _CROP_HEIGHTS / 2 * height)
        low, high = np.min(lows, 0), np.max(highs, 0)
        side = round(min(float((high - low).max()), *picture_size))
        corner = np.round((low + high) / 2 - side / 2).astype(int)
        x0, y0 = np.clip(corner, 0, np.array(picture_size) - side)
        return cls(int(x0), int(y0), side)


def viewport_of(view: View, crop: Crop, picture_size: tuple[int, int]) -> Viewport:
    """The viewport of `view` on a portrait of `picture_size` (width, height) px with this crop.

    Raises:
        EngineError: the size is out of range.
    """
    low, high = _SIDES
    if view.size is not None and view.mode is Framing.FACE and not low <= view.size <= high:
        raise EngineError(
            f"A face crop of {view.size} px cannot be rendered: choose {low} to {high} px."
        )
    width, height = picture_size
    if view.mode is Framing.FACE:
        size = _even(crop.side if view.size is None else view.size)
        return Viewport(size, size, crop.side / size, crop.x0, crop.y0)
    if view.size is None or view.size == max(picture_size):
        return Viewport(width - width % 2, height - height % 2, 1.0, 0, 0)
    if view.size < low:
        raise EngineError(f"A picture of {view.size} px cannot be rendered: choose {low} or more.")
    step = max(picture_size) / view.size
    return Viewport(_even(width / step), _even(height / step), step, 0, 0)


def _even(side: float) -> int:
    return max(2, int(side) // 2 * 2)

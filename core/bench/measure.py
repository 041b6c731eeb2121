"""Numbers from pictures and curves: sharpness, flicker, correlation, error, line fits.

The measures of the face itself are `core.face.measures`; what they must reach is in
`core.bench.fidelity`. Curves are [T], one value per frame.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray

Curve = NDArray[np.float32] | NDArray[np.float64]
Picture = NDArray[np.uint8]

FLICKER_SIDE_PX = 128
MIN_FRAMES = 10
"""Correlations of fewer frames are not worth reporting."""

_SHARPNESS_SIDE_PX = 256
_FACE_CROP = 1.3  # side of the crop for sharpness in longer sides of the landmarks' box


def correlation(a: Curve, b: Curve, valid: BoolArray | None = None) -> float | None:
    """Pearson's r of two curves [T] where `valid`; None when there is too little to correlate.

    Curves that do not move have no correlation; neither have fewer than `MIN_FRAMES` frames.
    """
    chosen = np.isfinite(a) & np.isfinite(b)
    if valid is not None:
        chosen &= valid
    if int(chosen.sum()) < MIN_FRAMES:
        return None
    x, y = (np.asarray(curve, np.float64)[chosen] for curve in (a, b))
    x, y = x - x.mean(), y - y.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / spread if spread > 1e-12 else None


def mean_error(a: Curve, b: Curve, valid: BoolArray | None = None) -> float | None:
    """Mean absolute difference of two curves [T] where `valid`; None when there is none."""
    chosen = np.isfinite(a) & np.isfinite(b)
    if valid is not None:
        chosen &= valid
    return float(np.abs(a - b)[chosen].mean()) if chosen.any() else None


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through points: y ≈ offset + slope·x, and how well it explains them."""

    slope: float
    offset: float
    r2: float


def fit_line(x: Curve, y: Curve) -> Line:
    """Least squares through the points (x, y) [N ≥ 3]; r² is 0 when y does not move."""
    a, b = np.asarray(x, np.float64), np.asarray(y, np.float64)
    a0, b0 = a - a.mean(), b - b.mean()
    slope = float(a0 @ b0 / (a0 @ a0))
    spread = float(b0 @ b0)
    r2 = slope * float(a0 @ b0) / spread if spread > 1e-18 else 0.0
    return Line(slope, float(b.mean() - slope * a.mean()), r2)


def spread(curve: Curve) -> float:
    """The width of the middle 98 % of a curve's values: its range without single wild frames."""
    low, high = np.percentile(np.asarray(curve, np.float64), (1, 99))
    return float(high - low)


def sharpness(picture: Picture, box: tuple[float, float, float, float]) -> float:
    """Variance of the Laplacian of the face, drawn 256 px wide; grey levels².

    Args:
        picture: uint8 RGB [H, W, 3].
        box: x0, y0, x1, y1 of the face's landmarks, px.
    """
    x0, y0, x1, y1 = box
    side = _FACE_CROP * max(x1 - x0, y1 - y0)
    crop = square_crop(picture, ((x0 + x1) / 2, (y0 + y1) / 2), side, _SHARPNESS_SIDE_PX)
    return float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def square_crop(
    picture: Picture, centre: tuple[float, float], side: float, size_px: int
) -> Picture:
    """A square of a picture uint8 [H, W, 3], resized; outside it the border repeats.

    Shrinking averages (no aliasing), enlarging is bicubic.

    Args:
        picture: uint8 [H, W, 3].
        centre: x, y of the square's centre, px.
        side: side of the square, px.
        size_px: side of the result, px.
    """
    n = max(2, round(side))
    left, top = round(centre[0] - n / 2), round(centre[1] - n / 2)
    height, width = picture.shape[:2]
    columns = np.clip(np.arange(left, left + n), 0, width - 1)
    rows = np.clip(np.arange(top, top + n), 0, height - 1)
    way = cv2.INTER_AREA if n > size_px else cv2.INTER_CUBIC
    square = np.ascontiguousarray(picture[rows[:, None], columns[None, :]])
    return np.asarray(cv2.resize(square, (size_px, size_px), interpolation=way), np.uint8)


class Flicker:
    """Mean absolute second difference in time of frames drawn 128 px wide, grey levels 0..255.

    Fed frame by frame; two frames are held.
    """

    def __init__(self) -> None:
        self._before: list[NDArray[np.int16]] = []
        self._values: list[float] = []

    def add(self, square: Picture) -> None:
        """Takes the next frame, a square uint8 RGB picture of any size."""
        size = (FLICKER_SIDE_PX, FLICKER_SIDE_PX)
        small = cv2.resize(square, size, interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.int16)
        value = float("nan")
        if len(self._before) == 2:
            first, middle = self._before
            value = float(np.abs(first - 2 * middle + grey).mean())
            del self._before[0]
        self._before.append(grey)
        self._values.append(value)

    @property
    def values(self) -> NDArray[np.float32]:
        """Float32 [T]: each frame against the two before it; NaN for the first two."""
        return np.array(self._values, np.float32)

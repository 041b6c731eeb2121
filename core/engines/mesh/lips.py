"""The cut between the lips: which side of it a pixel may come from, and which side it shows.

The upper layer may show nothing below the middle of the portrait's own lip gap and the lower
layer nothing above it; without this, lips smear into each other at the corners. The gap itself
goes half with each lip, so a mouth that is open in the portrait stays as it is until it moves.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.flow import Rectangle
from core.face.topology import LOWER_INNER, UPPER_INNER

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]

_TABLE: Final = 512
_CORNER: Final = 0.06  # of the half width: where the clamp fades out at the corners
_CURVE_POINTS: Final = 40
_SUBPIXEL_BITS: Final = 4


class LipCut:
    """The lip lines of one portrait, plane cm."""

    def __init__(self, landmarks: Points) -> None:
        """Takes landmarks float64 [478, 3]."""
        upper, lower = landmarks[UPPER_INNER, :2], landmarks[LOWER_INNER, :2]
        self._centre = (upper[0] + upper[-1]) / 2
        axis = upper[-1] - upper[0]
        self._half = float(np.linalg.norm(axis)) / 2
        self._along = axis / (2 * self._half)
        self._across = np.array([-self._along[1], self._along[0]])
        self._middle = self._table((upper + lower) / 2)
        self._curve = _curve_matrix((upper + lower) / 2)

    def _table(self, line: Points) -> FloatMap:
        """Height of a lip line at evenly spaced places along the mouth."""
        at = (line - self._centre) @ np.stack([self._along, self._across], 1)
        at = at[np.argsort(at[:, 0], kind="stable")]
        places = np.linspace(-self._half, self._half, _TABLE)
        return np.interp(places, at[:, 0], at[:, 1]).astype(np.float32)

    def clamp_upper(self, cells: FloatMap, displacement: FloatMap) -> FloatMap:
        """Keeps sources of the upper layer above the upper lip line.

        Args:
            cells: float32 [h, w, 2] plane cm.
            displacement: float32 [h, w, 2]: the sources lie at `cells` − it.

        Returns:
            The corrected displacement.
        """
        return self._clamp(cells, displacement, -1.0)

    def clamp_lower(self, cells: FloatMap, displacement: FloatMap) -> FloatMap:
        """Keeps sources of the lower layer below the lower lip line; see `clamp_upper`."""
        return self._clamp(cells, displacement, 1.0)

    def _clamp(self, cells: FloatMap, displacement: FloatMap, sign: float) -> FloatMap:
        """Moves sources `cells` − `displacement` [h, w, 2] to their side of the line."""
        source = cells - displacement
        source -= self._centre.astype(np.float32)
        along = source @ self._along.astype(np.float32)
        across = source @ self._across.astype(np.float32)
        place = along * np.float32((_TABLE - 1) / (2 * self._half)) + np.float32((_TABLE - 1) / 2)
        line = self._middle[np.clip(place, 0, _TABLE - 1).astype(np.int32)]
        excess = np.maximum((line - across) * np.float32(sign), 0)
        excess *= np.clip((1 - np.abs(along) / np.float32(self._half)) / _CORNER, 0, 1)
        push = excess[..., None] * (sign * self._across).astype(np.float32)
        return np.asarray(displacement - push, np.float32)

    def lower_side(self, upper_px: Points, lower_px: Points, rectangle: Rectangle) -> FloatMap:
        """1 below the middle between the moved lips, 0 above, antialiased: float32 [h, w].

        Args:
            upper_px: float64 [11, 2] inner contour of the upper lip, output px.
            lower_px: The same of the lower lip.
            rectangle: Which part of the output.
        """
        middle = self._curve @ ((upper_px + lower_px) / 2)
        middle -= (rectangle.x0, rectangle.y0)
        axis = middle[-1] - middle[0]
        axis /= max(float(np.linalg.norm(axis)), 1e-6)
        down = np.array([-axis[1], axis[0]])
        width, height = rectangle.size
        far = 2.0 * (width + height)
        first, last = middle[0] - axis * far, middle[-1] + axis * far
        corners = [last, last + down * far, first + down * far]
        outline = np.concatenate([first[None], middle, corners])
        mask = np.zeros((height, width), np.uint8)
        vertices = np.rint(outline * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(mask, [vertices], (255,), cv2.LINE_AA, _SUBPIXEL_BITS)
        return np.asarray(mask * np.float32(1 / 255), np.float32)


def _curve_matrix(points: Points) -> Points:
    """float64 [40, n]: smooth curves through contours like `points` [n, 2] (Catmull-Rom)."""
    steps = np.sqrt(np.linalg.norm(np.diff(points, axis=0), axis=1)) + 1e-3
    knots = np.concatenate([[0.0], np.cumsum(steps)])
    each = np.eye(len(points))
    slopes = np.gradient(each, knots, axis=0)
    at = np.linspace(0, knots[-1], _CURVE_POINTS)
    left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(points) - 2)
    span = steps[left][:, None]
    t = ((at - knots[left]) / steps[left])[:, None]
    cubic, square = t**3, t**2
    return np.asarray(
        (2 * cubic - 3 * square + 1) * each[left]
        + (cubic - 2 * square + t) * span * slopes[left]
        + (3 * square - 2 * cubic) * each[left + 1]
        + (cubic - square) * span * slopes[left + 1]
    )

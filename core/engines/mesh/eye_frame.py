"""The frame of one eye: its axes, lid curves and aperture, per pixel of a small texture region.

All lengths are texture px unless they are named a fraction of the eye's width. `u` runs along the
corner-to-corner axis to the image's right, `v` across it and down; both are 0 midway between the
corners. Only the eye painters use this module.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.stage import FloatMap, Picture, Points, Side, Stage
from core.face import topology


@dataclass(frozen=True, slots=True)
class EyeLandmarks:
    """FaceMesh indices of one eye; curves run from the image's left to its right."""

    upper: topology.IndexArray
    lower: topology.IndexArray
    brow: topology.IndexArray  # its lower edge
    iris: topology.IndexArray  # centre, then its rim


LANDMARKS: Final[dict[Side, EyeLandmarks]] = {
    Side.RIGHT: EyeLandmarks(
        topology.RIGHT_UPPER_LID,
        topology.RIGHT_LOWER_LID,
        topology.RIGHT_BROW[5:],
        topology.RIGHT_IRIS,
    ),
    Side.LEFT: EyeLandmarks(
        topology.LEFT_UPPER_LID,
        topology.LEFT_LOWER_LID,
        topology.LEFT_BROW[5:],
        topology.LEFT_IRIS,
    ),
}
_SIDE_MARGIN = 0.13  # of the eye's width beyond each corner
_LID_ABOVE = (0.16, 0.42)  # least and most skin above the lid that follows it
_LID_BELOW = 0.40
_LID_ABOVE_GLASSES = 0.13  # a frame's rim must not be dragged along
_LID_BELOW_GLASSES = 0.16
_BROW_GAP = 0.03  # kept free between the moving skin and the brow


class EyeFrame:
    """Axes, lid curves and pixel coordinates of one eye.

    Attributes:
        region: x0, y0, x1, y1 of the part of the texture that the eye may change.
        source: uint8 RGB [h, w, 3], the portrait's pixels in the region (a copy).
        width: Distance of the eye's corners, px.
        u, v: float32 [h, w] eye coordinates of the region's pixels.
        upper, lower: float32 [h, w] v of the lid edges at each pixel's u.
        top, bottom: float32 [h, w] v where the skin that follows the lids ends.
        opening: float32 [h, w] ≥ 0, `lower − upper`.
        outward: float32 [h, w] way from the middle to the outer corner, eye widths.
        iris, iris_radius: Centre (x, y) in region px and radius.
        ends: u of the left and the right corner.
    """

    def __init__(self, stage: Stage, side: Side, *, has_glasses: bool = False) -> None:
        marks = LANDMARKS[side]
        points = stage.landmarks
        upper_xy, lower_xy = points[marks.upper, :2], points[marks.lower, :2]
        left, right = upper_xy[0], upper_xy[-1]
        self.centre = (left + right) / 2
        self.width = float(np.hypot(*(right - left)))
        self.axis = (right - left) / max(self.width, 1e-6)
        self.normal = np.array([-self.axis[1], self.axis[0]])

        upper, lower = self._to_eye(upper_xy), self._to_eye(lower_xy)
        brow = self._to_eye(points[marks.brow, :2])
        self.region = self._bounds(stage, upper, lower, has_glasses=has_glasses)
        x0, y0, x1, y1 = self.region
        self.source: Picture = np.ascontiguousarray(stage.texture[y0:y1, x0:x1])

        grid_x, grid_y = np.meshgrid(np.arange(x0, x1), np.arange(y0, y1))
        offset = np.stack([grid_x, grid_y], -1) - self.centre
        self.u: FloatMap = (offset @ self.axis).astype(np.float32)
        self.v: FloatMap = (offset @ self.normal).astype(np.float32)
        self.outward: FloatMap = self.u * np.float32((1 if side is Side.LEFT else -1) / self.width)
        self.grid: FloatMap = np.stack([grid_x - x0, grid_y - y0], -1).astype(np.float32)

        self._set_curves(upper, lower, brow, has_glasses=has_glasses)
        centre, *ring = points[marks.iris, :2]
        diameters = np.hypot(*(ring[0] - ring[2])), np.hypot(*(ring[1] - ring[3]))
        self.iris: Points = centre - [x0, y0]
        self.iris_radius = float(
            np.clip(np.mean(diameters) / 2, 0.10 * self.width, 0.35 * self.width)
        )

    def _to_eye(self, points_px: Points) -> Points:
        """Texture px [N, 2] → (u, v) [N, 2]."""
        return np.asarray((points_px - self.centre) @ np.stack([self.axis, self.normal], 1))

    def _bounds(
        self, stage: Stage, upper: Points, lower: Points, *, has_glasses: bool
    ) -> tuple[int, int, int, int]:
        """Region in texture px that holds everything the lids can move, cut at the mid line."""
        half = self.width * (0.5 + _SIDE_MARGIN)
        above = _LID_ABOVE_GLASSES if has_glasses else _LID_ABOVE[1]
        below = _LID_BELOW_GLASSES if has_glasses else _LID_BELOW
        top = upper[:, 1].min() - self.width * (above + 0.04)
        bottom = lower[:, 1].max() + self.width * (below + 0.04)
        corners = np.array([[-half, top], [half, top], [half, bottom], [-half, bottom]])
        xy = self.centre + corners @ np.stack([self.axis, self.normal])
        low = np.floor(xy.min(0)).astype(int)
        high = np.ceil(xy.max(0)).astype(int) + 1
        w, h = stage.size
        inner = stage.landmarks[[133, 362], 0]
        middle = int(np.clip(inner.mean(), 0, w))
        if self.centre[0] < middle:
            high[0] = min(high[0], middle)
        else:
            low[0] = max(low[0], middle)
        x0, y0 = int(np.clip(low[0], 0, w - 2)), int(np.clip(low[1], 0, h - 2))
        return x0, y0, int(np.clip(high[0], x0 + 2, w)), int(np.clip(high[1], y0 + 2, h))

    def _set_curves(self, upper: Points, lower: Points, brow: Points, *, has_glasses: bool) -> None:
        """Per-pixel lid edges and the ends of the skin that follows them."""
        e = self.width
        ends = upper[0, 0], upper[-1, 0]
        table_u = np.linspace(ends[0], ends[1], 256)
        table_upper = _smooth_curve(upper, table_u)
        # the blurred curves must still meet at the corners, or the lids would tear there
        meet = np.clip((0.5 - np.abs(np.linspace(-0.5, 0.5, 256))) / 0.04, 0, 1)
        opening = np.maximum(_smooth_curve(lower, table_u) - table_upper, 0) * meet
        table_lower = table_upper + opening
        brow = brow[np.argsort(brow[:, 0])]
        table_brow = np.interp(table_u, brow[:, 0], brow[:, 1])
        if has_glasses:
            table_top = table_upper - e * _LID_ABOVE_GLASSES
        else:
            lid_top = np.maximum(table_upper - e * _LID_ABOVE[1], table_brow + e * _BROW_GAP)
            table_top = np.minimum(table_upper - e * _LID_ABOVE[0], lid_top)
        below = _LID_BELOW_GLASSES if has_glasses else _LID_BELOW

        def at_pixels(table: Points) -> FloatMap:
            values = np.interp(self.u.ravel(), table_u, table)
            return values.reshape(self.u.shape).astype(np.float32)

        self.ends = (float(ends[0]), float(ends[1]))
        self._lid_table = table_u, table_upper, opening
        self.upper = at_pixels(table_upper)
        self.lower = at_pixels(table_lower)
        self.opening = self.lower - self.upper
        self.top = at_pixels(table_top)
        self.bottom = self.lower + np.float32(e * below)
        self.max_opening = float((table_lower - table_upper).max())

    def to_eye(self, xy: Points) -> tuple[float, float]:
        """(u, v) of a point (x, y) in region px."""
        u, v = self._to_eye(xy + np.array(self.region[:2]))
        return float(u), float(v)

    def lid_at(self, u: float) -> tuple[float, float]:
        """V of the upper lid's edge, and the opening below it, at one u."""
        at, upper, opening = self._lid_table
        return float(np.interp(u, at, upper)), float(np.interp(u, at, opening))

    def aperture(self, inset: float) -> NDArray[np.bool_]:
        """Pixels [h, w] between the lids, at least `inset` px inside the upper one."""
        return (
            (self.v > self.upper + inset)
            & (self.v < self.lower - 0.6 * inset)
            & (self.u > self.ends[0])
            & (self.u < self.ends[1])
        )


def _smooth_curve(points: Points, at: Points) -> Points:
    """Values v at each u of a monotone cubic through (u, v) points; repeated u are dropped."""
    from scipy.interpolate import PchipInterpolator

    order = points[np.argsort(points[:, 0])]
    keep = np.r_[True, np.diff(order[:, 0]) > 1e-3 * max(np.ptp(order[:, 0]), 1e-6)]
    order = order[keep]
    values = np.asarray(PchipInterpolator(order[:, 0], order[:, 1])(at), np.float64)
    return np.asarray(cv2.GaussianBlur(values[None], (0, 0), len(at) * 0.015)[0], np.float64)

"""The pixels of one frame's mouth with coordinates along and across it.

`u` runs along the mouth to the image's right, `v` across it and down, both in frame px from the
middle of the lips. Curves over u are looked up for all pixels at once. Built once per frame; only
the mouth painters use it.
"""

import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import FloatMap, Points

_TABLE_STEP = 0.5  # px of u per entry of a table


class MouthPlane:
    """Pixel coordinates of the box around the lips.

    Attributes:
        box: x0, y0, x1, y1 in frame px, inside the frame.
        u, v: float32 [h, w] of the box's pixels.
    """

    def __init__(self, box: tuple[int, int, int, int], centre: Points, axis: Points) -> None:
        """`axis` is the unit vector along the mouth in the frame, `centre` a frame px [2]."""
        self.box = box
        self._centre = centre
        self._basis = np.stack([axis, [-axis[1], axis[0]]], 1)
        x0, y0, x1, y1 = box
        x = np.arange(x0, x1, dtype=np.float32)[None] - np.float32(centre[0])
        y = np.arange(y0, y1, dtype=np.float32)[:, None] - np.float32(centre[1])
        along, across = self._basis[:, 0].astype(np.float32), self._basis[:, 1].astype(np.float32)
        self.u: FloatMap = x * along[0] + y * along[1]
        self.v: FloatMap = x * across[0] + y * across[1]
        self._first = float(self.u.min())
        entries = int((float(self.u.max()) - self._first) / _TABLE_STEP) + 2
        self._table_u = self._first + np.arange(entries) * _TABLE_STEP
        index = (self.u - np.float32(self._first)) * np.float32(1 / _TABLE_STEP)
        self._at: FloatMap = np.dstack([index, np.zeros_like(index)])

    def to_plane(self, points_px: Points) -> Points:
        """Frame px [N, 2] → (u, v) [N, 2]."""
        return np.asarray((points_px - self._centre) @ self._basis)

    def look_up(self, at_u: Points, values: NDArray[np.float64]) -> FloatMap:
        """Columns of `values` [K, C] over rising `at_u` [K] → float32 [h, w, C] at each pixel."""
        columns = [np.interp(self._table_u, at_u, column) for column in values.T]
        table = np.stack(columns, -1).astype(np.float32)[None]
        return np.asarray(sample(table, self._at), np.float32).reshape(*self.u.shape, -1)

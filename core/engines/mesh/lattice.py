"""Regular point lattices over the picture plane.

Plane coordinates: centimetres of the canonical face as the picture shows them, x right, y down,
z away, origin where the canonical origin (between the outer eye corners) is seen. They make all
geometry independent of the picture's resolution.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.sampling import sample

FloatMap = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lattice:
    """Points at `x0 + i·step, y0 + j·step`, i < columns, j < rows (plane cm)."""

    x0: float
    y0: float
    step: float
    columns: int
    rows: int

    @classmethod
    def over(cls, box: tuple[float, float, float, float], step: float) -> "Lattice":
        """The lattice whose points cover `box` (x0, y0, x1, y1), its first point on the corner."""
        x0, y0, x1, y1 = box
        columns = int(np.ceil((x1 - x0) / step)) + 1
        rows = int(np.ceil((y1 - y0) / step)) + 1
        return cls(x0, y0, step, columns, rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def box(self) -> tuple[float, float, float, float]:
        """First and last point: x0, y0, x1, y1."""
        return (
            self.x0,
            self.y0,
            self.x0 + (self.columns - 1) * self.step,
            self.y0 + (self.rows - 1) * self.step,
        )

    def points(self) -> FloatMap:
        """float32 [rows, columns, 2] plane cm."""
        x = self.x0 + np.arange(self.columns) * self.step
        y = self.y0 + np.arange(self.rows) * self.step
        return np.dstack(np.meshgrid(x, y)).astype(np.float32)

    def index(self, points: FloatMap) -> FloatMap:
        """Plane cm [..., 2] → fractional (column, row) [..., 2]."""
        origin = np.array([self.x0, self.y0], np.float32)
        return np.asarray((points - origin) * np.float32(1 / self.step), np.float32)

    def at(self, values: FloatMap, points: FloatMap) -> FloatMap:
        """Bilinear `values` [rows, columns(, c)] at plane cm [N, 2] → [N(, c)]."""
        where = self.index(np.asarray(points, np.float32))[None]
        return np.asarray(sample(values, where)[0], np.float32)

    def border_distance(self) -> FloatMap:
        """Distance of each point to the nearest border of the lattice, in cells."""
        x = np.minimum(np.arange(self.columns), np.arange(self.columns)[::-1])
        y = np.minimum(np.arange(self.rows), np.arange(self.rows)[::-1])
        return np.minimum(x[None, :], y[:, None]).astype(np.float32)


def smooth(values: FloatMap | NDArray[np.float64], low: float, high: float) -> FloatMap:
    """Cubic step: 0 up to `low`, 1 from `high`, smooth between (also for low > high)."""
    t = np.clip((np.asarray(values, np.float32) - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)

"""Expression fields of one portrait: what every control does to each point of its face.

The rig's displacements of the 468 landmarks become dense fields by thin plates, pinned to zero
outside the face. Near the mouth there are two: one that never saw the lower lip and one that
never saw the upper, so that the lips part along a clean cut; past the corners they are one.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, N_CONTROLS
from core.engines.mesh.depth import oval_rings
from core.engines.mesh.lattice import Lattice, smooth
from core.engines.mesh.thinplate import ThinPlate
from core.face.mouth_rig import close_field
from core.face.rig import ARKIT_COLUMNS, control_fields, jaw_close_field
from core.face.topology import (
    FACE_OVAL,
    INNER_CORNERS,
    LOWER_LIP_ONLY,
    N_POINTS,
    N_SURFACE,
    UPPER_LIP_ONLY,
)

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]
Controls = NDArray[np.float32]

_PINS: Final = (1.22, 1.5, 2.0)
_SMOOTHING: Final = 3e-4
_CUT: Final = (0.93, 1.10)  # of half the mouth's width: where the two lips become one
_PARTED: Final = 4.0  # share of the parting at which the lower layer is shown fully, inverse
_CUT_HEIGHT_CM: Final = (1.8, 3.4)  # above and below the lips
_MARGIN: Final = 1.42  # of the face's outline: how far expressions reach
CLOSE_ROW: Final = ARKIT.index("mouthClose")
JAW_ROW: Final = ARKIT.index("jawOpen")
N_ROWS: Final = len(ARKIT) + 1  # the last row: jawOpen times mouthClose
FIELD_STEP: Final = 0.3  # cm
FINE: Final = 2  # points of the face lattice per field point


def coefficients(controls: Controls) -> FloatMap:
    """The weights float32 [53] of the field rows for control values float32 [58]."""
    assert controls.shape == (N_CONTROLS,)
    arkit = controls[ARKIT_COLUMNS]
    return np.append(arkit, arkit[JAW_ROW] * arkit[CLOSE_ROW]).astype(np.float32)


def landmark_displacements(landmarks: Points, rotation: Points) -> Points:
    """What each row does to the landmarks of one portrait, float64 [53, 468, 3], plane cm.

    Args:
        landmarks: float64 [478, 3], plane cm.
        rotation: float64 [3, 3] canonical → plane.
    """
    rows = np.concatenate([control_fields(), jaw_close_field()[None]]).astype(np.float64)
    own = np.zeros((N_POINTS, 3))
    own[: len(landmarks)] = landmarks @ rotation
    rows[CLOSE_ROW] = close_field(own)
    return np.asarray(rows @ rotation.T)


@dataclass(frozen=True, slots=True)
class FaceGrid:
    """Lattices over the part of the picture that expressions move.

    Attributes:
        coarse: Where fields are stored.
        fine: The same area, `FINE` times as dense (the coarse cells' quarters).
        window: float32 over `coarse`, 1 on the face, 0 at the border.
        reach: float32 over `fine`, 1 where expressions move anything, 0 at the border.
        refinement: Fine points per coarse point along an axis.
    """

    coarse: Lattice
    fine: Lattice
    window: FloatMap
    reach: FloatMap
    refinement: int = FINE

    @classmethod
    def over(cls, landmarks: Points) -> "FaceGrid":
        """The grids over the face of landmarks [478, 3], plane cm."""
        oval = landmarks[FACE_OVAL, :2]
        low, high = oval.min(0), oval.max(0)
        low[1] -= 1.0  # the brows' pull
        high[1] += 2.0  # the jaw's drop
        centre, half = (low + high) / 2, (high - low) / 2
        size = np.ceil(2 * half * _MARGIN / FIELD_STEP).astype(int)
        corner = centre - size * FIELD_STEP / 2
        coarse = Lattice(
            float(corner[0]) + FIELD_STEP / 2,
            float(corner[1]) + FIELD_STEP / 2,
            FIELD_STEP,
            int(size[0]),
            int(size[1]),
        )
        step = FIELD_STEP / FINE
        fine = Lattice(
            float(corner[0]) + step / 2,
            float(corner[1]) + step / 2,
            step,
            int(size[0]) * FINE,
            int(size[1]) * FINE,
        )

        def radius(lattice: Lattice) -> FloatMap:
            away = (lattice.points() - centre.astype(np.float32)) / half.astype(np.float32)
            return np.asarray(np.hypot(away[..., 0], away[..., 1]), np.float32)

        window = smooth(radius(coarse), _MARGIN - 0.06, 1.08)
        return cls(coarse, fine, window, smooth(radius(fine), _MARGIN - 0.01, _MARGIN - 0.08))

    def refine(self, values: FloatMap) -> FloatMap:
        """Values over `coarse` [r, c, k] → over `fine` [FINE·r, FINE·c, k], cubic."""
        return np.asarray(
            cv2.resize(values, self.fine.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32
        )


class ExpressionFields:
    """Dense fields of all rows over a face grid; see `FaceGrid` for where.

    Attributes:
        grid: Where.
        upper: float32 [k, r, c, 3] over the coarse lattice, plane cm.
        mouth: x0, y0, x1, y1, the coarse points where the lower layer differs.
        lower: float32 [k, y1 − y0, x1 − x0, 3], that part of the lower layer.
        parting: float32 [r, c], 1 where they differ, 0 outside the mouth.
    """

    def __init__(self, landmarks: Points, displacements: Points, grid: FaceGrid) -> None:
        """Builds the fields.

        Args:
            landmarks: float64 [478, 3], plane cm.
            displacements: float64 [k, 468, 3] of the rows that are wanted, plane cm.
            grid: Where.
        """
        self.grid = grid
        pins = oval_rings(landmarks, _PINS)
        nodes = np.concatenate([landmarks[:N_SURFACE], pins])[:, :2]
        n_rows = len(displacements)
        values = np.zeros((len(nodes), n_rows * 3))
        values[:N_SURFACE] = displacements.transpose(1, 0, 2).reshape(N_SURFACE, -1)
        spline = ThinPlate(nodes, grid.coarse.points())
        every = np.arange(len(nodes))
        whole = spline.solve(values, smoothing=_SMOOTHING)
        mix = _lip_mix(landmarks, grid.coarse)[..., None] * grid.window[..., None]
        self.parting = np.minimum(mix[..., 0] * np.float32(_PARTED), 1)
        base = spline.evaluate(whole) * grid.window[..., None]
        rows = np.flatnonzero((mix > 0).any((1, 2)))
        columns = np.flatnonzero((mix > 0).any((0, 2)))
        if not (len(rows) and len(columns)):  # pragma: no cover  (the mouth is on the face)
            rows = columns = np.arange(1)
        self.mouth = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
        layers = []
        for hidden in (LOWER_LIP_ONLY, UPPER_LIP_ONLY):
            use = np.setdiff1d(every, hidden)
            other = spline.solve(values, smoothing=_SMOOTHING, use=use)
            layers.append(self._rows(base + spline.evaluate(other - whole) * mix, n_rows))
        x0, y0, x1, y1 = self.mouth
        self.upper = layers[0]
        self.lower = np.ascontiguousarray(layers[1][:, y0:y1, x0:x1])

    def _rows(self, flat: FloatMap, n_rows: int) -> FloatMap:
        """[r, c, 3·k] → contiguous [k, r, c, 3]."""
        shaped = flat.reshape(*self.grid.coarse.shape, n_rows, 3)
        return np.ascontiguousarray(shaped.transpose(2, 0, 1, 3))

    def combine(self, weights: FloatMap) -> tuple[FloatMap, FloatMap]:
        """Sums the rows for weights [k]: displacement of the upper and of the lower layer.

        Returns:
            Two float32 [rows, columns, 3] over the grid's fine lattice, plane cm.
        """
        active = np.flatnonzero(weights)
        if len(active) == len(weights):
            upper, lower = (np.tensordot(weights, a, 1) for a in (self.upper, self.lower))
        else:
            upper, lower = (
                np.tensordot(weights[active], a[active], 1) for a in (self.upper, self.lower)
            )
        x0, y0, x1, y1 = self.mouth
        whole = upper.copy()
        whole[y0:y1, x0:x1] = lower
        return self.grid.refine(upper), self.grid.refine(whole)


def _lip_mix(landmarks: Points, lattice: Lattice) -> FloatMap:
    """1 within the mouth's width, where the lips part; 0 past the corners, far above and below."""
    left, right = landmarks[INNER_CORNERS, :2]
    axis = right - left
    half = float(np.linalg.norm(axis)) / 2
    axis /= 2 * half
    away = lattice.points() - ((left + right) / 2).astype(np.float32)
    along = away @ axis.astype(np.float32)
    across = away @ np.array([-axis[1], axis[0]], np.float32)
    inside = 1 - smooth(np.abs(along) / half, *_CUT)
    return np.asarray(inside * (1 - smooth(np.abs(across), *_CUT_HEIGHT_CM)), np.float32)

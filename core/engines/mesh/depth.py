"""The depth of everything that moves: face, hair, neck and what is near them.

FaceMesh gives depth on the face alone. Around it the head falls back to the plane of its centre,
less steeply upwards (hair and hats would collapse when the head looks up). Where the surface
would fall away too fast to be seen, the slope is limited so that turning the head never folds
or tears cheeks and neck; the relief is raised a little to give back the parallax this costs.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.lattice import Lattice, smooth
from core.engines.mesh.thinplate import ThinPlate
from core.face.topology import FACE_OVAL, N_SURFACE

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]

_RINGS: Final = (1.18, 1.45, 1.9, 2.6)
_FALL: Final = 1.7  # share of the way back per oval radius, sideways and down
_FALL_UP: Final = 0.7
_HEAD_CENTRE_Z: Final = 6.5  # cm
_DEEPEST_Z: Final = 8.0
_MAX_SLOPE: Final = 2.0
_RELIEF: Final = 1.2
_SMOOTHING: Final = 2e-4
_BLUR_CM: Final = 0.22


def oval_rings(landmarks: Points, factors: tuple[float, ...]) -> Points:
    """The face's outline scaled about its centre by each factor, float64 [36·n, 3] plane cm."""
    oval = landmarks[FACE_OVAL]
    centre = oval[:, :2].mean(0)
    rings = []
    for factor in factors:
        ring = oval.copy()
        ring[:, :2] = centre + (oval[:, :2] - centre) * factor
        rings.append(ring)
    return np.concatenate(rings)


def head_depth(landmarks: Points, up: Points, pivot_z: float, lattice: Lattice) -> FloatMap:
    """Depth of the moved surface, float32 [rows, columns], plane cm.

    Args:
        landmarks: float64 [478, 3], plane cm.
        up: float64 [2], direction of the top of the head in the picture.
        pivot_z: Depth about which the relief is raised.
        lattice: Where.
    """
    oval = landmarks[FACE_OVAL]
    outward = oval[:, :2] - oval[:, :2].mean(0)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    upness = np.clip(outward @ (up / np.linalg.norm(up)), 0.0, 1.0)
    fall = _FALL + (_FALL_UP - _FALL) * upness
    rings = oval_rings(landmarks, _RINGS).reshape(len(_RINGS), -1, 3)
    for ring, factor in zip(rings, _RINGS, strict=True):
        ring[:, 2] += (_HEAD_CENTRE_Z - ring[:, 2]) * np.minimum(1.0, (factor - 1.0) * fall)
    nodes = np.concatenate([landmarks[:N_SURFACE], rings.reshape(-1, 3)])
    plate = ThinPlate(nodes[:, :2], lattice.points())
    z = plate.evaluate(plate.solve(nodes[:, 2:], smoothing=_SMOOTHING))[..., 0]
    z = np.clip(z, landmarks[:N_SURFACE, 2].min(), _DEEPEST_Z)
    z = _limit_slope(z, _MAX_SLOPE * lattice.step)
    blurred = cv2.GaussianBlur(z, (0, 0), max(_BLUR_CM / lattice.step, 0.4))
    return np.asarray(pivot_z + (blurred - pivot_z) * _RELIEF, np.float32)


def _limit_slope(z: FloatMap, rise: float) -> FloatMap:
    """The nearest surface in front of `z` that rises at most `rise` from point to point."""
    z = np.ascontiguousarray(z, np.float32)
    for _ in range(2):
        for rows in (z, z.T):
            for i in range(1, len(rows)):
                np.minimum(rows[i], rows[i - 1] + rise, out=rows[i])
            for i in range(len(rows) - 2, -1, -1):
                np.minimum(rows[i], rows[i + 1] + rise, out=rows[i])
    return z


def distance_window(lattice: Lattice, centre: Points, radius: Points) -> FloatMap:
    """1 inside the ellipse, 0 from 1.6 radii on, smooth between; float32 [rows, columns]."""
    away = (lattice.points() - centre.astype(np.float32)) / radius.astype(np.float32)
    return smooth(np.hypot(away[..., 0], away[..., 1]), 1.6, 1.0)

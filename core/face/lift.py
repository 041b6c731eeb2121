"""68 flat landmarks → the 478 of the canonical face.

The canonical face is posed to fit the rigid ones of the 68, then bent so that all of them are met;
a thin-plate spline carries the bending to the landmarks in between. Irises are not among the 68:
they are put where eyes look straight ahead.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.face.canonical import CANONICAL
from core.face.topology import (
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    N_SURFACE,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
    Points,
)

Array = NDArray[np.float64]

MATCH: Final = np.array([
    127, 234, 93, 132, 58, 172, 136, 150, 152, 379, 365, 397, 288, 361, 323, 454, 356,  # jaw
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 5, 4, 98, 97, 2, 326, 327,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # outer lips
    78, 82, 13, 312, 308, 317, 14, 87,  # inner lips
], np.intp)  # fmt: skip
"""intp [68]: the FaceMesh landmark of each of the 68 (iBUG 300-W, Sagonas et al., 2013)."""

_RIGID: Final = np.array([0, 16, 27, 28, 29, 30, 31, 33, 35, 36, 39, 42, 45], np.intp)
_STIFFNESS: Final = 1e-4


def lift(points: Points) -> NDArray[np.float32]:
    """The 478 landmarks of a face.

    Args:
        points: [68, 2], pixels, iBUG order.

    Returns:
        float32 [478, 3], pixels; z away from the viewer, as the canonical face has it.
    """
    flat = np.asarray(points, np.float64)
    scale, rotation, offset = _fit(CANONICAL[MATCH[_RIGID]], flat[_RIGID])
    lifted = scale * CANONICAL @ rotation.T
    lifted[:, :2] += offset
    lifted[:N_SURFACE, :2] += _spread() @ (flat - lifted[MATCH, :2])
    for corners, iris in ((RIGHT_EYE_CORNERS, RIGHT_IRIS), (LEFT_EYE_CORNERS, LEFT_IRIS)):
        lifted[iris] += lifted[corners].mean(0) - lifted[iris[0]]
    return lifted.astype(np.float32)


def _fit(shape: Array, flat: Array) -> tuple[float, Array, Array]:
    """Scaled orthographic pose (POS, DeMenthon and Davis, 1995) of `shape` [N, 3] at [N, 2] px."""
    centre, flat_centre = shape.mean(0), flat.mean(0)
    affine, *_ = np.linalg.lstsq(shape - centre, flat - flat_centre, rcond=None)
    u, s, vt = np.linalg.svd(affine.T, full_matrices=False)
    rows = u @ vt
    rotation = np.stack([rows[0], rows[1], np.cross(rows[0], rows[1])])
    scale = float(s.mean())
    return scale, rotation, flat_centre - scale * rows @ centre


@functools.cache
def _spread() -> Array:
    """[468, 68]: how each landmark follows the displacements of the 68 (thin plate)."""
    known, all_points = CANONICAL[MATCH, :2], CANONICAL[:N_SURFACE, :2]
    n = len(known)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _plate(known, known) + _STIFFNESS * np.eye(n)
    system[:n, n:] = np.c_[np.ones(n), known]
    system[n:, :n] = system[:n, n:].T
    rows = np.c_[_plate(all_points, known), np.ones(N_SURFACE), all_points]
    spread: Array = (rows @ np.linalg.inv(system))[:, :n]
    return spread


def _plate(a: Array, b: Array) -> Array:
    squared = ((a[:, None] - b[None]) ** 2).sum(-1)
    kernel: Array = 0.5 * squared * np.log(np.maximum(squared, 1e-12))
    return kernel

"""Displaced landmarks → coefficients of mouth, cheeks, nose and brows, by least squares.

All frames are solved at once: ridge regression on the rig's fields with every coefficient kept in
0..1 (projected Gauss-Seidel). Fields that look alike are told apart by how much each is expected.
"""

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, INDEX, mirror_name
from core.face.bumps import OFF_LIPS
from core.face.canonical import CANONICAL
from core.face.measures import unposed
from core.face.rig import control_fields, jaw_close_field
from core.face.topology import (
    LEFT_BROW,
    LEFT_EYE_CORNERS,
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    LOWER_INNER,
    MOUTH_CORNERS,
    N_SURFACE,
    RIGHT_BROW,
    RIGHT_EYE_CORNERS,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    UPPER_INNER,
)

Array = NDArray[np.float64]

SOLVED: Final = tuple(n for n in ARKIT if not n.startswith("eye") and n != "tongueOut")
"""The coefficients that landmarks can tell, in ARKIT order."""
_CLOSE: Final = SOLVED.index("mouthClose")
_JAW: Final = SOLVED.index("jawOpen")
_COLUMNS: Final = np.array([INDEX[n] for n in SOLVED], np.intp)

_SWEEPS: Final = 60
_FIRST_CLOSE: Final = (0.04, 0.12)  # jawOpen over which mouthClose becomes meaningful
_LIP_WEIGHT, _BROW_WEIGHT, _SKIN_WEIGHT = 1.0, 1.5, 0.25
_DEPTH_WEIGHT: Final = 0.15  # FaceMesh guesses z
_PLAIN, _SPEECH, _RARE, _HIDDEN = 0.01, 0.03, 0.06, 0.3
# How much evidence a coefficient needs, as a share of the energy of its field.
_RESERVE: Final = {
    "jawForward": _HIDDEN, "cheekPuff": _HIDDEN,
    "jawLeft": _RARE, "jawRight": _RARE, "mouthFunnel": _SPEECH,
    "mouthRollLower": _RARE, "mouthRollUpper": _RARE, "mouthShrugLower": _RARE,
    "mouthShrugUpper": _RARE, "mouthPressLeft": _RARE, "mouthPressRight": _RARE,
    "mouthDimpleLeft": _RARE, "mouthDimpleRight": _RARE,
    "cheekSquintLeft": _RARE, "cheekSquintRight": _RARE,
    "noseSneerLeft": _RARE, "noseSneerRight": _RARE, "mouthLeft": _RARE, "mouthRight": _RARE,
    "mouthClose": _SPEECH, "mouthLowerDownLeft": _SPEECH, "mouthLowerDownRight": _SPEECH,
    "mouthUpperUpLeft": _SPEECH, "mouthUpperUpRight": _SPEECH,
}  # fmt: skip
_ASYMMETRY: Final = 0.03  # reserve against left and right differing


@dataclass(frozen=True, slots=True)
class _System:
    """normal [K, K] = B W Bᵀ + reserves and project [N·3, K] = W Bᵀ for fields B [K, N·3]."""

    normal: Array
    project: Array


def add_expression(displacements: Array, controls: Array) -> None:
    """Writes the columns of `SOLVED` into `controls` [T, 58]; see `divide_closing` for mouthClose.

    Args:
        displacements: [T, 468, 3], canonical cm, from the person's neutral shape.
        controls: written in place.
    """
    system = _system()
    target = displacements.reshape(len(displacements), -1) @ system.project
    values = np.zeros_like(target)
    for _ in range(_SWEEPS):
        for j in range(len(SOLVED)):
            pull = target[:, j] - values @ system.normal[:, j]
            # mouthClose is solved as its product with jawOpen, so that the problem stays linear
            top = values[:, _JAW] if j == _CLOSE else 1.0
            values[:, j] = np.clip(values[:, j] + pull / system.normal[j, j], 0.0, top)
    controls[:, _COLUMNS] = values


def divide_closing(controls: Array) -> None:
    """Turns the product jawOpen · mouthClose in mouthClose's column of [T, 58] into mouthClose.

    `add_expression` writes the product because it can be smoothed: the quotient of two small
    numbers trembles.
    """
    jaw, close = INDEX["jawOpen"], INDEX["mouthClose"]
    opened = controls[:, jaw]
    low, high = _FIRST_CLOSE
    sure = np.clip((opened - low) / (high - low), 0.0, 1.0)
    controls[:, close] = sure * controls[:, close] / np.maximum(opened, low)


@functools.cache
def _system() -> _System:
    rows = [ARKIT.index(n) for n in SOLVED]
    fields = control_fields()[rows].astype(np.float64)
    fields[_CLOSE] = jaw_close_field()
    basis = _seen_fields(fields).reshape(len(SOLVED), -1)
    weights = _weights()
    observed = _measure_rows()
    weighted: Array = basis * weights + (basis @ observed.T) @ observed
    energy = weighted @ basis.T
    typical = float(np.median(np.diag(energy)))
    reserve = np.array([_RESERVE.get(n, _PLAIN) for n in SOLVED])
    normal = energy + np.diag(reserve * np.sqrt(np.diag(energy) * typical))
    for i, name in enumerate(SOLVED):
        j = SOLVED.index(mirror_name(name))
        if j != i:  # each pair is met twice, half a penalty each time
            normal[[i, j], [i, j]] += typical * _ASYMMETRY / 2
            normal[[i, j], [j, i]] -= typical * _ASYMMETRY / 2
    project: Array = weighted.T.copy()
    return _System(normal, project)


def _seen_fields(fields: Array) -> Array:
    """Fields [K, 468, 3] as they look after the rigid fit has taken its share of them."""
    posed = np.broadcast_to(CANONICAL, (len(fields), *CANONICAL.shape)).copy()
    posed[:, :N_SURFACE] += fields
    return (unposed(posed) - unposed(CANONICAL))[:, :N_SURFACE]


def _weights() -> Array:
    """Weight of every coordinate, [468 · 3]."""
    weights = np.where(OFF_LIPS > 0, _SKIN_WEIGHT, _LIP_WEIGHT)
    weights[MOUTH_CORNERS] = _LIP_WEIGHT
    weights[[*LEFT_BROW, *RIGHT_BROW]] = _BROW_WEIGHT
    for lid in (LEFT_UPPER_LID, LEFT_LOWER_LID, RIGHT_UPPER_LID, RIGHT_LOWER_LID):
        weights[lid] = 0.0
    coordinates: Array = weights[:, None] * np.array([1.0, 1.0, _DEPTH_WEIGHT])
    return coordinates.ravel()


def _measure_rows() -> Array:
    """Distances that the eye judges by, as linear rows [Q, 468 · 3] of extra weight."""
    rows = []

    def row(weight: float, *terms: tuple[int, int, float]) -> None:
        values = np.zeros((N_SURFACE, 3))
        for point, axis, sign in terms:
            values[point, axis] += sign * weight
        rows.append(values.ravel())

    for i in range(3, len(UPPER_INNER) - 3):
        row(2.0, (int(LOWER_INNER[i]), 1, 1.0), (int(UPPER_INNER[i]), 1, -1.0))
    right, left = MOUTH_CORNERS.tolist()
    row(3.0, (left, 0, 1.0), (right, 0, -1.0))
    for corner in (left, right):
        row(3.0, (corner, 1, -1.0), (0, 1, 0.5), (17, 1, 0.5))
    for brow, corners in ((105, RIGHT_EYE_CORNERS), (334, LEFT_EYE_CORNERS)):
        row(3.0, (brow, 1, -1.0), *((int(c), 1, 0.5) for c in corners))
    return np.stack(rows)

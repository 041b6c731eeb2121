"""Smooth weights over the canonical face, from which the rig's fields are put together."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.face.canonical import CANONICAL
from core.face.topology import LOWER_LIP_ONLY, N_SURFACE, UPPER_LIP_ONLY

Weights = NDArray[np.float64]

X: Final = CANONICAL[:N_SURFACE, 0]
Y: Final = CANONICAL[:N_SURFACE, 1]
Z: Final = CANONICAL[:N_SURFACE, 2]


def _membership(indices: Sequence[int] | NDArray[np.intp]) -> Weights:
    weights = np.zeros(N_SURFACE)
    weights[np.asarray(indices)] = 1.0
    return weights


ON_UPPER_LIP: Final = _membership(UPPER_LIP_ONLY)
ON_LOWER_LIP: Final = _membership(LOWER_LIP_ONLY)
OFF_LIPS: Final = 1.0 - ON_UPPER_LIP - ON_LOWER_LIP

SIDES: Final = (("Left", 1.0), ("Right", -1.0))
"""The subject's sides with the sign of x: the left side lies on the right of the image."""


def smoothstep(value: Weights, start: float, stop: float) -> Weights:
    """0 below `start`, 1 above `stop`, with flat ends."""
    t: Weights = np.clip((value - start) / (stop - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def bump(x: float, y: float, width: float, height: float | None = None) -> Weights:
    """A Gaussian over the landmarks [468] centred on x, y with 1/e radii in cm."""
    height = width if height is None else height
    weights: Weights = np.exp(-(((X - x) / width) ** 2) - ((Y - y) / height) ** 2)
    return weights


def half(sign: float, blend_cm: float) -> Weights:
    """1 on the side of `sign`, 0 on the other; both halves add up to 1 everywhere."""
    return smoothstep(sign * X, -blend_cm, blend_cm)


def move(weights: Weights, dx: float, dy: float, dz: float = 0.0) -> Weights:
    """A field [468, 3]: one displacement in cm, weighted per landmark."""
    field: Weights = weights[:, None] * np.array([dx, dy, dz])
    return field

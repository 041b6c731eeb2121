"""Finds the iris's circle in the pixels, starting from a tracked one.

The circle with the strongest step from dark inside to light outside, over the part of it that
the lids leave visible (after Daugman, PAMI 1993). Only the eye painters use this module.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import Picture, Points

_ANGLES: Final = 48
_MOVES = np.linspace(-0.28, 0.28, 9)  # of the tracked radius
_SIZES = np.linspace(0.74, 1.14, 9)
_INSIDE, _OUTSIDE = 0.86, 1.14  # of the radius: the two sides of the step
_LEAST_SEEN: Final = 8  # visible angles for a step to count
_TRUST: Final = 0.5  # how much a circle far from the tracked one must be better
_LEAST_STEP: Final = 4.0  # grey levels


def fit_iris(
    source: Picture, visible: NDArray[np.bool_], centre: Points, radius: float
) -> tuple[Points, float]:
    """The iris near a tracked circle.

    Args:
        source: uint8 RGB [h, w, 3].
        visible: bool [h, w], the pixels between the lids.
        centre: Tracked centre (x, y) in px of the source.
        radius: Tracked radius, px.

    Returns:
        Centre and radius; the tracked ones where no step stands out.
    """
    grey = blur(cv2.cvtColor(source, cv2.COLOR_RGB2GRAY).astype(np.float32), 0.08 * radius)
    angle = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    ray = np.stack([np.cos(angle), np.sin(angle)], -1)
    dx, dy, size = (a.ravel() for a in np.meshgrid(_MOVES, _MOVES, _SIZES, indexing="ij"))
    middles = centre + np.stack([dx, dy], -1) * radius
    sides = []
    seen = np.ones((len(dx), _ANGLES), bool)
    for share in (_INSIDE, _OUTSIDE):
        at = middles[:, None] + ray * (size * radius * share)[:, None, None]
        at = at.astype(np.float32)
        sides.append(np.asarray(sample(grey, at), np.float32))
        seen &= np.asarray(sample(visible.astype(np.float32), at)) > 0.95
    # a highlight inside must not hide the step, nor a lash outside make one
    step = np.clip(sides[1] - sides[0], -20, 60)
    count = seen.sum(1)
    strength = (step * seen).sum(1) / np.maximum(count, 1)
    strength[count < _LEAST_SEEN] = -np.inf
    cost = 1 + _TRUST * ((dx / 0.28) ** 2 + (dy / 0.28) ** 2 + ((size - 0.97) / 0.2) ** 2)
    best = int(np.argmax(strength / cost))
    if strength[best] < _LEAST_STEP:
        return centre, radius
    return middles[best], float(size[best] * radius)

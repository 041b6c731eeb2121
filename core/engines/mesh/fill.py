"""Filling of unknown pixels from their surroundings, smoothly and at every scale at once."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.stage import FloatMap

_LEVELS = 8


def fill_holes(picture: FloatMap, weight: FloatMap) -> FloatMap:
    """Replaces pixels of small weight by a pyramid of normalised convolutions.

    Args:
        picture: float32 [h, w, 3].
        weight: float32 [h, w], 1 where the picture counts, 0 where it is unknown.

    Returns:
        float32 [h, w, 3]: equal to the picture where the weight is 1.
    """
    levels: list[tuple[NDArray[Any], NDArray[Any]]] = [(picture * weight[..., None], weight)]
    while len(levels) < _LEVELS and min(levels[-1][1].shape) > 2:
        values, weights = levels[-1]
        levels.append((cv2.pyrDown(values), cv2.pyrDown(weights)))
    values, weights = levels[-1]
    filled = values / np.maximum(weights, 1e-6)[..., None]
    for values, weights in levels[-2::-1]:
        coarse = cv2.pyrUp(filled, dstsize=(weights.shape[1], weights.shape[0]))
        known = np.clip(weights, 0, 1)[..., None]
        filled = values / np.maximum(weights, 1e-6)[..., None] * known + coarse * (1 - known)
    return np.asarray(filled, np.float32)

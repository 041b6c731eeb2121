"""Blending, dimming and blurring of small pictures: cv2's functions with types that are true."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.stage import FloatMap, Picture

_SKIN_SHADE = (0.75, 1.05, 1.20)


def mix(above: Picture, below: Picture, weight: FloatMap) -> Picture:
    """`above` where `weight` float32 [h, w] is 1, `below` where it is 0; uint8 [h, w, 3]."""
    below = np.ascontiguousarray(below)
    return np.asarray(cv2.blendLinear(above, below, weight, 1 - weight), np.uint8)


def mix_evenly(above: Picture, below: Picture, weight: float) -> Picture:
    """The same with one weight for all pixels."""
    return np.asarray(cv2.addWeighted(above, weight, below, 1 - weight, 0), np.uint8)


def light(picture: Picture, gain: FloatMap) -> Picture:
    """`picture` uint8 [h, w, 3] times `gain` float32 [h, w]."""
    gains = cv2.merge([gain, gain, gain])
    return np.asarray(cv2.multiply(picture, gains, dtype=cv2.CV_8U), np.uint8)


def light_skin(picture: Picture, gain: FloatMap) -> Picture:
    """The same on skin, whose shadows turn warmer: red fades less than blue."""
    change = gain - np.float32(1)
    gains = cv2.merge([1 + np.float32(share) * change for share in _SKIN_SHADE])
    return np.asarray(cv2.multiply(picture, gains, dtype=cv2.CV_8U), np.uint8)


def blur(values: NDArray[Any], sigma: float) -> NDArray[Any]:
    """Gaussian blur of [h, w(, c)] by `sigma` px in both directions."""
    return np.asarray(cv2.GaussianBlur(values, (0, 0), max(sigma, 0.3)), values.dtype)

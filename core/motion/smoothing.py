"""Smoothing by one number: 0 % leaves a track as it is, 100 % leaves only its slow drift.

A Gaussian is applied forwards and backwards at once (zero phase), so smoothed motion never lags
behind the sound. Frames without a face take no part.
"""

import math
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, BoolArray, Factor, FloatArray
from core.base.errors import MotionError
from core.motion.track import FactorTrack

BLINKS: Final = ("eyeBlinkLeft", "eyeBlinkRight")
_FULL_WIDTH_S = 0.25
_CURVE = 1.5
_REACH = 4.0


def width_seconds(percent: float) -> float:
    """Standard deviation in seconds of the Gaussian behind `percent` (0..100).

    It grows with the power 1.5, so that the lower half of a slider stays useful: 20 % are 22 ms,
    50 % are 88 ms, 100 % are 250 ms.

    Raises:
        MotionError: outside 0..100.
    """
    if not 0.0 <= percent <= 100.0:
        raise MotionError(f"Smoothing of {percent:g} % is not possible: choose 0 to 100 %.")
    return _FULL_WIDTH_S * math.pow(percent / 100.0, _CURVE)


def smooth(track: FactorTrack, percent: float, *, blink_percent: float = 0.0) -> FactorTrack:
    """A smoothed copy of `track`.

    Args:
        track: any factor; invalid frames keep their values.
        percent: 0..100.
        blink_percent: 0..100 for the two blink controls, whose sharpness is what makes a blink.

    Raises:
        MotionError: a percentage outside 0..100.
    """
    names = FACTOR_CONTROLS[track.factor]
    values = gaussian(track.values, track.valid, track.rate, percent)
    if track.factor is Factor.EYES:
        columns = [names.index(name) for name in BLINKS]
        sharp = gaussian(track.values, track.valid, track.rate, blink_percent)
        values[:, columns] = sharp[:, columns]
    return track.with_values(values.astype(np.float32))


def gaussian(
    values: FloatArray, valid: BoolArray, rate: Fraction, percent: float
) -> NDArray[np.float64]:
    """Rows [T, D] at `rate`, smoothed by `percent`; invalid ones keep their values.

    Raises:
        MotionError: a percentage outside 0..100.
    """
    rows = values.astype(np.float64)
    sigma = width_seconds(percent) * float(rate)
    radius = min(math.ceil(_REACH * sigma), len(rows) - 1)
    if radius < 1:
        return rows
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    weight = _convolve(valid[:, None].astype(np.float64), kernel)
    total = _convolve(np.where(valid[:, None], rows, 0.0), kernel)
    use: BoolArray = valid[:, None] & (weight > 0.0)
    return np.where(use, total / np.maximum(weight, 1e-300), rows)


def _convolve(values: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric kernel along the first axis; frames outside count as absent."""
    radius, length = len(kernel) // 2, len(values)
    result: NDArray[np.float64] = kernel[radius] * values
    for shift in range(1, radius + 1):
        result[shift:] += kernel[radius + shift] * values[: length - shift]
        result[: length - shift] += kernel[radius - shift] * values[shift:]
    return result

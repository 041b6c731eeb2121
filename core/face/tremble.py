"""Takes the tracker's tremble out of a clip's curves without rounding off what really moves.

A curve is split into what ever longer running parabolas leave over. Each of these details is kept
in the measure in which it exceeds, over a fraction of a second, what the tremble alone would make
of it (the Wiener filter with local statistics: Lee, PAMI 1980; in bands as by Mihçak et al.,
Signal Processing Letters 1999). All curves of a group share the measure, so that those which
belong together, like the angles and the place of a head, stay together. Nothing is delayed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_WINDOWS_S: Final = (0.20, 0.36, 0.60)
_LOCAL_S: Final = 0.40  # over which a detail's energy is taken
_CAUTION: Final = 2.0  # times the tremble's energy must be exceeded
_FEWEST_FRAMES: Final = 8  # below, tremble cannot be told from motion
_TO_SIGMA: Final = 1.4826 / np.sqrt(20.0)  # median of |third difference| → standard deviation


def window_frames(seconds: float, rate: float) -> int:
    """The odd number of frames nearest to `seconds`."""
    return 2 * round(seconds * rate / 2) + 1


def parabola_smoothed(values: Array, window: int) -> Array:
    """Values [T, D] after a running least-squares parabola (Savitzky and Golay, 1964).

    Args:
        values: T ≥ `window` frames.
        window: frames, odd.
    """
    half = window // 2
    fitted = _parabola(window)
    smooth = values.copy()
    windows = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    smooth[half : len(values) - half] = windows @ fitted[half]
    smooth[:half] = fitted[:half] @ values[:window]
    smooth[len(values) - half :] = fitted[half + 1 :] @ values[-window:]
    return smooth


def steadied(values: Array, rate: float) -> Array:
    """Curves [T, D] of one group without tremble; the finest detail is always left out.

    Args:
        values: consecutive frames, any units.
        rate: frames per second.
    """
    smooth = values
    kernel = np.ones(1)
    kept = np.zeros_like(values)
    sigma = _tremble(values)
    for i, seconds in enumerate(_WINDOWS_S):
        window = window_frames(seconds, rate)
        if not 3 < window <= len(values):
            continue
        smoother = parabola_smoothed(smooth, window)
        wider = np.convolve(kernel, _parabola(window)[window // 2])
        if i > 0:
            passed: Array = wider - np.pad(kernel, window // 2)
            expected = _CAUTION * np.square(passed).sum() * np.square(sigma)
            detail = smooth - smoother
            kept += detail * _share(detail, expected, window_frames(_LOCAL_S, rate))
        smooth, kernel = smoother, wider
    return smooth + kept


def _parabola(window: int) -> Array:
    """float64 [window, window]: samples → the values of the parabola through them."""
    powers = np.vander(np.arange(window) - window // 2, 3)
    fitted: Array = powers @ np.linalg.pinv(powers)
    return fitted


def _tremble(values: Array) -> Array:
    """Standard deviation [D] of each curve's white noise, from its third differences."""
    if len(values) < _FEWEST_FRAMES:
        return np.zeros(values.shape[1])
    return np.asarray(_TO_SIGMA * np.median(np.abs(np.diff(values, 3, axis=0)), axis=0))


def _share(detail: Array, expected: Array, window: int) -> Array:
    """How much of a detail [T, D] is motion, 0..1 per frame [T, 1].

    Args:
        detail: what one parabola left over.
        expected: energy [D] that counts as tremble.
        window: frames over which energy is averaged.
    """
    known = expected > 0.0
    if not known.any():
        return np.ones((len(detail), 1))
    energy = (np.square(detail[:, known]) / expected[known]).mean(1)
    ones = np.ones(min(window, len(detail)))
    local = np.convolve(energy, ones, "same") / np.convolve(np.ones_like(energy), ones, "same")
    return np.asarray(np.maximum(1.0 - 1.0 / np.maximum(local, 1e-12), 0.0)[:, None])

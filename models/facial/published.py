"""What surrounds the published network: its audio windows and its smoothing of states."""

from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

Array = NDArray[np.float64]

RATE: Final = Fraction(30)
"""States per second."""
N_POSE: Final = 6
LOGIT_RATE: Final = 50
WINDOW_ROWS: Final = 16

_SAVGOL = (7, 3)  # frames, order
_KERNEL_CENTRE, _KERNEL_TAPS = 3, 5  # one frame late: the published weights are off centre
_KEPT = 3  # frames at both ends that the kernel leaves alone


def audio_windows(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Windows of rows around each video frame.

    Args:
        logits: float32 [T50, 29], DeepSpeech logits at 50 Hz.

    Returns:
        float32 [T, 16, 29] at 30 fps; rows before and after the sound are zero.
    """
    n_frames = round(len(logits) / LOGIT_RATE * RATE)
    seconds = np.arange(len(logits)) / LOGIT_RATE
    at = np.arange(n_frames) / float(RATE)
    rows = np.stack([np.interp(at, seconds, column) for column in logits.T], 1)
    padded = np.pad(rows, ((WINDOW_ROWS // 2, WINDOW_ROWS // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_ROWS, axis=0)
    return np.ascontiguousarray(windows[:n_frames].transpose(0, 2, 1), np.float32)


def pose_kernel() -> Array:
    """float64 [5]: the weights that smooth the pose, earliest frame first."""
    weights = np.exp(-0.5 * (np.arange(_KERNEL_TAPS) - _KERNEL_CENTRE) ** 2.0)
    result: Array = weights / weights.sum()
    return result


def postprocess_states(states: Array, mean: Array, std: Array) -> Array:
    """States for rendering: the pose in a person's own units, everything smoothed over time.

    Args:
        states: [T ≥ 7, 71] as generated.
        mean: [6], the person's mean pose.
        std: [6], its standard deviation.

    Returns:
        float64 [T, 71].
    """
    result: Array = np.array(states, np.float64)
    result[:, :N_POSE] = result[:, :N_POSE] * std + mean
    result = np.asarray(savgol_filter(result, *_SAVGOL, axis=0))
    pose = result[:, :N_POSE].copy()
    reach = _KERNEL_TAPS // 2
    for i in range(_KEPT, len(pose) - _KEPT):
        result[i, :N_POSE] = pose_kernel() @ pose[i - reach : i + reach + 1]
    return result

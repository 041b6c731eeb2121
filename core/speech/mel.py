"""Speech as PD-FGC's audio encoder reads it: rows of mel levels and the windows of each frame.

Used by the PD-FGC engine. The short-time transform is the perfect-reconstruction one of the `lws`
package, which the published network was trained with: sound begins 7 hops into zeros.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.fft import rfft

Rows = NDArray[np.float32]

SAMPLE_RATE_HZ: Final = 16000
N_BANDS: Final = 80
FRAME_RATE: Final = 25
ROWS_PER_FRAME: Final = 4
WINDOW_ROWS: Final = 20
LEAD_FRAMES: Final = 2
"""Frames before the first one that has a whole window."""

_FRAME = 1280
_HOP = 160
_RANGE_HZ = (125.0, 7600.0)
_RMS = 0.1
_RMS_FLOOR = 1e-4
_AMPLITUDE_FLOOR = 1e-5
_REFERENCE_DB = 20.0
_SPAN_DB = 100.0
_BLOCK_ROWS = 1024


def normalise_level(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Samples [T] at a root mean square of 0.1; sound below 1e-4 is raised by no more than 1000."""
    rms = np.sqrt(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return (samples * (_RMS / max(float(rms), _RMS_FLOOR))).astype(np.float32)


def mel_rows(samples: NDArray[np.float32]) -> Rows:
    """Mel levels of mono sound at 16 kHz, 100 rows a second.

    Args:
        samples: float32 [T].

    Returns:
        float32 [rows, 80], 0 at -100 dB and 1 at 0 dB of the levelled sound.
    """
    levelled = normalise_level(samples).astype(np.float64)
    n_rows = -(-(len(levelled) + _FRAME - _HOP) // _HOP)
    padded = np.zeros(n_rows * _HOP + _FRAME - _HOP)
    padded[_FRAME - _HOP :][: len(levelled)] = levelled
    frames = sliding_window_view(padded, _FRAME)[::_HOP]  # [rows, 1280]
    rows = np.empty((n_rows, N_BANDS), np.float32)
    for start in range(0, n_rows, _BLOCK_ROWS):  # so that memory stays bounded
        block = slice(start, start + _BLOCK_ROWS)
        magnitude = np.abs(rfft(frames[block] * _window(), axis=1)) @ _filters().T
        level_db = 20 * np.log10(np.maximum(_AMPLITUDE_FLOOR, magnitude)) - _REFERENCE_DB
        rows[block] = np.clip((level_db + _SPAN_DB) / _SPAN_DB, 0, 1)
    return rows


def mel_windows(rows: Rows) -> tuple[Rows, NDArray[np.int64]]:
    """What the audio encoder reads for each video frame at 25 fps.

    Args:
        rows: float32 [rows, 80] of `mel_rows`.

    Returns:
        Windows float32 [N, 1, 80, 20], and the frame [N] that each belongs to: the first two and
        the last two frames have no whole window and are left out.
    """
    indices = np.arange(LEAD_FRAMES, len(rows) // ROWS_PER_FRAME - LEAD_FRAMES, dtype=np.int64)
    if len(indices) == 0:
        return np.zeros((0, 1, N_BANDS, WINDOW_ROWS), np.float32), indices
    views = sliding_window_view(rows, WINDOW_ROWS, axis=0)  # [rows - 19, 80, 20]
    windows = views[ROWS_PER_FRAME * (indices - LEAD_FRAMES)]
    return np.ascontiguousarray(windows[:, None]), indices


@cache
def _window() -> NDArray[np.float64]:
    """Half the root of a Hann window sampled between its points [1280]."""
    angle = 2 * np.pi * (np.arange(_FRAME) + 0.5) / _FRAME
    window: NDArray[np.float64] = 0.5 * np.sqrt(0.5 * (1 - np.cos(angle)))
    return window


@cache
def _filters() -> NDArray[np.float64]:
    """Triangles of equal area on Slaney's mel scale [80, 641]."""
    low, high = (_mel(hertz) for hertz in _RANGE_HZ)
    edges = _hertz(np.linspace(low, high, N_BANDS + 2))
    bins = np.linspace(0, SAMPLE_RATE_HZ / 2, _FRAME // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    filters: NDArray[np.float64] = triangles * (2 / (edges[2:] - edges[:-2]))[:, None]
    return filters


# Slaney's scale: linear up to 1 kHz, 15 mel; logarithmic above, 27 mel per factor of 6.4.
_LINEAR_HZ = 200 / 3
_KNEE_MEL = 15.0
_STEP = np.log(6.4) / 27


def _mel(hertz: float) -> float:
    mel = hertz / _LINEAR_HZ
    if mel < _KNEE_MEL:
        return mel
    return float(_KNEE_MEL + np.log(mel / _KNEE_MEL) / _STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = np.maximum(mel - _KNEE_MEL, 0)
    hertz: NDArray[np.float64] = _LINEAR_HZ * np.minimum(mel, _KNEE_MEL) * np.exp(_STEP * above)
    return hertz

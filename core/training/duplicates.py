"""Finds the same voice in two clips, so that nothing that is tested was trained on."""

from typing import Final

import numpy as np
from scipy.signal import fftconvolve

from core.speech.spectrum import TICKS_PER_S, Spectrum

SAME: Final = 0.85
"""Correlation from which on two pieces of sound are the same recording."""

_PIECE_S = 3.0
_RANGE_DB = 50.0


def overlap(one: Spectrum, other: Spectrum) -> float:
    """How well any three seconds of the shorter recording are found in the longer: −1..1.

    The band energies over time are compared at every shift (normalised cross-correlation).
    """
    longer, shorter = sorted((_curves(one), _curves(other)), key=len, reverse=True)
    size = min(len(shorter), round(_PIECE_S * TICKS_PER_S))
    best = -1.0
    for first in range(0, len(shorter) - size + 1, size):
        piece = shorter[first : first + size]
        piece = piece - piece.mean(0)
        found = fftconvolve(longer, piece[::-1], "valid", axes=0).sum(1)
        ones = np.ones((size, 1))
        energy = fftconvolve(longer**2, ones, "valid", axes=0)
        energy -= fftconvolve(longer, ones, "valid", axes=0) ** 2 / size
        norm = np.sqrt(np.maximum(energy.sum(1), 1.0) * max(float(np.sum(piece**2)), 1.0))
        best = max(best, float((found / norm).max()))
    return best


def _curves(spectrum: Spectrum) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    bands = spectrum.bands_db.astype(np.float64)
    bands = np.maximum(bands, bands.max(0) - _RANGE_DB)
    return np.asarray(bands - bands.mean(0))

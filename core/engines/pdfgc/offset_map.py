"""A linear map from controls to latent offsets, fitted from a sweep of puppet frames.

It answers a drag at once, where a puppet frame per factor would have to be drawn and encoded
first. One map per factor and without a constant: controls at rest give no offset at all, and no
factor reaches another's latents. Only drafts are made with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, LOWER, REST, UPPER, Factor, FloatArray
from core.base.progress import Progress

Offset = Callable[[Factor, FloatArray], FloatArray]
"""The exact offset of a factor's controls, see `core.engines.pdfgc.puppet`."""

VERSION: Final = 1
"""Part of the cache key: raise it whenever the sweep or the fit changes."""
STAGE: Final = "Rehearsing"

_SEED: Final = 20260101
_N_MIXED: Final = 16  # per factor
_AMOUNT: Final = 0.6  # of the way from rest to a control's limit
_MIXED_SHARE: Final = 0.3  # of a factor's controls move in a mixed sample
_RIDGE: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class OffsetMap:
    """Matrices float32 [d, D] per factor: offset = (controls − rest) · matrix."""

    matrices: Mapping[Factor, FloatArray]

    def offset(self, factor: Factor, controls: FloatArray) -> FloatArray:
        """What a factor's controls float32 [..., d] add to its latent: float32 [..., D]."""
        offset: FloatArray = (controls - REST[FACTOR_SLICE[factor]]) @ self.matrices[factor]
        return offset

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Plain arrays that `from_arrays` reads."""
        return {str(factor): matrix for factor, matrix in self.matrices.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Self:
        """The map that `to_arrays` wrote.

        Raises:
            KeyError: the arrays are something else.
        """
        return cls({factor: arrays[str(factor)].astype(np.float32) for factor in Factor})


def fit_offset_map(offset: Offset, progress: Progress) -> OffsetMap:
    """Fits the map to exact offsets of a seeded sweep (ridge regression).

    Raises:
        Cancelled: the work was cancelled.
    """
    sweeps = {factor: sweep(factor) for factor in Factor}
    total = sum(len(samples) for samples in sweeps.values())
    done = 0
    matrices = {}
    for factor, samples in sweeps.items():
        rows = []
        for controls in samples:
            progress.report(STAGE, done, total)
            rows.append(offset(factor, controls))
            done += 1
        matrices[factor] = _ridge(factor, samples, np.stack(rows))
    progress.report(STAGE, total, total)
    return OffsetMap(matrices)


def sweep(factor: Factor) -> FloatArray:
    """Control values [S, d] to look at: each control alone (both ways in a pose), then mixtures."""
    part = FACTOR_SLICE[factor]
    rest, low, high = (bounds[part].astype(np.float64) for bounds in (REST, LOWER, UPPER))
    n = len(FACTOR_CONTROLS[factor])
    ups = np.eye(n) * (high - rest)
    downs = np.eye(n)[low < rest] * (low - rest)
    random = np.random.default_rng([_SEED, list(Factor).index(factor)])
    chosen = random.random((_N_MIXED, n)) < _MIXED_SHARE
    mixed = np.where(chosen, random.uniform(low - rest, high - rest, (_N_MIXED, n)), 0.0)
    samples: FloatArray = rest + _AMOUNT * np.concatenate([ups, downs, mixed])
    return samples.astype(np.float32)


def _ridge(factor: Factor, samples: FloatArray, offsets: FloatArray) -> FloatArray:
    part = FACTOR_SLICE[factor]
    span = (UPPER[part] - LOWER[part]).astype(np.float64)  # degrees and shares weigh the same
    x = (samples - REST[part]) / span
    gram = x.T @ x
    gram += _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    matrix: FloatArray = np.linalg.solve(gram, x.T @ offsets.astype(np.float64)) / span[:, None]
    return matrix.astype(np.float32)

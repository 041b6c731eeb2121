"""What all motion over time has in common: rows at a steady rate, read between frames."""

from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from core.base.controls import BoolArray, FloatArray


class Series(Protocol):
    """Rows of numbers, one per frame."""

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        ...

    def __len__(self) -> int: ...

    def at(self, positions: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Rows at frame positions; see `rows_at`."""
        ...


def rows_at(
    values: FloatArray, valid: BoolArray, positions: ArrayLike
) -> tuple[FloatArray, BoolArray]:
    """Rows between frames, by linear interpolation.

    Args:
        values: float32 [T, D].
        valid: bool [T].
        positions: [M] frame positions, any order; the first and last frame hold outside.

    Returns:
        float32 [M, D] and bool [M]: valid where both neighbours that count are.
    """
    x = np.clip(np.asarray(positions, np.float64), 0.0, len(values) - 1.0)
    low = np.floor(x).astype(np.intp)
    high = np.minimum(low + 1, len(values) - 1)
    part = x - low
    weight = part.astype(np.float32)[:, None]
    # a + w·(b − a) gives the frame itself, to the last bit, at whole positions
    rows = values[low] + weight * (values[high] - values[low])
    return rows, valid[low] & (valid[high] | (part == 0.0))


def checked_rows(
    values: FloatArray, valid: BoolArray, rate: Fraction
) -> tuple[FloatArray, BoolArray]:
    """Read-only copies of `values` [T ≥ 1, D] and `valid` [T].

    Raises:
        ValueError: they do not fit together, are not finite, or the rate is not positive.
    """
    rows, seen = np.array(values, np.float32), np.array(valid, np.bool_)
    if rows.ndim != 2 or len(rows) == 0:
        raise ValueError(f"values must be [T ≥ 1, D], not {rows.shape}")
    if seen.shape != (len(rows),):
        raise ValueError(f"valid must be [{len(rows)}], not {seen.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("values must be finite")
    if rate <= 0:
        raise ValueError(f"the rate must be positive, not {rate}")
    rows.setflags(write=False)
    seen.setflags(write=False)
    return rows, seen

"""FactorTrack: the motion that one source gives to one factor, at the source's own pace.

Every motion source (driving clip, speech, generator, take) ends in this type. Tracks are
immutable; each change gives a new one. They live in the cache, never in the document.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, REST, BoolArray, Factor, FloatArray
from core.base.time import frames_in
from core.motion.latent import LatentTrack
from core.motion.series import checked_rows, rows_at


@dataclass(frozen=True, slots=True, eq=False)
class FactorTrack:
    """Values of one factor's controls, one row per frame.

    Attributes:
        factor: Whose controls.
        values: float32 [T, D], T ≥ 1, D and order from `FACTOR_CONTROLS[factor]`; finite.
        valid: bool [T]: False where the source shows nothing (a gap in a driving clip).
        rate: Frames per second.
        provenance: One line for people: where this came from.
        neutral: Index of the source's own neutral frame. None says that the values are already
            relative to the avatar's rest (speech, generators, presets).
        latents: The same motion in the space of a network's encoder, for engines that have one.
    """

    factor: Factor
    values: FloatArray
    valid: BoolArray
    rate: Fraction
    provenance: str
    neutral: int | None = None
    latents: LatentTrack | None = None

    def __post_init__(self) -> None:
        values, valid = checked_rows(self.values, self.valid, self.rate)
        width = len(FACTOR_CONTROLS[self.factor])
        if values.shape[1] != width:
            raise ValueError(f"{self.factor} values must be [T ≥ 1, {width}], not {values.shape}")
        if self.neutral is not None and not 0 <= self.neutral < len(values):
            raise ValueError(f"neutral frame {self.neutral} outside 0..{len(values) - 1}")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "valid", valid)

    @classmethod
    def at_rest(cls, factor: Factor, n_frames: int, rate: Fraction, provenance: str = "") -> Self:
        """`n_frames` valid frames of rest."""
        values = np.tile(rest_of(factor), (n_frames, 1))
        return cls(factor, values, np.ones(n_frames, np.bool_), rate, provenance)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def duration(self) -> Fraction:
        """Seconds that the track covers."""
        return len(self) / self.rate

    @property
    def rest(self) -> FloatArray:
        """float32 [D]: the factor's rest."""
        return rest_of(self.factor)

    def column(self, name: str) -> FloatArray:
        """float32 [T]: one control by name.

        Raises:
            ValueError: the control belongs to another factor.
        """
        return self.values[:, FACTOR_CONTROLS[self.factor].index(name)]

    def with_values(self, values: FloatArray) -> Self:
        """The same track with other values [T, D]; latents, which do not change along, go."""
        return replace(self, values=values, latents=None)

    def slice(self, start: int, stop: int) -> Self:
        """Frames `start` ≤ i < `stop`, clamped to the track; at least one frame is left.

        A neutral frame outside moves to the nearest frame kept.
        """
        first = min(max(start, 0), len(self) - 1)
        last = min(max(stop, first + 1), len(self))
        neutral = (
            None if self.neutral is None else min(max(self.neutral - first, 0), last - first - 1)
        )
        return replace(
            self,
            values=self.values[first:last],
            valid=self.valid[first:last],
            neutral=neutral,
            latents=None,
        )

    def at(self, positions: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Values between frames, by linear interpolation.

        Args:
            positions: [M] frame positions, any order; the first and last frame hold outside.

        Returns:
            float32 [M, D] and bool [M]: valid where both neighbours that count are.
        """
        return rows_at(self.values, self.valid, positions)

    def resampled(self, rate: Fraction) -> Self:
        """The same motion at another frame rate, over the same duration."""
        if rate == self.rate:
            return self
        n_frames = frames_in(self.duration, rate)
        step = self.rate / rate
        positions = np.arange(n_frames) * (step.numerator / step.denominator)
        values, valid = self.at(positions)
        neutral = None
        if self.neutral is not None:
            neutral = min(round(self.neutral / step), n_frames - 1)
        return replace(self, values=values, valid=valid, rate=rate, neutral=neutral)

    def save(self, cache: ArrayCache, key: str) -> None:
        """Stores the track under `key`."""
        cache.put(key, self.to_arrays())

    @classmethod
    def load(cls, cache: ArrayCache, key: str) -> Self | None:
        """The track stored under `key`, or None (also when the entry is of another kind)."""
        arrays = cache.get(key)
        return None if arrays is None else cls.from_arrays(arrays)

    def to_arrays(self, prefix: str = "") -> dict[str, NDArray[np.generic]]:
        """Plain arrays that `from_arrays` reads; `prefix` keeps several tracks in one file."""
        neutral = -1 if self.neutral is None else self.neutral
        header = [self.rate.numerator, self.rate.denominator, neutral]
        text = f"{self.factor}\n{self.provenance}".encode()
        return {
            f"{prefix}values": self.values,
            f"{prefix}valid": self.valid,
            f"{prefix}header": np.array(header, np.int64),
            f"{prefix}text": np.frombuffer(text, np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[np.generic]], prefix: str = "") -> Self | None:
        """The track that `to_arrays` wrote, or None when the arrays are something else."""
        try:
            values, valid, header, text = (
                arrays[f"{prefix}{name}"] for name in ("values", "valid", "header", "text")
            )
            numerator, denominator, neutral = (int(n) for n in header)
            factor, _, provenance = text.tobytes().decode().partition("\n")
            return cls(
                Factor(factor),
                values.astype(np.float32),
                valid.astype(np.bool_),
                Fraction(numerator, denominator),
                provenance,
                None if neutral < 0 else neutral,
            )
        except (KeyError, ValueError, ZeroDivisionError):
            return None


def rest_of(factor: Factor) -> FloatArray:
    """float32 [D]: rest of the factor's controls (0, but 1 for the head's scale); read-only."""
    return REST[FACTOR_SLICE[factor]]

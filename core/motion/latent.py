"""Latents: what a network's own encoder makes of a source, factor by factor.

They live beside the controls of the same source (`FactorTrack.latents`) and mean something only
in the space they were made in. The timeline mixes them without knowing what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray, Factor, FloatArray
from core.base.progress import Progress
from core.face.crop import Box
from core.motion.series import checked_rows


@dataclass(frozen=True, slots=True, eq=False)
class LatentTrack:
    """One factor's latents, one row per frame.

    Attributes:
        factor: Whose latents.
        values: float32 [T, D], T ≥ 1, as the encoder gives them, times `share`; finite everywhere.
        published: float32 [T, D]: the same, smoothed as the network's authors do.
        valid: bool [T]: False where the source shows nothing and the values are filled in.
        rate: Frames per second.
        space: Name and content of what encoded them, see `LatentExtractor.space`.
        share: float32 [T], 0..1: how much of each latent comes from the source; the rest is the
            avatar's own, which only its engine knows.
    """

    factor: Factor
    values: FloatArray
    published: FloatArray
    valid: BoolArray
    rate: Fraction
    space: str
    share: FloatArray

    def __post_init__(self) -> None:
        values, valid = checked_rows(self.values, self.valid, self.rate)
        published, _ = checked_rows(self.published, self.valid, self.rate)
        if published.shape != values.shape:
            raise ValueError(f"published must be {values.shape}, not {published.shape}")
        share, _ = checked_rows(np.reshape(self.share, (-1, 1)), self.valid, self.rate)
        object.__setattr__(self, "share", share[:, 0])
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "published", published)
        object.__setattr__(self, "valid", valid)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def width(self) -> int:
        """D, the length of a latent."""
        return self.values.shape[1]

    def faded(self, share: FloatArray) -> Self:
        """The same, of which only `share` [T], 0..1, is left to the source."""
        return replace(
            self,
            values=self.values * share[:, None],
            published=self.published * share[:, None],
            share=self.share * share,
        )

    def to_arrays(self, prefix: str = "") -> dict[str, NDArray[np.generic]]:
        """Plain arrays that `from_arrays` reads; `prefix` keeps several tracks in one file."""
        text = f"{self.factor}\n{self.space}".encode()
        return {
            f"{prefix}values": self.values,
            f"{prefix}published": self.published,
            f"{prefix}valid": self.valid,
            f"{prefix}share": self.share,
            f"{prefix}rate": np.array([self.rate.numerator, self.rate.denominator], np.int64),
            f"{prefix}text": np.frombuffer(text, np.uint8),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]], prefix: str = "") -> Self:
        """The track that `to_arrays` wrote.

        Raises:
            KeyError, ValueError, ZeroDivisionError: the arrays are something else.
        """
        factor, _, space = arrays[f"{prefix}text"].tobytes().decode().partition("\n")
        numerator, denominator = (int(n) for n in arrays[f"{prefix}rate"])
        return cls(
            Factor(factor),
            arrays[f"{prefix}values"].astype(np.float32),
            arrays[f"{prefix}published"].astype(np.float32),
            arrays[f"{prefix}valid"].astype(np.bool_),
            Fraction(numerator, denominator),
            space,
            arrays[f"{prefix}share"].astype(np.float32),
        )


class LatentExtractor(Protocol):
    """Encodes sources into one network's space. Reports every batch, so that it can be stopped."""

    @property
    def space(self) -> str:
        """Name, version and content of the encoder: equal spaces give equal latents."""
        ...

    def clip(
        self,
        path: Path,
        face: int | None,
        tracker: str,
        progress: Progress,
        *,
        crop: Box | None = None,
    ) -> dict[Factor, LatentTrack]:
        """The latents of the face in a clip, for every factor that its frames tell.

        Only the `crop` of its pictures is looked at.

        Raises:
            MediaError: the file cannot be read.
            FaceError: it shows no face.
            Cancelled: the work was cancelled.
        """
        ...

    def voice(self, path: Path, progress: Progress) -> LatentTrack:
        """The lips of a recording.

        Raises:
            MediaError: the file cannot be read or has no sound.
            Cancelled: the work was cancelled.
        """
        ...

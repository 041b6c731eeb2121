"""Motion: what the timeline hands to an engine, one control vector per frame.

For an engine that has an encoder of its own, the factors that the encoder can read from the
sources come as latents besides, see `LatentMotion`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, N_CONTROLS, REST, Factor, FloatArray

IndexArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LatentPart:
    """What latents give to one factor: a weighted sum, of which the rest is the avatar's own.

    Attributes:
        values: float32 [N, D]: Σ weight · latent.
        own: float32 [N]: 1 − Σ weight; what the latent of the avatar at rest weighs. Negative
            where a gain goes beyond the latents.
    """

    values: FloatArray
    own: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class LatentMotion:
    """The same motion for an engine with latents.

    A factor's latent is `values + own · (latent of the avatar at rest)`, plus what the engine
    makes of `controls`; a muted factor's latent is zero.

    Attributes:
        parts: The factors that some latents reach; the others are the avatar's own.
        controls: float32 [N, 58], relative to rest: what has no latents (generators, takes,
            presets, curves).
        muted: Factors whose latent is zero.
        switched_off: Names of the engine's own switches that are off.
        blink_gain: Factor on how far the latents' blinks are from the avatar's own eyes; in
            `controls` it is applied already, and so is the next.
        look_at_camera: 0..1: how far the latents' gaze gives way to the avatar's own.
    """

    parts: Mapping[Factor, LatentPart]
    controls: FloatArray
    muted: frozenset[Factor] = frozenset()
    switched_off: frozenset[str] = frozenset()
    blink_gain: float = 1.0
    look_at_camera: float = 0.0

    def rows(self, at: slice) -> "LatentMotion":
        """The same for some of the frames."""
        parts = {
            factor: LatentPart(part.values[at], part.own[at]) for factor, part in self.parts.items()
        }
        return replace(self, parts=parts, controls=self.controls[at])

    def overridden(self, before: FloatArray, after: FloatArray) -> "LatentMotion":
        """The same, with those factors by controls alone that a hand has moved.

        Args:
            before: float32 [N, 58]: the controls of the whole motion.
            after: float32 [N, 58]: the same, moved by hand.
        """
        parts, controls = dict(self.parts), self.controls.copy()
        for factor, columns in FACTOR_SLICE.items():
            if not np.array_equal(before[:, columns], after[:, columns]):
                parts.pop(factor, None)
                controls[:, columns] = after[:, columns]
        return replace(self, parts=parts, controls=controls)

    def mixed(self, before: IndexArray, after: IndexArray, share: FloatArray) -> "LatentMotion":
        """Frames [M] between frames: `share` [M, 1] of `after`, the rest of `before`."""

        def mix(rows: FloatArray) -> FloatArray:
            mixed: FloatArray = rows[before] * (1 - share) + rows[after] * share
            return mixed

        parts = {
            factor: LatentPart(mix(part.values), mix(part.own[:, None])[:, 0])
            for factor, part in self.parts.items()
        }
        return replace(self, parts=parts, controls=mix(self.controls))


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Control vectors of consecutive frames.

    Attributes:
        controls: float32 [N, 58] in the order of `core.base.controls.CONTROLS`, relative to the
            avatar's rest; finite. Stored read-only.
        rate: Frames per second.
        start_frame: Timeline frame of the first row.
        latents: The same motion for an engine with latents; None where none was asked for.
    """

    controls: FloatArray
    rate: Fraction
    start_frame: int = 0
    latents: LatentMotion | None = None

    def __post_init__(self) -> None:
        controls = np.array(self.controls, np.float32)
        if controls.ndim != 2 or controls.shape[1] != N_CONTROLS:
            raise ValueError(f"controls must be [N, {N_CONTROLS}], not {controls.shape}")
        if not np.isfinite(controls).all():
            raise ValueError("controls must be finite")
        if self.rate <= 0:
            raise ValueError(f"the rate must be positive, not {self.rate}")
        controls.setflags(write=False)
        object.__setattr__(self, "controls", controls)

    @classmethod
    def rest(cls, n_frames: int, rate: Fraction, start_frame: int = 0) -> "Motion":
        """`n_frames` frames of the avatar at rest."""
        return cls(np.tile(REST, (n_frames, 1)), rate, start_frame)

    def __len__(self) -> int:
        return len(self.controls)

    def since(self, first: int) -> "Motion":
        """The same from its row `first` on."""
        latents = self.latents and self.latents.rows(slice(first, None))
        return Motion(self.controls[first:], self.rate, self.start_frame + first, latents)

    def factor(self, factor: Factor) -> FloatArray:
        """The columns of one factor, float32 [N, D], read-only."""
        return self.controls[:, FACTOR_SLICE[factor]]

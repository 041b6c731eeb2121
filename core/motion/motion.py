"""Motion: what the timeline hands to an engine, one control vector per frame."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from core.base.controls import FACTOR_SLICE, N_CONTROLS, REST, Factor, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Control vectors of consecutive frames.

    Attributes:
        controls: float32 [N, 58] in the order of `core.base.controls.CONTROLS`, relative to the
            avatar's rest; finite. Stored read-only.
        rate: Frames per second.
        start_frame: Timeline frame of the first row.
    """

    controls: FloatArray
    rate: Fraction
    start_frame: int = 0

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

    def factor(self, factor: Factor) -> FloatArray:
        """The columns of one factor, float32 [N, D], read-only."""
        return self.controls[:, FACTOR_SLICE[factor]]

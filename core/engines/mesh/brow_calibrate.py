"""Self-calibration of the brows: they are held where the pose and the rest of the face leave them.

A picture of a head that looks up shows its brows too low, because it has less depth than the head;
eyes that look up or close seem to pull the brows along. What the probes of the pose's calibration
show of this is taken back with the brows' own controls, a millimetre or two at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX
from core.engines.mesh.fields import CLOSE_ROW, N_ROWS, coefficients
from core.engines.mesh.stage import Controls

Points = NDArray[np.float64]

LEVER: Final = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
"""The controls that lift the whole brow, in equal measure."""
_LEVER_COLUMNS: Final = np.array([INDEX[name] for name in LEVER], np.intp)
_BROW_COLUMNS: Final = np.array([i for n, i in INDEX.items() if n.startswith("brow")], np.intp)
_POSE_COLUMNS: Final = np.array([INDEX[name] for name in ("yaw", "pitch")], np.intp)
_UNIT_DEG: Final = 20.0
_RIDGE: Final = 0.05
_LEAST_LIFT: Final = 0.04  # inter-ocular distances: a lever that moves less cannot be trusted
_FEWEST_POSES: Final = 8
_TAKEN_BACK: Final = 0.8
_MOST: Final = 0.35  # of the lever


def _features(angles: Points) -> Points:
    """Polynomial terms [..., 5] of yaw and pitch [..., 2] in degrees; all vanish at 0."""
    yaw, pitch = np.moveaxis(angles / _UNIT_DEG, -1, 0)
    return np.stack([yaw, pitch, yaw**2, pitch**2, yaw * pitch], -1)


@dataclass(frozen=True, slots=True, eq=False)
class BrowCalibration:
    """How far other movements seem to lift the brows, in units of the lever.

    Attributes:
        turns: float64 [5], per polynomial term of yaw and pitch.
        pulls: float64 [53], per field row (see `coefficients`).
    """

    turns: Points = field(default_factory=lambda: np.zeros(5))
    pulls: Points = field(default_factory=lambda: np.zeros(N_ROWS))

    @classmethod
    def fit(
        cls,
        poses: tuple[Points, Points],
        expressions: tuple[Sequence[Controls], Points],
    ) -> "BrowCalibration":
        """From measured heights of the brows, relative to rest, inter-ocular distances.

        Args:
            poses: measured yaw and pitch from rest [N, 2], degrees, and the heights [N] there.
            expressions: control values of each face and the heights [M] there; the one with the
                lever says what the lever does, others that move brows on purpose say nothing.

        Lost faces are NaN. Without a lever that works nothing is corrected.
        """
        shown = np.stack([coefficients(c) for c in expressions[0]]).astype(np.float64)
        levered = np.array([bool(c[_LEVER_COLUMNS].any()) for c in expressions[0]])
        gain = float(expressions[1][levered].mean()) if levered.any() else 0.0
        if not gain >= _LEAST_LIFT:
            return cls()
        seen = np.isfinite(poses[0]).all(1) & np.isfinite(poses[1])
        turns = np.zeros(5)
        if seen.sum() >= _FEWEST_POSES:
            terms = _features(poses[0][seen])
            gram = terms.T @ terms + _RIDGE * np.eye(terms.shape[1])
            turns = np.linalg.solve(gram, terms.T @ poses[1][seen])
        unwanted = np.array([not c[_BROW_COLUMNS].any() for c in expressions[0]])
        others = shown[unwanted]
        others[:, CLOSE_ROW] = 0.0
        pulls = np.linalg.pinv(others) @ np.nan_to_num(expressions[1][unwanted])
        return cls(turns / gain, pulls / gain)

    def drawn(self, controls: Controls) -> Controls:
        """The controls float32 [58] to draw for wanted ones; rest stays exactly rest."""
        angles = controls[_POSE_COLUMNS].astype(np.float64)
        seeming = float(_features(angles) @ self.turns + coefficients(controls) @ self.pulls)
        lift = float(np.clip(-_TAKEN_BACK * seeming, -_MOST, _MOST))
        if lift == 0.0:
            return controls
        result = controls.copy()
        result[_LEVER_COLUMNS] += np.float32(lift)
        return result

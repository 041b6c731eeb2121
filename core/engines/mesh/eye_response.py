"""What a tracker measures of the drawn eyes of one portrait, and what to draw for a measure.

The response is a low polynomial, fitted to a few tracked probe renders with a typical portrait as
its prior. Measures are in the units of the controls: openness as a share of the portrait's own,
gaze in units of eyeLook. Only `eye_calibrate` uses this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.easing import eased
from core.face.eye_solver import GAZE_DOWN_PER_UNIT, GAZE_UP_PER_UNIT
from core.face.lid_rig import LOOK_DOWN

Array = NDArray[np.float64]

UP_GAIN: Final = GAZE_UP_PER_UNIT / GAZE_DOWN_PER_UNIT
"""Measured height of eyeLookUp 1 in units of eyeLookDown 1."""
_UNIT_DEG: Final = 20.0
_STEPS: Final = 4  # of the fixed-point iteration; each leaves less than a fifth
_MOST_LIFT: Final = 0.18  # of openness
_FURTHEST: Final = 1.05  # drawn gaze: an iris does not leave its eye
_KEPT: Final = 0.7  # of it is drawn as it is, so that even far looks still differ
_MOST_SOUGHT: Final = 2.0  # where the fixed-point iteration stops
_X_SLOPES, _Y_SLOPES = (0.72, 1.3), (0.7, 1.3)  # least and most response that is believed
_WIDE_SLOPES: Final = (0.7, 1.3)
_TYPICAL_WIDENING: Final = 0.85
_LEAST_RANGE: Final = 0.08  # openness between open and shut, eye widths, that can be calibrated
_CLOSURES: Final = np.array([0.0, 0.3, 0.55, 0.8, 1.0])
_CLOSURE_TRUST: Final = 0.7  # the rest is a straight line: probes tremble


@dataclass(frozen=True, slots=True)
class Look:
    """What both eyes of a frame do on a head that is turned.

    Attributes:
        right: Gaze to the viewer's right, eyeLook units.
        down: Gaze down (eyeLookDown), or below 0 up (eyeLookUp).
        openness: 1 as in the portrait, 0 shut, above 1 wide.
        yaw, pitch: Degrees of head pose relative to the portrait.
    """

    right: float = 0.0
    down: float = 0.0
    openness: float = 1.0
    yaw: float = 0.0
    pitch: float = 0.0


def _features(right: float, down: float, yaw_deg: float, pitch_deg: float) -> Array:
    """Polynomial terms [9]; all vanish at rest."""
    yaw, pitch = yaw_deg / _UNIT_DEG, pitch_deg / _UNIT_DEG
    return np.array([
        max(right, 0.0), min(right, 0.0), max(down, 0.0), min(down, 0.0),
        yaw, yaw * yaw, pitch, right * yaw, right * down,
    ])  # fmt: skip


_RIGHT, _LEFT, _DOWN, _UP = range(4)
# Response of (openness, gaze right, gaze down) to each feature: median of six portraits at 512 px.
_TYPICAL: Final = np.array([
    [-0.10, 0.86, 0.0], [0.10, 0.80, 0.0], [-0.26, 0.0, 0.80], [0.03, 0.0, 0.60],
    [0.0, -0.07, 0.0], [0.0, 0.0, 0.0], [-0.06, 0.0, 0.25], [0.06, 0.0, -0.13], [0.0, 0.0, 0.0],
])  # fmt: skip
# Noise of a probe over the spread of portraits around the typical one, squared; more for terms
# that a real eyeball hardly has.
_RIDGE: Final = np.array([
    [0.3, 0.5, 4.0], [0.3, 0.5, 4.0], [0.3, 4.0, 0.5], [0.3, 4.0, 0.5],
    [0.3, 0.5, 2.0], [0.3, 2.0, 2.0], [0.3, 4.0, 0.5], [1.0, 1.0, 2.0], [4.0, 4.0, 4.0],
])  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class EyeResponse:
    """Drawn look → measured look of one portrait.

    Attributes:
        terms: float64 [9, 3], what each feature adds to openness, gaze right and gaze down.
        closure: float64 [5], by how much the openness falls at each of `_CLOSURES`; rising 0..1.
        widening: Measured openness per drawn openness above 1.
    """

    terms: Array
    closure: Array
    widening: float

    @classmethod
    def fit(cls, drawn: Sequence[Look], measured: Array) -> "EyeResponse | None":
        """From drawn looks and what was measured of them [N, 3].

        Args:
            drawn: the first at rest, one shut; those with another openness than 1 look straight
                on an unturned head.
            measured: openness in eye widths, gaze right and down in eyeLook units.

        Returns:
            The response, or None when the eyes hardly seem to close.
        """
        change = measured - measured[0]
        openness = np.array([look.openness for look in drawn])
        span = -float(change[np.argmin(openness), 0])
        if span < _LEAST_RANGE:
            return None
        change[:, 0] /= span
        at_rest = openness == 1.0
        features = np.stack([_features(d.right, d.down, d.yaw, d.pitch) for d in drawn])
        terms = _fitted_terms(features[at_rest], change[at_rest])
        wide = openness > 1.0
        slopes = np.r_[_TYPICAL_WIDENING, change[wide, 0] / (openness[wide] - 1.0)]
        widening = float(np.clip(slopes.mean(), *_WIDE_SLOPES))
        lids = openness <= 1.0
        return cls(terms, _closure(openness[lids], change[lids, 0]), widening)

    def gaze_for(self, wanted: Look) -> tuple[float, float]:
        """Gaze right and down to draw so that the wanted gaze is measured."""
        right, down = wanted.right, wanted.down
        aim_right, aim_down = right, down if down > 0 else UP_GAIN * down
        for _ in range(_STEPS):
            _, seen_right, seen_down = _features(right, down, wanted.yaw, wanted.pitch) @ self.terms
            right += (aim_right - seen_right) / self.terms[_RIGHT if right > 0 else _LEFT, 1]
            down += (aim_down - seen_down) / self.terms[_DOWN if down > 0 else _UP, 2]
            right = min(max(float(right), -_MOST_SOUGHT), _MOST_SOUGHT)
            down = min(max(float(down), -_MOST_SOUGHT), _MOST_SOUGHT)
        return eased(right, _FURTHEST, _KEPT), eased(down, _FURTHEST, _KEPT)

    def lift(self, wanted: Look, right: float, down: float) -> float:
        """Openness that drawn gaze and pose take from an open eye, beyond what they should."""
        seen = float(_features(right, down, wanted.yaw, wanted.pitch) @ self.terms[:, 0])
        meant = -sum(LOOK_DOWN) * max(wanted.down, 0.0)  # lids follow a lowered gaze
        return float(np.clip(meant - seen, -_MOST_LIFT, _MOST_LIFT))

    def openness_for(self, wanted: float, lift: float) -> float:
        """Openness to draw for one eye so that `wanted` is measured; a shut eye stays shut."""
        aim = wanted + lift * min(wanted, 1.0)
        if aim > 1.0:
            return 1.0 + (aim - 1.0) / self.widening
        return 1.0 - float(np.interp(1.0 - aim, self.closure, _CLOSURES))


def _fitted_terms(features: Array, change: Array) -> Array:
    """Terms [9, 3] that explain `change` [N, 3] by `features` [N, 9], close to the typical ones."""
    gram = features.T @ features
    surprise = features.T @ (change - features @ _TYPICAL)
    columns = [np.linalg.solve(gram + np.diag(_RIDGE[:, i]), surprise[:, i]) for i in range(3)]
    terms: Array = _TYPICAL + np.stack(columns, 1)
    for feature, measure, (low, high), unit in (
        (_RIGHT, 1, _X_SLOPES, 1.0),
        (_LEFT, 1, _X_SLOPES, 1.0),
        (_DOWN, 2, _Y_SLOPES, 1.0),
        (_UP, 2, _Y_SLOPES, UP_GAIN),
    ):
        terms[feature, measure] = np.clip(terms[feature, measure], low * unit, high * unit)
    return terms


def _closure(openness: Array, change: Array) -> Array:
    """How much the measured openness has fallen at each of `_CLOSURES`, 1 in the end."""
    order = np.argsort(-openness)
    seen = np.interp(_CLOSURES, 1.0 - openness[order], -change[order])
    believed = _CLOSURE_TRUST * seen + (1 - _CLOSURE_TRUST) * _CLOSURES
    rising = np.maximum.accumulate(np.clip(believed, 0.0, 1.0)) + 0.02 * _CLOSURES
    closure: Array = (rising - rising[0]) / (rising[-1] - rising[0])
    return closure

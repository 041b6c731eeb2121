"""Self-calibration of the eyes: how far to turn them so that a tracker measures what was meant.

How far an iris seems to go sideways depends on the portrait: on its light, on lashes, on how much
of the eye was visible. A few small probe renders are tracked and the inverse of what they show is
kept as a monotone curve. Up and down it would pull at the lids, and blinks are alike on all faces.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX, REST
from core.engines.mesh.posing import HeadMotion
from core.engines.mesh.stage import Controls, Picture
from core.face.eye_solver import GAZE_X_PER_UNIT
from core.face.measures import measure
from core.face.tracker import Face

Curve = NDArray[np.float64]
Track = Callable[[Iterator[Picture]], Iterator[Face | None]]

_LOOKS: Final = (-0.4, -0.9, 0.4, 0.9)
"""Gaze to the viewer's right that is tried."""
_SETTLING: Final = 3  # times a probe is shown: a tracker follows jumps with delay
_TRUST: Final = 0.8  # the rest is the typical response: probes tremble
_SLOPES: Final = (0.75, 1.6)  # least and most response per control
_FURTHEST: Final = 1.25
_TO_LEFT: Final = ("eyeLookInLeft", "eyeLookOutRight")
_TO_RIGHT: Final = ("eyeLookOutLeft", "eyeLookInRight")


@dataclass(frozen=True, slots=True, eq=False)
class EyeCalibration:
    """Wanted gaze → drawn gaze.

    Attributes:
        wanted: float64 [N], rising gaze to the viewer's right; eyeLook units, 0 in the middle.
        draws: float64 [N], what to draw for it.
    """

    wanted: Curve
    draws: Curve

    @classmethod
    def plain(cls) -> "EyeCalibration":
        """Draws what is wanted."""
        same = np.array([-1.0, 0.0, 1.0])
        return cls(same, same)

    @classmethod
    def fit(cls, gaze_x: Curve) -> "EyeCalibration":
        """From the measured gaze at rest and at each of `_LOOKS`, eye widths."""
        drawn = np.array(_LOOKS)
        shown = (gaze_x[1:] - gaze_x[0]) / GAZE_X_PER_UNIT
        left, right = (_inverse(*_away(drawn * sign, shown * sign)) for sign in (-1.0, 1.0))
        wanted, draws = np.concatenate([-left[:, :0:-1], right], 1)
        return cls(wanted, draws)

    def drawn(self, controls: Controls) -> Controls:
        """Control values float32 [58] with the gaze replaced; rest stays exactly rest."""
        result = controls.copy()
        for side, towards, away in (("Left", "Out", "In"), ("Right", "In", "Out")):
            to_right, to_left = INDEX[f"eyeLook{towards}{side}"], INDEX[f"eyeLook{away}{side}"]
            wanted = float(controls[to_right] - controls[to_left])
            if wanted:
                value = float(np.interp(wanted, self.wanted, self.draws))
                result[to_right], result[to_left] = max(value, 0.0), max(-value, 0.0)
        return result


def calibrate_eyes(draw: Callable[[Controls, HeadMotion], Picture], track: Track) -> EyeCalibration:
    """Draws the probes, tracks them as one clip and inverts what they show."""

    def shown() -> Iterator[Picture]:
        for right in (0.0, *_LOOKS):
            frame = draw(_looking(right), HeadMotion())
            for _ in range(_SETTLING):
                yield frame

    faces = list(track(shown()))[_SETTLING - 1 :: _SETTLING]
    seen = [face.points for face in faces if face is not None]
    if len(seen) <= len(_LOOKS):
        return EyeCalibration.plain()
    return EyeCalibration.fit(measure(np.stack(seen)).gaze_x)


def _away(drawn: Curve, shown: Curve) -> tuple[Curve, Curve]:
    """The probes with positive `drawn` in rising order."""
    order = np.argsort(drawn)
    order = order[drawn[order] > 0]
    return drawn[order], shown[order]


def _inverse(drawn: Curve, shown: Curve) -> Curve:
    """Wanted and drawn gaze [2, N] from 0 to `_FURTHEST`; believes only likely slopes."""
    wanted, before = [0.0], 0.0
    for value, seen in zip(drawn, _TRUST * shown + (1 - _TRUST) * drawn, strict=True):
        slope = np.clip((seen - wanted[-1]) / (value - before), *_SLOPES)
        wanted.append(wanted[-1] + float(slope) * float(value - before))
        before = float(value)
    last = (wanted[-1] - wanted[-2]) / float(drawn[-1] - drawn[-2])
    wanted.append(wanted[-1] + last * (_FURTHEST - before))
    return np.array([wanted, [0.0, *drawn, _FURTHEST]])


def _looking(right: float) -> Controls:
    controls = REST.copy()
    for name in _TO_RIGHT if right > 0 else _TO_LEFT:
        controls[INDEX[name]] = abs(right)
    return controls

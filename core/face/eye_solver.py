"""Lids and gaze of a clip → the 14 controls of the eyes.

Openness is read in relation to how far this person opens and shuts the eyes, gaze in relation to
how the person looks at rest. While an eye is shut its iris is a guess, so gaze is bridged.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX
from core.face.lid_rig import LOOK_DOWN, WIDE
from core.face.measures import Measures

Curve = NDArray[np.float64]

GAZE_X_PER_UNIT: Final = 0.18
"""gaze_x (eye widths) that the tracker reports at eyeLookIn or eyeLookOut 1."""
GAZE_DOWN_PER_UNIT: Final = 0.08
GAZE_UP_PER_UNIT: Final = 0.06
EAR_PER_PITCH: Final = -0.0013
"""Openness that FaceMesh adds per degree of pitch while the lids rest; median over renders of eight
portraits in which only the head moved."""

_SHUT_SHARE: Final = 0.5  # a clip contains blinks once the openness falls below this share
_LEAST_SHUT: Final = 0.03  # openness of lids that touch, as FaceMesh reports it
_TYPICAL_SHUT_SHARE: Final = 0.2
_GAZE_NEEDS: Final = 0.5  # openness, as a share of open eyes, from which the iris is trusted
_WIDE_GAIN: Final = -sum(WIDE)  # openness that eyeWide 1 adds


def add_eyes(measures: Measures, rest: NDArray[np.intp], controls: Curve) -> None:
    """Writes the eyes' columns of `controls` [T, 58].

    Args:
        measures: of all T frames.
        rest: frames in which the person is neutral.
        controls: written in place.
    """
    tilt = EAR_PER_PITCH * (measures.pitch - np.median(measures.pitch[rest]))
    shares = {
        "Left": _openness(measures.ear_left - tilt, rest),
        "Right": _openness(measures.ear_right - tilt, rest),
    }
    seen = np.minimum(shares["Left"], shares["Right"]) > _GAZE_NEEDS
    right = _bridged(measures.gaze_x - np.median(measures.gaze_x[rest]), seen) / GAZE_X_PER_UNIT
    down = _bridged(measures.gaze_y - np.median(measures.gaze_y[rest]), seen)
    look_down = np.clip(down / GAZE_DOWN_PER_UNIT, 0.0, 1.0)
    look_up = np.clip(-down / GAZE_UP_PER_UNIT, 0.0, 1.0)
    # lids follow a lowered gaze by themselves: only what they do beyond that is a blink
    followed = 1.0 - look_down * sum(LOOK_DOWN)
    for side, outward in (("Left", right), ("Right", -right)):
        beyond = shares[side] / followed
        columns = {
            "Blink": 1.0 - beyond,
            "Wide": (beyond - 1.0) / _WIDE_GAIN,
            "LookOut": outward,
            "LookIn": -outward,
            "LookDown": look_down,
            "LookUp": look_up,
        }
        for name, values in columns.items():
            controls[:, INDEX[f"eye{name}{side}"]] = np.clip(values, 0.0, 1.0)


def _openness(ear: Curve, rest: NDArray[np.intp]) -> Curve:
    """0 for shut, 1 for this person's open eye, more for a wide one."""
    opened = float(np.median(ear[rest]))
    lowest = float(np.percentile(ear, 1))
    shut = lowest if lowest < _SHUT_SHARE * opened else _TYPICAL_SHUT_SHARE * opened
    shut = max(shut, _LEAST_SHUT)
    share: Curve = np.maximum((ear - shut) / max(opened - shut, 1e-3), 0.0)
    return share


def _bridged(curve: Curve, seen: NDArray[np.bool_]) -> Curve:
    """The curve [T] with unseen frames and their neighbours interpolated, and slips removed."""
    trusted = seen.copy()
    trusted[1:] &= seen[:-1]
    trusted[:-1] &= seen[1:]
    if not trusted.any():
        return np.zeros(len(curve))
    frames = np.arange(len(curve))
    bridged = np.pad(np.interp(frames, frames[trusted], curve[trusted]), 1, mode="edge")
    # single frames that leave their neighbours are slips; a saccade stays where it lands
    steady: Curve = np.median([bridged[:-2], bridged[1:-1], bridged[2:]], axis=0)
    return steady

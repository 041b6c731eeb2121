"""Lids and gaze of a clip → the 14 controls of the eyes.

Openness is read in relation to how far this person opens and shuts the eyes, gaze in relation to
how the person looks at rest. The iris of a shut eye is a guess: in a wink the other eye tells the
gaze, in a blink it is bridged.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX
from core.face.lid_rig import LOOK_DOWN, LOOK_SIDE_DEG, WIDE
from core.face.measures import Measures

Curve = NDArray[np.float64]

GAZE_X_PER_UNIT: Final = 0.23
"""gaze_x (eye widths) that the tracker reports at eyeLookIn or eyeLookOut 1."""
GAZE_DOWN_PER_UNIT: Final = 0.08
GAZE_UP_PER_UNIT: Final = 0.06

_SHUT_SHARE: Final = 0.5  # a clip contains blinks once the openness falls below this share
_LEAST_SHUT: Final = 0.03  # openness of lids that touch, as FaceMesh reports it
_TYPICAL_SHUT_SHARE: Final = 0.2
_GAZE_NEEDS: Final = (0.35, 0.65)  # openness, as a share of open eyes, that shows an iris
_RESTS_OPEN: Final = 0.8  # openness of a rest, as a share of the clip's open eyes
_FEWEST_RESTS: Final = 5
_WIDE_GAIN: Final = -sum(WIDE)  # openness that eyeWide 1 adds


def add_eyes(measures: Measures, rest: NDArray[np.intp], controls: Curve) -> None:
    """Writes the eyes' columns of `controls` [T, 58].

    Args:
        measures: of all T frames.
        rest: frames in which the person is neutral.
        controls: written in place.
    """
    ears = {"Left": measures.ear_left, "Right": measures.ear_right}
    rest = _open_rest((ears["Left"] + ears["Right"]) / 2, rest)
    shares = {side: _openness(ear, rest) for side, ear in ears.items()}
    low, high = _GAZE_NEEDS
    shown = {side: np.clip((s - low) / (high - low), 0.0, 1.0) for side, s in shares.items()}
    across = {"Left": measures.gaze_x_left, "Right": measures.gaze_x_right}
    height = {"Left": measures.gaze_y_left, "Right": measures.gaze_y_right}
    ahead = _looking_ahead(measures, rest)
    right = _gaze(across, shown, ahead) / GAZE_X_PER_UNIT
    down = _gaze(height, shown, ahead)
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


def _open_rest(ear: Curve, rest: NDArray[np.intp]) -> NDArray[np.intp]:
    """The rest frames, unless most have lowered lids: a calm face may well look down.

    Then those with raised lids, or all such frames of the clip where there are hardly any.
    """
    raised = ear > _RESTS_OPEN * np.percentile(ear, 90)
    if raised[rest].mean() > 0.5:
        return rest
    open_rest = rest[raised[rest]]
    return open_rest if len(open_rest) >= _FEWEST_RESTS else np.flatnonzero(raised)


def _looking_ahead(measures: Measures, rest: NDArray[np.intp]) -> NDArray[np.intp]:
    """The half of the rest frames in which head and eyes together look nearest to the camera.

    A face whose eyes dart about is as calm as one that looks ahead.
    """
    aside = np.abs(measures.yaw + LOOK_SIDE_DEG / GAZE_X_PER_UNIT * measures.gaze_x)[rest]
    nearest: NDArray[np.intp] = np.argsort(aside, kind="stable")[: (len(rest) + 1) // 2]
    chosen: NDArray[np.intp] = rest[nearest]
    return chosen


def _gaze(eyes: Mapping[str, Curve], shown: Mapping[str, Curve], rest: NDArray[np.intp]) -> Curve:
    """One direction of both eyes' gaze [T] relative to rest; each counts as its iris is shown."""
    total = sum(shown.values())
    moved = sum(shown[s] * (gaze - np.median(gaze[rest])) for s, gaze in eyes.items())
    return _bridged(moved / np.maximum(total, 1e-6), np.maximum(*shown.values()) > 0.5)


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

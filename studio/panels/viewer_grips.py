"""What a drag in the picture does to the face: grips on the landmarks, and the lanes they move.

Points are float64 [478, 2] in px of the picture. All pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import Factor
from core.face.topology import (
    CHIN,
    FACE_OVAL,
    FOREHEAD_TOP,
    LEFT_BROW,
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    LOWER_INNER,
    LOWER_OUTER,
    MOUTH_CORNERS,
    RIGHT_BROW,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    UPPER_INNER,
    UPPER_OUTER,
)

Points = NDArray[np.float64]

ROLL_DEG_PER_NOTCH: Final = 1.0
FINE: Final = 0.1
"""Factor on a drag while Shift is held."""
_TURN_DEG = 70.0  # by a drag over the face's height
_ASIDE, _UP_OR_DOWN = 0.26, 0.17  # eye widths by which the iris moves at the gaze lanes' end
_BROW_POINTS = 5  # of a brow's ten, the upper line


class Grip(StrEnum):
    """A part of the face that can be dragged."""

    HEAD = "head"
    GAZE = "gaze"
    LIPS = "lips"
    BROWS = "brows"


@dataclass(frozen=True, slots=True)
class GripKind:
    """What a grip is for people and for the document."""

    factor: Factor
    label: str
    hint: str


GRIPS: Final[Mapping[Grip, GripKind]] = {
    Grip.HEAD: GripKind(Factor.HEAD_POSE, "Turn head", "Drag to turn the head, wheel to roll it"),
    Grip.GAZE: GripKind(Factor.EYES, "Move gaze", "Drag to move the gaze"),
    Grip.LIPS: GripKind(Factor.LIPS, "Shape lips", "Drag down to open, sideways to spread"),
    Grip.BROWS: GripKind(Factor.EXPRESSION, "Move brows", "Drag to raise or lower the brows"),
}


def grip_at(points: Points, x: float, y: float) -> Grip | None:
    """The part of the face under a point; small parts win over large ones."""
    height = face_height(points)
    if height <= 0.0:
        return None
    reach = 0.05 * height
    for corners, iris in (
        (RIGHT_EYE_CORNERS, RIGHT_IRIS),
        (LEFT_EYE_CORNERS, LEFT_IRIS),
    ):
        eye_width = float(np.linalg.norm(np.subtract(*points[corners])))
        if np.hypot(*(points[iris[0]] - (x, y))) < max(0.45 * eye_width, reach):
            return Grip.GAZE
    if _is_in_box(points[np.concatenate((UPPER_OUTER, LOWER_OUTER))], x, y, reach):
        return Grip.LIPS
    for brow in (RIGHT_BROW, LEFT_BROW):
        if _is_in_box(points[brow], x, y, 0.6 * reach):
            return Grip.BROWS
    return Grip.HEAD if _is_in_box(points[FACE_OVAL], x, y, 2.0 * reach) else None


def drag_lanes(
    points: Points, grip: Grip, start: tuple[float, float], d_x: float, d_y: float
) -> dict[str, float]:
    """How far a drag moves each lane.

    Args:
        points: The face when it was grabbed.
        grip: What was grabbed.
        start: Where it was grabbed, px.
        d_x: Drag to the right, px.
        d_y: Drag downwards, px.

    Returns:
        Lane → what is added to its value, in the lane's unit.
    """
    height = face_height(points)
    if grip is Grip.HEAD:
        return {"yaw": d_x / height * _TURN_DEG, "pitch": -d_y / height * _TURN_DEG}
    if grip is Grip.GAZE:
        eye_width = float(np.linalg.norm(np.subtract(*points[LEFT_EYE_CORNERS])))
        return {
            "gaze_x": d_x / max(_ASIDE * eye_width, 1.0),
            "gaze_y": -d_y / max(_UP_OR_DOWN * eye_width, 1.0),
        }
    if grip is Grip.BROWS:
        return {"brows": -d_y / (0.12 * height)}
    middle = float(points[MOUTH_CORNERS, 0].mean())
    outwards = d_x if start[0] >= middle else -d_x
    return {"open": d_y / (0.2 * height), "spread": outwards / (0.12 * height)}


def face_height(points: Points) -> float:
    """Distance of forehead and chin in px."""
    return float(np.linalg.norm(points[FOREHEAD_TOP] - points[CHIN]))


def outlines(points: Points) -> list[Points]:
    """The lines that make a face: oval, brows, lids, irises, nose and lips, float64 [N, 2] each."""
    loops = (FACE_OVAL, RIGHT_IRIS[1:], LEFT_IRIS[1:])
    lines = (
        RIGHT_BROW[:_BROW_POINTS],
        LEFT_BROW[:_BROW_POINTS],
        RIGHT_UPPER_LID,
        RIGHT_LOWER_LID,
        LEFT_UPPER_LID,
        LEFT_LOWER_LID,
        UPPER_OUTER,
        LOWER_OUTER,
        UPPER_INNER,
        LOWER_INNER,
        _NOSE_RIDGE,
        _NOSE_WINGS,
    )
    closed = [points[np.append(loop, loop[0])] for loop in loops]
    return closed + [points[line] for line in lines]


_NOSE_RIDGE = np.array((168, 6, 197, 195, 5, 4, 1))
_NOSE_WINGS = np.array((98, 97, 2, 326, 327))


def _is_in_box(part: Points, x: float, y: float, reach: float) -> bool:
    lower, upper = part.min(axis=0) - reach, part.max(axis=0) + reach
    return bool(lower[0] <= x <= upper[0] and lower[1] <= y <= upper[1])

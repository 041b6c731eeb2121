"""Lanes: the named scalars that a person draws curves for, and the controls they move.

Every control is a lane of its own. The friendly lanes move several controls at once and may move
others below their default than above it: `gaze_x` looks to either side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.base.controls import (
    FACTOR_CONTROLS,
    FACTOR_OF,
    INDEX,
    LOWER,
    UPPER,
    Factor,
    mirror_name,
)
from core.motion.presets import EMOTIONS


@dataclass(frozen=True, slots=True)
class Lane:
    """One scalar that can be keyed.

    Attributes:
        name: Unique over all factors.
        factor: The track it lies on.
        lower: Smallest value.
        default: Value without effect.
        upper: Largest value.
        unit: For people; empty for plain fractions.
        above: Control → what one unit above the default adds to it.
        below: Control → what one unit below the default adds to it.
        mirror: Lane of the other side (itself when it has no sides).
        flips: Whether mirroring also turns it about its default.
    """

    name: str
    factor: Factor
    lower: float
    default: float
    upper: float
    unit: str
    above: Mapping[str, float]
    below: Mapping[str, float]
    mirror: str
    flips: bool = False

    @property
    def limits(self) -> tuple[float, float, float]:
        """(lower, default, upper)."""
        return self.lower, self.default, self.upper


def _both(weights: Mapping[str, float]) -> dict[str, float]:
    """Names ending in `*` stand for their left and their right control."""
    result = {}
    for name, weight in weights.items():
        if name.endswith("*"):
            result[name[:-1] + "Left"] = result[name[:-1] + "Right"] = weight
        else:
            result[name] = weight
    return result


def _lane(
    name: str,
    factor: Factor,
    lower: float,
    above: Mapping[str, float],
    below: Mapping[str, float] | None = None,
    *,
    mirror: str = "",
    flips: bool = False,
) -> Lane:
    up = _both(above)
    down = {n: -w for n, w in up.items()} if below is None else _both(below)
    return Lane(name, factor, lower, 0.0, 1.0, "", up, down, mirror or name, flips)


def _pose_lane(name: str, reach: float, unit: str) -> Lane:
    flips = name in ("yaw", "roll", "x")
    return Lane(
        name, Factor.HEAD_POSE, -reach, 0.0, reach, unit, {name: 1.0}, {name: -1.0}, name, flips
    )


def _control_lane(name: str) -> Lane:
    i = INDEX[name]
    reach = float(UPPER[i] - LOWER[i])
    other = mirror_name(name)
    sideways = {"jawLeft": "jawRight", "mouthLeft": "mouthRight"}
    sideways |= {b: a for a, b in sideways.items()}
    return Lane(
        name,
        FACTOR_OF[name],
        -reach,
        0.0,
        reach,
        "",
        {name: 1.0},
        {name: -1.0},
        sideways.get(name, other),
    )


_SCALE = Lane(
    "scale", Factor.HEAD_POSE, 0.9, 1.0, 1.2, "×", {"scale": 1.0}, {"scale": -1.0}, "scale"
)
_FRIENDLY = (
    _lane("open", Factor.LIPS, -1.0, {"jawOpen": 1.0}),
    _lane("round", Factor.LIPS, -1.0, {"mouthPucker": 0.7, "mouthFunnel": 0.5}),
    _lane("spread", Factor.LIPS, -1.0, {"mouthStretch*": 0.8}),
    _pose_lane("yaw", 30.0, "°"),
    _pose_lane("pitch", 20.0, "°"),
    _pose_lane("roll", 20.0, "°"),
    _pose_lane("x", 0.2, ""),
    _pose_lane("y", 0.2, ""),
    _SCALE,
    # to the viewer's right is outwards for the subject's left eye; looks to opposite sides cancel
    _lane(
        "gaze_x",
        Factor.EYES,
        -1.0,
        {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
        {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
        flips=True,
    ),
    _lane("gaze_y", Factor.EYES, -1.0, {"eyeLookUp*": 1.0}, {"eyeLookDown*": 1.0}),
    _lane("blink_left", Factor.EYES, 0.0, {"eyeBlinkLeft": 1.0}, mirror="blink_right"),
    _lane("blink_right", Factor.EYES, 0.0, {"eyeBlinkRight": 1.0}, mirror="blink_left"),
    _lane("openness", Factor.EYES, -1.0, {"eyeWide*": 1.0}, {"eyeBlink*": 0.5, "eyeSquint*": 0.5}),
    _lane("smile", Factor.EXPRESSION, -1.0, {"mouthSmile*": 1.0}, {"mouthFrown*": 1.0}),
    _lane(
        "brows",
        Factor.EXPRESSION,
        -1.0,
        {"browInnerUp": 0.8, "browOuterUp*": 1.0},
        {"browDown*": 1.0},
    ),
    *(
        Lane(name, Factor.EXPRESSION, 0.0, 0.0, 1.0, "", controls, {}, name)
        for name, controls in EMOTIONS.items()
        if controls
    ),
)

LANES: Final[dict[str, Lane]] = {lane.name: lane for lane in _FRIENDLY} | {
    name: _control_lane(name) for name in INDEX if name not in FACTOR_CONTROLS[Factor.HEAD_POSE]
}
"""Every lane by name: the friendly ones first, then one for each control."""

FRIENDLY_LANES: Final[dict[Factor, tuple[Lane, ...]]] = {
    factor: tuple(lane for lane in _FRIENDLY if lane.factor is factor) for factor in Factor
}
"""The lanes that a track shows before it is expanded, in order."""

"""One way to read and edit every curve of a track: its lanes, and its influence beside them."""

from typing import Final

import numpy as np

from core.timeline.curve import Curve
from core.timeline.document import Track
from core.timeline.keying import insert_key, set_key
from core.timeline.lane_edits import FIT_SHARE
from core.timeline.lane_edits import used_lanes as keyed_lanes
from core.timeline.lanes import FRIENDLY_LANES, LANES
from studio.controller.selection import INFLUENCE

Limits = tuple[float, float, float]
_TITLES: Final = {
    "x": "Shift x",
    "y": "Shift y",
    "gaze_x": "Gaze x",
    "gaze_y": "Gaze y",
    "blink_left": "Blink L",
    "blink_right": "Blink R",
}
CAUTION: Final = {"yaw": 20.0, "pitch": 15.0, "roll": 15.0}
"""Distance from rest beyond which most portraits begin to show their limits, degrees."""


def lanes_of(track: Track) -> tuple[str, ...]:
    """What a track shows: its friendly lanes, single controls that hold keys, and influence."""
    friendly = tuple(lane.name for lane in FRIENDLY_LANES[track.factor])
    others = tuple(name for name in keyed_lanes(track) if name not in friendly)
    return (*friendly, *others, INFLUENCE)


def curve_of(track: Track, lane: str) -> Curve:
    """The curve of a lane or of the influence."""
    return track.influence if lane == INFLUENCE else track.offset(lane)


def limits_of(lane: str) -> Limits:
    """(lower, default, upper) of a lane or of the influence."""
    return (0.0, 1.0, 1.0) if lane == INFLUENCE else LANES[lane].limits


def title_of(lane: str) -> str:
    """The name of a lane for people: `Gaze x`, `Mouth shrug lower`."""
    if lane in _TITLES:
        return _TITLES[lane]
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in lane).replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def format_value(lane: str, value: float) -> str:
    """A value with its unit; plain fractions with two decimals, the influence in percent."""
    if lane == INFLUENCE:
        return f"{100.0 * value:.0f} %"
    unit = LANES[lane].unit
    return f"{value:+.1f}°" if unit == "°" else f"{value:.2f}{unit}"


def tolerance_of(lane: str) -> float:
    """How far a drawn curve may lie from the stroke, in the lane's unit."""
    lower, _, upper = limits_of(lane)
    return FIT_SHARE * (upper - lower)


def with_key(curve: Curve, frame: float, value: float | None, default: float) -> Curve:
    """A curve with a key at `frame`; `value` None takes the curve's own value there."""
    at = insert_key(curve, frame, default)
    if value is None:
        return at
    key = at.keys[int(np.searchsorted(at.frames, frame))]
    return set_key(at, key._replace(value=value))

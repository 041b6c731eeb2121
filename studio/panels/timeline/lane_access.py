"""One way to read and edit every curve of a track: its lanes, and its influence beside them."""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from core.base.controls import Factor
from core.timeline.curve import NO_KEYS, Curve, Key
from core.timeline.document import Document, Track
from core.timeline.keying import insert_key, paste_keys, rescale_keys, set_key
from core.timeline.lane_edits import FIT_SHARE, edit_curve, edit_influence, reset_lane
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


def edit_lane(
    document: Document, factor: Factor, lane: str, change: Callable[[Curve], Curve]
) -> Document:
    """Exchanges a curve for `change(curve)`, brought into its range.

    Raises:
        StudioError: the track is locked.
    """
    if lane == INFLUENCE:
        return edit_influence(document, factor, change)
    return edit_curve(document, lane, change)


def clear_lane(document: Document, factor: Factor, lane: str) -> Document:
    """Takes all keys of a curve away.

    Raises:
        StudioError: the track is locked.
    """
    if lane == INFLUENCE:
        return edit_influence(document, factor, lambda _: NO_KEYS)
    return reset_lane(document, lane)


def paste_into(
    document: Document,
    factor: Factor,
    lane: str,
    keys: Iterable[Key],
    copied_from: str,
    frame: float,
) -> Document:
    """Puts copied keys at a frame of any curve, scaled from the range of the one they are from.

    Raises:
        StudioError: the track is locked.
    """
    source, target = limits_of(copied_from), limits_of(lane)
    pasted = tuple(keys) if source == target else rescale_keys(keys, source, target)
    return edit_lane(document, factor, lane, lambda c: paste_keys(c, pasted, frame))


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

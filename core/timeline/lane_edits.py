"""Edits of offset and influence curves: pure functions `(Document, …) -> Document`.

A lane knows its factor, so a lane's name is enough. Values are brought into the lane's range. An
edit of a locked track is refused with a `StudioError`.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, Factor
from core.face.pose import Pose
from core.motion.track import rest_of
from core.timeline.base_lane import Bank, base_lane
from core.timeline.curve import NO_KEYS, Curve, Key
from core.timeline.document import Document, OffsetCurve, Track
from core.timeline.edits import delete_strip, edit_track
from core.timeline.fitting import draw
from core.timeline.keying import (
    clamp_keys,
    copy_keys,
    delete_keys,
    insert_key,
    mirror_values,
    paste_keys,
    rescale_keys,
    set_key,
)
from core.timeline.lanes import LANES

FIT_SHARE = 0.01
"""Tolerance of fitted curves, as a share of the lane's range."""


def edit_curve(document: Document, lane: str, change: Callable[[Curve], Curve]) -> Document:
    """Exchanges a lane's curve for `change(curve)`, brought into the lane's range.

    Every verb of `core.timeline.keying` goes through here.
    """
    of = LANES[lane]

    def apply(track: Track) -> Track:
        curve = clamp_keys(change(track.offset(lane)), of.lower, of.upper)
        known = {offset.lane for offset in track.offsets}
        offsets = tuple(
            replace(offset, curve=curve) if offset.lane == lane else offset
            for offset in track.offsets
        )
        new = () if lane in known else (OffsetCurve(lane, curve),)
        return replace(track, offsets=(*offsets, *new))

    return edit_track(document, of.factor, apply)


def edit_influence(
    document: Document, factor: Factor, change: Callable[[Curve], Curve]
) -> Document:
    """Exchanges a track's influence curve for `change(curve)`, brought into 0..1."""
    return edit_track(
        document,
        factor,
        lambda t: replace(t, influence=clamp_keys(change(t.influence), 0.0, 1.0)),
    )


def toggle_key(document: Document, lane: str, frame: int) -> Document:
    """Removes the key at `frame`, or adds one on the curve as it is."""

    def toggle(curve: Curve) -> Curve:
        here = np.flatnonzero(curve.frames == frame)
        if len(here):
            return delete_keys(curve, here.tolist())
        return insert_key(curve, frame, LANES[lane].default)

    return edit_curve(document, lane, toggle)


def set_value(document: Document, lane: str, frame: int, value: float) -> Document:
    """Sets a lane's value at `frame` by a key there; a key that is there keeps its handles."""

    def put(curve: Curve) -> Curve:
        at = insert_key(curve, frame, LANES[lane].default)
        key = at.keys[int(np.searchsorted(at.frames, frame))]
        return set_key(at, key._replace(value=float(value)))

    return edit_curve(document, lane, put)


def draw_stroke(
    document: Document, lane: str, frames: NDArray[np.float64], values: NDArray[np.float64]
) -> Document:
    """Replaces what a freehand stroke (float [N] each) covers by its fit within 1 % of range."""
    return edit_curve(document, lane, lambda c: draw(c, frames, values, lane_tolerance(lane)))


def reset_lane(document: Document, lane: str) -> Document:
    """Takes a lane's curve away."""
    return edit_track(
        document,
        LANES[lane].factor,
        lambda t: replace(t, offsets=tuple(o for o in t.offsets if o.lane != lane)),
    )


def set_lane_muted(document: Document, lane: str, value: bool) -> Document:
    """Switches a lane's curve off or on."""
    return edit_track(
        document,
        LANES[lane].factor,
        lambda t: replace(
            t,
            offsets=tuple(replace(o, is_muted=value) if o.lane == lane else o for o in t.offsets),
        ),
    )


def paste_to_lane(
    document: Document, keys: Iterable[Key], from_lane: str, to_lane: str, frame: float
) -> Document:
    """Puts copied keys at `frame` of a lane, scaled from the range of the lane they are from."""
    source, target = LANES[from_lane], LANES[to_lane]
    pasted = keys if source is target else rescale_keys(keys, source.limits, target.limits)
    return edit_curve(document, to_lane, lambda c: paste_keys(c, pasted, frame))


def duplicate_keys(
    document: Document, lane: str, selected: Collection[int], frame: float
) -> Document:
    """Puts a copy of the selected keys at `frame` of the same lane."""
    keys = copy_keys(document.track(LANES[lane].factor).offset(lane), selected)
    return paste_to_lane(document, keys, lane, lane, frame)


def mirror_track(document: Document, factor: Factor) -> Document:
    """Exchanges left and right in everything on a track, strips and curves."""

    def mirrored(offset: OffsetCurve) -> OffsetCurve:
        lane = LANES[offset.lane]
        every = range(len(offset.curve))
        flip = mirror_values(offset.curve, every, lane.default) if lane.flips else offset.curve
        return replace(offset, lane=lane.mirror, curve=flip)

    return edit_track(
        document,
        factor,
        lambda t: replace(
            t,
            strips=tuple(replace(s, mirror=not s.mirror) for s in t.strips),
            offsets=tuple(mirrored(offset) for offset in t.offsets),
        ),
    )


def bake_strip(
    document: Document, strip_id: str, bank: Bank, rest_pose: Pose | None = None
) -> Document:
    """Turns a strip into keys: one curve per control that it moves; the strip itself is gone.

    The keys stand for the strip's motion within 1 % of each lane's range, added to what the
    lanes held before, and end with the strip.
    """
    found = document.find_strip(strip_id)
    if found is None:
        raise KeyError(strip_id)
    track, strip = found
    alone = replace(track, strips=(replace(strip, fade_in=0, fade_out=0),))
    frames = np.arange(strip.start, strip.stop)
    base = base_lane(alone, frames, document.rate, bank, rest_pose or Pose())
    rest = rest_of(track.factor)
    document = delete_strip(document, strip_id)
    for i, lane in enumerate(FACTOR_CONTROLS[track.factor]):
        moved = base[:, i] - rest[i]
        if np.abs(moved).max() > 0.5 * lane_tolerance(lane):
            document = _add_samples(document, lane, frames.astype(np.float64), moved)
    return document


def lane_tolerance(lane: str) -> float:
    """How far a fitted curve may lie from its samples, in the lane's unit."""
    return FIT_SHARE * (LANES[lane].upper - LANES[lane].lower)


def _add_samples(
    document: Document, lane: str, frames: NDArray[np.float64], moved: NDArray[np.float64]
) -> Document:
    """Adds a stretch of motion to a lane, which stays as it was outside of it."""
    of = LANES[lane]

    def add(curve: Curve) -> Curve:
        start, stop = frames[0] - 1.0, frames[-1] + 1.0
        framed = insert_key(insert_key(curve, start, of.default), stop, of.default)
        values = np.clip(curve.evaluate(frames, of.default) + moved, of.lower, of.upper)
        return draw(framed, frames, values, lane_tolerance(lane))

    return edit_curve(document, lane, add)


def used_lanes(track: Track) -> tuple[str, ...]:
    """The lanes of a track that hold a key."""
    return tuple(offset.lane for offset in track.offsets if offset.curve != NO_KEYS)

"""What the inspector shows of keys of a curve, and of a curve at the playhead."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.base.controls import Factor
from core.timeline.curve import Curve, Handle, Handles, Interpolation, Key
from core.timeline.document import Document
from core.timeline.keying import (
    Side,
    drawn_handles,
    insert_key,
    move_keys,
    set_handle,
    set_handles,
    set_interpolation,
    set_key,
)
from core.timeline.lane_edits import edit_curve, edit_influence
from core.timeline.lanes import LANES
from studio.controller.selection import INFLUENCE
from studio.panels.inspector_form import Parameter
from studio.panels.inspector_tracks import number
from studio.widgets.fields import Choices, Value
from studio.widgets.number_field import NumberRange

FRAME = "Frame"
"""Title of the row that moves a key in time."""


@dataclass(frozen=True, slots=True)
class CurveRef:
    """A curve and a place on it.

    Attributes:
        factor: Whose track.
        lane: A name of `LANES` or `INFLUENCE`.
        index: Index of a key, or None for the curve at `frame`.
        frame: Frame of the playhead.
    """

    factor: Factor
    lane: str
    index: int | None = None
    frame: int = 0

    def curve(self, document: Document) -> Curve:
        """The curve as it is."""
        track = document.track(self.factor)
        return track.influence if self.lane == INFLUENCE else track.offset(self.lane)

    def key(self, document: Document) -> Key:
        """The key; one at rest where there is none."""
        keys = self.curve(document).keys
        is_there = self.index is not None and self.index < len(keys)
        return keys[self.index or 0] if is_there else Key(0.0, self.limits[1])

    @property
    def limits(self) -> tuple[float, float, float]:
        """(lower, default, upper) of the curve."""
        return (0.0, 1.0, 1.0) if self.lane == INFLUENCE else LANES[self.lane].limits

    @property
    def scale(self) -> float:
        """Shown unit per document unit: fractions are shown as percent."""
        return 1.0 if self.lane != INFLUENCE and LANES[self.lane].unit else 100.0

    @property
    def unit(self) -> str:
        """The shown unit."""
        unit = "" if self.lane == INFLUENCE else LANES[self.lane].unit
        return unit or "%"

    def edit(self, document: Document, change: Callable[[Curve], Curve]) -> Document:
        """The document with the curve exchanged for `change(curve)`."""
        if self.lane == INFLUENCE:
            return edit_influence(document, self.factor, change)
        return edit_curve(document, self.lane, change)


def lane_title(lane: str) -> str:
    """A curve's name for people."""
    if lane == INFLUENCE:
        return "Influence"
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in lane).replace("_", " ")
    return words.capitalize()


def _value_range(document: Document, ref: CurveRef) -> NumberRange:
    lower, _, upper = (limit * ref.scale for limit in ref.limits)
    is_narrow = upper - lower < 2.0
    return NumberRange(lower, upper, 0.01 if is_narrow else 1.0, 2 if is_narrow else 1, ref.unit)


def _handle_range(document: Document, ref: CurveRef) -> NumberRange:
    lower, _, upper = (limit * ref.scale for limit in ref.limits)
    span = upper - lower
    return NumberRange(-span, span, 0.01 if span < 2.0 else 1.0, 1 if span >= 2.0 else 2, ref.unit)


def _edit_key(change: Callable[[Curve, int, Value, CurveRef], Curve]) -> Callable[..., Document]:
    def write(document: Document, ref: CurveRef, value: Value) -> Document:
        index = ref.index
        if index is None:
            return document
        return ref.edit(document, lambda curve: change(curve, index, value, ref))

    return write


def _default_value(document: Document, ref: CurveRef) -> float:
    return ref.limits[1] * ref.scale


def _with_value(curve: Curve, index: int, value: Value, ref: CurveRef) -> Curve:
    key = curve.keys[index]
    return set_key(curve, key._replace(value=number(value) / ref.scale))


def _is_free(document: Document, ref: CurveRef) -> bool:
    return ref.key(document).handles in (Handles.ALIGNED, Handles.FREE)


def _handle_rows(side: Side) -> tuple[Parameter[CurveRef], ...]:
    title = side.value.capitalize()
    position = 0 if side is Side.LEFT else 1
    lower, upper = (-math.inf, 0.0) if side is Side.LEFT else (0.0, math.inf)

    def handle(document: Document, ref: CurveRef) -> Handle:
        curve = ref.curve(document)
        if ref.index is None or ref.index >= len(curve):
            return Handle()
        return drawn_handles(curve, ref.index)[position]

    def set_frames(curve: Curve, index: int, value: Value, _: CurveRef) -> Curve:
        old = drawn_handles(curve, index)[position]
        return set_handle(curve, index, side, old._replace(d_frame=number(value)), split=False)

    def set_value(curve: Curve, index: int, value: Value, ref: CurveRef) -> Curve:
        old = drawn_handles(curve, index)[position]
        new = old._replace(d_value=number(value) / ref.scale)
        return set_handle(curve, index, side, new, split=False)

    return (
        Parameter(
            "Handles",
            f"{title} reach",
            "Where the handle ends, in frames from its key.",
            NumberRange(lower, upper, 1, 1, "f"),
            0.0,
            lambda document, ref: round(handle(document, ref).d_frame, 3),
            _edit_key(set_frames),
            applies=_is_free,
            is_single=True,
        ),
        Parameter(
            "Handles",
            f"{title} rise",
            "How far the handle's end lies above its key.",
            _handle_range,
            0.0,
            lambda document, ref: round(handle(document, ref).d_value * ref.scale, 4),
            _edit_key(set_value),
            applies=_is_free,
            is_single=True,
        ),
    )


KEYS: tuple[Parameter[CurveRef], ...] = (
    Parameter(
        "Key",
        FRAME,
        "The frame of the key; a key that is there gives way.",
        NumberRange(0, math.inf, 1, 0, "f"),
        0.0,
        lambda document, ref: ref.key(document).frame,
        _edit_key(
            lambda curve, i, value, _: move_keys(curve, [i], number(value) - curve.keys[i].frame)
        ),
        is_single=True,
    ),
    Parameter(
        "Key",
        "Value",
        "The value of the curve on the key.",
        _value_range,
        _default_value,
        lambda document, ref: round(ref.key(document).value * ref.scale, 6),
        _edit_key(_with_value),
    ),
    Parameter(
        "Key",
        "Interpolation",
        "How the curve runs on to the next key.",
        Choices(
            (
                (Interpolation.HOLD, "Hold"),
                (Interpolation.LINEAR, "Linear"),
                (Interpolation.BEZIER, "Bezier"),
            )
        ),
        str(Interpolation.BEZIER),
        lambda document, ref: str(ref.key(document).interpolation),
        _edit_key(
            lambda curve, i, value, _: set_interpolation(curve, [i], Interpolation(str(value)))
        ),
    ),
    Parameter(
        "Handles",
        "Handles",
        "Auto stays between the neighbouring keys, vector points at them, aligned and free are "
        "set by hand.",
        Choices(
            (
                (Handles.AUTO, "Auto"),
                (Handles.ALIGNED, "Aligned"),
                (Handles.FREE, "Free"),
                (Handles.VECTOR, "Vector"),
            )
        ),
        str(Handles.AUTO),
        lambda document, ref: str(ref.key(document).handles),
        _edit_key(lambda curve, i, value, _: set_handles(curve, [i], Handles(str(value)))),
    ),
    *_handle_rows(Side.LEFT),
    *_handle_rows(Side.RIGHT),
)
"""The rows of selected keys."""


def _value_at(document: Document, ref: CurveRef) -> float:
    value = ref.curve(document).evaluate([ref.frame], ref.limits[1])[0]
    return round(float(value) * ref.scale, 6)


def _set_value_at(document: Document, ref: CurveRef, value: Value) -> Document:
    def put(curve: Curve) -> Curve:
        at = insert_key(curve, ref.frame, ref.limits[1])
        key = at.keys[int(np.searchsorted(at.frames, ref.frame))]
        return set_key(at, key._replace(value=number(value) / ref.scale))

    return ref.edit(document, put)


PLAYHEAD: tuple[Parameter[CurveRef], ...] = (
    Parameter(
        "At the playhead",
        "Value",
        "The value of the curve on the shown frame; changing it sets a key there.",
        _value_range,
        _default_value,
        _value_at,
        _set_value_at,
    ),
)
"""The rows of a curve of which no key is selected."""

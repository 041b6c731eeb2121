"""Drags of keys, segments and handles, the modal move and scale (G, S), and freehand drawing."""

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from core.base.controls import Factor
from core.timeline.curve import Curve, Float64, Handle
from core.timeline.fitting import draw
from core.timeline.keying import Side, move_keys, scale_keys, set_handle
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import Gesture, Modifiers
from studio.panels.timeline.lane_access import (
    curve_of,
    format_value,
    limits_of,
    tolerance_of,
)
from studio.panels.timeline.snapping import snap, snap_targets
from studio.panels.timeline.value_scale import ValueScale
from studio.widgets.theme import colors
from studio.widgets.timeline_colors import Shades

_FINE = 0.1


class Lock(StrEnum):
    """Which way a drag goes."""

    NONE = "none"
    TIME = "time"
    VALUE = "value"


class CurveGesture(Gesture):
    """A drag on one curve.

    Args:
        desk: What it works on.
        start: Where it begins, px.
        label: Name of the step.
        factor: The track.
        lane: The curve.
        scale: Values to px.
    """

    def __init__(
        self,
        desk: Desk,
        start: QPointF,
        label: str,
        factor: Factor,
        lane: str,
        scale: ValueScale,
    ) -> None:
        super().__init__(desk, start, label)
        self.factor = factor
        self.lane = lane
        self.scale = scale
        self.curve = curve_of(self.base.track(factor), lane)
        self.selected_frames: frozenset[float] = frozenset()
        """Frames at which the dragged keys lie now."""
        self.stop: float | None = None
        """The end of the range that keys are held at, if one is."""

    def hold_within(self, values: Float64) -> None:
        """Notices which end of the lane's range these values are held at."""
        lower, _, upper = limits_of(self.lane)
        self.stop = None
        if len(values) and values.max() > upper:
            self.stop = upper
        elif len(values) and values.min() < lower:
            self.stop = lower

    def paint(self, painter: QPainter, shades: Shades) -> None:
        """Draws the stop that the keys are held at."""
        if self.stop is None:
            return
        y = round(float(self.scale.to_y(self.stop))) + 0.5
        bad = QColor(colors().bad)
        painter.setPen(QPen(bad, 2.0))
        painter.drawLine(QPointF(0, y), QPointF(self.desk.axis.width, y))
        _, _, upper = limits_of(self.lane)
        text = f"stop at {format_value(self.lane, self.stop)}"
        top = y + 3 if self.stop == upper else y - 15
        painter.drawText(QPointF(90.0, top + 11), text)

    def show_curve(self, change: Callable[[Curve], Curve]) -> None:
        """Shows the base document with this curve changed."""
        verbs = self.desk.verbs
        self.show(lambda d: verbs.with_curve(d, self.factor, self.lane, change))


class MoveKeys(CurveGesture):
    """Moves keys by time and value. Shift is finer, Ctrl turns snapping round.

    Args:
        selected: Indices of the keys.
        grip: Index of the key under the pointer; its value is told. None takes the first.
        lock: Time or value only.
        prepare: Change of the curve before the keys are moved, within the same step; the
            indices are those after it.
    """

    def __init__(
        self,
        desk: Desk,
        start: QPointF,
        factor: Factor,
        lane: str,
        scale: ValueScale,
        selected: Sequence[int],
        grip: int | None = None,
        lock: Lock = Lock.NONE,
        prepare: Callable[[Curve], Curve] | None = None,
    ) -> None:
        label = "Move keys" if len(selected) > 1 else "Move key"
        super().__init__(desk, start, label if prepare is None else "Add key", factor, lane, scale)
        self._prepare = prepare or (lambda curve: curve)
        self.curve = self._prepare(self.curve)
        self.selected = tuple(selected)
        self.lock = lock
        self._grip = self.selected[0] if grip is None else grip
        self._frames = self.curve.frames[list(self.selected)]
        self._targets = snap_targets(self.base, desk.playhead.frame, without_lane=(factor, lane))
        self._travel = QPointF()
        self._last = start
        self._may_fine = lock is not Lock.VALUE
        self.selected_frames = frozenset(self._frames.tolist())
        self._is_adding = prepare is not None
        if self._is_adding:
            self.show_curve(self._prepare)

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Moves the keys as far as the pointer went."""
        is_shift = bool(modifiers & Modifiers.ShiftModifier)
        self._may_fine = self._may_fine or not is_shift
        step = (point - self._last) * (_FINE if is_shift and self._may_fine else 1.0)
        self._last = point
        self._travel += step
        d_frame = self._d_frame(modifiers) if self.lock is not Lock.VALUE else 0.0
        d_value = 0.0
        if self.lock is not Lock.TIME:
            d_value = -self._travel.y() / self.scale.px_per_unit
        self.selected_frames = frozenset((self._frames + d_frame).tolist())
        self.hold_within(self.curve.values[list(self.selected)] + d_value)
        self.show_curve(lambda c: move_keys(self._prepare(c), self.selected, d_frame, d_value))
        grip = self.curve.keys[self._grip]
        lower, _, upper = limits_of(self.lane)
        value = min(max(grip.value + d_value, lower), upper)
        self.text = f"{grip.frame + d_frame:g} · {format_value(self.lane, value)}"

    def finish(self) -> None:
        """Makes the step; the moved keys stay selected."""
        super().finish()
        if self.has_moved or self._is_adding:
            self.desk.selection.select_keys_at(self.selected_frames)

    def _d_frame(self, modifiers: Modifiers) -> float:
        d_frame = self._travel.x() / self.desk.axis.px_per_frame
        grip = self.curve.keys[self._grip].frame + d_frame
        self.snapped = None
        if self.is_snapping(modifiers):
            shift, self.snapped = snap((grip,), self._targets, self.desk.axis.px_per_frame)
        else:
            shift = round(grip) - grip
        return max(d_frame + shift, -float(self._frames.min()))


class ScaleKeys(CurveGesture):
    """Scales keys about the playhead and the lane's default; X is time only, Y value only."""

    def __init__(
        self,
        desk: Desk,
        start: QPointF,
        factor: Factor,
        lane: str,
        scale: ValueScale,
        selected: Sequence[int],
        pivot: tuple[float, float],
    ) -> None:
        super().__init__(desk, start, "Scale keys", factor, lane, scale)
        self.selected = tuple(selected)
        self.lock = Lock.VALUE
        self._pivot = pivot
        self._frames = self.curve.frames[list(self.selected)]
        self.selected_frames = frozenset(self._frames.tolist())

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """100 px to the right (or up) double, to the left (or down) shrink towards the pivot."""
        away = (point.x() - self.start.x()) - (point.y() - self.start.y())
        away *= _FINE if modifiers & Modifiers.ShiftModifier else 1.0
        factor = max(2.0 ** (away / 100.0), 0.01)
        time = factor if self.lock in (Lock.TIME, Lock.NONE) else 1.0
        value = factor if self.lock in (Lock.VALUE, Lock.NONE) else 1.0
        first = float(self._frames.min())
        if first < self._pivot[0]:  # no key leaves the document to the left
            time = min(time, self._pivot[0] / max(self._pivot[0] - first, 1e-9))
        moved = self._pivot[0] + (self._frames - self._pivot[0]) * time
        self.selected_frames = frozenset(moved.tolist())
        values = self.curve.values[list(self.selected)]
        self.hold_within(self._pivot[1] + (values - self._pivot[1]) * value)
        self.show_curve(lambda c: scale_keys(c, self.selected, self._pivot, time, value))
        self.text = f"× {factor:.2f}"

    def finish(self) -> None:
        """Makes the step; the scaled keys stay selected."""
        super().finish()
        if self.has_moved:
            self.desk.selection.select_keys_at(self.selected_frames)


class DragHandle(CurveGesture):
    """Drags one handle of a key; with Ctrl it breaks from the other side."""

    def __init__(
        self,
        desk: Desk,
        start: QPointF,
        factor: Factor,
        lane: str,
        scale: ValueScale,
        index: int,
        side: Side,
    ) -> None:
        super().__init__(desk, start, "Move handle", factor, lane, scale)
        self._index = index
        self._side = side
        self.selected_frames = frozenset({self.curve.keys[index].frame})

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Lets the handle end at the pointer."""
        key = self.curve.keys[self._index]
        handle = Handle(
            self.desk.axis.to_frame(point.x()) - key.frame,
            self.scale.to_value(point.y()) - key.value,
        )
        is_split = bool(modifiers & Modifiers.ControlModifier)
        self.show_curve(lambda c: set_handle(c, self._index, self._side, handle, split=is_split))


class DrawStroke(CurveGesture):
    """Draws freehand; the stroke becomes keys when the button is let go."""

    def __init__(
        self, desk: Desk, start: QPointF, factor: Factor, lane: str, scale: ValueScale
    ) -> None:
        super().__init__(desk, start, "Draw curve", factor, lane, scale)
        self._points = [start]

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Takes a point."""
        self._points.append(point)

    def finish(self) -> None:
        """Fits keys to the stroke, within 1 % of the range."""
        if not self.has_moved:
            return
        frames, values = self._samples()
        tolerance = tolerance_of(self.lane)
        self.show_curve(lambda c: draw(c, frames, values, tolerance))
        super().finish()

    def paint(self, painter: QPainter, shades: Shades) -> None:
        """Draws the stroke as it is."""
        path = QPainterPath(self._points[0])
        for point in self._points[1:]:
            path.lineTo(point)
        painter.setPen(QPen(shades.text, 2.0))
        painter.drawPath(path)

    def _samples(self) -> tuple[Float64, Float64]:
        """The stroke at whole frames; where it runs back the later point counts."""
        lower, _, upper = limits_of(self.lane)
        at: dict[int, float] = {}
        before: tuple[int, float] | None = None
        for point in self._points:
            frame = max(round(self.desk.axis.to_frame(point.x())), 0)
            value = min(max(self.scale.to_value(point.y()), lower), upper)
            if before is not None and abs(frame - before[0]) > 1:  # a fast hand skips frames
                between = np.arange(min(frame, before[0]) + 1, max(frame, before[0]))
                share = (between - before[0]) / (frame - before[0])
                values = before[1] + share * (value - before[1])
                at |= dict(zip(between.tolist(), values.tolist(), strict=True))
            at[frame] = value
            before = (frame, value)
        frames = sorted(at)
        return np.array(frames, np.float64), np.array([at[f] for f in frames])

"""The curves of one track: geometry, hit tests, painting, and the gestures that begin on them."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.base.controls import Factor
from core.timeline.curve import Curve
from core.timeline.document import Track
from core.timeline.keying import Side
from studio.controller.selection import INFLUENCE, Mode
from studio.panels.timeline.curve_paint import (
    curve_path,
    handle_points,
    paint_curve,
    paint_handles,
    paint_keys,
)
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import BoxSelect, Gesture, Modifiers
from studio.panels.timeline.key_gestures import (
    CurveGesture,
    DragHandle,
    DrawStroke,
    Lock,
    MoveKeys,
)
from studio.panels.timeline.lane_access import (
    CAUTION,
    curve_of,
    format_value,
    lanes_of,
    limits_of,
    with_key,
)
from studio.panels.timeline.value_scale import ValueScale, ValueView
from studio.widgets.timeline_colors import Shades, dash_of, faded, lane_color

_REACH_PX = 7.0
_MAX_HANDLES = 40
_CAUTION_COLOR = QColor("#E0A030")


class CurveArea:
    """The curves of one track within `rect` of its body. Knows no widget.

    Args:
        desk: What it works on.
        factor: The track.
    """

    def __init__(self, desk: Desk, factor: Factor) -> None:
        self.desk = desk
        self.factor = factor
        self.rect = QRectF()
        self.view = ValueView()

    # --- what it shows -------------------------------------------------------------------------

    @property
    def track(self) -> Track:
        """The track as it is now."""
        return self.desk.project.document.track(self.factor)

    @property
    def lane(self) -> str | None:
        """The focused curve, if it is one of this track."""
        selection = self.desk.selection
        return selection.lane if selection.factor is self.factor else None

    def scale(self, lane: str) -> ValueScale:
        """The value axis of a lane."""
        lower, _, upper = limits_of(lane)
        return ValueScale(lower, upper, self.rect.top(), self.rect.height(), self.view)

    def color(self, lane: str, shades: Shades) -> QColor:
        """The colour of a lane."""
        if lane == INFLUENCE:
            return shades.text
        return lane_color(self.factor, lanes_of(self.track).index(lane), shades.is_dark)

    def signature(self) -> tuple[object, ...]:
        """What the unfocused curves look like; equal parts are the very same objects."""
        track, lane = self.track, self.lane
        others = (o.curve for o in track.offsets if o.lane != lane)
        flags = tuple((o.lane, o.is_muted) for o in track.offsets)
        influence = None if lane == INFLUENCE else track.influence
        return (lane, flags, influence, track.is_locked, *others)

    # --- painting ------------------------------------------------------------------------------

    def paint_others(self, painter: QPainter, shades: Shades) -> None:
        """Draws all curves with keys but the focused one."""
        painter.setClipRect(self.rect)
        muted = {o.lane for o in self.track.offsets if o.is_muted}
        for i, lane in enumerate(lanes_of(self.track)):
            curve = curve_of(self.track, lane)
            if lane == self.lane or not curve.keys:
                continue
            alpha = 0.25 if lane in muted else 0.8 if self.lane is None else 0.55
            painter.setPen(QPen(faded(self.color(lane, shades), alpha), 1.0))
            _, default, _ = limits_of(lane)
            scale = self.scale(lane)
            painter.drawPath(curve_path(curve, self.desk.axis, scale, default, dash_of(i)))
        painter.setClipping(False)

    def paint_focused(
        self, painter: QPainter, shades: Shades, gesture: Gesture | None = None
    ) -> None:
        """Draws the focused curve with its axis, keys and handles."""
        lane = self.lane
        if lane is None:
            return
        scale, curve = self.scale(lane), curve_of(self.track, lane)
        self._paint_axis(painter, shades, lane, scale)
        painter.setClipRect(self.rect)
        _, default, _ = limits_of(lane)
        color = self.color(lane, shades)
        painter.setPen(QPen(color, 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        paint_curve(painter, curve, self.desk.axis, scale, default)
        selected = self._selected_frames(curve, gesture)
        chosen = (
            [i for i, key in enumerate(curve.keys) if key.frame in selected] if selected else []
        )
        for i in chosen[:_MAX_HANDLES]:
            paint_handles(painter, curve, i, self.desk.axis, scale, shades)
        paint_keys(painter, curve, self.desk.axis, scale, color, shades, selected)
        painter.setClipping(False)

    def _selected_frames(self, curve: Curve, gesture: Gesture | None) -> frozenset[float]:
        if isinstance(gesture, CurveGesture) and gesture.selected_frames:
            return gesture.selected_frames
        keys = curve.keys
        chosen = self.desk.selection.keys
        return frozenset(keys[i].frame for i in chosen if i < len(keys))

    def _paint_axis(self, painter: QPainter, shades: Shades, lane: str, scale: ValueScale) -> None:
        lower, default, upper = limits_of(lane)
        left, right = self.rect.left(), self.rect.right()
        painter.setClipRect(self.rect)
        caution = CAUTION.get(lane)
        if caution is not None:
            for low, high in ((caution, upper), (lower, -caution)):
                y = scale.to_y(high)
                band = QRectF(left, y, right - left, scale.to_y(low) - y)
                painter.fillRect(band, faded(_CAUTION_COLOR, 0.09))
        painter.setClipping(False)
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for value in dict.fromkeys((lower, default, upper)):
            y = scale.to_y(value)
            if not self.rect.top() - 1 <= y <= self.rect.bottom() + 1:
                continue
            style = Qt.PenStyle.SolidLine if value == default else Qt.PenStyle.DotLine
            painter.setPen(QPen(shades.line, 1.0, style))
            painter.drawLine(QPointF(left, round(y) + 0.5), QPointF(right, round(y) + 0.5))
            text = format_value(lane, value)
            top = min(max(y - 13.0, self.rect.top()), self.rect.bottom() - 12.0)
            painter.setPen(shades.dim_text)
            painter.drawText(QRectF(left + 4, top, 80, 12), Qt.AlignmentFlag.AlignLeft, text)

    # --- hit tests -----------------------------------------------------------------------------

    def key_at(self, point: QPointF, lane: str) -> int | None:
        """Index of the key of a lane under the pointer."""
        curve, scale = curve_of(self.track, lane), self.scale(lane)
        if not curve.keys:
            return None
        x = (curve.frames - self.desk.axis.first) * self.desk.axis.px_per_frame
        y = scale.to_y(curve.values)
        distance = np.hypot(x - point.x(), y - point.y())
        nearest = int(np.argmin(distance))
        return nearest if distance[nearest] <= _REACH_PX else None

    def is_on_curve(self, point: QPointF, lane: str) -> bool:
        """Whether the pointer is on the line of a lane."""
        curve, scale = curve_of(self.track, lane), self.scale(lane)
        _, default, _ = limits_of(lane)
        x = point.x() + np.linspace(-_REACH_PX, _REACH_PX, 15)
        frames = self.desk.axis.first + x / self.desk.axis.px_per_frame
        y = scale.to_y(curve.evaluate(frames, default))
        return bool(np.hypot(x - point.x(), y - point.y()).min() <= _REACH_PX - 1.0)

    def handle_at(self, point: QPointF) -> tuple[int, Side] | None:
        """The handle of a selected key under the pointer."""
        lane = self.lane
        if lane is None:
            return None
        curve, scale = curve_of(self.track, lane), self.scale(lane)
        for i in self.desk.selection.keys[:_MAX_HANDLES]:
            ends = handle_points(curve, i, self.desk.axis, scale)
            for side, end in zip((Side.LEFT, Side.RIGHT), ends, strict=True):
                if end is not None and (end - point).manhattanLength() <= _REACH_PX:
                    return i, side
        return None

    def lane_at(self, point: QPointF) -> str | None:
        """The curve under the pointer, the focused one first."""
        track = self.track
        others = [n for n in lanes_of(track) if n != self.lane and curve_of(track, n).keys]
        for lane in ([self.lane] if self.lane else []) + others:
            if self.key_at(point, lane) is not None or self.is_on_curve(point, lane):
                return lane
        return None

    # --- gestures ------------------------------------------------------------------------------

    def press(self, point: QPointF, modifiers: Modifiers, is_drawing: bool) -> Gesture | None:
        """Begins what a press of the left button means here."""
        desk, lane = self.desk, self.lane
        if is_drawing and lane is not None:
            return DrawStroke(desk, point, self.factor, lane, self.scale(lane))
        handle = self.handle_at(point)
        if handle is not None and lane is not None:
            return DragHandle(desk, point, self.factor, lane, self.scale(lane), *handle)
        hit = self.lane_at(point)
        if modifiers & Modifiers.ControlModifier and (hit in (None, lane)):
            index = None if lane is None else self.key_at(point, lane)
            if lane is not None and index is None:
                return self.add_key(point)
        if hit is None:
            return BoxSelect(desk, point, modifiers, self.select_box)
        desk.selection.focus_lane(self.factor, hit)
        return self._drag_of(point, modifiers, hit)

    def add_key(self, point: QPointF) -> Gesture | None:
        """Adds a key at the pointer (on the curve when that is near), ready to be dragged."""
        lane = self.lane
        if lane is None:
            return None
        scale = self.scale(lane)
        frame = max(round(self.desk.axis.to_frame(point.x())), 0)
        lower, default, upper = limits_of(lane)
        value = None
        if not self.is_on_curve(point, lane):
            value = min(max(scale.to_value(point.y()), lower), upper)

        def put(curve: Curve) -> Curve:
            return with_key(curve, frame, value, default)

        index = int(np.searchsorted(put(curve_of(self.track, lane)).frames, frame))
        return MoveKeys(self.desk, point, self.factor, lane, scale, (index,), index, prepare=put)

    def select_box(self, box: QRectF, modifiers: Modifiers) -> None:
        """Selects the keys in a box: Shift adds, Ctrl takes away.

        Without a focused curve the one with most keys in the box gets the focus.
        """
        inside = {lane: self._keys_in(box, lane) for lane in lanes_of(self.track)}
        lane = self.lane
        if lane is None:
            lane = max(inside, key=lambda name: len(inside[name]))
            if not inside[lane]:
                self.desk.selection.clear()
                return
            self.desk.selection.focus_lane(self.factor, lane)
        mode = Mode.REPLACE
        if modifiers & Modifiers.ShiftModifier:
            mode = Mode.ADD
        elif modifiers & Modifiers.ControlModifier:
            mode = Mode.REMOVE
        self.desk.selection.select_keys(inside[lane], mode)

    def _keys_in(self, box: QRectF, lane: str) -> list[int]:
        curve, scale = curve_of(self.track, lane), self.scale(lane)
        axis = self.desk.axis
        return [
            i
            for i, key in enumerate(curve.keys)
            if box.contains(QPointF(axis.to_x(key.frame), scale.to_y(key.value)))
        ]

    def _drag_of(self, point: QPointF, modifiers: Modifiers, lane: str) -> Gesture | None:
        """Drags the key under the pointer, or the segment between two keys up and down."""
        selection, scale = self.desk.selection, self.scale(lane)
        index = self.key_at(point, lane)
        is_shift = bool(modifiers & Modifiers.ShiftModifier)
        if index is not None:
            if modifiers & Modifiers.ControlModifier:
                selection.select_keys((index,), Mode.TOGGLE)
                return None
            if index not in selection.keys:
                selection.select_keys((index,), Mode.ADD if is_shift else Mode.REPLACE)
            lock = Lock.VALUE if is_shift else Lock.NONE
            return MoveKeys(self.desk, point, self.factor, lane, scale, selection.keys, index, lock)
        keys = curve_of(self.track, lane).frames
        after = int(np.searchsorted(keys, self.desk.axis.to_frame(point.x())))
        ends = [i for i in (after - 1, after) if 0 <= i < len(keys)]
        if not ends:
            return None
        if not set(ends) <= set(selection.keys):
            selection.select_keys(ends)
        return MoveKeys(
            self.desk, point, self.factor, lane, scale, selection.keys, ends[0], Lock.VALUE
        )

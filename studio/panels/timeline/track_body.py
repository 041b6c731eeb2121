"""The right part of a track's row: strips above, curves below, drawn in layers that are kept.

What does not move during a drag (ground, strips, other curves) lies in one picture, so that a
drag draws one curve only.
"""

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from core.base.controls import Factor
from studio.controller.selection import AUDIO
from studio.panels.timeline.body_paint import paint_ground, paint_playhead, paint_pointer_text
from studio.panels.timeline.curve_area import CurveArea
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import Gesture, Modifiers
from studio.panels.timeline.key_gestures import Lock, MoveKeys, ScaleKeys
from studio.panels.timeline.lane_access import format_value, title_of
from studio.panels.timeline.strip_area import StripArea
from studio.widgets.theme import theme_signal
from studio.widgets.timeline_colors import shades_of

STRIP_PX = 27
_CURVES_FROM_PX = 60  # rows lower than this show strips only


class TrackBody(QWidget):
    """Shows and edits one track.

    Args:
        desk: What it works on.
        track: `AUDIO` or a factor.
        strips: Its strips; the usual ones when None.
    """

    menu_wanted = Signal(object, object)
    """(QPoint on the screen, QPointF in the body)."""

    def __init__(
        self, desk: Desk, track: str, strips: StripArea | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.desk = desk
        self.track = track
        self.strips = strips or StripArea(desk, track)
        self.curves = None if track == AUDIO else CurveArea(desk, Factor(track))
        self.gesture: Gesture | None = None
        self._is_modal = False
        self._is_drawing = False
        self._pan_from: QPointF | None = None
        self._pointer = QPointF()
        self._still: QPixmap | None = None
        self._still_of: tuple[object, ...] = ()
        self._playhead_x = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(f"{track} track")
        desk.axis.changed.connect(self.redraw)
        desk.project.document_changed.connect(self._on_document_changed)
        desk.selection.changed.connect(self._on_selection_changed)
        desk.playhead.frame_changed.connect(self._on_frame_changed)
        theme_signal().changed.connect(self.redraw)

    # --- layers --------------------------------------------------------------------------------

    @property
    def has_curves(self) -> bool:
        """Whether the row is high enough for curves."""
        return self.curves is not None and self.height() >= _CURVES_FROM_PX

    def redraw(self) -> None:
        """Draws everything anew."""
        self._still = None
        self.update()

    def _signature(self) -> tuple[object, ...]:
        document = self.desk.project.document
        shape = (document.n_frames, document.in_frame, document.out_frame, document.markers)
        curves = self.curves.signature() if self.curves is not None and self.has_curves else ()
        is_muted = (
            document.audio.is_muted
            if self.track == AUDIO
            else Factor(self.track) in document.muted_factors
        )
        return (shape, is_muted, *self.strips.signature(), None, *curves)

    def _on_document_changed(self) -> None:
        signature = self._signature()
        if not _same(signature, self._still_of):
            self._still = None
        self.update()

    def _on_selection_changed(self) -> None:
        if not _same(self._signature(), self._still_of):
            self._still = None
        self.update()

    def _on_frame_changed(self, frame: int) -> None:
        if self.desk.axis.to_x(frame) == self._playhead_x:
            return
        for x in (self._playhead_x, round(self.desk.axis.to_x(frame))):
            self.update(QRect(x - 3, 0, 7, self.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays out strips and curves."""
        width, height = self.width(), self.height()
        if self.has_curves and self.curves is not None:
            self.strips.rect = QRectF(0, 0, width, STRIP_PX)
            self.curves.rect = QRectF(0, STRIP_PX + 2, width, height - STRIP_PX - 4)
        else:
            self.strips.rect = QRectF(0, 0, width, height - 1)
        self.redraw()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Puts the kept picture down and draws the focused curve and the playhead on it."""
        shades = shades_of()
        if self._still is None:
            self._still = self._draw_still()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(event.rect())
        if self.has_curves and self.curves is not None:
            self.curves.paint_focused(painter, shades, self.gesture)
        if self.gesture is not None:
            self.gesture.paint(painter, shades)
            if self.gesture.snapped is not None:
                x = round(self.desk.axis.to_x(self.gesture.snapped)) + 0.5
                painter.setPen(QPen(shades.accent, 1.0, Qt.PenStyle.DashLine))
                painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
            paint_pointer_text(painter, shades, self.gesture.text, self._pointer, self.rect())
        self._playhead_x = round(self.desk.axis.to_x(self.desk.playhead.frame))
        paint_playhead(painter, shades, self._playhead_x, self.height())
        if self.hasFocus():
            painter.setPen(QPen(shades.accent, 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _draw_still(self) -> QPixmap:
        shades = shades_of()
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        self._still_of = self._signature()
        painter = QPainter(picture)
        painter.setFont(self.font())
        paint_ground(painter, shades, self.desk, self.rect(), self.strips.rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_muted = bool(self._still_of[1])
        painter.setOpacity(0.4 if is_muted else 1.0)
        self.strips.paint(painter, shades)
        if self.has_curves and self.curves is not None:
            self.curves.paint_others(painter, shades)
        painter.end()
        return picture

    # --- pointer -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a gesture; the right button and Esc take one back."""
        point, button = event.position(), event.button()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self.gesture is not None:
            self.cancel_gesture() if button == Qt.MouseButton.RightButton else self._finish()
            return
        if button == Qt.MouseButton.MiddleButton:
            self._pan_from = point
        elif button == Qt.MouseButton.LeftButton:
            self.desk.selection.focus_track(self.track)
            self.begin_gesture(self._press(point, event.modifiers()))

    def _press(self, point: QPointF, modifiers: Modifiers) -> Gesture | None:
        if self.curves is not None and self.has_curves and self.curves.rect.contains(point):
            return self.curves.press(point, modifiers, self._is_drawing)
        return self.strips.press(point, modifiers)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with the gesture, pans, or shows what can be grabbed."""
        self._pointer = event.position()
        if self._pan_from is not None:
            step = self._pan_from.x() - self._pointer.x()
            self._pan_from = self._pointer
            self.desk.axis.pan(step / self.desk.axis.px_per_frame)
        elif self.gesture is not None:
            self.gesture.move(self._pointer, event.modifiers())
            self.update()
        else:
            self._show_cursor(self._pointer)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the gesture."""
        if event.button() == Qt.MouseButton.MiddleButton:
            self._pan_from = None
        elif event.button() == Qt.MouseButton.LeftButton and not self._is_modal:
            self._finish()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Adds a key."""
        point = event.position()
        if self.curves is None or not self.has_curves or not self.curves.rect.contains(point):
            return
        hit = self.curves.lane_at(point)
        if hit is not None:
            self.desk.selection.focus_lane(self.curves.factor, hit)
        lane = self.curves.lane
        if lane is not None and self.curves.key_at(point, lane) is None:
            self.begin_gesture(self.curves.add_key(point))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the menu of what is under the pointer."""
        if self.gesture is None:
            self.menu_wanted.emit(event.globalPos(), QPointF(event.pos()))

    def _show_cursor(self, point: QPointF) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self.curves is not None and self.has_curves and self.curves.rect.contains(point):
            if self._is_drawing:
                shape = Qt.CursorShape.CrossCursor
            elif self.curves.handle_at(point) is not None:
                shape = Qt.CursorShape.PointingHandCursor
            elif (lane := self.curves.lane_at(point)) is not None:
                is_key = self.curves.key_at(point, lane) is not None
                shape = Qt.CursorShape.SizeAllCursor if is_key else Qt.CursorShape.SizeVerCursor
        else:
            shape = self.strips.cursor_at(point)
        self.setCursor(shape)

    def event(self, event: QEvent) -> bool:
        """Shows tooltips, and keeps the keys of a running gesture from shortcuts."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self._tooltip(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_draw = event.key() == Qt.Key.Key_D and not event.modifiers()
            if (self.gesture is not None and event.key() in _GESTURE_KEYS) or is_draw:
                event.accept()
                return True
        return super().event(event)

    def _tooltip(self, point: QPointF) -> str:
        text = self.strips.tooltip_at(point)
        if text:
            return text
        if self.curves is None or not self.has_curves or not self.curves.rect.contains(point):
            return ""
        lane = self.curves.lane_at(point)
        if lane is None:
            return "Ctrl+click or double-click adds a key · hold D and drag to draw"
        value = self.curves.scale(lane).to_value(point.y())
        return f"{title_of(lane)}  {format_value(lane, value)}\nDrag keys or segments"

    # --- gestures ------------------------------------------------------------------------------

    def begin_gesture(self, gesture: Gesture | None, *, is_modal: bool = False) -> None:
        """Takes a gesture on; a modal one follows the pointer without a pressed button."""
        self.gesture = gesture
        self._is_modal = is_modal and gesture is not None
        if self._is_modal:
            self.grabKeyboard()
            self.grabMouse()
        self.update()

    def begin_modal(self, *, is_scale: bool) -> bool:
        """Moves (G) or scales (S) the selected keys with the pointer; returns whether it can."""
        lane = None if self.curves is None else self.curves.lane
        keys = self.desk.selection.keys
        if self.curves is None or lane is None or not keys or self.gesture is not None:
            return False
        start, scale = self._pointer, self.curves.scale(lane)
        factor = self.curves.factor
        if is_scale:
            pivot = self.desk.verbs.pivot
            self.begin_gesture(
                ScaleKeys(self.desk, start, factor, lane, scale, keys, pivot), is_modal=True
            )
        else:
            self.begin_gesture(MoveKeys(self.desk, start, factor, lane, scale, keys), is_modal=True)
        return True

    def cancel_gesture(self) -> None:
        """Takes the gesture back exactly."""
        gesture = self._let_go()
        if gesture is not None:
            gesture.cancel()

    def _finish(self) -> None:
        gesture = self._let_go()
        if gesture is not None:
            gesture.finish()

    def _let_go(self) -> Gesture | None:
        gesture, self.gesture = self.gesture, None
        if self._is_modal:
            self.releaseKeyboard()
            self.releaseMouse()
        self._is_modal = False
        self.update()
        return gesture

    # --- keys ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Steers a running gesture; D held draws. Everything else is the panel's."""
        key = event.key()
        if self.gesture is not None and key in _GESTURE_KEYS:
            self._steer(key, event.modifiers())
        elif key == Qt.Key.Key_D and not event.modifiers() and self.curves is not None:
            self._is_drawing = True
            self._show_cursor(self._pointer)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """D let go: no more drawing."""
        if event.key() == Qt.Key.Key_D and not event.isAutoRepeat():
            self._is_drawing = False
            self._show_cursor(self._pointer)
        else:
            super().keyReleaseEvent(event)

    def _steer(self, key: int, modifiers: Modifiers) -> None:
        gesture = self.gesture
        if key == Qt.Key.Key_Escape:
            self.cancel_gesture()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish()
        elif isinstance(gesture, MoveKeys | ScaleKeys):
            wanted = Lock.TIME if key == Qt.Key.Key_X else Lock.VALUE
            gesture.lock = Lock.NONE if gesture.lock is wanted else wanted
            gesture.move(self._pointer, modifiers)
            self.update()


_GESTURE_KEYS = (
    Qt.Key.Key_Escape,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_X,
    Qt.Key.Key_Y,
)


def _same(first: tuple[object, ...], second: tuple[object, ...]) -> bool:
    """Whether two signatures hold the very same objects; quick for long curves."""
    if len(first) != len(second):
        return False
    # the first entries are small values, curves and strips are compared by identity
    return all(
        a is b or (isinstance(a, tuple | frozenset | str | bool) and a == b)
        for a, b in zip(first, second, strict=True)
    )

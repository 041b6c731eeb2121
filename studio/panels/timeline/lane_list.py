"""The curves of a track by name, with their value at the playhead; one is focused by a click."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.base.controls import Factor
from core.timeline.lane_edits import set_lane_muted
from studio.controller.selection import INFLUENCE
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.lane_access import (
    curve_of,
    format_value,
    lanes_of,
    limits_of,
    title_of,
)
from studio.widgets.theme import theme_signal
from studio.widgets.timeline_colors import dash_of, faded, lane_color, shades_of

_ROW_PX = 18
_N_COLUMNS = 2


class LaneList(QWidget):
    """Names and values in two columns.

    Args:
        desk: What it works on.
        factor: The track.
    """

    def __init__(self, desk: Desk, factor: Factor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._factor = factor
        self._hovered: str | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(f"{factor} curves")
        desk.project.document_changed.connect(self.update)
        desk.selection.changed.connect(self.update)
        desk.playhead.frame_changed.connect(self.update)
        theme_signal().changed.connect(self.update)

    @property
    def lanes(self) -> tuple[str, ...]:
        """What it lists."""
        return lanes_of(self._desk.project.document.track(self._factor))

    @property
    def _n_rows(self) -> int:
        return -(-len(self.lanes) // _N_COLUMNS)

    def lane_rect(self, index: int) -> QRectF:
        """Where a lane is listed."""
        column, row = divmod(index, self._n_rows)
        width = self.width() / _N_COLUMNS
        height = min(_ROW_PX, self.height() / max(self._n_rows, 1))
        return QRectF(column * width, row * height, width, height)

    def _lane_at(self, point: QPointF) -> str | None:
        lanes = self.lanes
        return next((n for i, n in enumerate(lanes) if self.lane_rect(i).contains(point)), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws line sample, name and value of each lane."""
        shades = shades_of()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = self._desk.project.document.track(self._factor)
        selection, frame = self._desk.selection, self._desk.playhead.frame
        focused = selection.lane if selection.factor is self._factor else None
        font = painter.font()
        for i, lane in enumerate(self.lanes):
            rect = self.lane_rect(i).adjusted(1, 0, -1, -1)
            font.setPixelSize(min(11, max(8, int(rect.height()) - 4)))
            painter.setFont(font)
            curve = curve_of(track, lane)
            if lane in (focused, self._hovered):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(faded(shades.accent, 0.35 if lane == focused else 0.12))
                painter.drawRoundedRect(rect, 3, 3)
            color = shades.text
            if lane != INFLUENCE:
                color = lane_color(self._factor, i, shades.is_dark)
            pen = QPen(color, 2.0)
            drawn, left_out = dash_of(i)
            if left_out:
                pen.setDashPattern([drawn / 2.0, left_out / 2.0])
            painter.setPen(pen)
            y = rect.center().y()
            painter.drawLine(QPointF(rect.left() + 4, y), QPointF(rect.left() + 15, y))
            painter.setPen(shades.text if curve.keys or lane == focused else shades.dim_text)
            names = rect.adjusted(20, 0, -40, 0)
            title = painter.fontMetrics().elidedText(
                title_of(lane), Qt.TextElideMode.ElideRight, int(names.width())
            )
            painter.drawText(names, Qt.AlignmentFlag.AlignVCenter, title)
            if curve.keys:
                value = float(curve.evaluate([frame], limits_of(lane)[1])[0])
                painter.setPen(shades.dim_text)
                align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
                painter.drawText(rect.adjusted(0, 0, -4, 0), align, format_value(lane, value))
        if self.hasFocus():
            painter.setPen(QPen(shades.accent, 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Focuses a lane; the focused one lets go. The middle button mutes it."""
        lane = self._lane_at(event.position())
        if lane is None:
            return
        if event.button() == Qt.MouseButton.MiddleButton:
            self._toggle_muted(lane)
            return
        selection = self._desk.selection
        is_focused = selection.factor is self._factor and selection.lane == lane
        selection.focus_lane(self._factor, None if is_focused else lane)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows which lane a click would take."""
        lane = self._lane_at(event.position())
        if lane != self._hovered:
            self._hovered = lane
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """No lane is under the pointer."""
        self._hovered = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down choose a lane; Backspace resets the one under the pointer."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is not None:
            lanes, selection = self.lanes, self._desk.selection
            is_mine = selection.factor is self._factor and selection.lane in lanes
            at = lanes.index(selection.lane or "") + step if is_mine else 0
            selection.focus_lane(self._factor, lanes[min(max(at, 0), len(lanes) - 1)])
        elif event.key() == Qt.Key.Key_Backspace and self._hovered is not None:
            self._desk.selection.focus_lane(self._factor, self._hovered)
            self._desk.verbs.reset_lane()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tells a lane's range; keeps the arrow keys from the transport while it has focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Backspace)
            if event.key() in keys and not event.modifiers():
                event.accept()
                return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            lane = self._lane_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if lane is None else self._tooltip(lane), self)
            return True
        return super().event(event)

    def _tooltip(self, lane: str) -> str:
        lower, default, upper = (format_value(lane, value) for value in limits_of(lane))
        return (
            f"{title_of(lane)}: {lower} to {upper}, rest {default}\n"
            "Click to edit its curve · ; adds a key · Backspace resets it · middle click mutes it"
        )

    def _toggle_muted(self, lane: str) -> None:
        track = self._desk.project.document.track(self._factor)
        offset = next((o for o in track.offsets if o.lane == lane), None)
        if offset is not None:
            is_muted = not offset.is_muted
            self._desk.project.edit("Mute curve", lambda d: set_lane_muted(d, lane, is_muted))

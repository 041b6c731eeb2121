"""The ruler: time, markers, in and out, the cache bar, and the playhead's grip."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.widgets.theme import mono_font, theme_signal
from studio.widgets.timeline_axis import TimeAxis
from studio.widgets.timeline_colors import Shades, faded, shades_of
from studio.widgets.timeline_timecode import short_timecode, tick_steps, timecode

HEIGHT_PX = 36
CACHE_PX = 4
_GRIP_PX = 6.0
Mark = tuple[int, str, str]
"""(frame, name, colour or empty)."""


class TimeRuler(QWidget):
    """Knows no document: it is told what to show and says what was done.

    Args:
        axis: The time axis.
    """

    scrubbed = Signal(int)
    """Show this frame."""
    in_dragged = Signal(int)
    """The in-point is to lie at this frame; many per drag."""
    out_dragged = Signal(int)
    """The out-point (frame after the range) is to lie here; many per drag."""
    drag_began = Signal(str)
    """`in` or `out` is about to be dragged."""
    drag_ended = Signal(bool)
    """Whether the drag is kept."""
    marker_activated = Signal(int)
    """A marker was double-clicked."""

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = axis
        self._rate = Fraction(25)
        self._range = (0, axis.n_frames)
        self._markers: tuple[Mark, ...] = ()
        self._cache = np.zeros(0, np.uint8)
        self._frame = 0
        self._dragged = ""
        self.setFixedHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Time ruler")
        axis.changed.connect(self.update)
        theme_signal().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(600, HEIGHT_PX)

    def set_document(
        self, rate: Fraction, shown: tuple[int, int], markers: tuple[Mark, ...]
    ) -> None:
        """Takes frames per second, the working range and the markers."""
        if (rate, shown, markers) != (self._rate, self._range, self._markers):
            self._rate, self._range, self._markers = rate, shown, markers
            self.update()

    def set_cache(self, statuses: NDArray[np.uint8]) -> None:
        """Takes the status of every frame: 0 not rendered, 1 stale, 2 ready."""
        self._cache = statuses
        self.update(0, HEIGHT_PX - CACHE_PX - 1, self.width(), CACHE_PX + 1)

    def set_frame(self, frame: int) -> None:
        """Takes the playhead."""
        if frame == self._frame:
            return
        for moved in (self._frame, frame):
            x = round(self._axis.to_x(moved))
            self.update(x - 8, 0, 17, HEIGHT_PX)
        self._frame = frame

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws everything."""
        shades = shades_of()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.fillRect(self.rect(), shades.raised)
        self._paint_range(painter, shades)
        self._paint_ticks(painter, shades)
        self._paint_cache(painter, shades)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for frame, name, color in self._markers:
            self._paint_marker(painter, shades, frame, name, color)
        self._paint_playhead(painter, shades)
        if self.hasFocus():
            painter.setPen(QPen(shades.accent, 1.0))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_ticks(self, painter: QPainter, shades: Shades) -> None:
        major, minor = tick_steps(self._axis.px_per_frame, self._rate)
        painter.setFont(mono_font(10))
        bottom = HEIGHT_PX - CACHE_PX - 1
        frame = max(int(self._axis.first // minor) * minor, 0)
        frame -= frame % major
        while (x := self._axis.to_x(frame)) <= self.width():
            is_major = frame % major == 0
            painter.setPen(QPen(shades.dim_text if is_major else shades.line, 1.0))
            painter.drawLine(
                QPointF(round(x), bottom - (9 if is_major else 4)), QPointF(round(x), bottom)
            )
            if is_major:
                text = short_timecode(frame, self._rate)
                if x + 4 + painter.fontMetrics().horizontalAdvance(text) <= self.width():
                    painter.drawText(QPointF(round(x) + 4, bottom - 8), text)
            frame += minor

    def _paint_range(self, painter: QPainter, shades: Shades) -> None:
        start, stop = (self._axis.to_x(frame) for frame in self._range)
        painter.fillRect(QRectF(start, 0, stop - start, 4), faded(shades.accent, 0.55))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades.accent)
        for x, way in ((start, 1), (stop, -1)):
            corner = [QPointF(x, 0), QPointF(x + 8 * way, 0), QPointF(x, 11)]
            painter.drawPolygon(QPolygonF(corner))

    def _paint_cache(self, painter: QPainter, shades: Shades) -> None:
        top = HEIGHT_PX - CACHE_PX
        end = self._axis.to_x(self._axis.n_frames)
        painter.fillRect(QRectF(0, top, end, CACHE_PX), shades.none)
        if len(self._cache) == 0:
            return
        edges = np.flatnonzero(np.diff(self._cache)) + 1
        bounds = [0, *edges.tolist(), len(self._cache)]
        colors = (shades.none, shades.warn, shades.good)
        for first, stop in pairwise(bounds):
            status = int(self._cache[first])
            if status == 0:
                continue
            left, right = self._axis.to_x(first), self._axis.to_x(stop)
            # stale frames are lower as well, so that the colour is not all that tells them apart
            height = CACHE_PX if status == 2 else CACHE_PX - 2
            painter.fillRect(
                QRectF(left, top + CACHE_PX - height, right - left, height), colors[status]
            )

    def _paint_marker(
        self, painter: QPainter, shades: Shades, frame: int, name: str, color: str
    ) -> None:
        x = self._axis.to_x(frame)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color) if color else shades.warn)
        top = 5.0
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(x, top),
                    QPointF(x + 5, top + 4),
                    QPointF(x, top + 9),
                    QPointF(x - 5, top + 4),
                ]
            )
        )
        if name:
            painter.setPen(shades.text)
            painter.setFont(self.font())
            font = painter.font()
            font.setPixelSize(10)
            painter.setFont(font)
            painter.drawText(QPointF(x + 8, top + 8), name)

    def _paint_playhead(self, painter: QPainter, shades: Shades) -> None:
        x = round(self._axis.to_x(self._frame))
        painter.setPen(QPen(shades.playhead, 1.0))
        painter.drawLine(QPointF(x + 0.5, 0), QPointF(x + 0.5, HEIGHT_PX))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades.playhead)
        shape = [(-5, 12), (6, 12), (6, 19), (0.5, 25), (-5, 19)]
        painter.drawPolygon(QPolygonF([QPointF(x + dx, y) for dx, y in shape]))

    # --- pointer -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the in- or out-point, or of the playhead."""
        if event.button() == Qt.MouseButton.RightButton and self._dragged in ("in", "out"):
            self._dragged = ""
            self.drag_ended.emit(False)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._dragged = self._grip_at(event.position()) or "playhead"
        if self._dragged == "playhead":
            self.scrubbed.emit(self._frame_at(event.position()))
        else:
            self.drag_began.emit(self._dragged)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrubs, or drags the in- or out-point."""
        if not self._dragged:
            is_grip = bool(self._grip_at(event.position()))
            cursor = Qt.CursorShape.SizeHorCursor if is_grip else Qt.CursorShape.ArrowCursor
            self.setCursor(cursor)
            return
        frame = self._frame_at(event.position())
        if self._dragged == "playhead":
            self.scrubbed.emit(frame)
        else:
            (self.in_dragged if self._dragged == "in" else self.out_dragged).emit(frame)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go."""
        if event.button() == Qt.MouseButton.LeftButton:
            was, self._dragged = self._dragged, ""
            if was in ("in", "out"):
                self.drag_ended.emit(True)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A marker is to be renamed."""
        near = [
            m[0] for m in self._markers if abs(self._axis.to_x(m[0]) - event.position().x()) < 7
        ]
        if near:
            self.marker_activated.emit(near[0])

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the pointer; with Shift, or sideways, pans."""
        wheel_axis(self._axis, event)

    def event(self, event: QEvent) -> bool:
        """Tells the time and the marker under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            frame = self._frame_at(QPointF(event.pos()))
            names = [m[1] for m in self._markers if m[0] == frame and m[1]]
            text = "  ".join([timecode(frame, self._rate), *names])
            hint = "Drag to scrub · I and O set the range · M sets a marker"
            QToolTip.showText(event.globalPos(), f"{text}\n{hint}", self)
            return True
        return super().event(event)

    def _grip_at(self, point: QPointF) -> str:
        if point.y() > 12:
            return ""
        start, stop = (self._axis.to_x(frame) for frame in self._range)
        if abs(point.x() - start - 3) <= _GRIP_PX:
            return "in"
        return "out" if abs(point.x() - stop + 3) <= _GRIP_PX else ""

    def _frame_at(self, point: QPointF) -> int:
        frame = round(self._axis.to_frame(point.x()))
        return min(max(frame, 0), self._axis.n_frames)


def wheel_axis(axis: TimeAxis, event: QWheelEvent) -> None:
    """Zooms a time axis at the pointer; with Shift, or sideways, pans it."""
    delta = event.angleDelta()
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
        step = delta.x() or delta.y()
        axis.pan(-step / 120.0 * 0.1 * axis.n_visible)
    else:
        axis.zoom(delta.y() / 120.0, event.position().x())
    event.accept()

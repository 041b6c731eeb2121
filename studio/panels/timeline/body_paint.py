"""What all rows have in common: ground, grid, playhead, and the words beside the pointer."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from studio.panels.timeline.desk import Desk
from studio.widgets.timeline_colors import Shades, faded, mix
from studio.widgets.timeline_timecode import tick_steps


def paint_ground(
    painter: QPainter, shades: Shades, desk: Desk, rect: QRect, strips: QRectF
) -> None:
    """Draws the ground of a row: grid, and what lies outside of the document and its range."""
    document, axis = desk.project.document, desk.axis
    painter.fillRect(rect, shades.ground)
    painter.fillRect(strips, mix(shades.ground, shades.raised, 0.7))
    major, _ = tick_steps(axis.px_per_frame, document.rate)
    painter.setPen(QPen(shades.faint_line, 1.0))
    frame = int(axis.first // major) * major
    while (x := axis.to_x(frame)) <= rect.width():
        painter.drawLine(QPointF(round(x), 0), QPointF(round(x), rect.height()))
        frame += major
    shown = document.range
    outside = faded(mix(shades.ground, shades.text, 0.5), 0.10)
    for start, stop in ((0, shown.start), (shown.stop, document.n_frames)):
        left, right = axis.to_x(start), axis.to_x(stop)
        painter.fillRect(QRectF(left, 0, right - left, rect.height()), outside)
    end = axis.to_x(document.n_frames)
    if end < rect.width():
        beyond = QRectF(max(end, 0), 0, rect.width() - max(end, 0), rect.height())
        painter.fillRect(beyond, shades.raised)
    painter.setPen(QPen(faded(shades.text, 0.25), 1.0, Qt.PenStyle.DotLine))
    for marker in document.markers:
        x = round(axis.to_x(marker.frame))
        painter.drawLine(QPointF(x, 0), QPointF(x, rect.height()))
    painter.setPen(QPen(shades.line, 1.0))
    painter.drawLine(QPointF(0, rect.height() - 0.5), QPointF(rect.width(), rect.height() - 0.5))


def paint_playhead(painter: QPainter, shades: Shades, x: int, height: int) -> None:
    """Draws the playhead's line."""
    painter.setPen(QPen(shades.playhead, 1.0))
    painter.drawLine(QPointF(x + 0.5, 0), QPointF(x + 0.5, height))


def paint_playhead_cap(painter: QPainter, shades: Shades, x: float, height: float) -> None:
    """Draws the grip of the playhead on the ruler."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shades.playhead)
    top = height - 13.0
    painter.drawPolygon(
        QPolygonF(
            [
                QPointF(x - 5, top),
                QPointF(x + 6, top),
                QPointF(x + 6, top + 6),
                QPointF(x + 0.5, top + 12),
                QPointF(x - 5, top + 6),
            ]
        )
    )


def paint_pointer_text(
    painter: QPainter, shades: Shades, text: str, point: QPointF, rect: QRect
) -> None:
    """Writes what a gesture tells beside the pointer, within the row."""
    if not text:
        return
    font = painter.font()
    font.setPixelSize(11)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(text) + 12
    left = min(point.x() + 14, rect.width() - width - 4)
    top = min(max(point.y() - 24, 2.0), rect.height() - 20.0)
    box = QRectF(left, top, width, 18)
    painter.setPen(QPen(shades.line, 1.0))
    painter.setBrush(shades.raised)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(shades.text)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

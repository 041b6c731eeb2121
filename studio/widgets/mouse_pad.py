"""A pad that turns the mouse into two values and a wheel. It knows no document."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_MARGIN_PX: Final = 10
_DOT_PX: Final = 7.0
_WHEEL_STEP: Final = 0.1  # of the range, for a notch
_NOTCH: Final = 120.0
_TRAIL: Final = 40


class MousePad(QWidget):
    """x and y run −1..1 from left to right and from bottom to top; the wheel −1..1.

    The pad listens while the mouse moves over it (no button is needed); pressing the left button
    brings `is_pressed`. Double click goes back to the middle.
    """

    moved = Signal(float, float)
    """x and y."""
    wheeled = Signal(float)
    """The wheel's value."""
    pressed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        self.setAccessibleName("Mouse pad")
        self._titles = ("", "", "")
        self._x = self._y = self._wheel = 0.0
        self._is_hot = False
        self._trail: list[QPointF] = []

    def sizeHint(self) -> QSize:
        """Twice as wide as a thumb is long."""
        return QSize(240, 150)

    @property
    def position(self) -> tuple[float, float]:
        """X and y, −1..1."""
        return self._x, self._y

    @property
    def wheel(self) -> float:
        """−1..1."""
        return self._wheel

    def set_titles(self, across: str, up: str, wheel: str) -> None:
        """Names what x, y and the wheel move."""
        self._titles = (across, up, wheel)
        self.setToolTip(f"Move the mouse: {across} and {up}; wheel: {wheel}; double click: middle")
        self.update()

    def set_hot(self, is_hot: bool) -> None:
        """Shows that it is being recorded."""
        self._is_hot = is_hot
        self._trail.clear()
        self.update()

    def center(self) -> None:
        """Back to the middle."""
        self._wheel = 0.0
        self.wheeled.emit(0.0)
        self._move(0.0, 0.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follows the mouse."""
        area = self._area()
        at = event.position()
        x = 2.0 * (at.x() - area.left()) / area.width() - 1.0
        y = 1.0 - 2.0 * (at.y() - area.top()) / area.height()
        self._move(min(max(x, -1.0), 1.0), min(max(y, -1.0), 1.0))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tells of the left button."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tells of the left button."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Goes back to the middle."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.center()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turns the third value."""
        wanted = self._wheel + _WHEEL_STEP * event.angleDelta().y() / _NOTCH
        self._wheel = min(max(wanted, -1.0), 1.0)
        self.wheeled.emit(self._wheel)
        self.update()
        event.accept()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the cross, the trail, the dot and the names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, area = self.palette(), self._area()
        faint = QColor(palette.color(QPalette.ColorRole.Text))
        faint.setAlphaF(0.18)
        painter.setPen(QPen(faint, 1))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(area.adjusted(-6, -6, 6, 6), 6, 6)
        center = area.center()
        painter.drawLine(QPointF(area.left(), center.y()), QPointF(area.right(), center.y()))
        painter.drawLine(QPointF(center.x(), area.top()), QPointF(center.x(), area.bottom()))
        hot = QColor("#e5484d")
        accent = hot if self._is_hot else palette.color(QPalette.ColorRole.Highlight)
        for i in range(1, len(self._trail)):
            color = QColor(accent)
            color.setAlphaF(0.6 * i / len(self._trail))
            painter.setPen(QPen(color, 2))
            painter.drawLine(self._place(self._trail[i - 1]), self._place(self._trail[i]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawEllipse(self._place(QPointF(self._x, self._y)), _DOT_PX, _DOT_PX)
        self._draw_names(painter, area)
        painter.end()

    def _draw_names(self, painter: QPainter, area: QRectF) -> None:
        muted = QColor(self.palette().color(QPalette.ColorRole.Text))
        muted.setAlphaF(0.65)
        painter.setPen(muted)
        across, up, wheel = self._titles
        bottom = Qt.AlignmentFlag.AlignBottom
        painter.drawText(area, bottom | Qt.AlignmentFlag.AlignRight, f"{across} →")
        painter.drawText(area, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, f"↑ {up}")
        if wheel:
            text = f"⟳ {wheel} {self._wheel:+.1f}".replace("-", "−")
            painter.drawText(area, bottom | Qt.AlignmentFlag.AlignLeft, text)

    def _area(self) -> QRectF:
        margin = _MARGIN_PX
        return QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)

    def _place(self, values: QPointF) -> QPointF:
        area = self._area()
        return QPointF(
            area.left() + (values.x() + 1.0) / 2.0 * area.width(),
            area.top() + (1.0 - values.y()) / 2.0 * area.height(),
        )

    def _move(self, x: float, y: float) -> None:
        self._x, self._y = x, y
        self._trail = [*self._trail[-_TRAIL:], QPointF(x, y)]
        self.moved.emit(x, y)
        self.update()

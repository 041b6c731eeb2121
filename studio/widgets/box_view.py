"""A picture with a box on it that a person draws, moves and resizes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.widgets.picture_view import image_of
from studio.widgets.theme import colors

Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture."""

_GRIP_PX: Final = 8.0
_SMALLEST: Final = 0.03  # of the picture's side
_STEP: Final = 0.01  # of the picture, by an arrow key
_ARROWS: Final = {
    Qt.Key.Key_Left: (-_STEP, 0.0),
    Qt.Key.Key_Right: (_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -_STEP),
    Qt.Key.Key_Down: (0.0, _STEP),
}


class BoxView(QWidget):
    """Shows a picture, outlines on it, and the box. Arrow keys move the box, with Shift resize."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box: Box | None = None
        self._image: QImage | None = None
        self._marks: tuple[Box, ...] = ()
        self._held: tuple[int, int] | None = None  # sides that follow the pointer: −1, 0, 1
        self._from = QPointF()
        self._box_from: Box = (0.0, 0.0, 1.0, 1.0)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Crop")

    def set_picture(self, picture: NDArray[np.uint8] | None, marks: Sequence[Box] = ()) -> None:
        """Shows a picture uint8 RGB [H, W, 3] with the places of its faces."""
        self._image = image_of(picture)
        self._marks = tuple(marks)
        self.update()

    def set_box(self, box: Box | None) -> None:
        """Shows a box, or none."""
        self.box = box
        self.update()
        self.changed.emit()

    def sizeHint(self) -> QSize:
        """Room for a picture."""
        return QSize(640, 420)

    # --- geometry ------------------------------------------------------------------------------

    def picture_rect(self) -> QRectF:
        """Where the picture is drawn, px of the widget."""
        if self._image is None:
            return QRectF()
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        rect = QRectF(0, 0, size.width(), size.height())
        rect.moveCenter(QRectF(self.rect()).center())
        return rect

    def _placed(self, box: Box) -> QRectF:
        rect = self.picture_rect()
        left, top, right, bottom = box
        corner = QPointF(rect.x() + left * rect.width(), rect.y() + top * rect.height())
        end = QPointF(rect.x() + right * rect.width(), rect.y() + bottom * rect.height())
        return QRectF(corner, end)

    def _share(self, at: QPointF) -> QPointF:
        rect = self.picture_rect()
        x = (at.x() - rect.x()) / max(rect.width(), 1.0)
        y = (at.y() - rect.y()) / max(rect.height(), 1.0)
        return QPointF(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))

    def _part_at(self, at: QPointF) -> tuple[int, int] | None:
        """Which sides of the box are under the pointer; (0, 0) is its inside."""
        if self.box is None:
            return None
        rect = self._placed(self.box)
        if not rect.adjusted(-_GRIP_PX, -_GRIP_PX, _GRIP_PX, _GRIP_PX).contains(at):
            return None
        x = _side(at.x(), rect.left(), rect.right())
        return x, _side(at.y(), rect.top(), rect.bottom())

    # --- mouse and keys ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Takes hold of the box, or begins another one."""
        at = event.position()
        if event.button() != Qt.MouseButton.LeftButton or self._image is None:
            return
        self._held, self._from = self._part_at(at), self._share(at)
        if self._held is None:
            x, y = self._from.x(), self._from.y()
            self._held, self.box = (1, 1), (x, y, x, y)
        self._box_from = self.box or self._box_from

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves or resizes the box."""
        at = event.position()
        if self._held is None:
            self._show_cursor(self._part_at(at))
            return
        now = self._share(at)
        self._move(self._held, now.x() - self._from.x(), now.y() - self._from.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Lets go; a box without a size is none."""
        self._held = None
        if self.box is not None and min(_extent(self.box)) < _SMALLEST:
            self.set_box(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the box by arrow keys; with Shift its lower right corner."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or self.box is None:
            super().keyPressEvent(event)
            return
        is_resizing = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._box_from = self.box
        self._move((1, 1) if is_resizing else (0, 0), *step)

    def _move(self, held: tuple[int, int], dx: float, dy: float) -> None:
        left, top, right, bottom = self._box_from
        if held == (0, 0):
            dx = min(max(dx, -left), 1.0 - right)
            dy = min(max(dy, -top), 1.0 - bottom)
            self.set_box((left + dx, top + dy, right + dx, bottom + dy))
            return
        x0, x1 = _pulled(left, right, held[0], dx)
        y0, y1 = _pulled(top, bottom, held[1], dy)
        self.set_box((x0, y0, x1, y1))

    def _show_cursor(self, part: tuple[int, int] | None) -> None:
        shapes = Qt.CursorShape
        if part is None:
            shape = shapes.CrossCursor
        elif part == (0, 0):
            shape = shapes.SizeAllCursor
        elif 0 in part:
            shape = shapes.SizeVerCursor if part[0] == 0 else shapes.SizeHorCursor
        else:
            shape = shapes.SizeFDiagCursor if part[0] == part[1] else shapes.SizeBDiagCursor
        self.setCursor(shape)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draws the picture, dimmed outside of the box."""
        worn, rect = colors(), self.picture_rect()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(worn.canvas))
        if self._image is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(rect, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 200), 1.0, Qt.PenStyle.DashLine))
        for mark in self._marks:
            painter.drawRect(self._placed(mark))
        if self.box is None:
            return
        inside = self._placed(self.box)
        painter.save()
        painter.setClipRect(rect)
        painter.setClipRegion(painter.clipRegion().subtracted(inside.toAlignedRect()))
        painter.fillRect(rect, QColor(0, 0, 0, 140))
        painter.restore()
        painter.setPen(QPen(QColor(worn.accent_hover), 2.0))
        painter.drawRect(inside)
        painter.setPen(QPen(QColor(worn.on_accent), 1.0))
        painter.setBrush(QColor(worn.accent))
        for corner in (
            inside.topLeft(), inside.topRight(), inside.bottomLeft(), inside.bottomRight()
        ):  # fmt: skip
            painter.drawRect(QRectF(corner.x() - 4, corner.y() - 4, 8, 8))


def _side(at: float, low: float, high: float) -> int:
    if abs(at - low) <= _GRIP_PX:
        return -1
    return 1 if abs(at - high) <= _GRIP_PX else 0


def _pulled(low: float, high: float, side: int, by: float) -> tuple[float, float]:
    """Both ends after one of them was pulled, within the picture and in their order."""
    if side < 0:
        low = min(max(low + by, 0.0), 1.0)
    elif side > 0:
        high = min(max(high + by, 0.0), 1.0)
    return min(low, high), max(low, high)


def _extent(box: Box) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]

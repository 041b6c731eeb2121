"""Shows pictures in their true aspect: one, two behind a bar, two side by side, or outlines.

Points are px of the full picture, pixel centres at integers. It knows no document: it tells where
the picture was grabbed and dragged, the panel decides what that means.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.widgets.theme import colors

Picture = NDArray[np.uint8]
Outline = NDArray[np.float64]
"""float64 [N, 2]: x, y of one line in px of the full picture."""

_MARGIN_PX = 12
_GAP_PX = 8
_BAR_GRAB_PX = 10
_ONION_OPACITY = 0.3
_NOTCH = 120.0
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Mode(StrEnum):
    """How the pictures are shown."""

    RESULT = "result"
    WIPE = "wipe"
    SIDE = "side"
    ONION = "onion"
    LANDMARKS = "landmarks"


class PictureView(QWidget):
    """Paints what it was given. Main thread only."""

    grabbed = Signal(QPointF)
    """The picture was pressed with the left button at a point of it."""
    dragged = Signal(QPointF, bool)
    """The mouse is at a point of the picture now; whether Shift asks for small steps."""
    dropped = Signal(bool)
    """The drag ended: kept, or taken back by Esc or the right button."""
    rolled = Signal(float, bool)
    """The wheel turned by notches over the picture; whether Shift asks for small steps."""
    hovered = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Viewer")
        self.mode = Mode.RESULT
        self.wipe: float = 0.5
        self._result: QImage | None = None
        self._other: QImage | None = None
        self._names = ("Result", "Portrait")
        self._ghosts: tuple[QImage, ...] = ()
        self._ghost_lines: tuple[tuple[str, Sequence[Outline]], ...] = ()
        self._lines: Sequence[Outline] = ()
        self._size = (0, 0)
        self._is_dragging = False
        self._is_wiping = False
        self._is_focus_shown = False

    # --- what it shows -------------------------------------------------------------------------

    def set_mode(self, mode: Mode) -> None:
        """Chooses how the pictures are shown."""
        self.mode = mode
        self.update()

    def set_size(self, width: int, height: int) -> None:
        """Says how many px a full picture has; drafts are drawn at its size."""
        if (width, height) != self._size:
            self._size = (width, height)
            self.update()

    def set_result(self, picture: Picture | None) -> None:
        """The picture of now: uint8 RGB [H, W, 3]."""
        self._result = image_of(picture)
        self.update()

    def set_other(self, picture: Picture | None, name: str) -> None:
        """What the result is compared with, and its name."""
        self._other = image_of(picture)
        self._names = (self._names[0], name)
        self.update()

    def set_ghosts(
        self, pictures: Sequence[Picture], lines: Sequence[tuple[str, Sequence[Outline]]]
    ) -> None:
        """Pictures and (colour, outlines) of other frames, for the onion mode."""
        self._ghosts = tuple(image for p in pictures if (image := image_of(p)) is not None)
        self._ghost_lines = tuple(lines)
        self.update()

    @property
    def ghosts(self) -> tuple[QImage, ...]:
        """The pictures that the onion mode lays over the result."""
        return self._ghosts

    def set_lines(self, lines: Sequence[Outline]) -> None:
        """Outlines of the face, for the landmarks mode."""
        self._lines = lines
        if self.mode is Mode.LANDMARKS:
            self.update()

    @property
    def has_picture(self) -> bool:
        """Whether there is anything to look at."""
        return self._result is not None

    def set_wipe(self, share: float) -> None:
        """Moves the bar: 0 shows only the other picture, 1 only the result."""
        self.wipe = min(max(share, 0.0), 1.0)
        self.update()

    # --- geometry ------------------------------------------------------------------------------

    def picture_rect(self) -> QRectF:
        """Where the result is drawn, in px of the widget; empty without a size."""
        return self._rects()[0]

    def to_picture(self, at: QPointF) -> QPointF:
        """A point of the widget as a point of the full picture."""
        rect = self.picture_rect()
        scale = self._size[0] / rect.width() if rect.width() else 0.0
        return QPointF((at.x() - rect.x()) * scale - 0.5, (at.y() - rect.y()) * scale - 0.5)

    def sizeHint(self) -> QSize:
        """Room for a picture of 512 px."""
        return QSize(640, 540)

    def minimumSizeHint(self) -> QSize:
        """Small enough for a small window."""
        return QSize(240, 180)

    def _rects(self) -> tuple[QRectF, QRectF]:
        """Where the result and the other picture are drawn."""
        width, height = self._size
        room = QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        if not width or not height or room.width() <= 0 or room.height() <= 0:
            return QRectF(), QRectF()
        if self.mode is not Mode.SIDE:
            rect = _fitted(width, height, room)
            return rect, rect
        half = (room.width() - _GAP_PX) / 2
        left = QRectF(room.x(), room.y(), half, room.height())
        right = left.translated(half + _GAP_PX, 0)
        return _fitted(width, height, left), _fitted(width, height, right)

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draws the pictures."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors().canvas))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect, other_rect = self._rects()
        if rect.isEmpty():
            return
        if self.mode is Mode.LANDMARKS:
            self._paint_landmarks(painter, rect)
        elif self.mode is Mode.WIPE:
            self._paint_wipe(painter, rect)
        else:
            _draw(painter, rect, self._result)
        if self.mode is Mode.SIDE:
            _draw(painter, _kept_aspect(other_rect, self._other), self._other)
            self._paint_name(painter, rect, self._names[0], is_left=True)
            self._paint_name(painter, other_rect, self._names[1], is_left=True)
        elif self.mode is Mode.ONION:
            self._paint_onion(painter, rect)
        if self.hasFocus() and self._is_focus_shown:
            painter.setPen(QPen(QColor(colors().accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_wipe(self, painter: QPainter, rect: QRectF) -> None:
        _draw(painter, rect, None)
        _draw(painter, _kept_aspect(rect, self._other), self._other)
        x = rect.x() + self.wipe * rect.width()
        painter.save()
        painter.setClipRect(QRectF(rect.x(), rect.y(), x - rect.x(), rect.height()))
        _draw(painter, rect, self._result)
        painter.restore()
        painter.setPen(QPen(QColor(colors().on_accent), 2))
        painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors().accent))
        middle = QPointF(x, rect.center().y())
        painter.drawEllipse(middle, 11, 11)
        painter.setPen(QPen(QColor(colors().on_accent), 1.6))
        for side in (-1, 1):
            tip = middle + QPointF(side * 6.5, 0)
            painter.drawPolyline([tip + QPointF(-side * 3, -3), tip, tip + QPointF(-side * 3, 3)])
        self._paint_name(painter, rect, self._names[0], is_left=True)
        self._paint_name(painter, rect, self._names[1], is_left=False)

    def _paint_onion(self, painter: QPainter, rect: QRectF) -> None:
        painter.setOpacity(_ONION_OPACITY)
        for ghost in self._ghosts:
            _draw(painter, rect, ghost)
        painter.setOpacity(0.9)
        for color, lines in self._ghost_lines:
            self._paint_lines(painter, rect, lines, QColor(color))
        painter.setOpacity(1.0)

    def _paint_landmarks(self, painter: QPainter, rect: QRectF) -> None:
        painter.setOpacity(0.35)
        _draw(painter, rect, self._result)
        painter.setOpacity(1.0)
        self._paint_lines(painter, rect, self._lines, QColor(colors().accent_hover))

    def _paint_lines(
        self, painter: QPainter, rect: QRectF, lines: Sequence[Outline], color: QColor
    ) -> None:
        scale = rect.width() / self._size[0]
        pen = QPen(color, 1.6)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for line in lines:
            placed = (line + 0.5) * scale + (rect.x(), rect.y())
            painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in placed.tolist()]))

    def _paint_name(self, painter: QPainter, rect: QRectF, name: str, *, is_left: bool) -> None:
        metrics = self.fontMetrics()
        width, height = metrics.horizontalAdvance(name) + 16, metrics.height() + 6
        x = rect.left() + 8 if is_left else rect.right() - 8 - width
        box = QRectF(x, rect.top() + 8, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 150))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    # --- mouse and keys ------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grabs the bar or the picture; the right button takes a drag back."""
        if event.button() is Qt.MouseButton.RightButton and self._is_dragging:
            self._end_drag(is_kept=False)
        elif event.button() is Qt.MouseButton.LeftButton:
            at = event.position()
            if self._is_on_bar(at):
                self._is_wiping = True
            elif self.picture_rect().contains(at):
                self._is_dragging = True
                self.grabbed.emit(self.to_picture(at))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags, or tells where the mouse is."""
        at = event.position()
        if self._is_wiping:
            rect = self.picture_rect()
            self.set_wipe((at.x() - rect.x()) / max(rect.width(), 1.0))
        elif self._is_dragging:
            self.dragged.emit(self.to_picture(at), _is_fine(event))
        elif self._is_on_bar(at):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        else:
            self.hovered.emit(self.to_picture(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._is_wiping = False
            if self._is_dragging:
                self._end_drag(is_kept=True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the focus to those who came by keyboard."""
        self._is_focus_shown = event.reason() in _BY_KEYBOARD
        super().focusInEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes a drag back."""
        if event.key() == Qt.Key.Key_Escape and self._is_dragging:
            self._end_drag(is_kept=False)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Rolls the head; Shift turns the wheel sideways on some platforms."""
        turned = event.angleDelta()
        notches = (turned.y() or turned.x()) / _NOTCH
        if notches and self.picture_rect().contains(event.position()):
            self.rolled.emit(notches, _is_fine(event))
            event.accept()
        else:
            super().wheelEvent(event)

    def _is_on_bar(self, at: QPointF) -> bool:
        rect = self.picture_rect()
        if self.mode is not Mode.WIPE or rect.isEmpty():
            return False
        return abs(at.x() - rect.x() - self.wipe * rect.width()) < _BAR_GRAB_PX

    def _end_drag(self, *, is_kept: bool) -> None:
        self._is_dragging = False
        self.dropped.emit(is_kept)


def image_of(picture: Picture | None) -> QImage | None:
    """A picture as Qt paints it; a copy, so that the array may go."""
    if picture is None:
        return None
    rgb = np.ascontiguousarray(picture)
    height, width = rgb.shape[:2]
    return QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _is_fine(event: QMouseEvent | QWheelEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def _fitted(width: int, height: int, room: QRectF) -> QRectF:
    scale = min(room.width() / width, room.height() / height)
    size = QSize(max(round(width * scale), 1), max(round(height * scale), 1))
    rect = QRectF(0, 0, size.width(), size.height())
    rect.moveCenter(room.center())
    return QRectF(round(rect.x()), round(rect.y()), rect.width(), rect.height())


def _kept_aspect(rect: QRectF, image: QImage | None) -> QRectF:
    """The part of a rectangle that a picture of another shape fills undistorted."""
    if image is None or abs(image.width() / image.height() - rect.width() / rect.height()) < 0.02:
        return rect
    return _fitted(image.width(), image.height(), rect)


def _draw(painter: QPainter, rect: QRectF, image: QImage | None) -> None:
    if image is None:
        painter.fillRect(rect, QColor(colors().raised))
    else:
        painter.drawImage(rect, image)

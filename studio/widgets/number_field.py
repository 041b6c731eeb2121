"""A number that is typed, stepped with the arrow keys or dragged sideways.

Every way of changing it is one gesture: `began`, any number of `changed`, then `ended`. A bar
below the number shows where it lies in its range, unless that is open-ended.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

FINE: Final = 0.1
"""Factor on steps and drags while Shift is held."""
COARSE: Final = 10.0
"""Factor on the steps of Page Up and Page Down."""
MIN_WIDTH_PX: Final = 72
_PX_PER_STEP: Final = 4.0
_NUMBER = re.compile(r"[-−+]?\d*[.,]?\d+")


class Mixed:
    """What a field shows when the things it speaks of differ."""


MIXED: Final = Mixed()


@dataclass(frozen=True, slots=True)
class NumberRange:
    """What a number field takes and how it is written. All values are in the shown unit.

    Attributes:
        lower: Smallest value.
        upper: Largest value; infinite where there is none.
        step: What an arrow key adds; a drag adds it every 4 px.
        decimals: Digits after the point.
        unit: Written behind the number.
        is_whole: Whether only whole numbers make sense; else Shift goes one digit finer.
        none_text: What stands for “no value of its own”; empty where every thing has a value.
        has_bar: Whether the place in the range is worth showing.
        none_start: Where stepping and dragging begin when there is no value.
    """

    lower: float
    upper: float
    step: float = 1.0
    decimals: int = 0
    unit: str = ""
    is_whole: bool = False
    none_text: str = ""
    none_start: float = 0.0
    has_bar: bool = True

    def text(self, value: float | None | Mixed) -> str:
        """The value with its unit."""
        if isinstance(value, Mixed):
            return "–"
        if value is None:
            return self.none_text
        space = "" if self.unit == "°" else " "
        return f"{self.number(value)}{space}{self.unit}".rstrip()

    def number(self, value: float) -> str:
        """The value without its unit; the finest digit is left out where it is 0."""
        fine = f"{self.rounded(value) + 0.0:.{self.decimals + 1}f}"
        short = fine[: -1 if self.decimals else -2] if fine.endswith("0") else fine
        return short.replace("-", "−")

    def parse(self, text: str) -> float | None:
        """The first number in a text, brought into the range; None when there is none."""
        match = _NUMBER.search(text)
        if match is None:
            return None
        value = float(match.group().replace("−", "-").replace(",", "."))
        return self.clamped(value) if math.isfinite(value) else None

    def rounded(self, value: float) -> float:
        """The value to the digits that are kept."""
        return float(round(value)) if self.is_whole else round(value, self.decimals + 1)

    def clamped(self, value: float) -> float:
        """The nearest value within the range."""
        return min(max(value, self.lower), self.upper)


class NumberField(QLineEdit):
    """One number with its unit. Shift makes steps and drags ten times finer."""

    began = Signal()
    changed = Signal(object)
    """Emitted with the new value, in the shown unit, or None."""
    ended = Signal(bool)
    """Emitted with whether the change is kept; False brings back what was there before."""

    def __init__(self, range_: NumberRange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._range = range_
        self._value: float | None | Mixed = None
        self._before: float | None | Mixed = None
        self._in_gesture = False
        self._pressed_at: QPointF | None = None
        self._dragged_px = 0.0
        self.setReadOnly(True)
        self.setMinimumWidth(MIN_WIDTH_PX)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.set_value(range_.clamped(0.0))

    @property
    def range(self) -> NumberRange:
        """What it takes."""
        return self._range

    def set_range(self, range_: NumberRange) -> None:
        """Changes what it takes."""
        if range_ != self._range:
            self._range = range_
            self._show()

    @property
    def value(self) -> float | None | Mixed:
        """The value it shows."""
        return self._value

    def set_value(self, value: float | None | Mixed) -> None:
        """Shows a value. While a person types, the text is left alone."""
        self._value = value
        if self.isReadOnly():
            self._show()

    @property
    def is_typing(self) -> bool:
        """Whether a person is typing a value."""
        return not self.isReadOnly()

    def start_typing(self) -> None:
        """Lets the value be typed, the old one selected."""
        if self.is_typing or not self.isEnabled():
            return
        self.setReadOnly(False)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setText(self._range.number(self._value) if isinstance(self._value, float) else "")
        self.selectAll()
        self.setFocus()

    def commit_text(self) -> None:
        """Takes over what was typed; what is no number changes nothing."""
        if not self.is_typing:
            return
        text = self.text()
        self._stop_typing()
        value = self._range.parse(text)
        before = self._value
        is_same = isinstance(before, float) and self._range.number(before) == text
        if value is not None and not is_same:
            self._begin()
            self._change(value)
            self._end(True)

    def step(self, n_steps: float) -> None:
        """Moves the value by steps, as one gesture of its own unless one is under way."""
        is_own = not self._in_gesture
        if is_own:
            self._begin()
        self._change(self._start() + n_steps * self._range.step)
        if is_own:
            self._end(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, Enter types, Esc gives up."""
        key = event.key()
        if self.is_typing:
            if key == Qt.Key.Key_Escape:
                self._stop_typing()
            elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.commit_text()
            else:
                super().keyPressEvent(event)
            return
        steps = _STEPS.get(Qt.Key(key))
        if steps is not None:
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            factor = FINE if is_shifted and not self._range.is_whole else 1.0
            self._begin()
            self._change(self._start() + steps * factor * self._range.step)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.start_typing()
        elif key == Qt.Key.Key_Escape and self._in_gesture:
            self._pressed_at = None
            self._end(False)
        elif event.text() and event.text() in "0123456789-.,":
            self.start_typing()
            self.setText(event.text())
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Letting go of an arrow ends the gesture."""
        is_step = Qt.Key(event.key()) in _STEPS
        if is_step and not event.isAutoRepeat() and self._pressed_at is None:
            self._end(True)
        super().keyReleaseEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Starts a drag; the right button gives one up."""
        if self.is_typing:
            super().mousePressEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position()
            self._dragged_px = 0.0
        elif event.button() == Qt.MouseButton.RightButton and self._in_gesture:
            self._pressed_at = None
            self._end(False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Dragging sideways moves the value."""
        if self.is_typing:
            super().mouseMoveEvent(event)
            return
        if self._pressed_at is None:
            return
        moved_px = event.position().x() - self._pressed_at.x()
        if not self._in_gesture:
            if abs(moved_px) < QApplication.startDragDistance():
                return
            self._begin()
        self._pressed_at = event.position()
        is_fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._dragged_px += moved_px * (FINE if is_fine else 1.0)
        start = self._before if isinstance(self._before, float) else self._range.none_start
        value = start + self._dragged_px / _PX_PER_STEP * self._range.step
        self._change(value)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the drag; a click without one types."""
        if self.is_typing:
            super().mouseReleaseEvent(event)
        elif event.button() == Qt.MouseButton.LeftButton and self._pressed_at is not None:
            self._pressed_at = None
            if self._in_gesture:
                self._end(True)
            else:
                self.start_typing()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Selects all while typing."""
        if self.is_typing:
            self.selectAll()
        else:
            self.mousePressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keeps what was typed or stepped."""
        super().focusOutEvent(event)
        self.commit_text()
        if self._pressed_at is None:
            self._end(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the bar along the lower edge."""
        share = self._share()
        super().paintEvent(event)
        if self.is_typing or share is None:
            return
        zero = self._share_of(max(self._range.lower, min(0.0, self._range.upper)))
        left, right = sorted((zero, share))
        bar = QRectF(self.rect()).adjusted(2, 0, -2, 0)
        bar.setTop(bar.bottom() - 4.0)
        bar.setHeight(2.0)
        painter = QPainter(self)
        color = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        color.setAlphaF(0.9 if self.isEnabled() else 0.3)
        width = bar.width()
        bar.setLeft(bar.left() + left * width)
        bar.setWidth(max((right - left) * width, 2.0))
        painter.fillRect(bar, color)
        painter.end()

    def _share(self) -> float | None:
        value = self._value
        has_end = math.isfinite(self._range.upper - self._range.lower)
        is_shown = self._range.has_bar and has_end
        return None if not is_shown or not isinstance(value, float) else self._share_of(value)

    def _share_of(self, value: float) -> float:
        span = self._range.upper - self._range.lower
        if span <= 0.0:
            return 0.0
        return min(max((value - self._range.lower) / span, 0.0), 1.0)

    def _start(self) -> float:
        return self._value if isinstance(self._value, float) else self._range.none_start

    def _begin(self) -> None:
        if not self._in_gesture:
            self._in_gesture = True
            self._before = self._value
            self.began.emit()

    def _change(self, value: float) -> None:
        value = self._range.clamped(self._range.rounded(value))
        if value != self._value:
            self.set_value(value)
            self.changed.emit(value)

    def _end(self, is_kept: bool) -> None:
        if not self._in_gesture:
            return
        self._in_gesture = False
        if not is_kept:
            self.set_value(self._before)
        self.ended.emit(is_kept)

    def _stop_typing(self) -> None:
        self.setReadOnly(True)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self._show()

    def _show(self) -> None:
        text = self._range.text(self._value)
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)
        self.deselect()
        self.update()


_STEPS: Final = {
    Qt.Key.Key_Up: 1.0,
    Qt.Key.Key_Down: -1.0,
    Qt.Key.Key_PageUp: COARSE,
    Qt.Key.Key_PageDown: -COARSE,
}

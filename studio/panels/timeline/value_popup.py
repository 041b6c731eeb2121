"""A small window beside a key in which its frame and value are typed."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QWidget

from core.timeline.curve import Key
from core.timeline.lanes import LANES
from studio.controller.selection import INFLUENCE
from studio.panels.timeline.lane_access import limits_of, title_of
from studio.widgets.number_field import NumberField, NumberRange

_MAX_FRAME = 10_000_000


class KeyPopup(QFrame):
    """Asks for frame and value; Enter takes them, Esc leaves the key alone.

    Args:
        lane: The curve.
        key: The key as it is.
    """

    accepted = Signal(float, float)
    """(frame, value)."""

    def __init__(self, lane: str, key: Key, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._share = 100.0 if lane == INFLUENCE else 1.0
        lower, _, upper = limits_of(lane)
        unit = "%" if lane == INFLUENCE else LANES[lane].unit
        step = (upper - lower) / 100.0
        decimals = 0 if lane == INFLUENCE else 1 if unit == "°" else 3
        self.frame_field = NumberField(NumberRange(0, _MAX_FRAME, 1, 2, ""))
        self.value_field = NumberField(
            NumberRange(lower * self._share, upper * self._share, step, decimals, unit)
        )
        self.frame_field.set_value(key.frame)
        self.value_field.set_value(key.value * self._share)
        for field in (self.frame_field, self.value_field):
            field.installEventFilter(self)
        form = QFormLayout(self)
        form.setContentsMargins(12, 10, 12, 10)
        form.addRow(QLabel(title_of(lane)))
        form.addRow("Frame", self.frame_field)
        form.addRow("Value", self.value_field)

    def open_at(self, place: QPoint) -> None:
        """Shows it with the value ready to be typed over."""
        self.adjustSize()
        self.move(place)
        self.show()
        self.value_field.start_typing()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter takes both numbers, also while one is typed."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.accept()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
        return False

    def accept(self) -> None:
        """Takes the numbers and closes."""
        for field in (self.frame_field, self.value_field):
            if field.is_typing:
                field.commit_text()
        frame, value = self.frame_field.value, self.value_field.value
        if isinstance(frame, float | int) and isinstance(value, float | int):
            self.accepted.emit(float(frame), float(value) / self._share)
        self.close()

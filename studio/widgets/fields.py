"""Rows of a form: label, editor with unit, and a button that brings back the default.

Every row speaks alike, whatever its editor: `began`, `changed(value)`, `ended(is_kept)` are one
gesture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.widgets.icons import dress
from studio.widgets.number_field import MIXED, Mixed, NumberField, NumberRange

LABEL_PX = 100
ROW_PX = 28

Value = float | bool | str | None | Mixed
"""What a row can show."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A few named values: (value, what people read)."""

    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off, and what stands beside the box."""

    text: str = ""


Editor = NumberRange | Choices | Switch


class ChoiceField(QComboBox):
    """One of a few values. The wheel scrolls the form, not the choice."""

    picked = Signal(str)

    def __init__(self, choices: Choices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_choices(choices)
        self.activated.connect(lambda index: self.picked.emit(str(self.itemData(index))))

    def set_choices(self, choices: Choices) -> None:
        """Changes the values that can be chosen."""
        with QSignalBlocker(self):
            self.clear()
            for value, text in choices.options:
                self.addItem(text, value)

    def set_value(self, value: str | Mixed) -> None:
        """Shows a value; nothing where it is mixed or unknown."""
        self.setCurrentIndex(-1 if isinstance(value, Mixed) else self.findData(value))

    def wheelEvent(self, event: object) -> None:
        """Leaves the wheel to the form."""
        event.ignore()  # type: ignore[attr-defined]


class FieldRow(QWidget):
    """One row of a form.

    Args:
        title: The label.
        editor: What is edited.
        tooltip: What it does, without unit and default.
        default: What the reset button brings back.
    """

    began = Signal()
    changed = Signal(object)
    ended = Signal(bool)

    def __init__(
        self,
        title: str,
        editor: Editor,
        tooltip: str,
        default: Value,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = title
        self._default = default
        self._value: Value = MIXED
        self._tooltip = tooltip
        self.label = QLabel(title, self)
        self.label.setFixedWidth(LABEL_PX)
        self.label.setProperty("role", "muted")
        self.editor = self._make(editor)
        self.label.setBuddy(self.editor)
        self.editor.setAccessibleName(title)
        self.editor.setFixedHeight(ROW_PX)
        self.reset_button = QToolButton(self)
        dress(self.reset_button, "reset", "muted")
        self.reset_button.setIconSize(QSize(14, 14))
        self.reset_button.setAutoRaise(True)
        self.reset_button.setFixedSize(22, ROW_PX)
        self.reset_button.setAccessibleName(f"Reset {title}")
        self.reset_button.clicked.connect(self.reset)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        layout.addWidget(self.editor, 1)
        layout.addWidget(self.reset_button)
        self._explain()

    @property
    def value(self) -> Value:
        """The value it shows."""
        return self._value

    @property
    def default(self) -> Value:
        """What the reset button brings back."""
        return self._default

    def set_default(self, default: Value) -> None:
        """Changes what the reset button brings back."""
        if default != self._default:
            self._default = default
            self._explain()

    def set_editor(self, editor: Editor) -> None:
        """Changes range or choices; the kind of editor stays."""
        if isinstance(self.editor, NumberField) and isinstance(editor, NumberRange):
            self.editor.set_range(editor)
            self._explain()
        elif isinstance(self.editor, ChoiceField) and isinstance(editor, Choices):
            self.editor.set_choices(editor)
            self.set_value(self._value)

    def set_value(self, value: Value) -> None:
        """Shows a value."""
        if isinstance(self.editor, NumberField):
            self.editor.set_value(_as_number(value))
        elif isinstance(self.editor, ChoiceField):
            self.editor.set_value(value if isinstance(value, Mixed) else str(value))
        elif isinstance(self.editor, QCheckBox):
            with QSignalBlocker(self.editor):
                self.editor.setCheckState(_check_state(value))
        self._value = value
        self.reset_button.setEnabled(not self._is_default())

    def reset(self) -> None:
        """Brings back the default, as one gesture."""
        self._edit(self._default)

    def _make(self, editor: Editor) -> QWidget:
        if isinstance(editor, NumberRange):
            number = NumberField(editor, self)
            number.began.connect(self.began)
            number.changed.connect(self._on_number_changed)
            number.ended.connect(self.ended)
            return number
        if isinstance(editor, Choices):
            choice = ChoiceField(editor, self)
            choice.picked.connect(self._edit)
            return choice
        box = QCheckBox(editor.text, self)
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        box.clicked.connect(lambda is_on: self._edit(bool(is_on)))
        return box

    def _on_number_changed(self, value: float | None) -> None:
        self._value = value
        self.reset_button.setEnabled(not self._is_default())
        self.changed.emit(value)

    def _edit(self, value: Value) -> None:
        self.began.emit()
        self.set_value(value)
        self.changed.emit(value)
        self.ended.emit(True)

    def _is_default(self) -> bool:
        if isinstance(self._value, Mixed):
            return False
        if isinstance(self.editor, NumberField):
            texts = [self.editor.range.text(_as_number(v)) for v in (self._value, self._default)]
            return texts[0] == texts[1]
        return self._value == self._default

    def _explain(self) -> None:
        text = self._default_text()
        tooltip = f"{self._tooltip} Default: {text}." if text else self._tooltip
        if isinstance(self.editor, NumberField):
            hint = "Drag sideways, press the arrow keys or click and type; Shift is finer."
            self.editor.setToolTip(f"{tooltip}\n{hint}")
        else:
            self.editor.setToolTip(tooltip)
        self.label.setToolTip(tooltip)
        self.reset_button.setToolTip(f"Back to {text}" if text else "Back to the default")

    def _default_text(self) -> str:
        if isinstance(self.editor, NumberField):
            return self.editor.range.text(_as_number(self._default))
        if isinstance(self.editor, ChoiceField):
            return self.editor.itemText(self.editor.findData(self._default))
        return "on" if self._default else "off"


class Section(QWidget):
    """A titled group of rows that folds."""

    def __init__(self, title: str, rows: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QPushButton(title, self)
        self.header.setProperty("flat", True)
        self.header.setStyleSheet("text-align: left; font-weight: 600; padding-left: 2px;")
        self.header.setToolTip(f"Show or hide {title}")
        self.header.setCheckable(True)
        self.header.setChecked(True)
        self.header.setIconSize(QSize(14, 14))
        dress(self.header, "chevron-down", "muted")
        self.body = QWidget(self)
        inner = QVBoxLayout(self.body)
        inner.setContentsMargins(0, 2, 0, 8)
        inner.setSpacing(4)
        for row in rows:
            inner.addWidget(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.body)
        self.header.toggled.connect(self._on_toggled)

    def _on_toggled(self, is_open: bool) -> None:
        self.body.setVisible(is_open)
        dress(self.header, "chevron-down" if is_open else "chevron-right", "muted")


def _as_number(value: Value) -> float | None | Mixed:
    return float(value) if isinstance(value, (int, float)) else _no_number(value)


def _no_number(value: Value) -> None | Mixed:
    return value if isinstance(value, Mixed) else None


def _check_state(value: Value) -> Qt.CheckState:
    if isinstance(value, Mixed):
        return Qt.CheckState.PartiallyChecked
    return Qt.CheckState.Checked if value else Qt.CheckState.Unchecked

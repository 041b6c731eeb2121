"""Asks which factors of a dropped clip are to be used."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from core.base.controls import Factor
from core.timeline.edits import TITLES
from studio.widgets.icons import icon
from studio.widgets.theme import TRACK_COLORS, TRACK_ICONS


class FactorsDialog(QDialog):
    """Four boxes, all ticked. Open it with `open`; it deletes itself."""

    chosen = Signal(object)
    """tuple[Factor, …]: never empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Use which motion?")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(8)
        column.addWidget(QLabel("Lay the clip on these tracks:"))
        self.boxes: dict[Factor, QCheckBox] = {}
        for factor in Factor:
            box = QCheckBox(TITLES[factor])
            box.setIcon(icon(TRACK_ICONS[factor], TRACK_COLORS[factor]))
            box.setIconSize(QSize(18, 18))
            box.setChecked(True)
            box.toggled.connect(self._on_toggled)
            column.addWidget(box)
            self.boxes[factor] = box
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addSpacing(8)
        column.addWidget(self.buttons)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The ticked ones."""
        return tuple(factor for factor, box in self.boxes.items() if box.isChecked())

    def accept(self) -> None:
        """Tells what was chosen."""
        self.chosen.emit(self.factors)
        super().accept()

    def _on_toggled(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(self.factors))

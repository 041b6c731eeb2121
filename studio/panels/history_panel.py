"""The history: every step by name; a click goes there."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from studio.controller.studio import Studio
from studio.widgets.icons import icon
from studio.widgets.theme import theme_signal


class HistoryPanel(QWidget):
    """Steps from the oldest to the newest; those that were undone are greyed."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = studio.project
        self.steps = QListWidget(self)
        self.steps.setUniformItemSizes(True)
        self.steps.setAccessibleName("History")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.steps)
        self.steps.currentRowChanged.connect(self._on_row)
        self._project.history_changed.connect(self._fill)
        theme_signal().changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        blocker = QSignalBlocker(self.steps)
        position = self._project.history_position
        self.steps.clear()
        for i, label in enumerate(self._project.history_labels):
            item = QListWidgetItem(label, self.steps)
            item.setIcon(icon("open" if i == 0 else "pencil", "muted"))
            if i > position:
                item.setForeground(self.palette().placeholderText())
        self.steps.setCurrentRow(position)
        blocker.unblock()
        self.steps.scrollToItem(self.steps.currentItem())

    def _on_row(self, row: int) -> None:
        if row >= 0 and row != self._project.history_position:
            self._project.jump(row)

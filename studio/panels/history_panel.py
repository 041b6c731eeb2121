"""The history: every step by name; a click goes there."""

from typing import Final

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from studio.controller.studio import Studio
from studio.widgets.icons import icon
from studio.widgets.theme import theme_signal

_GREYED: Final = QPalette.ColorRole.PlaceholderText


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
        self._n_undoable = 0  # rows that are not greyed
        self._project.history_changed.connect(self._follow)
        theme_signal().changed.connect(self._renew)
        self._renew()

    def _renew(self) -> None:
        """Writes the whole list anew, in the colours of now."""
        self._first, self._later = icon("open", "muted"), icon("pencil", "muted")
        blocker = QSignalBlocker(self.steps)
        self.steps.clear()
        blocker.unblock()
        self._n_undoable = 0
        self._follow()

    def _follow(self) -> None:
        """Changes only what is different: the list is long, and steps come quickly."""
        blocker = QSignalBlocker(self.steps)
        labels, n_undoable = self._project.history_labels, self._project.history_position + 1
        while self.steps.count() > len(labels):
            self.steps.takeItem(self.steps.count() - 1)
        for i, label in enumerate(labels):
            is_new = i >= self.steps.count()
            if is_new:
                QListWidgetItem(self._later if i else self._first, label, self.steps)
            item = self.steps.item(i)
            if item.text() != label:
                item.setText(label)
            if is_new or (i < n_undoable) != (i < self._n_undoable):
                role = QPalette.ColorRole.Text if i < n_undoable else _GREYED
                item.setForeground(self.palette().brush(role))
        self._n_undoable = n_undoable
        self.steps.setCurrentRow(n_undoable - 1)
        blocker.unblock()
        self.steps.scrollToItem(self.steps.currentItem())

    def _on_row(self, row: int) -> None:
        if row >= 0 and row != self._project.history_position:
            self._project.jump(row)

"""The command palette: type a few letters, press Enter."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.controller.actions import Actions

_WIDTH_PX: Final = 620
_HEIGHT_PX: Final = 420
_ROW_PX: Final = 30
_ID = Qt.ItemDataRole.UserRole
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}


def shown_keys(shortcut: str) -> str:
    """A key sequence as this platform writes it."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


class PaletteDialog(QDialog):
    """All commands that can be run now; those that cannot are grey."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setWindowTitle("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.resize(_WIDTH_PX, _HEIGHT_PX)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Type a command")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumHeight(34)
        self.results = QTreeWidget(self)
        self.results.setColumnCount(3)
        self.results.setHeaderHidden(True)
        self.results.setRootIsDecorated(False)
        self.results.setAllColumnsShowFocus(True)
        header = self.results.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self.search)
        layout.addWidget(self.results, 1)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.results.itemActivated.connect(self._run)
        self.results.itemClicked.connect(self._run)
        self._fill("")
        self.search.setFocus()

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Moves through the list while typing; Enter runs."""
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._move(_STEPS[key])
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.results.currentItem())
            return True
        return False

    def _fill(self, words: str) -> None:
        self.results.clear()
        found = self._actions.find(words)
        # what can be run comes first; the order within is that of the search
        for action in sorted(found, key=lambda a: not self._actions.is_enabled(a.id)):
            keys = self._actions.shortcuts(action.id)
            row = QTreeWidgetItem(
                [action.title, action.menu.replace("/", " ▸ "), shown_keys(keys[0]) if keys else ""]
            )
            row.setData(0, _ID, action.id)
            row.setForeground(1, self.palette().placeholderText())
            row.setForeground(2, self.palette().placeholderText())
            row.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.setSizeHint(0, QSize(0, _ROW_PX))
            if not self._actions.is_enabled(action.id):
                row.setDisabled(True)
            self.results.addTopLevelItem(row)
        self._move(0)

    def _move(self, n_rows: int) -> None:
        last = self.results.topLevelItemCount() - 1
        if last < 0:
            return
        now = max(self.results.currentIndex().row(), 0)
        row = self.results.topLevelItem(min(max(now + n_rows, 0), last))
        if row is not None:
            self.results.setCurrentItem(row)

    def _run(self, row: QTreeWidgetItem | None) -> None:
        if row is None or row.isDisabled():
            return
        action_id = str(row.data(0, _ID))
        self.accept()
        self._actions.trigger(action_id)

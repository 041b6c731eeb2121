"""Keyboard shortcuts: search, change, and be warned before two commands share keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import StudioError
from studio.controller.action_table import MENUS, PRESETS, Action
from studio.controller.actions import Actions
from studio.panels.palette_dialog import shown_keys

_ID: Final = Qt.ItemDataRole.UserRole
_SIZE: Final = (680, 620)


class ShortcutsDialog(QDialog):
    """Changes count at once."""

    def __init__(self, actions: Actions, preset: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.search = QLineEdit(self)
        self.presets = QComboBox(self)
        self.tree = QTreeWidget(self)
        self.keys = QKeySequenceEdit(self)
        self.warning = QLabel(self)
        self.assign = QPushButton("Assign", self)
        self.clear = QPushButton("Remove keys", self)
        self._build(preset)
        self._fill()

    def select(self, action_id: str) -> None:
        """Selects the row of a command."""
        for row in self._rows():
            if row.data(0, _ID) == action_id:
                self.tree.setCurrentItem(row)

    def _build(self, preset: str) -> None:
        self.search.setPlaceholderText("Search commands or keys")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.presets.addItems(list(PRESETS))
        self.presets.setCurrentText(preset)
        self.presets.textActivated.connect(self._on_preset)
        self.tree.setHeaderLabels(["Command", "Keys"])
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.setColumnWidth(1, 200)
        self.tree.currentItemChanged.connect(self._on_row)
        self.keys.setMaximumSequenceLength(1)
        self.keys.setClearButtonEnabled(True)
        self.keys.keySequenceChanged.connect(self._warn)
        self.warning.setProperty("role", "warning")
        self.warning.setWordWrap(True)
        self.assign.clicked.connect(self._on_assign)
        self.clear.clicked.connect(lambda: self._set(()))
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(QLabel("Preset", self))
        top.addWidget(self.presets)
        edit = QHBoxLayout()
        edit.addWidget(QLabel("New keys", self))
        edit.addWidget(self.keys, 1)
        edit.addWidget(self.assign)
        edit.addWidget(self.clear)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        reset = buttons.addButton("Reset all", QDialogButtonBox.ButtonRole.ResetRole)
        reset.clicked.connect(self._on_reset)
        for text, tooltip, run in (
            ("Import…", "Take the keys of a file", self._ask_import),
            ("Export…", "Write the keys to a file", self._ask_export),
        ):
            button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            button.setToolTip(tooltip)
            button.clicked.connect(run)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addLayout(top)
        layout.addWidget(self.tree, 1)
        layout.addLayout(edit)
        layout.addWidget(self.warning)
        layout.addWidget(buttons)
        self._on_row()

    def bring(self, path: Path) -> None:
        """Takes the keys of a file that `save` wrote."""
        self._try(lambda: self._actions.load_shortcuts(path))
        self._fill()

    def save(self, path: Path) -> None:
        """Writes preset and keys to a file."""
        self._try(lambda: self._actions.save_shortcuts(path))

    def _try(self, run: Callable[[], None]) -> None:
        try:
            run()
        except StudioError as error:
            self.warning.setText(str(error))
        else:
            self.warning.setText("")

    def _ask_import(self) -> None:
        dialog = self._dialog("Import keyboard shortcuts")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.bring(Path(name)))
        dialog.open()

    def _ask_export(self) -> None:
        dialog = self._dialog("Export keyboard shortcuts")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda name: self.save(Path(name)))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title, "", "Shortcuts (*.json)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _fill(self) -> None:
        chosen = self._chosen()
        words = self.search.text().lower().split()
        self.tree.clear()
        for menu in MENUS:
            group = QTreeWidgetItem([menu])
            for action in self._actions.find(""):
                if action.menu.split("/")[0] != menu:
                    continue
                keys = ", ".join(shown_keys(key) for key in self._actions.shortcuts(action.id))
                if all(word in f"{action.title} {menu} {keys}".lower() for word in words):
                    row = QTreeWidgetItem(group, [action.title, keys])
                    row.setData(0, _ID, action.id)
            if group.childCount():
                self.tree.addTopLevelItem(group)
        self.tree.expandAll()
        if chosen is not None:
            self.select(chosen)

    def _rows(self) -> list[QTreeWidgetItem]:
        groups = (self.tree.topLevelItem(i) for i in range(self.tree.topLevelItemCount()))
        rows = (group.child(i) for group in groups if group for i in range(group.childCount()))
        return [row for row in rows if row is not None]

    def _chosen(self) -> str | None:
        row = self.tree.currentItem()
        action_id = row.data(0, _ID) if row is not None else None
        return None if action_id is None else str(action_id)

    def _typed(self) -> str:
        return self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText)

    def _conflicts(self) -> tuple[Action, ...]:
        chosen, typed = self._chosen(), self._typed()
        return self._actions.conflicts(chosen, typed) if chosen and typed else ()

    def _warn(self) -> None:
        titles = " and ".join(f"“{action.title}”" for action in self._conflicts())
        self.warning.setText(
            f"{shown_keys(self._typed())} already runs {titles}, which would lose it."
            if titles
            else ""
        )
        self.assign.setText("Assign anyway" if titles else "Assign")
        self.assign.setEnabled(bool(self._chosen() and self._typed()))

    def _on_row(self) -> None:
        chosen = self._chosen()
        self.keys.setEnabled(chosen is not None)
        self.clear.setEnabled(chosen is not None)
        keys = self._actions.shortcuts(chosen) if chosen else ()
        self.keys.setKeySequence(QKeySequence(keys[0] if keys else ""))
        self._warn()

    def _on_assign(self) -> None:
        typed = self._typed()
        for other in self._conflicts():
            left = tuple(key for key in self._actions.shortcuts(other.id) if key != typed)
            self._actions.set_shortcuts(other.id, left)
        self._set((typed,))

    def _set(self, keys: tuple[str, ...]) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._actions.set_shortcuts(chosen, keys)
            self._fill()

    def _on_preset(self, name: str) -> None:
        self._actions.set_preset(name)
        self._fill()

    def _on_reset(self) -> None:
        self._actions.reset_shortcuts()
        self._fill()

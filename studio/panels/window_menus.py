"""Menus, shortcuts and tool bar out of the table of commands."""

from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from studio.controller.action_table import ACTIONS, MENUS, Context
from studio.controller.actions import Actions
from studio.widgets.icons import dress

_REFRESH_MS: Final = 40
_ICONS: Final = {
    "file.new": "new",
    "file.open": "open",
    "file.save": "save",
    "file.share": "share",
    "file.import": "import",
    "file.relink": "link",
    "file.export": "export",
    "edit.undo": "undo",
    "edit.redo": "redo",
    "edit.history": "history",
    "edit.cut": "cut",
    "edit.copy": "copy",
    "edit.paste": "paste",
    "edit.delete": "trash",
    "clip.generate": "generate",
    "clip.split": "split",
    "clip.mute": "mute",
    "clip.solo": "solo",
    "clip.lock": "lock",
    "key.toggle": "key",
    "key.auto": "auto-key",
    "key.smooth": "smooth",
    "key.simplify": "simplify",
    "key.mirror": "mirror",
    "record.arm": "arm",
    "record.start": "record",
    "play.toggle": "play",
    "play.loop": "loop",
    "play.previous": "step-back",
    "play.next": "step-forward",
    "play.start": "to-start",
    "play.end": "to-end",
    "play.set_in": "in",
    "play.set_out": "out",
    "play.marker": "marker",
    "view.result": "result",
    "view.wipe": "wipe",
    "view.side": "side",
    "view.onion": "onion",
    "view.landmarks": "landmarks",
    "view.zoom_in": "zoom-in",
    "view.zoom_out": "zoom-out",
    "view.zoom_fit": "fit",
    "view.snap": "snap",
    "view.dark": "dark",
    "view.light": "light",
    "view.reset_layout": "reset",
    "tools.palette": "command",
    "tools.weights": "weights",
    "tools.engine": "engine",
    "tools.shortcuts": "keyboard",
    "tools.settings": "settings",
    "tools.exports": "queue",
    "tools.doctor": "device",
    "help.first_run": "help",
    "help.sample": "clip",
    "help.report": "copy",
    "help.about": "info",
}


class Commands(QObject):
    """One `QAction` per command, kept enabled and checked as the conditions say."""

    def __init__(self, actions: Actions, window: QMainWindow) -> None:
        super().__init__(window)
        self._actions = actions
        self._window = window
        self._all: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        for row in ACTIONS:
            self._all[row.id] = self._make(row.id, row.title, is_checkable=bool(row.checked))
        self._fill_menus()
        # a drag changes the document with every move of the mouse: asking once after it will do
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        actions.state_changed.connect(self._timer.start)
        actions.shortcuts_changed.connect(self.set_shortcuts)
        self.set_shortcuts()
        self.refresh()

    def __getitem__(self, action_id: str) -> QAction:
        return self._all[action_id]

    def menu(self, path: str) -> QMenu:
        """The menu or submenu of a path such as `View/Theme`."""
        return self._menus[path]

    def attach(self, context: Context, widget: QWidget) -> None:
        """Lets the commands of a context count while `widget` or a child of it has focus."""
        for row in ACTIONS:
            if row.context is context:
                action = self._all[row.id]
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                widget.addAction(action)

    def refresh(self) -> None:
        """Asks every condition again."""
        for row in ACTIONS:
            action = self._all[row.id]
            action.setEnabled(self._actions.is_enabled(row.id))
            if row.checked:
                action.setChecked(self._actions.is_checked(row.id))

    def set_shortcuts(self) -> None:
        """Gives every command its keys, and its tooltip their names."""
        for row in ACTIONS:
            action = self._all[row.id]
            keys = [QKeySequence(key) for key in self._actions.shortcuts(row.id)]
            action.setShortcuts(keys)
            shown = keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
            title = row.title.removesuffix("…")
            action.setToolTip(f"{title} ({shown})" if shown else title)

    def _make(self, action_id: str, title: str, *, is_checkable: bool) -> QAction:
        action = QAction(title, self)
        action.setObjectName(action_id)
        action.setCheckable(is_checkable)
        action.setMenuRole(QAction.MenuRole.NoRole)
        if action_id in _ICONS:
            dress(action, _ICONS[action_id])
        action.triggered.connect(lambda: self._on_triggered(action_id))
        return action

    def _on_triggered(self, action_id: str) -> None:
        self._actions.trigger(action_id)
        self.refresh()

    def _fill_menus(self) -> None:
        bar = self._window.menuBar()
        for name in MENUS:
            self._menus[name] = bar.addMenu(name)
        for row in ACTIONS:
            if not row.menu:
                self._window.addAction(self._all[row.id])
                continue
            menu = self._menu_of(row.menu)
            if row.has_separator:
                (self._menus[row.menu.split("/")[0]]).addSeparator()
            menu.addAction(self._all[row.id])
            if row.context is Context.GLOBAL:
                self._window.addAction(self._all[row.id])

    def _menu_of(self, path: str) -> QMenu:
        if path not in self._menus:
            parent, _, title = path.rpartition("/")
            self._menus[path] = self._menu_of(parent).addMenu(title)
        return self._menus[path]

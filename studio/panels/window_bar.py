"""The tool bar: files, undo, the two big buttons, workspaces, and the device chip."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from studio.controller.studio import Studio
from studio.panels.window_docks import WORKSPACES
from studio.panels.window_menus import Commands
from studio.widgets.chip import DeviceChip
from studio.widgets.icons import ICON_PX, dress

_BUTTON_PX: Final = 34
_LEFT: Final = ("file.new", "file.open", "file.save", "", "edit.undo", "edit.redo", "")
_WORKSPACE_ICONS: Final = {"Edit": "timeline", "Record": "record", "Curves": "curves"}


class BigButton(QPushButton):
    """A button that runs a command and is enabled with it."""

    def __init__(self, action: QAction, icon: str, *, is_primary: bool) -> None:
        super().__init__(action.text())
        self.setProperty("primary", is_primary)
        self.setMinimumHeight(_BUTTON_PX)
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self._icon, self._is_primary = icon, is_primary
        self._action = action
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())
        dress(self, self._icon, "on_accent" if self._is_primary else "text")


class WindowBar(QToolBar):
    """Cannot be moved: what is pressed most stays where it is."""

    def __init__(self, studio: Studio, commands: Commands, parent: QWidget | None = None) -> None:
        super().__init__("Main", parent)
        self._studio = studio
        self.setObjectName("bar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(ICON_PX + 2, ICON_PX + 2))
        for name in _LEFT:
            if name:
                self.addAction(commands[name])
            else:
                self.addSeparator()
        self.generate = BigButton(commands["clip.generate"], "generate", is_primary=True)
        self.export = BigButton(commands["file.export"], "export", is_primary=False)
        self.addWidget(self.generate)
        self.addWidget(self.export)
        self._add_space()
        self._workspaces = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        for name in WORKSPACES:
            self._add_workspace(name, commands[f"view.{name.lower()}"])
        self._add_space()
        self.chip = DeviceChip(self)
        self.chip.pressed_for_more.connect(commands["tools.engine"].trigger)
        self.addWidget(self.chip)
        studio.preview.status_changed.connect(self._show_device)
        self._show_device()

    def show_workspace(self, name: str) -> None:
        """Marks the workspace of now."""
        self._buttons[name].setChecked(True)

    def _add_workspace(self, name: str, action: QAction) -> None:
        button = QToolButton(self)
        button.setText(name)
        button.setToolTip(f"Workspace {name}")
        button.setCheckable(True)
        button.setProperty("role", "segment")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        dress(button, _WORKSPACE_ICONS[name], "muted")
        button.clicked.connect(action.trigger)
        self._workspaces.addButton(button)
        self._buttons[name] = button
        self.addWidget(button)

    def _add_space(self) -> None:
        space = QWidget(self)
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)

    def _show_device(self) -> None:
        preview = self._studio.preview
        self.chip.show_device(preview.device, preview.ms_per_frame, preview.reason)

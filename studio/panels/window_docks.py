"""The docks of the window, and the workspaces that arrange them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QWidget,
)

from studio.services.settings import Settings
from studio.widgets.icons import dress, pixmap
from studio.widgets.theme import colors, theme_signal

WORKSPACES: Final = ("Edit", "Record", "Curves")
_LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


@dataclass(frozen=True, slots=True)
class DockSpec:
    """One dock: name, title, icon, side, and px across that side."""

    name: str
    title: str
    icon: str
    area: Qt.DockWidgetArea
    size_px: int


DOCKS: Final = (
    DockSpec("library", "Library", "library", _LEFT, 280),
    DockSpec("inspector", "Inspector", "inspector", _RIGHT, 320),
    DockSpec("recording", "Record", "record", _RIGHT, 440),
    DockSpec("history", "History", "history", _RIGHT, 320),
    DockSpec("exports", "Export queue", "queue", _RIGHT, 320),
    DockSpec("timeline", "Timeline", "timeline", _BOTTOM, 360),
)
_SHOWN: Final = {
    "Edit": ("library", "inspector", "timeline"),
    "Record": ("recording", "timeline"),
    "Curves": ("inspector", "timeline"),
}
_TIMELINE_SHARE: Final = {"Edit": 0.40, "Record": 0.34, "Curves": 0.58}


class DockTitle(QWidget):
    """Icon, title, and buttons to float and to close."""

    def __init__(self, spec: DockSpec, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._spec = spec
        self.setProperty("role", "dock-title")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon = QLabel(self)
        title = QLabel(spec.title, self)
        title.setStyleSheet("font-weight: 600;")
        title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        row.setSpacing(6)
        row.addWidget(self._icon)
        row.addWidget(title, 1)
        for name, tip, call in (
            ("float", f"Float {spec.title}", lambda: dock.setFloating(not dock.isFloating())),
            ("close", f"Close {spec.title}", dock.close),
        ):
            button = QToolButton(self)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setProperty("role", "dock")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            dress(button, name, "muted")
            button.clicked.connect(call)
            row.addWidget(button)
        theme_signal().changed.connect(self._show_icon)
        self._show_icon()

    def _show_icon(self) -> None:
        self._icon.setPixmap(pixmap(self._spec.icon, colors().muted, 16, self.devicePixelRatioF()))


class Docks(QObject):
    """Holds the panels and their arrangement; one arrangement per workspace is remembered."""

    workspace_changed = Signal(str)

    def __init__(self, window: QMainWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._docks: dict[str, QDockWidget] = {}
        self.workspace = "Edit"
        window.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        if settings.get("reduced_motion"):
            window.setAnimated(False)
        window.setCorner(Qt.Corner.BottomLeftCorner, _BOTTOM)

    def add(self, name: str, panel: QWidget) -> QDockWidget:
        """Puts a panel into its dock."""
        spec = next(spec for spec in DOCKS if spec.name == name)
        dock = QDockWidget(spec.title, self._window)
        dock.setObjectName(name)
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)  # or the sheet's ground is lost
        dock.setWidget(panel)
        dock.setTitleBarWidget(DockTitle(spec, dock))
        dock.toggleViewAction().setText(spec.title)
        self._docks[name] = dock
        self._window.addDockWidget(spec.area, dock)
        return dock

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._docks)

    def reveal(self, name: str) -> None:
        """Shows a dock in front of those beside it."""
        dock = self._docks[name]
        dock.show()
        dock.raise_()
        widget = dock.widget()
        if widget is not None:
            widget.setFocus()

    def set_workspace(self, name: str) -> None:
        """Arranges the docks as they were left in a workspace, or as it has them at first.

        Raises:
            ValueError: there is no such workspace.
        """
        if name not in WORKSPACES:
            raise ValueError(f"there is no workspace {name}")
        if self._window.isVisible():
            self.remember()
        self.workspace = name
        self._give_corner(name)
        stored = self._settings.layout(name)
        self._hide_tabs()
        if stored is None or not self._window.restoreState(stored):
            self.arrange(name)
        self._settings.set("workspace", name)
        self.workspace_changed.emit(name)

    def remember(self) -> None:
        """Stores the arrangement of now."""
        self._settings.set_layout(self.workspace, self._window.saveState())
        self._settings.set_layout("window", self._window.saveGeometry())

    def restore_window(self) -> bool:
        """Gives the window the place it had; False when there is none."""
        stored: QByteArray | None = self._settings.layout("window")
        return stored is not None and self._window.restoreGeometry(stored)

    def reset(self) -> None:
        """Forgets all arrangements."""
        for name in WORKSPACES:
            self._settings.set_layout(name, None)
        self.arrange(self.workspace)

    def arrange(self, workspace: str) -> None:
        """The docks as a workspace has them at first."""
        self._give_corner(workspace)
        specs = [spec for spec in DOCKS if spec.name in self._docks]
        for spec in specs:
            dock = self._docks[spec.name]
            dock.setFloating(False)
            self._window.addDockWidget(spec.area, dock)
        beside = [self._docks[spec.name] for spec in specs if spec.area is _RIGHT]
        for dock in beside[1:]:
            self._window.tabifyDockWidget(beside[0], dock)
        self._hide_tabs()
        shown = _SHOWN[workspace]
        for spec in specs:
            self._docks[spec.name].setVisible(spec.name in shown)
        for spec in specs:
            dock = self._docks[spec.name]
            if spec.name not in shown:
                continue
            if spec.area is _BOTTOM:
                height = max(
                    spec.size_px, round(_TIMELINE_SHARE[workspace] * self._window.height())
                )
                self._window.resizeDocks([dock], [height], Qt.Orientation.Vertical)
            else:
                dock.raise_()
                self._window.resizeDocks([dock], [spec.size_px], Qt.Orientation.Horizontal)

    def _hide_tabs(self) -> None:
        """Hides the tab bars: Qt shows those it goes on with, and forgets about the others."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            bar.hide()

    def _give_corner(self, workspace: str) -> None:
        """Recording needs the height at the right, everything else the width at the foot."""
        area = _RIGHT if workspace == "Record" else _BOTTOM
        self._window.setCorner(Qt.Corner.BottomRightCorner, area)

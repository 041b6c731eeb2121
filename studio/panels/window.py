"""The main window: it assembles panels, commands and docks around one studio."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QMainWindow,
    QStatusBar,
    QVBoxLayout,
    QWidget,
)

from studio.controller.action_table import Context
from studio.controller.studio import Studio
from studio.panels.export_queue import ExportQueuePanel
from studio.panels.history_panel import HistoryPanel
from studio.panels.inspector import InspectorPanel
from studio.panels.library import LibraryPanel
from studio.panels.recording import RecordPanel
from studio.panels.status import StatusPanel
from studio.panels.timeline.panel import TimelinePanel
from studio.panels.transport import TransportPanel
from studio.panels.viewer import ViewerPanel
from studio.panels.viewer_drop import DropTarget
from studio.panels.window_bar import WindowBar
from studio.panels.window_docks import Docks
from studio.panels.window_files import FileCommands
from studio.panels.window_keys import HeldShuttle, KeyGuard
from studio.panels.window_menus import Commands
from studio.panels.window_tools import ToolCommands

MIN_SIZE: Final = QSize(1280, 800)
SIZE: Final = QSize(1600, 1000)


class StudioWindow(QMainWindow):
    """One window over one studio, which it closes with itself."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self._may_close = False
        self._is_restored = False
        self.viewer = ViewerPanel(studio, self)
        self.transport = TransportPanel(studio, self)
        self.status = StatusPanel(studio, self)
        self.files = FileCommands(studio, self)
        self.tools = ToolCommands(studio, self)
        self.docks = Docks(self, studio.settings)
        self._bind()
        self.commands = Commands(studio.actions, self)
        self.bar = WindowBar(studio, self.commands, self)
        self._assemble()
        self._connect()
        self._show_title()

    # --- assembling ----------------------------------------------------------------------------

    def _assemble(self) -> None:
        screen = self.screen().availableSize()
        self.setMinimumSize(MIN_SIZE.boundedTo(screen))
        self.resize(SIZE.boundedTo(screen))
        center = QWidget(self)
        column = QVBoxLayout(center)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.viewer, 1)
        column.addWidget(self.transport)
        self.setCentralWidget(center)
        self.addToolBar(self.bar)
        foot = QStatusBar(self)
        foot.setSizeGripEnabled(False)
        foot.addPermanentWidget(self.status, 1)
        self.setStatusBar(foot)
        studio = self.studio
        self.library = LibraryPanel(studio, self)
        self.inspector = InspectorPanel(studio, self)
        self.timeline = TimelinePanel(studio, self)
        self.recording = RecordPanel(studio, self)
        self.exports = ExportQueuePanel(studio, self)
        for name, panel in (
            ("library", self.library),
            ("inspector", self.inspector),
            ("recording", self.recording),
            ("history", HistoryPanel(studio, self)),
            ("exports", self.exports),
            ("timeline", self.timeline),
        ):
            self.docks.add(name, panel)
        for context in (Context.TIMELINE, Context.CURVES):
            self.commands.attach(context, self.timeline)
        self._bind_recording()
        self._fill_view_menu()
        self.drops = DropTarget(studio, self)
        self.installEventFilter(KeyGuard(self))
        self.installEventFilter(HeldShuttle(studio.playhead.step, self))
        for button in self.findChildren(QAbstractButton):
            # a click leaves the focus where the work is, so that Space plays after it
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.docks.arrange("Edit")

    def _fill_view_menu(self) -> None:
        panels = self.commands.menu("View").addMenu("Panels")
        for name in self.docks:
            panels.addAction(self.docks[name].toggleViewAction())
        self._recent = self.commands.menu("File").addMenu("Recent sessions")
        self.commands.menu("File").insertMenu(self.commands["file.save"], self._recent)
        self._recent.aboutToShow.connect(self._fill_recent)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.studio.project.recent:
            self._recent.addAction(path.stem).triggered.connect(
                lambda _=False, p=path: self.files.open_path(p)
            )
        if self._recent.isEmpty():
            self._recent.addAction("None yet").setEnabled(False)

    def _bind(self) -> None:
        files, tools, docks = self.files, self.tools, self.docks
        callbacks: dict[str, Callable[..., object]] = {
            "window.new": files.new,
            "window.new_from": files.new_from,
            "window.open": files.open,
            "window.save": files.save,
            "window.save_as": files.save_as,
            "window.share": files.share,
            "window.import_media": files.import_media,
            "window.relink": tools.show_relink,
            "window.open_sample": files.open_sample,
            "window.close": self.close,
            "window.export": tools.show_export,
            "window.show_history": lambda: docks.reveal("history"),
            "window.show_exports": lambda: docks.reveal("exports"),
            "window.set_workspace": docks.set_workspace,
            "window.reset_layout": docks.reset,
            "window.toggle_full_screen": self.toggle_full_screen,
            "window.set_theme": tools.set_theme,
            "window.scale_by": tools.scale_by,
            "window.show_palette": tools.show_palette,
            "window.show_shortcuts": tools.show_shortcuts,
            "window.show_settings": tools.show_settings,
            "window.show_weights": tools.show_weights,
            "window.show_engines": tools.show_engines,
            "window.show_doctor": tools.show_doctor,
            "window.show_first_run": tools.show_first_run,
            "window.show_about": tools.show_about,
            "window.copy_report": lambda: tools.copy_report(self.status.message.messages),
            "viewer.set_mode": self.viewer.set_mode,
            "viewer.show_snapshot": self.viewer.compare_with,
        }
        self._callbacks = tuple(callbacks)
        for name, call in callbacks.items():
            self.studio.actions.bind(name, call)

    def _bind_recording(self) -> None:
        panel = self.recording

        def shown(press: Callable[[], object]) -> Callable[[], None]:
            def run() -> None:
                self.docks.reveal("recording")
                press()

            return run

        for name, press in (
            ("recording.toggle", panel.record_button.click),
            ("recording.rehearse", panel.rehearse_button.click),
            ("recording.set_rest_pose", panel.webcam.rest_button.click),
        ):
            self.studio.actions.bind(name, shown(press))
            self._callbacks = (*self._callbacks, name)

    def _connect(self) -> None:
        studio, say = self.studio, self.status.message.say
        studio.project.session_changed.connect(self._show_title)
        studio.project.media_missing.connect(lambda _: self.tools.show_relink())
        studio.project.recoverable_found.connect(self.tools.offer_recovery)
        self.viewer.refused.connect(say)
        self.viewer.portrait_wanted.connect(self.files.choose_portrait)
        self.viewer.audio_wanted.connect(self.files.choose_audio)
        self.viewer.sample_wanted.connect(self.files.open_sample)
        for drops in (self.drops, self.viewer.drops):
            drops.session_dropped.connect(self.files.open_path)
        self.library.relink_wanted.connect(self.tools.show_relink)
        self.inspector.portrait_wanted.connect(self.files.choose_portrait)
        self.inspector.engines_wanted.connect(self.tools.show_engines)
        self.inspector.weights_wanted.connect(self.tools.show_weights)
        self.tools.message.connect(say)
        self.tools.sample_wanted.connect(self.files.open_sample)
        self.tools.new_wanted.connect(self.files.new_from)
        self.tools.export_queued.connect(lambda: self.docks.reveal("exports"))
        self.docks.workspace_changed.connect(self.bar.show_workspace)

    # --- what it does --------------------------------------------------------------------------

    def restore(self) -> None:
        """Gives the window the place and arrangement that it had, once it is shown."""
        self.docks.restore_window()
        self.docks.set_workspace(str(self.studio.settings.get("workspace")))
        self._is_restored = True

    def open_path(self, path: Path) -> None:
        """Opens a session."""
        self.files.open_path(path)

    def toggle_full_screen(self) -> None:
        """Fills the screen, or no longer."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _show_title(self) -> None:
        project = self.studio.project
        suffix = " (read-only)" if project.is_read_only else ""
        self.setWindowTitle(f"{project.title}[*]{suffix} — Avatar Studio")
        self.setWindowModified(project.is_modified)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks before work is lost; then remembers the layout and closes the studio."""
        if not self._may_close:
            event.ignore()
            self.files.leaving(self._close_now)
            return
        if self._is_restored:
            self.docks.remember()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        for name in self._callbacks:
            self.studio.actions.unbind(name)
        self.recording.close_devices()
        self.studio.settings.sync()
        self.studio.close()
        super().closeEvent(event)

    def close_unasked(self) -> None:
        """Closes without asking; what is not saved is lost."""
        self._may_close = True
        self.close()

    def _close_now(self) -> None:
        self._may_close = True
        # outside of the handler that asked: it still uses the window
        QTimer.singleShot(0, self, self.close)

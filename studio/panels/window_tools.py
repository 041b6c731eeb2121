"""The commands of View, Tools and Help that open a dialog or change the dress of the window."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from core.doctor import Row, examine
from studio.controller.recovery import Recovery
from studio.controller.studio import Studio
from studio.panels.engines import EngineDialog
from studio.panels.export_dialog import ExportDialog
from studio.panels.first_run import FirstRunDialog
from studio.panels.palette_dialog import PaletteDialog
from studio.panels.recovery import RecoveryDialog
from studio.panels.relink import RelinkDialog
from studio.panels.settings_dialog import SettingsDialog
from studio.panels.shortcuts_dialog import ShortcutsDialog
from studio.panels.weights import WeightsDialog
from studio.panels.window_dialogs import (
    about_dialog,
    doctor_dialog,
    report_text,
)
from studio.widgets.theme import apply_theme

_MIN_SCALE: Final = 80
_MAX_SCALE: Final = 200


class ToolCommands(QObject):
    """Belongs to one window; opens each dialog once."""

    message = Signal(str)
    sample_wanted = Signal()
    new_wanted = Signal()
    export_queued = Signal()

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window
        self._open: dict[str, QDialog] = {}

    # --- dress ---------------------------------------------------------------------------------

    def set_theme(self, name: str) -> None:
        """Dresses the application: `dark`, `light` or `system`."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, name)
            self._studio.settings.set("theme", name)

    def scale_by(self, percent: int) -> None:
        """Changes the size of the interface by percent points."""
        self.set_scale(int(self._studio.settings.get("ui_scale")) + percent)

    def set_scale(self, percent: int) -> None:
        """Sets the size of the interface, 80..200 %, for the next start."""
        percent = min(max(percent, _MIN_SCALE), _MAX_SCALE)
        self._studio.settings.set("ui_scale", percent)
        self.message.emit(f"The interface is {percent} % large from the next start on.")

    # --- dialogs -------------------------------------------------------------------------------

    def show_palette(self) -> None:
        """Opens the command palette over the upper part of the window."""
        dialog = self._show("palette", lambda: PaletteDialog(self._studio.actions, self._window))
        center = self._window.geometry().center()
        dialog.move(center.x() - dialog.width() // 2, self._window.geometry().y() + 90)

    def show_shortcuts(self) -> None:
        """Opens the shortcut editor."""
        preset = str(self._studio.settings.get("shortcut_preset"))
        self._show("shortcuts", lambda: ShortcutsDialog(self._studio.actions, preset, self._window))

    def show_settings(self) -> None:
        """Opens the settings."""

        def make() -> QDialog:
            dialog = SettingsDialog(self._studio.settings, self._window)
            dialog.theme_chosen.connect(self.set_theme)
            dialog.scale_chosen.connect(self.set_scale)
            return dialog

        self._show("settings", make)

    def show_export(self) -> None:
        """Opens the export dialog."""

        def make() -> QDialog:
            dialog = ExportDialog(self._studio, self._window)
            dialog.queued.connect(lambda _: self.export_queued.emit())
            return dialog

        self._show("export", make)

    def show_weights(self) -> None:
        """Opens the weights."""
        self._show("weights", lambda: WeightsDialog(self._studio, self._window))

    def show_engines(self) -> None:
        """Opens the choice of engines."""

        def make() -> QDialog:
            dialog = EngineDialog(self._studio, self._window)
            dialog.weights_wanted.connect(self.show_weights)
            return dialog

        self._show("engines", make)

    def show_first_run(self) -> None:
        """Opens the first steps."""

        def make() -> QDialog:
            dialog = FirstRunDialog(self._studio, self._window)
            dialog.sample_wanted.connect(self.sample_wanted)
            dialog.new_wanted.connect(self.new_wanted)
            dialog.weights_wanted.connect(self.show_weights)
            return dialog

        self._show("first_run", make)

    def show_about(self) -> None:
        """Says what this is."""
        self._show("about", lambda: about_dialog(self._window))

    def show_doctor(self) -> None:
        """Looks at the computer and shows what was found."""

        def done(rows: list[Row]) -> None:
            self._show("doctor", lambda: doctor_dialog(rows, self._window))

        self._examined(done)

    def copy_report(self, messages: Sequence[str]) -> None:
        """Puts a report without names of files and people on the clipboard."""

        def done(rows: list[Row]) -> None:
            text = report_text(rows, self._studio.preview.device, messages)
            QGuiApplication.clipboard().setText(text)
            self.message.emit("The report is on the clipboard; it names no files or people.")

        self._examined(done)

    def offer_recovery(self, found: Sequence[Recovery]) -> None:
        """Offers what a crash left behind."""
        self._show("recovery", lambda: RecoveryDialog(self._studio, found, self._window))

    def show_relink(self) -> None:
        """Says which files were not found, and looks for them."""
        self._show("relink", lambda: RelinkDialog(self._studio, self._window))

    def _examined(self, then: Callable[[list[Row]], None]) -> None:
        self.message.emit("Looking at this computer…")
        self._studio.pool.run(examine, then)

    def _show(self, name: str, make: Callable[[], QDialog]) -> QDialog:
        dialog = self._open.get(name)
        if dialog is None:
            dialog = make()
            self._open[name] = dialog
            dialog.finished.connect(lambda: self._open.pop(name, None))
        dialog.open()
        return dialog

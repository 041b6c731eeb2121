"""Settings: appearance, editing and engine. Every change counts at once."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.services.settings import Settings

SCALES: Final = (80, 90, 100, 110, 125, 150, 175, 200)
_THEMES: Final = (("Dark", "dark"), ("Light", "light"), ("As the system", "system"))
_SWITCHES: Final = (
    ("snap", "Snap to playhead, keys and edges"),
    ("scrub_sound", "Let the sound be heard while scrubbing"),
    ("link_media", "Refer to media where it lies instead of copying it into the session"),
    ("reduced_motion", "Reduce motion of the interface"),
    ("is_offline", "Stay offline: make no network call of any kind"),
)


class SettingsDialog(QDialog):
    """Reads and writes `Settings`."""

    theme_chosen = Signal(str)
    scale_chosen = Signal(int)

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(10)
        self.theme = QComboBox(self)
        for title, name in _THEMES:
            self.theme.addItem(title, name)
        self.theme.setCurrentIndex(self.theme.findData(settings.get("theme")))
        self.theme.activated.connect(lambda: self.theme_chosen.emit(str(self.theme.currentData())))
        form.addRow("Theme", self.theme)
        self.scale = QComboBox(self)
        for percent in SCALES:
            self.scale.addItem(f"{percent} %", percent)
        self.scale.setCurrentIndex(self.scale.findData(settings.get("ui_scale")))
        self.scale.activated.connect(self._on_scale)
        form.addRow("Size of the interface", self.scale)
        self._note = QLabel("", self)
        self._note.setProperty("role", "muted")
        form.addRow("", self._note)
        cache = QSpinBox(self)
        cache.setRange(128, 16384)
        cache.setSingleStep(128)
        cache.setSuffix(" MB")
        cache.setValue(int(settings.get("preview_cache_mb")))
        cache.valueChanged.connect(lambda mb: settings.set("preview_cache_mb", mb))
        form.addRow("Memory for pictures", cache)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(form)
        for name, title in _SWITCHES:
            box = QCheckBox(title, self)
            box.setChecked(bool(settings.get(name)))
            box.toggled.connect(lambda on, n=name: settings.set(n, on))
            layout.addWidget(box)
        layout.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _on_scale(self) -> None:
        self.scale_chosen.emit(int(self.scale.currentData()))
        self._note.setText("The size changes when the studio is started again.")

"""The first steps: three screens that can be skipped and end on the sample session."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import WeightsError
from core.engines.needs import list_weights
from core.weights.catalogue import summary
from studio.controller.studio import Studio
from studio.services.machine import MachineCheck, describe
from studio.widgets.icons import dress, pixmap
from studio.widgets.theme import THEMES, apply_theme, colors

CONSENT: Final = "Use only faces and voices that you may use. Films are marked as AI-generated."
_SCALES: Final = (80, 90, 100, 110, 125, 150, 175, 200)
_TITLES: Final = {"dark": "Dark", "light": "Light", "system": "As the system"}
_INTRO: Final = (
    "Avatar Studio makes a portrait talk. Lips, head, eyes and expression each have a track of "
    "their own: lay clips and takes on them, draw curves over them, and undo whatever you like."
)


class FirstRunDialog(QDialog):
    """Welcome, this machine, begin. Closing it at any point counts as seen."""

    sample_wanted = Signal()
    """Open the sample session and play it."""
    new_wanted = Signal()
    """Start from a portrait and a voice."""
    weights_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setWindowTitle("Welcome to Avatar Studio")
        self.setFixedSize(600, 420)
        self._check = MachineCheck(self)
        self._check.finished.connect(self._on_checked)
        self._facts = QGridLayout()
        self.weights = QLabel(self)
        self.weights.setWordWrap(True)
        self.weights.setProperty("role", "muted")
        self.screens = QStackedWidget(self)
        for screen in (self._welcome(), self._machine(), self._begin()):
            self.screens.addWidget(screen)
        self._dots = QLabel(self)
        self._dots.setProperty("role", "muted")
        self.skip_button = _button("Skip", "Close the first steps; Help opens them again", self)
        self.skip_button.clicked.connect(self.reject)
        self.back_button = _button("Back", "The screen before", self)
        self.back_button.clicked.connect(lambda: self.show_screen(self.screens.currentIndex() - 1))
        self.next_button = _button("Continue", "The next screen", self)
        self.next_button.setProperty("primary", True)
        self.next_button.setDefault(True)
        self.next_button.clicked.connect(lambda: self.show_screen(self.screens.currentIndex() + 1))
        row = QHBoxLayout()
        row.addWidget(self.skip_button)
        row.addStretch(1)
        row.addWidget(self._dots)
        row.addStretch(1)
        row.addWidget(self.back_button)
        row.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 24, 28, 20)
        layout.setSpacing(16)
        layout.addWidget(self.screens, 1)
        layout.addLayout(row)
        self.show_screen(0)

    def show_screen(self, index: int) -> None:
        """Shows a screen; the machine is looked at while the first one is read."""
        last = self.screens.count() - 1
        self.screens.setCurrentIndex(min(max(index, 0), last))
        index = self.screens.currentIndex()
        self.back_button.setVisible(index > 0)
        self.next_button.setVisible(index < last)
        self._dots.setText(f"{index + 1} of {last + 1}")
        if index == last:
            self.sample_button.setFocus()

    def open(self) -> None:
        """Shows it, and looks at the machine meanwhile."""
        self._check.start()
        self._studio.pool.run(_weights_text, self.weights.setText)
        super().open()

    def done(self, result: int) -> None:
        """Remembers that it was seen."""
        self._check.stop()
        self._studio.settings.set("is_first_run", False)
        super().done(result)

    def _welcome(self) -> QWidget:
        text = QLabel(_INTRO, self)
        text.setWordWrap(True)
        self.theme = QComboBox(self)
        for name in THEMES:
            self.theme.addItem(_TITLES[name], name)
        self.theme.setCurrentIndex(self.theme.findData(self._studio.settings.get("theme")))
        self.theme.setToolTip("Colours of the window")
        self.theme.activated.connect(lambda: self._set_theme(str(self.theme.currentData())))
        self.scale = QComboBox(self)
        for percent in _SCALES:
            self.scale.addItem(f"{percent} %", percent)
        self.scale.setCurrentIndex(self.scale.findData(self._studio.settings.get("ui_scale")))
        self.scale.setToolTip("Size of text and controls, from the next start on")
        self.scale.activated.connect(
            lambda: self._studio.settings.set("ui_scale", int(self.scale.currentData()))
        )
        form = QFormLayout()
        form.setSpacing(10)
        form.addRow("Colours", self.theme)
        form.addRow("Size of text", self.scale)
        consent = QLabel(CONSENT, self)
        consent.setWordWrap(True)
        consent.setProperty("role", "muted")
        return _screen("Welcome", self, text, form, None, consent)

    def _machine(self) -> QWidget:
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(8)
        self._facts.setColumnStretch(2, 1)
        self._waiting = QLabel("Looking at this machine…", self)
        self._waiting.setProperty("role", "muted")
        button = _button("Weights…", "See and import network weights", self)
        button.clicked.connect(self.weights_wanted)
        line = QHBoxLayout()
        line.addWidget(self.weights, 1)
        line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return _screen("This machine", self, self._waiting, self._facts, None, line)

    def _begin(self) -> QWidget:
        self.sample_button = _choice(
            "play",
            "Open the sample",
            "A portrait that speaks; it plays at once.",
            self,
        )
        self.sample_button.setProperty("primary", True)
        dress(self.sample_button, "play", "on_accent")
        self.sample_button.clicked.connect(self._on_sample)
        self.new_button = _choice(
            "portrait", "Start from a portrait and a voice", "Choose two files, and it talks.", self
        )
        self.new_button.clicked.connect(self._on_new)
        self.empty_button = _choice("new", "Start empty", "Drop files on the window later.", self)
        self.empty_button.clicked.connect(self.accept)
        consent = QLabel(CONSENT, self)
        consent.setWordWrap(True)
        consent.setProperty("role", "muted")
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        for button in (self.sample_button, self.new_button, self.empty_button):
            buttons.addWidget(button)
        return _screen("Begin", self, buttons, None, consent)

    def _on_sample(self) -> None:
        self.accept()
        self.sample_wanted.emit()

    def _on_new(self) -> None:
        self.accept()
        self.new_wanted.emit()

    def _set_theme(self, name: str) -> None:
        self._studio.settings.set("theme", name)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, name)

    def _on_checked(self, checks: Mapping[str, tuple[str, str]]) -> None:
        self._waiting.setVisible(not checks)
        if not checks:
            self._waiting.setText("This machine could not be examined; that does no harm.")
            return
        for row, (name, is_fine, text) in enumerate(describe(checks)):
            mark = QLabel(self)
            tone = colors().good if is_fine else colors().warn
            mark.setPixmap(pixmap("check" if is_fine else "warning", tone, 16))
            fact = QLabel(text, self)
            fact.setWordWrap(True)
            self._facts.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(QLabel(name, self), row, 1, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(fact, row, 2)


def _weights_text() -> str:
    try:
        return summary(list_weights())
    except WeightsError as error:
        return str(error)


def _button(text: str, tooltip: str, parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tooltip)
    button.setAutoDefault(False)
    return button


def _choice(name: str, title: str, text: str, parent: QWidget) -> QPushButton:
    button = QPushButton(f"{title}\n{text}", parent)
    button.setAutoDefault(True)
    button.setStyleSheet("text-align: left; padding: 8px 14px;")
    button.setMinimumHeight(56)
    button.setToolTip(text)
    dress(button, name)
    return button


def _screen(title: str, parent: QWidget, *parts: QWidget | QLayout | None) -> QWidget:
    """A screen of a title and parts; None takes the space that is left."""
    screen = QFrame(parent)
    layout = QVBoxLayout(screen)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(14)
    heading = QLabel(title, screen)
    heading.setProperty("role", "title")
    layout.addWidget(heading)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)
    return screen

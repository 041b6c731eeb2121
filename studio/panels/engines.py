"""The engine chooser: what can draw the frames, and what each engine lacks."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import WeightsError
from core.engines.needs import missing_weights
from core.engines.protocol import EngineSpec
from core.engines.registry import list_engines
from core.engines.wanted_device import AUTO
from core.weights.catalogue import where_to_get
from studio.controller.studio import Studio
from studio.services.machine import MachineCheck, devices

_WIDTH_PX: Final = 520


class EngineDialog(QDialog):
    """Chooses the engine; one that lacks weights says so and offers to import them."""

    weights_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setWindowTitle("Engine")
        self.setMinimumWidth(_WIDTH_PX)
        self.cards: dict[str, EngineCard] = {}
        self._group = QButtonGroup(self)
        self._choose = QPushButton("Use this engine", self)
        self._choose.setProperty("primary", True)
        self._choose.setDefault(True)
        self._choose.setToolTip("Let this engine draw the frames")
        self._choose.clicked.connect(self.accept)
        cancel = QPushButton("Cancel", self)
        cancel.setToolTip("Keep the engine as it is")
        cancel.clicked.connect(self.reject)
        self.device = QComboBox(self)
        self.device.setToolTip("Where engines with networks run")
        self.device.setAccessibleName("Device")
        self.device.activated.connect(self._use_device)
        self._check = MachineCheck(self)
        self._check.finished.connect(lambda checks: self.offer_devices(devices(checks)))
        self.offer_devices(devices({}))
        label = QLabel("Device", self)
        label.setBuddy(self.device)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.device)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._choose)
        intro = QLabel("An engine turns the portrait and the motion into frames.", self)
        intro.setProperty("role", "muted")
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(intro)
        layout.addLayout(self._column)
        layout.addStretch(1)
        layout.addLayout(row)
        self._group.buttonToggled.connect(self._enable)
        for spec in list_engines():
            self._add(spec)
        self.refresh()

    @property
    def chosen(self) -> str:
        """The engine that is marked."""
        return next((n for n, card in self.cards.items() if card.radio.isChecked()), "")

    def offer_devices(self, present: Sequence[tuple[str, str]]) -> None:
        """Lists the devices that are present, as (name, words), below “Auto”."""
        self.device.clear()
        for name, words in ((AUTO, "Auto"), *present):
            self.device.addItem(words, name)
        wanted = str(self._studio.settings.get("device"))
        self.device.setCurrentIndex(max(0, self.device.findData(wanted)))

    def choose(self, name: str) -> None:
        """Marks an engine."""
        self.cards[name].radio.setChecked(True)

    def refresh(self) -> None:
        """Looks again which weights are there."""
        for card in self.cards.values():
            card.refresh()
        current = self._studio.project.document.avatar.engine
        if not self.chosen and current in self.cards:
            self.choose(current)
        self._enable()
        self._fit_height()

    def showEvent(self, event: QShowEvent) -> None:
        """Makes room for what the engines lack, and looks which devices there are."""
        super().showEvent(event)
        self._check.start()
        self._fit_height()

    def changeEvent(self, event: QEvent) -> None:
        """Looks again when a person comes back, from importing weights for example."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            self.refresh()

    def done(self, result: int) -> None:
        """Stops looking for devices."""
        self._check.stop()
        super().done(result)

    def accept(self) -> None:
        """Takes the marked engine."""
        if self.chosen and self.chosen != self._studio.project.document.avatar.engine:
            self._studio.set_engine(self.chosen)
        super().accept()

    def _use_device(self) -> None:
        self._studio.settings.set("device", str(self.device.currentData()))

    def _add(self, spec: EngineSpec) -> None:
        card = EngineCard(spec, self)
        card.import_wanted.connect(self.weights_wanted)
        self._group.addButton(card.radio)
        self._column.addWidget(card)
        self.cards[spec.name] = card

    def _fit_height(self) -> None:
        """Labels that wrap tell a dialog too small a height."""
        layout = self.layout()
        if layout is not None and self.isVisible():
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _enable(self) -> None:
        self._choose.setEnabled(bool(self.chosen))


class EngineCard(QFrame):
    """One engine: name, what it is, and what it lacks."""

    import_wanted = Signal()

    def __init__(self, spec: EngineSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = spec
        self.setProperty("role", "card")
        self.radio = QRadioButton(spec.shown_name, self)
        self.radio.setStyleSheet("font-weight: 600;")
        self.radio.setToolTip(spec.title)
        title = QLabel(spec.title, self)
        title.setWordWrap(True)
        title.setProperty("role", "muted")
        self.state = QLabel(self)
        self.state.setWordWrap(True)
        self.import_button = QPushButton("Import weights…", self)
        self.import_button.setToolTip("Take in the files that this engine needs")
        self.import_button.setAutoDefault(False)
        self.import_button.clicked.connect(self.import_wanted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(4)
        layout.addWidget(self.radio)
        layout.addWidget(title)
        layout.addWidget(self.state)
        layout.addWidget(self.import_button, 0, Qt.AlignmentFlag.AlignRight)

    def refresh(self) -> None:
        """Says what it lacks."""
        try:
            missing = missing_weights(self._spec)
        except WeightsError as error:
            self._say(str(error), "error", can_import=True)
            return
        size = self._spec.native_size
        frame = f"{size} px" if size else "any size"
        if not self._spec.needs:
            self._say(f"Ready: needs no weights. Draws at {frame}.", "caption", can_import=False)
        elif missing:
            names = ", ".join(row.name for row in missing)
            text = f"Lacks the weights {names}. Get {where_to_get(missing)}."
            self._say(text, "warning", can_import=True)
        else:
            self._say(
                f"Ready: its weights are here. Draws at {frame}.", "caption", can_import=False
            )

    def _say(self, text: str, role: str, *, can_import: bool) -> None:
        self.state.setText(text)
        self.state.setProperty("role", role)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
        self.import_button.setVisible(can_import)

"""The record panel: inputs of the armed tracks, rehearsal, countdown, and the take card."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.controls import CONTROLS, FACTOR_OF, Factor
from core.timeline.edits import TITLES
from studio.controller.recorder import Phase, RecordMode
from studio.controller.selection import AUDIO, TRACKS
from studio.controller.studio import Studio
from studio.panels.recording_devices import Inputs, MicrophoneBox, WebcamBox
from studio.panels.recording_inputs import PAD_TARGETS, pad_lanes
from studio.panels.recording_response import CameraResponse
from studio.panels.recording_take import TakeCard
from studio.widgets.fields import Section
from studio.widgets.icons import dress
from studio.widgets.mouse_pad import MousePad

_FEED_MS: Final = 20
_PACES: Final = ((1.0, "1×"), (0.5, "½×"), (0.25, "¼×"))
_MODES: Final = (
    (RecordMode.REPLACE, "Replace", "The take takes the place of what lies there"),
    (RecordMode.PUNCH, "Punch", "Only between in and out"),
    (RecordMode.LAYER, "Layer", "Adds to what lies there"),
)
_BUSY: Final = (Phase.COUNTDOWN, Phase.RECORDING)


class RecordPanel(QWidget):
    """Everything between arming a track and keeping the take.

    Args:
        studio: What it controls.
        inputs: Where devices come from.
    """

    def __init__(
        self, studio: Studio, parent: QWidget | None = None, inputs: Inputs | None = None
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._recorder = studio.recorder
        inputs = inputs or Inputs()
        self.webcam = WebcamBox(inputs, self)
        self.response = CameraResponse(studio.settings, self)
        self.microphone = MicrophoneBox(inputs, self)
        self.pad = MousePad(self)
        self.card = TakeCard(self._recorder, self)
        self.arms: dict[str, QToolButton] = {}
        self.pickers: dict[str, QComboBox] = {}
        self.targets: dict[Factor, QToolButton] = {}
        self.paces: dict[float, QToolButton] = {}
        self.mode = QComboBox(self)
        self.state = QLabel(self)
        self.record_button = QPushButton("Record", self)
        self.rehearse_button = QPushButton("Rehearse", self)
        self._target = PAD_TARGETS[Factor.HEAD_POSE]
        self._timer = QTimer(self)
        self._timer.setInterval(_FEED_MS)
        self._timer.timeout.connect(self.feed_pad)
        self._lay_out()
        self._connect()
        self._set_target(Factor.HEAD_POSE)
        self._on_armed()
        self._on_phase()

    def feed_pad(self) -> None:
        """Hands over where the pad stands, if the mouse drives its track."""
        if self._recorder.device(str(self._target.factor)) == "mouse":
            x, y = self.pad.position
            self._recorder.feed_lanes(pad_lanes(self._target, x, y, self.pad.wheel))

    def close_devices(self) -> None:
        """Lets camera and microphone go."""
        self.webcam.switch.setChecked(False)
        self.microphone.switch.setChecked(False)
        self._timer.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter keeps; Esc ends a recording and discards it, see `TakeCard.discard`."""
        phase = self._recorder.phase
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and phase is Phase.REVIEW:
            self._recorder.keep()
        elif event.key() == Qt.Key.Key_Escape and phase in (*_BUSY, Phase.REVIEW):
            self._recorder.stop()
            if self._recorder.phase is Phase.REVIEW:
                self.card.discard()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Devices are not left on where nobody sees it, unless they record."""
        if self._recorder.phase not in _BUSY:
            self.close_devices()
        super().hideEvent(event)

    def _connect(self) -> None:
        recorder = self._recorder
        recorder.phase_changed.connect(self._on_phase)
        recorder.ticked.connect(self._on_ticked)
        recorder.beeped.connect(QApplication.beep)
        self._studio.selection.armed_changed.connect(self._on_armed)
        self.pad.moved.connect(self.feed_pad)
        self.pad.wheeled.connect(self.feed_pad)
        self.webcam.sampled.connect(self._on_face)
        self.webcam.lost.connect(recorder.input_lost)
        self.microphone.heard.connect(recorder.feed_sound)
        self.microphone.lost.connect(recorder.input_lost)
        self.record_button.clicked.connect(self._on_record)
        self.rehearse_button.toggled.connect(recorder.rehearse)
        self.mode.activated.connect(lambda i: recorder.set_mode(_MODES[i][0]))
        self.card.kept.connect(recorder.keep)
        self.card.kept_as_keys.connect(lambda: recorder.keep(as_keys=True))
        self.card.retaken.connect(recorder.retake)
        self.card.discarded.connect(recorder.discard)
        self.webcam.rest_button.clicked.connect(lambda: recorder.set_rest_pose("webcam"))

    def _on_record(self) -> None:
        if self._recorder.phase in _BUSY:
            self._recorder.stop()
            return
        self._switch_on_inputs()
        self._recorder.start()

    def _switch_on_inputs(self) -> None:
        """Switches the devices of the armed tracks on, where they are there."""
        devices = {self._recorder.device(track) for track in self._studio.selection.armed}
        if "webcam" in devices and self.webcam.switch.isEnabled():
            self.webcam.switch.setChecked(True)
        if "microphone" in devices and self.microphone.switch.isEnabled():
            self.microphone.switch.setChecked(True)

    def _on_face(self, controls: NDArray[np.float32], time_s: float) -> None:
        armed = [t for t in self._studio.selection.armed if t != AUDIO]
        watched = {t for t in armed if self._recorder.device(t) == "webcam"}
        if watched == set(armed):
            self._recorder.feed_face("webcam", controls, time_s)
            return
        names = ((i, n) for i, n in enumerate(CONTROLS) if str(FACTOR_OF[n]) in watched)
        self._recorder.feed({name: float(controls[i]) for i, name in names}, time_s)

    def _on_phase(self) -> None:
        phase = self._recorder.phase
        is_busy, is_review = phase in _BUSY, phase is Phase.REVIEW
        self.card.setVisible(is_review)
        if is_review:
            self.card.refresh()
        self.record_button.setText("Stop" if is_busy else "Record")
        self.record_button.setEnabled(not is_review)
        dress(self.record_button, "stop" if is_busy else "record", "bad")
        self.rehearse_button.setEnabled(phase in (Phase.IDLE, Phase.REHEARSING))
        self.rehearse_button.setChecked(phase is Phase.REHEARSING)
        self.pad.set_hot(phase is Phase.RECORDING)
        texts = {Phase.REHEARSING: "Rehearsing: nothing is recorded", Phase.IDLE: ""}
        self.state.setText(texts.get(phase, self.state.text()) if not is_review else "")
        if is_busy or phase is Phase.REHEARSING:
            self._timer.start()
        else:
            self._timer.stop()
        for widget in (self.mode, *self.paces.values(), *self.arms.values()):
            widget.setEnabled(not is_busy)

    def _on_ticked(self, seconds: float) -> None:
        if self._recorder.phase is Phase.COUNTDOWN:
            self.state.setText(f"Recording in {max(1, int(np.ceil(seconds)))} …")
        else:
            self.state.setText(f"● {seconds:.1f} s")

    def _on_armed(self) -> None:
        armed = self._studio.selection.armed
        for track, button in self.arms.items():
            button.setChecked(track in armed)
            dress(button, "arm", "bad" if track in armed else "muted")
        factors = [factor for factor in Factor if str(factor) in armed]
        if factors and self._target.factor not in factors:
            self._set_target(factors[0])

    def _set_target(self, factor: Factor) -> None:
        self._target = PAD_TARGETS[factor]
        self.targets[factor].setChecked(True)
        across, up, wheel = (lane.name.replace("_", " ") for lane in self._target.lanes)
        self.pad.set_titles(across, up, wheel)

    def _lay_out(self) -> None:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(10, 10, 10, 10)
        column.setSpacing(8)
        column.addLayout(self._transport())
        column.addWidget(self.state)
        column.addWidget(self.card)
        column.addWidget(Section("Tracks", [self._tracks()], body))
        column.addWidget(Section("Mouse pad", [self._pad_head(), self.pad], body))
        column.addWidget(Section("Webcam", [self.webcam], body))
        response = Section("Webcam response", [self.response], body)
        response.header.setChecked(False)
        column.addWidget(response)
        column.addWidget(Section("Microphone", [self.microphone], body))
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)

    def _transport(self) -> QHBoxLayout:
        self.record_button.setToolTip("Count down 3 s and record from the playhead (R)")
        self.rehearse_button.setCheckable(True)
        self.rehearse_button.setToolTip("Show the armed inputs live without recording")
        self.state.setProperty("role", "heading")
        for _, title, about in _MODES:
            self.mode.addItem(title)
            self.mode.setItemData(self.mode.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        self.mode.setToolTip("Where the take goes: replace, only in to out, or as a layer")
        self.mode.setAccessibleName("Mode")
        row = QHBoxLayout()
        row.addWidget(self.record_button)
        row.addWidget(self.rehearse_button)
        row.addStretch(1)
        row.addWidget(self.mode)
        return row

    def _tracks(self) -> QWidget:
        box = QWidget(self)
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        for i, track in enumerate(TRACKS):
            title = "Audio" if track == AUDIO else TITLES[Factor(track)]
            arm = QToolButton(box)
            arm.setCheckable(True)
            arm.setProperty("role", "arm")
            arm.setToolTip(f"Arm {title}: it is recorded (Shift+R arms the focused track)")
            arm.setAccessibleName(f"Arm {title}")
            dress(arm, "arm")
            arm.clicked.connect(lambda on, t=track: self._studio.selection.arm(t, on))
            self.arms[track] = arm
            grid.addWidget(arm, i, 0)
            grid.addWidget(QLabel(title, box), i, 1)
            self.pickers[track] = self._input_picker(track, title)
            grid.addWidget(self.pickers[track], i, 2)
        grid.setColumnStretch(2, 1)
        return box

    def _input_picker(self, track: str, title: str) -> QComboBox:
        names = [("microphone", "Microphone", self.microphone.picker.reason)]
        if track != AUDIO:
            names = [("mouse", "Mouse pad", ""), ("webcam", "Webcam", self.webcam.picker.reason)]
        picker = QComboBox(self)
        picker.setAccessibleName(f"Input of {title}")
        picker.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        picker.setToolTip(f"What {title} is recorded with")
        for i, (device, text, reason) in enumerate(names):
            picker.addItem(text, device)
            if reason:
                picker.setItemData(i, reason, Qt.ItemDataRole.ToolTipRole)
                picker.setItemData(i, 0, Qt.ItemDataRole.UserRole - 1)  # greyed
        picker.setCurrentIndex(max(0, picker.findData(self._recorder.device(track))))
        if len(names) == 1 and names[0][2]:
            picker.setEnabled(False)
            picker.setToolTip(names[0][2])
        picker.activated.connect(
            lambda i: self._recorder.set_device(track, str(picker.itemData(i)))
        )
        return picker

    def _pad_head(self) -> QWidget:
        box = QWidget(self)
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        row, speeds = QHBoxLayout(), QHBoxLayout()
        rows.addLayout(row)
        rows.addLayout(speeds)
        speeds.addWidget(QLabel("Speed", box))
        chosen, paced = QButtonGroup(box), QButtonGroup(box)
        for factor, target in PAD_TARGETS.items():
            button = _segment(target.title, f"Move {TITLES[factor]} with the pad", box)
            button.clicked.connect(lambda _, f=factor: self._set_target(f))
            chosen.addButton(button)
            self.targets[factor] = button
            row.addWidget(button)
        row.addStretch(1)
        for pace, text in _PACES:
            about = f"Record at {text} speed; it is always played at 1×"
            button = _segment(text, about, box)
            button.setChecked(pace == self._recorder.pace)
            button.clicked.connect(lambda _, p=pace: self._recorder.set_pace(p))
            paced.addButton(button)
            self.paces[pace] = button
            speeds.addWidget(button)
        speeds.addStretch(1)
        return box


def _segment(text: str, tooltip: str, parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText(text)
    button.setToolTip(tooltip)
    button.setCheckable(True)
    button.setProperty("role", "segment")
    return button

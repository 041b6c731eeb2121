"""The webcam and the microphone of the record panel: pickers, monitors, and what they feed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPixmap, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import MediaError
from core.face.tracker import FaceTracker, create_tracker
from studio.services.capture import (
    Camera,
    Device,
    Microphone,
    list_cameras,
    list_microphones,
    open_camera,
    open_microphone,
)
from studio.services.webcam import Webcam
from studio.widgets.level_meter import LevelMeter

_VIEW: Final = QSize(192, 108)
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where devices come from; tests give made-up ones."""

    list_cameras: Callable[[], Sequence[Device]] = list_cameras
    list_microphones: Callable[[], Sequence[Device]] = list_microphones
    open_camera: Callable[[str], Camera] = open_camera
    open_microphone: Callable[[str], Microphone] = open_microphone
    make_tracker: Callable[[], FaceTracker] = create_tracker


class DevicePicker(QComboBox):
    """A list of devices; absent ones are grey and say why."""

    def __init__(self, devices: Sequence[Device], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._devices = tuple(devices)
        model = self.model()
        for device in devices:
            text = device.title if device.is_present else f"{device.title} – {device.reason}"
            self.addItem(text, device.id)
            if not device.is_present and isinstance(model, QStandardItemModel):
                model.item(self.count() - 1).setEnabled(False)
        self.setEnabled(self.reason == "")
        self.setToolTip(self.reason or f"Which {name.lower()} is used")

    @property
    def reason(self) -> str:
        """Why none can be used; empty when one can."""
        present = any(device.is_present for device in self._devices)
        return "" if present else " ".join(device.reason for device in self._devices)


class WebcamBox(QWidget):
    """The camera's picture with the face's box, its pace, and the rest pose."""

    sampled = Signal(object, float)
    lost = Signal(str)

    def __init__(self, inputs: Inputs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inputs = inputs
        self._webcam: Webcam | None = None
        self.picker = DevicePicker(inputs.list_cameras(), "Webcam", self)
        self.switch = QPushButton("Watch", self)
        self.switch.setCheckable(True)
        self.switch.setToolTip(self.picker.reason or "Switch the camera on and show the face live")
        self.switch.setEnabled(not self.picker.reason)
        self.rest_button = QPushButton("Set rest pose", self)
        self.rest_button.setToolTip("Look straight and relaxed for a second: this becomes rest")
        self.rest_button.setEnabled(False)
        self.view = QLabel(self)
        self.view.setFixedSize(_VIEW)
        self.view.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.view.hide()
        self.status = QLabel(self.picker.reason, self)
        self.status.setProperty("role", "caption")
        self.status.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(self.picker, 1)
        top.addWidget(self.switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.view, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.rest_button, 0, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(self.status)
        self.switch.toggled.connect(self._on_switched)
        self.rest_button.clicked.connect(self.calibrate)

    @property
    def is_on(self) -> bool:
        """Whether the camera is watched."""
        return self._webcam is not None

    def calibrate(self) -> None:
        """Takes the next second for rest."""
        if self._webcam is not None:
            self._webcam.calibrate()
            self.status.setText("Look straight and relaxed …")

    def close_device(self) -> None:
        """Lets the camera go."""
        webcam, self._webcam = self._webcam, None
        if webcam is not None:
            webcam.close()
            webcam.deleteLater()
        self.rest_button.setEnabled(False)
        self.view.hide()

    def _on_switched(self, is_on: bool) -> None:
        if not is_on:
            self.close_device()
            self.status.setText("")
            return
        inputs = self._inputs
        device = str(self.picker.currentData())
        webcam = Webcam(device, inputs.open_camera, inputs.make_tracker, self)
        webcam.sampled.connect(self.sampled)
        webcam.seen.connect(self._on_seen)
        webcam.measured.connect(self._on_measured)
        webcam.lost.connect(self._on_lost)
        self._webcam = webcam
        self.rest_button.setEnabled(True)
        self.view.show()
        self.status.setText("Look straight and relaxed …")
        webcam.start()

    def _on_seen(self, picture: NDArray[np.uint8], box: Box | None) -> None:
        if self._webcam is not None:
            self.view.setPixmap(_monitor(picture, box))

    def _on_measured(self, fps: float, ms: float) -> None:
        if self._webcam is not None:
            self.status.setText(f"{fps:.0f} fps · {ms:.0f} ms")

    def _on_lost(self, reason: str) -> None:
        self.switch.setChecked(False)
        self.status.setText(reason)
        self.lost.emit(reason)


class MicrophoneBox(QWidget):
    """The microphone with its level."""

    heard = Signal(object, int, float)
    lost = Signal(str)
    _arrived = Signal(object, int, float)
    _gone = Signal(str)

    def __init__(self, inputs: Inputs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._inputs = inputs
        self._microphone: Microphone | None = None
        self.picker = DevicePicker(inputs.list_microphones(), "Microphone", self)
        self.switch = QPushButton("Listen", self)
        self.switch.setCheckable(True)
        self.switch.setToolTip(self.picker.reason or "Switch the microphone on and show its level")
        self.switch.setEnabled(not self.picker.reason)
        self.meter = LevelMeter(self)
        self.meter.setEnabled(False)
        self.status = QLabel(self.picker.reason, self)
        self.status.setProperty("role", "caption")
        self.status.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(self.picker, 1)
        top.addWidget(self.switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.meter)
        layout.addWidget(self.status)
        self.switch.toggled.connect(self._on_switched)
        self._arrived.connect(self._on_arrived)
        self._gone.connect(self._on_lost)

    @property
    def is_on(self) -> bool:
        """Whether it listens."""
        return self._microphone is not None

    def close_device(self) -> None:
        """Lets the microphone go."""
        microphone, self._microphone = self._microphone, None
        if microphone is not None:
            microphone.close()
        self.meter.setEnabled(False)

    def _on_switched(self, is_on: bool) -> None:
        if not is_on:
            self.close_device()
            return
        microphone = self._inputs.open_microphone(str(self.picker.currentData()))
        try:
            microphone.start(self._arrived.emit, self._gone.emit)
        except MediaError as error:
            self._on_lost(str(error))
            return
        self._microphone = microphone
        self.meter.setEnabled(True)
        self.status.setText("")

    def _on_arrived(self, samples: NDArray[np.float32], rate: int, time_s: float) -> None:
        if self._microphone is not None and len(samples):
            self.meter.set_level(float(np.abs(samples).max()))
            self.heard.emit(samples, rate, time_s)

    def _on_lost(self, reason: str) -> None:
        self.switch.setChecked(False)
        self.status.setText(reason)
        self.lost.emit(reason)


def _monitor(picture: NDArray[np.uint8], box: Box | None) -> QPixmap:
    """The mirrored picture with the face's box."""
    height, width = picture.shape[:2]
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    image = QImage(mirrored.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    small = QPixmap.fromImage(image).scaled(_VIEW, Qt.AspectRatioMode.KeepAspectRatio)
    if box is not None:
        scale = small.width() / width
        painter = QPainter(small)
        painter.setPen(QPen(QColor("#30a46c"), 1.5))
        x0, y0, x1, y1 = (value * scale for value in box)
        painter.drawRoundedRect(round(small.width() - x1), round(y0), round(x1 - x0),
                                round(y1 - y0), 4, 4)  # fmt: skip
        painter.end()
    return small

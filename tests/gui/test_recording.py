"""The record panel on the real studio, with made-up devices and simulated mouse events."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.base.controls import INDEX, REST, UPPER, Factor
from core.base.errors import MediaError
from core.face.facemesh import FaceMeshTracker
from core.jobs.inline import InlineHost
from core.media.image import read_image
from core.timeline.source import TakeParams
from studio.controller.recorder import Phase, RecordMode
from studio.controller.selection import AUDIO
from studio.controller.studio import Studio
from studio.panels import recording_take
from studio.panels.recording import RecordPanel
from studio.panels.recording_devices import Inputs
from studio.services.audio_output import ClockOutput
from studio.services.capture import Device
from studio.services.settings import Settings
from studio.widgets.level_meter import FLOOR_DB

CAMERA = Device("cam", "Made-up camera")
MICROPHONE = Device("mic", "Made-up microphone")


class StillCamera:
    """Shows one picture at 50 fps until it is unplugged."""

    def __init__(self, picture: NDArray[np.uint8]) -> None:
        self.picture = picture
        self.unplugged = threading.Event()
        self.is_closed = False

    def read(self) -> NDArray[np.uint8] | None:
        time.sleep(0.02)
        return None if self.unplugged.is_set() else self.picture

    def close(self) -> None:
        self.is_closed = True


class HandMicrophone:
    """Gives the blocks that a test speaks."""

    def __init__(self, error: str = "") -> None:
        self.error = error
        self.is_closed = False
        self.heard: Callable[[NDArray[np.float32], int, float], None] | None = None
        self.lost: Callable[[str], None] | None = None

    def start(self, heard: Callable[..., None], lost: Callable[[str], None]) -> None:
        if self.error:
            raise MediaError(self.error)
        self.heard, self.lost = heard, lost

    def close(self) -> None:
        self.is_closed = True

    def speak(self, amplitude: float, seconds: float = 0.1) -> None:
        assert self.heard is not None
        n = round(16000 * seconds)
        samples = (amplitude * np.sin(np.arange(n) * 0.2)).astype(np.float32)
        self.heard(samples, 16000, time.perf_counter() - seconds)


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    place = tmp_path / "unsaved"
    studio = Studio(lambda _: InlineHost(), settings, place, lambda _="": ClockOutput())
    studio.recorder.countdown_s = 0.05
    yield studio
    studio.close()


@pytest.fixture
def camera(sample_portrait: Path) -> StillCamera:
    return StillCamera(read_image(sample_portrait, max_side=320).rgb)


@pytest.fixture
def microphone() -> HandMicrophone:
    return HandMicrophone()


@pytest.fixture
def panel(
    qtbot: QtBot, studio: Studio, camera: StillCamera, microphone: HandMicrophone
) -> Iterator[RecordPanel]:
    inputs = Inputs(
        lambda: [CAMERA],
        lambda: [MICROPHONE],
        lambda _: camera,
        lambda _: microphone,
        FaceMeshTracker,
    )
    panel = RecordPanel(studio, inputs=inputs)
    qtbot.addWidget(panel)
    panel.resize(380, 900)
    panel.show()
    yield panel
    panel.close_devices()


def click(qtbot: QtBot, button: object) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def move(qtbot: QtBot, panel: RecordPanel, x: float, y: float) -> None:
    """Moves the mouse to a share of the pad."""
    pad = panel.pad
    qtbot.mouseMove(pad, QPoint(round(x * (pad.width() - 1)), round(y * (pad.height() - 1))))


def live(studio: Studio, name: str) -> float:
    return float(studio.recorder.live[INDEX[name]])


def record_sweep(qtbot: QtBot, panel: RecordPanel, studio: Studio, seconds: float = 0.6) -> None:
    """Records the head turning from left to right with the mouse."""
    studio.selection.arm(str(Factor.HEAD_POSE), True)
    click(qtbot, panel.record_button)
    qtbot.waitUntil(lambda: studio.recorder.phase is Phase.RECORDING, timeout=10_000)
    move(qtbot, panel, 0.1, 0.5)
    began = time.perf_counter()
    while (past := time.perf_counter() - began) < seconds:
        move(qtbot, panel, 0.1 + 0.8 * past / seconds, 0.5)
        qtbot.wait(15)
    move(qtbot, panel, 0.9, 0.5)
    qtbot.wait(50)
    click(qtbot, panel.record_button)
    qtbot.waitUntil(lambda: studio.recorder.phase is Phase.REVIEW, timeout=10_000)


def test_pad_moves_the_armed_track_live(qtbot: QtBot, panel: RecordPanel, studio: Studio) -> None:
    click(qtbot, panel.arms[str(Factor.HEAD_POSE)])
    assert studio.selection.armed == {str(Factor.HEAD_POSE)}
    click(qtbot, panel.rehearse_button)
    assert studio.recorder.phase is Phase.REHEARSING
    move(qtbot, panel, 1.0, 0.5)
    assert live(studio, "yaw") == pytest.approx(30.0, abs=0.5)
    move(qtbot, panel, 0.5, 0.0)
    assert live(studio, "pitch") == pytest.approx(20.0, abs=0.5)
    assert live(studio, "yaw") == pytest.approx(0.0, abs=1.0)
    wheel = QWheelEvent(
        QPointF(50, 50), QPointF(50, 50), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(panel.pad, wheel)
    assert live(studio, "roll") == pytest.approx(4.0)
    qtbot.mouseDClick(panel.pad, Qt.MouseButton.LeftButton)
    assert panel.pad.position == (0.0, 0.0)
    assert live(studio, "roll") == 0.0
    click(qtbot, panel.rehearse_button)
    assert studio.recorder.phase is Phase.IDLE


def test_pad_follows_the_armed_factor(qtbot: QtBot, panel: RecordPanel, studio: Studio) -> None:
    click(qtbot, panel.arms[str(Factor.EYES)])
    assert panel.targets[Factor.EYES].isChecked()
    move(qtbot, panel, 1.0, 0.5)
    assert live(studio, "eyeLookOutLeft") == pytest.approx(1.0, abs=0.02)
    assert live(studio, "eyeLookInRight") == pytest.approx(1.0, abs=0.02)
    assert live(studio, "yaw") == 0.0


@pytest.mark.parametrize("pace", [1.0, 0.5, 0.25])
def test_pace(qtbot: QtBot, panel: RecordPanel, studio: Studio, pace: float) -> None:
    click(qtbot, panel.paces[pace])
    assert studio.recorder.pace == pace


def test_mouse_take_is_recorded_reviewed_and_kept(
    qtbot: QtBot, panel: RecordPanel, studio: Studio
) -> None:
    record_sweep(qtbot, panel, studio)
    assert panel.card.isVisible()
    yaw = studio.recorder.take[Factor.HEAD_POSE].column("yaw")
    assert yaw.min() < -15
    assert yaw.max() > 15
    assert panel.card.curves.curves[0].title == "yaw"
    with qtbot.waitSignal(studio.recorder.kept, timeout=10_000):
        click(qtbot, panel.card.keep_button)
    head = studio.project.document.track(Factor.HEAD_POSE)
    assert len(head.strips) == 1
    source = studio.project.document.source(head.strips[0].source_id)
    assert source is not None
    assert isinstance(source.params, TakeParams)
    assert not panel.card.isVisible()
    studio.project.undo()
    assert studio.project.document.track(Factor.HEAD_POSE).strips == ()


def test_card_changes_the_take(qtbot: QtBot, panel: RecordPanel, studio: Studio) -> None:
    record_sweep(qtbot, panel, studio)
    before = np.abs(studio.recorder.take[Factor.HEAD_POSE].column("yaw")).max()
    panel.card.rows["gain"].editor.step(-10)  # 50 %
    assert studio.recorder.settings.gain == pytest.approx(0.5)
    after = np.abs(studio.recorder.take[Factor.HEAD_POSE].column("yaw")).max()
    assert after == pytest.approx(before / 2, rel=0.05)
    panel.card.rows["latency_s"].editor.step(12)
    assert studio.recorder.settings.latency_s == pytest.approx(0.12)
    panel.card.rows["smoothing"].editor.step(2)
    assert studio.recorder.settings.smoothing == pytest.approx(0.4)
    panel.card.rows["simplify"].editor.step(2)
    assert studio.recorder.settings.simplify == pytest.approx(0.02)
    panel.card.lanes.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert "yaw" in studio.recorder.settings.excluded
    assert panel.card.curves.curves[0].is_faint


def test_discard_and_retake(qtbot: QtBot, panel: RecordPanel, studio: Studio) -> None:
    before = studio.project.document
    record_sweep(qtbot, panel, studio, 0.3)
    click(qtbot, panel.card.retake_button)
    assert studio.recorder.phase in (Phase.COUNTDOWN, Phase.RECORDING)
    assert panel.record_button.text() == "Stop"
    click(qtbot, panel.record_button)
    qtbot.waitUntil(lambda: studio.recorder.phase in (Phase.IDLE, Phase.REVIEW), timeout=10_000)
    studio.recorder.discard()
    assert studio.project.document == before


def test_discarding_much_asks_once_more(
    qtbot: QtBot, panel: RecordPanel, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_sweep(qtbot, panel, studio, 0.3)
    monkeypatch.setattr(type(studio.recorder), "recorded_s", property(lambda _: 5.0))
    click(qtbot, panel.card.discard_button)
    assert studio.recorder.phase is Phase.REVIEW
    assert panel.card.discard_button.text() == "Really discard?"
    click(qtbot, panel.card.discard_button)
    assert studio.recorder.phase is Phase.IDLE


def test_escape_discards_and_asks_where_much_would_be_lost(
    qtbot: QtBot, panel: RecordPanel, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.selection.arm(str(Factor.HEAD_POSE), True)
    for is_long in (False, True):
        monkeypatch.setattr(recording_take, "_ASK_FROM_S", 0.0 if is_long else 2.0)
        click(qtbot, panel.record_button)
        qtbot.waitUntil(lambda: studio.recorder.phase is Phase.RECORDING, timeout=10_000)
        move(qtbot, panel, 0.1, 0.5)
        qtbot.wait(60)
        move(qtbot, panel, 0.9, 0.5)
        qtbot.keyClick(panel, Qt.Key.Key_Escape)
        assert studio.recorder.phase is (Phase.REVIEW if is_long else Phase.IDLE)
    assert panel.card.discard_button.text() == "Really discard?"
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert studio.recorder.phase is Phase.IDLE


def test_the_camera_answers_as_it_is_set(panel: RecordPanel, studio: Studio) -> None:
    studio.selection.arm(str(Factor.HEAD_POSE), True)
    controls = REST.copy()
    controls[INDEX["yaw"]] = 10.0
    studio.recorder.feed_face("webcam", controls)
    assert live(studio, "yaw") == pytest.approx(10.0)
    panel.response.rows["gain_head_pose"].set_value(150.0)
    panel.response.rows["gain_head_pose"].changed.emit(150.0)
    studio.recorder.feed_face("webcam", controls)
    assert live(studio, "yaw") == pytest.approx(15.0)
    panel.response.rows["deadzone_head_pose"].set_value(10.0)
    panel.response.rows["deadzone_head_pose"].changed.emit(10.0)
    studio.recorder.feed_face("webcam", controls)
    assert live(studio, "yaw") == pytest.approx(1.5 * (10.0 - 0.1 * UPPER[INDEX["yaw"]]))
    controls[INDEX["yaw"]] = 1.0
    studio.recorder.feed_face("webcam", controls)
    assert live(studio, "yaw") == 0.0


def test_modes(panel: RecordPanel, studio: Studio) -> None:
    for i, mode in enumerate((RecordMode.REPLACE, RecordMode.PUNCH, RecordMode.LAYER)):
        panel.mode.setCurrentIndex(i)
        panel.mode.activated.emit(i)
        assert studio.recorder.mode is mode


def test_webcam_drives_the_head(
    qtbot: QtBot, panel: RecordPanel, studio: Studio, camera: StillCamera
) -> None:
    studio.selection.arm(str(Factor.HEAD_POSE), True)
    studio.recorder.set_device(str(Factor.HEAD_POSE), "webcam")
    with qtbot.waitSignal(panel.webcam.sampled, timeout=20000):
        click(qtbot, panel.webcam.switch)
    assert panel.webcam.rest_button.isEnabled()
    assert "fps" in panel.webcam.status.text()
    assert not panel.webcam.view.pixmap().isNull()
    qtbot.wait(200)
    assert abs(live(studio, "yaw")) < 2.0
    upright = camera.picture
    height, width = upright.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -15, 1.0)
    camera.picture = np.asarray(cv2.warpAffine(upright, turn, (width, height)), np.uint8)
    qtbot.waitUntil(lambda: live(studio, "roll") > 8.0, timeout=10000)
    click(qtbot, panel.webcam.switch)
    assert not panel.webcam.is_on
    assert camera.is_closed


def test_unplugged_camera_keeps_what_was_recorded(
    qtbot: QtBot, panel: RecordPanel, studio: Studio, camera: StillCamera
) -> None:
    studio.selection.arm(str(Factor.HEAD_POSE), True)
    click(qtbot, panel.webcam.switch)
    with qtbot.waitSignal(panel.webcam.lost, timeout=10000):
        camera.unplugged.set()
    assert not panel.webcam.switch.isChecked()
    assert "connect it again" in panel.webcam.status.text()
    assert camera.is_closed


def test_microphone_level_and_take(
    qtbot: QtBot, panel: RecordPanel, studio: Studio, microphone: HandMicrophone
) -> None:
    click(qtbot, panel.microphone.switch)
    microphone.speak(0.5)
    qtbot.waitUntil(lambda: panel.microphone.meter.level_db > FLOOR_DB, timeout=10_000)
    assert panel.microphone.meter.level_db == pytest.approx(-6.0, abs=0.3)
    studio.selection.arm(AUDIO, True)
    click(qtbot, panel.record_button)
    qtbot.waitUntil(lambda: studio.recorder.phase is Phase.RECORDING, timeout=10_000)
    for _ in range(6):
        qtbot.wait(100)
        microphone.speak(0.3)
    qtbot.wait(50)
    click(qtbot, panel.record_button)
    qtbot.waitUntil(lambda: studio.recorder.phase is Phase.REVIEW, timeout=10_000)
    assert "with sound" in panel.card.title.text()
    with qtbot.waitSignal(studio.recorder.kept, timeout=10_000):
        click(qtbot, panel.card.keep_button)
    assert len(studio.project.document.audio.strips) == 1


def test_microphone_that_fails_is_said(
    qtbot: QtBot, panel: RecordPanel, microphone: HandMicrophone
) -> None:
    microphone.error = "The microphone cannot be used: close other programs that record."
    click(qtbot, panel.microphone.switch)
    assert not panel.microphone.is_on
    assert not panel.microphone.switch.isChecked()
    assert panel.microphone.status.text() == microphone.error


def test_absent_devices_are_grey_with_the_reason(qtbot: QtBot, studio: Studio) -> None:
    inputs = Inputs(
        lambda: [Device("", "Webcam", "No camera was found: connect one.")],
        lambda: [Device("", "Microphone", "No microphone was found: connect one.")],
    )
    panel = RecordPanel(studio, inputs=inputs)
    qtbot.addWidget(panel)
    for box, word in ((panel.webcam, "camera"), (panel.microphone, "microphone")):
        assert not box.picker.isEnabled()
        assert not box.switch.isEnabled()
        assert f"No {word} was found" in box.switch.toolTip()
        assert box.status.text() == box.picker.reason
    assert not panel.pickers[AUDIO].isEnabled()
    head = panel.pickers[str(Factor.HEAD_POSE)]
    assert head.isEnabled()
    webcam = head.model().item(head.findData("webcam"))
    assert not webcam.isEnabled()
    assert "No camera" in webcam.toolTip()


def test_hiding_lets_devices_go(
    qtbot: QtBot, panel: RecordPanel, microphone: HandMicrophone
) -> None:
    click(qtbot, panel.microphone.switch)
    panel.hide()
    assert microphone.is_closed

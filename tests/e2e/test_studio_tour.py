"""A tour that a person could follow, through the real window with the real engine process.

New from portrait and voice → generate → a pose clip on Head → gaze keys → a take → undo and redo
→ save → the engine process is killed → reopen → export → the film does what the curves say.
"""

import multiprocessing
import os
import signal
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.base.controls import CONTROLS, INDEX, Factor
from core.jobs.process import ProcessHost
from core.jobs.ring import PREFIX
from core.timeline.document import Document
from core.timeline.source import ClipParams, TakeParams
from studio.controller.exports import ExportSettings, JobState
from studio.controller.recorder import Phase
from studio.controller.studio import Studio
from studio.heartbeat import Heartbeat
from studio.panels.timeline.track_body import TrackBody
from studio.panels.window import StudioWindow
from studio.services.settings import Settings

VOICE_S = 3.0
SHARED = Path("/dev/shm")
GAZE_KEYS = ((14, 0.0), (20, 0.7), (34, 0.7), (40, -0.7), (54, -0.7), (60, 0.0))
LOOKS = (slice(22, 33), slice(42, 53))
"""Frames between the keys at +0.7 and between those at −0.7."""


@pytest.fixture
def voice(sample_speech: Path, tmp_path: Path) -> Path:
    """The first seconds of the sample speech."""
    path = tmp_path / "voice.wav"
    with wave.open(str(sample_speech)) as long, wave.open(str(path), "wb") as short:
        short.setparams(long.getparams())
        short.writeframes(long.readframes(round(VOICE_S * long.getframerate())))
    return path


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[StudioWindow]:
    """The window over an empty project, with an engine process."""
    threads = set(threading.enumerate())
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = StudioWindow(Studio(settings=Settings(store), unsaved=tmp_path / "unsaved"))
    made.resize(1600, 1000)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close_unasked()
    made.studio.deleteLater()
    made.deleteLater()
    qtbot.waitUntil(lambda: not _left(threads), timeout=20_000)


def _left(threads: set[threading.Thread]) -> list[object]:
    """Threads, processes and shared memory that are still there."""
    new = [t for t in threading.enumerate() if t not in threads and not t.daemon]
    mine = f"{PREFIX}{os.getpid()}_*"
    return [*new, *multiprocessing.active_children(), *SHARED.glob(mine)]


class Tour:
    """What a person does, each step waiting until the studio is done with it."""

    def __init__(self, qtbot: QtBot, window: StudioWindow) -> None:
        self.qtbot = qtbot
        self.window = window
        self.studio = window.studio

    @property
    def document(self) -> Document:
        return self.studio.project.document

    @property
    def host(self) -> ProcessHost:
        host = self.studio.engine.host
        assert isinstance(host, ProcessHost)
        return host

    def settle(self) -> None:
        """Waits for disk, engine and the wanted picture."""
        self.qtbot.waitUntil(lambda: self.studio.project.disk.is_idle, timeout=20_000)
        assert self.studio.preview.wait_ready(60.0), self.studio.preview.reason

    def label(self) -> str | None:
        return self.studio.project.undo_label

    def body(self, track: str) -> TrackBody:
        self.studio.selection.focus_track(track)
        self.window.timeline.rows.set_expanded(track, True)
        self.qtbot.wait(50)
        return self.window.timeline.rows.rows[track].body

    def drop(self, path: Path, body: TrackBody, x: float) -> None:
        """Drops a file from outside on a track."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        how = (
            Qt.DropAction.CopyAction, data,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        at = QPointF(x, 10)
        QApplication.sendEvent(body, QDragEnterEvent(at.toPoint(), *how))
        with self.qtbot.waitSignal(self.studio.imported, timeout=20_000):
            QApplication.sendEvent(body, QDropEvent(at, *how))

    def drag_key(self, body: TrackBody, lane: str, frame: int, value: float) -> None:
        """Double-clicks a key onto the curve and drags it to its value in one go."""
        assert body.curves is not None
        scale, x = body.curves.scale(lane), body.desk.axis.to_x(frame)
        start = QPointF(x, scale.to_y(0.2)).toPoint()
        end = QPointF(x, scale.to_y(value)).toPoint()
        control = Qt.KeyboardModifier.ControlModifier  # no snapping
        left = Qt.MouseButton.LeftButton
        QTest.mousePress(body, left, control, start)
        for share in (0.3, 0.7, 1.0):
            QTest.mouseMove(body, start + (end - start) * share)
        QTest.mouseRelease(body, left, Qt.KeyboardModifier.NoModifier, end)

    def record(self, factor: Factor) -> None:
        """Records a hand that goes round on the mouse pad, from the playhead on; keeps the take."""
        recorder, panel = self.studio.recorder, self.window.recording
        self.window.docks.arrange("Record")
        self.studio.selection.arm(factor, True)
        recorder.countdown_s = 0.1
        hand = QTimer()
        hand.timeout.connect(lambda: self.move_on_pad(2.0 * np.pi * recorder.recorded_s))
        hand.start(8)
        QTest.mouseClick(panel.record_button, Qt.MouseButton.LeftButton)
        self.qtbot.waitUntil(lambda: recorder.recorded_s > 1.2, timeout=20_000)
        hand.stop()
        QTest.mouseClick(panel.record_button, Qt.MouseButton.LeftButton)
        assert recorder.phase is Phase.REVIEW
        assert np.ptp(recorder.take[factor].values, axis=0).max() > 0.3
        with self.qtbot.waitSignal(recorder.kept, timeout=20_000):
            QTest.keyClick(panel, Qt.Key.Key_Return)
        self.studio.selection.arm(factor, False)
        self.window.docks.arrange("Edit")

    def move_on_pad(self, angle: float) -> None:
        """Puts the mouse on a circle around the middle of the pad."""
        pad = self.window.recording.pad
        circle = QPointF(-np.cos(angle) * pad.width() / 3, np.sin(angle) * pad.height() / 6)
        at = QPointF(pad.rect().center()) + circle
        none = Qt.MouseButton.NoButton
        move = QMouseEvent(
            QEvent.Type.MouseMove, at, pad.mapToGlobal(at), none, none,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(pad, move)

    def kill_engine(self) -> None:
        """What the system does to it when memory runs out."""
        process_id, restarts = self.host.process_id, self.host.restarts
        assert process_id is not None
        os.kill(process_id, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        self.qtbot.waitUntil(lambda: self.host.restarts == restarts + 1, timeout=20_000)
        self.qtbot.waitUntil(lambda: self.host.is_alive, timeout=20_000)

    def export(self, output: Path) -> None:
        job_id = self.studio.jobs.add(ExportSettings(output, 0, self.document.n_frames))

        def is_over() -> bool:
            job = self.studio.jobs.job(job_id)
            assert job is not None
            assert job.state is not JobState.FAILED, job.message
            return job.state is JobState.DONE

        self.qtbot.waitUntil(is_over, timeout=60_000)


def test_a_person_directs_a_talking_head(
    qtbot: QtBot, window: StudioWindow, small_portrait: Path, voice: Path, driver: Path,
    watch: Callable[[Path], Any], tmp_path: Path,
) -> None:  # fmt: skip
    tour, studio = Tour(qtbot, window), window.studio
    heart = Heartbeat()
    _begin(tour, small_portrait, voice)
    _generate(tour)
    _drop_pose(tour, driver)
    _key_the_gaze(tour)
    _record_a_take(tour)
    _undo_and_redo(tour)
    folder = _save(tour, tmp_path)
    _survive_a_dead_engine(tour)
    _reopen(tour, folder)

    wanted = studio.preview.motion(0, tour.document.n_frames)
    rest_yaw, rest_pitch = studio.preview.rest_pose.yaw, studio.preview.rest_pose.pitch
    tour.export(tmp_path / "tour.mp4")
    heart.stop()
    assert heart.take().wall_ms > 0.0
    film = watch(tmp_path / "tour.mp4")
    assert len(film.frames) == len(wanted) == 75
    assert film.has_sound
    measures = film.track()
    _check_pose(measures.yaw, wanted[:, INDEX["yaw"]] + rest_yaw)
    _check_pose(measures.pitch, wanted[:, INDEX["pitch"]] + rest_pitch)
    _check_gaze(measures, wanted)
    assert measures.mouth_open.std() > 0.005  # it speaks


def _begin(tour: Tour, portrait: Path, voice: Path) -> None:
    studio = tour.studio
    with tour.qtbot.waitSignal(studio.project.opened, timeout=20_000):
        tour.window.files.new()
    for path in (portrait, voice):  # as dropped on the window
        with tour.qtbot.waitSignal(studio.imported, timeout=20_000):
            tour.window.drops.take([path])
    tour.settle()
    assert tour.document.n_frames == 75
    assert tour.document.audio.strips[0].n_frames == 75
    assert studio.preview.shown is not None


def _generate(tour: Tour) -> None:
    before = tour.document
    assert tour.studio.actions.trigger("clip.generate")
    tour.settle()
    assert all(not tour.document.track(f).is_empty for f in (Factor.LIPS, Factor.HEAD_POSE))
    assert np.ptp(tour.studio.preview.motion(0, 75)[:, INDEX["jawOpen"]]) > 0.05
    tour.studio.project.undo()
    assert tour.document == before
    tour.studio.project.redo()


def _drop_pose(tour: Tour, clip: Path) -> None:
    others = [f for f in Factor if f is not Factor.HEAD_POSE]
    before = [tour.document.track(f) for f in others]
    tour.drop(clip, tour.body("head_pose"), x=0.0)
    tour.settle()
    assert [tour.document.track(f) for f in others] == before
    strip = tour.document.track(Factor.HEAD_POSE).strips[0]
    source = tour.document.source(strip.source_id)
    assert source is not None
    assert isinstance(source.params, ClipParams)
    assert (strip.start, strip.n_frames) == (0, 60)
    assert np.ptp(tour.studio.preview.motion(0, 60)[:, INDEX["yaw"]]) > 10.0


def _key_the_gaze(tour: Tour) -> None:
    n_steps = tour.studio.project.history_position
    body = tour.body("eyes")
    tour.studio.selection.focus_lane(Factor.EYES, "gaze_x")
    tour.qtbot.wait(50)
    for frame, value in GAZE_KEYS:
        tour.drag_key(body, "gaze_x", frame, value)
    curve = tour.document.track(Factor.EYES).offset("gaze_x")
    assert curve.frames.tolist() == [frame for frame, _ in GAZE_KEYS]
    assert np.allclose(curve.values, [value for _, value in GAZE_KEYS], atol=0.03)
    assert tour.studio.project.history_position == n_steps + len(GAZE_KEYS)  # one per gesture
    tour.settle()


def _record_a_take(tour: Tour) -> None:
    tour.studio.playhead.scrub(10)
    tour.record(Factor.EXPRESSION)
    tour.settle()
    assert tour.studio.recorder.phase is Phase.IDLE
    strip = tour.document.track(Factor.EXPRESSION).strips[-1]
    source = tour.document.source(strip.source_id)
    assert source is not None
    assert isinstance(source.params, TakeParams)
    assert abs(strip.start - 10) <= 1
    smile = tour.studio.preview.motion(0, 75)[:, INDEX["mouthSmileLeft"]]
    assert np.ptp(smile) > 0.3


def _undo_and_redo(tour: Tour) -> None:
    project, document = tour.studio.project, tour.document
    n_steps = project.history_position
    while project.undo_label is not None:
        project.undo()
    assert project.history_position == 0
    assert not tour.document.sources
    for _ in range(n_steps):
        project.redo()
    assert tour.document == document
    tour.settle()


def _save(tour: Tour, folder: Path) -> Path:
    project = tour.studio.project
    with tour.qtbot.waitSignal(project.saved, timeout=20_000):
        project.save_as(folder / "tour")
    assert not project.is_modified
    assert project.folder == folder / "tour.avatar"
    return project.folder


def _survive_a_dead_engine(tour: Tour) -> None:
    document = tour.document
    tour.kill_engine()  # while it prepares the avatar from where it lies now
    shown: list[int] = []
    tour.studio.preview.picture_ready.connect(lambda frame, _: shown.append(frame))
    tour.studio.playhead.scrub(63)
    tour.qtbot.waitUntil(lambda: 63 in shown, timeout=30_000)
    tour.settle()
    assert tour.document is document


def _reopen(tour: Tour, folder: Path) -> None:
    document = tour.document
    with tour.qtbot.waitSignal(tour.studio.project.opened, timeout=20_000):
        tour.window.open_path(folder)
    tour.settle()
    assert tour.document == document
    assert not tour.studio.project.is_modified


def _check_pose(curve: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    assert np.corrcoef(curve, wanted)[0, 1] > 0.95
    assert np.abs(curve - wanted).mean() < 2.0


def _check_gaze(measures: Any, wanted: NDArray[np.float32]) -> None:
    """The film looks where the keys say, and the eyes follow the whole curve while open."""
    look = wanted[:, INDEX["eyeLookOutLeft"]] - wanted[:, INDEX["eyeLookInLeft"]]
    is_open = wanted[:, CONTROLS.index("eyeBlinkLeft")] < 0.2
    right, left = (measures.gaze_x[part][is_open[part]].mean() for part in LOOKS)
    assert right - left > 0.08
    assert np.corrcoef(measures.gaze_x[is_open], look[is_open])[0, 1] > 0.7

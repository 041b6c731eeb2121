"""The viewer: geometry, modes, drops, and drags on the face that write keys."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.face.topology import CHIN, FOREHEAD_TOP, LEFT_BROW, LEFT_IRIS, UPPER_OUTER
from studio.controller.exports import ExportSettings
from studio.controller.preview import State
from studio.controller.studio import Studio
from studio.panels.transport import parse_time
from studio.panels.viewer import ViewerPanel
from studio.panels.viewer_drop import Kind, kind_of
from studio.panels.viewer_gesture import ViewerGesture
from studio.panels.viewer_grips import Grip, drag_lanes, grip_at, outlines
from studio.widgets.picture_view import Mode, PictureView
from studio.widgets.theme import colors

NOSE = 4


@pytest.fixture
def view(qtbot: QtBot) -> PictureView:
    made = PictureView()
    qtbot.addWidget(made)
    made.resize(624, 424)
    made.set_size(200, 100)
    return made


def value_at(studio: Studio, factor: Factor, lane: str) -> float:
    curve = studio.project.document.track(factor).offset(lane)
    return float(curve.evaluate([float(studio.playhead.frame)])[0])


class TestPictureView:
    def test_keeps_the_aspect_and_centres(self, view: PictureView) -> None:
        rect = view.picture_rect()
        assert (rect.width(), rect.height()) == (600, 300)
        assert rect.center().toPoint() == QPointF(312, 212).toPoint()

    def test_points_of_the_widget_are_px_of_the_picture(self, view: PictureView) -> None:
        rect = view.picture_rect()
        corner = view.to_picture(rect.topLeft())
        end = view.to_picture(rect.topLeft() + QPointF(rect.width(), rect.height()))
        assert (corner.x(), corner.y()) == (-0.5, -0.5)
        assert (end.x(), end.y()) == (199.5, 99.5)

    def test_wipe_shows_the_result_left_of_the_bar(self, view: PictureView) -> None:
        view.set_result(np.full((100, 200, 3), (200, 0, 0), np.uint8))
        view.set_other(np.full((100, 200, 3), (0, 0, 200), np.uint8), "Portrait")
        view.set_mode(Mode.WIPE)
        view.set_wipe(0.25)
        image, rect = view.grab().toImage(), view.picture_rect()
        y = int(rect.bottom()) - 20
        assert image.pixelColor(int(rect.x() + 0.2 * rect.width()), y) == QColor(200, 0, 0)
        assert image.pixelColor(int(rect.x() + 0.3 * rect.width()), y) == QColor(0, 0, 200)

    def test_the_bar_is_dragged_and_nothing_else_moves(
        self, view: PictureView, qtbot: QtBot
    ) -> None:
        view.set_mode(Mode.WIPE)
        rect = view.picture_rect()
        bar = QPoint(int(rect.center().x()), int(rect.center().y()))
        with qtbot.assertNotEmitted(view.grabbed):
            QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=bar)
            QTest.mouseMove(view, QPoint(int(rect.x() + 0.75 * rect.width()), bar.y()))
            QTest.mouseRelease(view, Qt.MouseButton.LeftButton)
        assert view.wipe == pytest.approx(0.75, abs=0.01)

    def test_side_by_side_shares_the_room(self, view: PictureView) -> None:
        view.set_mode(Mode.SIDE)
        assert view.picture_rect().width() == pytest.approx(296, abs=1)


class TestGrips:
    def test_small_parts_win_over_the_head(self, portrait_studio: Studio) -> None:
        points = portrait_studio.preview.landmarks(0)
        assert grip_at(points, *points[LEFT_IRIS[0]]) is Grip.GAZE
        assert grip_at(points, *points[UPPER_OUTER].mean(axis=0)) is Grip.LIPS
        assert grip_at(points, *points[LEFT_BROW].mean(axis=0)) is Grip.BROWS
        assert grip_at(points, *points[NOSE]) is Grip.HEAD
        assert grip_at(points, -400.0, -400.0) is None

    def test_a_drag_over_the_face_turns_it(self, portrait_studio: Studio) -> None:
        points = portrait_studio.preview.landmarks(0)
        height = float(np.linalg.norm(points[FOREHEAD_TOP] - points[CHIN]))
        moved = drag_lanes(points, Grip.HEAD, (0.0, 0.0), height / 7.0, -height / 7.0)
        assert moved == pytest.approx({"yaw": 10.0, "pitch": 10.0})

    def test_lips_spread_outwards_on_either_side(self, portrait_studio: Studio) -> None:
        points = portrait_studio.preview.landmarks(0)
        x = points[UPPER_OUTER, 0]
        left = drag_lanes(points, Grip.LIPS, (x.min(), 0.0), -10.0, 0.0)
        right = drag_lanes(points, Grip.LIPS, (x.max(), 0.0), 10.0, 0.0)
        assert left["spread"] == right["spread"] > 0.0

    def test_outlines_are_lines_of_the_face(self, portrait_studio: Studio) -> None:
        points = portrait_studio.preview.landmarks(0)
        lines = outlines(points)
        assert len(lines) > 10
        assert all(line.shape[1] == 2 and len(line) > 3 for line in lines)


class TestGesture:
    def test_a_drag_is_one_step_that_keys_the_head(self, portrait_studio: Studio) -> None:
        gesture, before = ViewerGesture(portrait_studio), portrait_studio.project.history_position
        portrait_studio.playhead.scrub(30)
        x, y = portrait_studio.preview.landmarks(30)[NOSE]
        gesture.grab(x, y)
        for step in (10, 20, 40):
            gesture.drag(x + step, y, is_fine=False)
        gesture.drop(is_kept=True)
        assert portrait_studio.project.history_position == before + 1
        assert portrait_studio.project.history_labels[-1] == "Turn head"
        curve = portrait_studio.project.document.track(Factor.HEAD_POSE).offset("yaw")
        assert curve.frames.tolist() == [30.0]
        assert curve.keys[0].value > 2.0
        portrait_studio.project.undo()
        assert not portrait_studio.project.document.track(Factor.HEAD_POSE).offset("yaw").keys

    def test_taking_back_restores_the_very_document(self, portrait_studio: Studio) -> None:
        gesture, before = ViewerGesture(portrait_studio), portrait_studio.project.document
        x, y = portrait_studio.preview.landmarks(0)[LEFT_IRIS[0]]
        gesture.grab(x, y)
        gesture.drag(x + 8, y, is_fine=False)
        assert value_at(portrait_studio, Factor.EYES, "gaze_x") > 0.1
        gesture.drop(is_kept=False)
        assert portrait_studio.project.document is before

    def test_shift_takes_small_steps(self, portrait_studio: Studio) -> None:
        gesture = ViewerGesture(portrait_studio)
        x, y = portrait_studio.preview.landmarks(0)[NOSE]
        turned = []
        for is_fine in (False, True):
            gesture.grab(x, y)
            gesture.drag(x + 30, y, is_fine=is_fine)
            turned.append(value_at(portrait_studio, Factor.HEAD_POSE, "yaw"))
            gesture.drop(is_kept=False)
        assert turned[1] == pytest.approx(turned[0] / 10)

    def test_notches_that_follow_each_other_are_one_step(
        self, portrait_studio: Studio, qtbot: QtBot
    ) -> None:
        gesture, before = ViewerGesture(portrait_studio), portrait_studio.project.history_position
        for _ in range(3):
            gesture.roll(1.0, is_fine=False)
        qtbot.waitUntil(lambda: not portrait_studio.project.in_gesture)
        assert value_at(portrait_studio, Factor.HEAD_POSE, "roll") == pytest.approx(3.0)
        assert portrait_studio.project.history_position == before + 1

    def test_only_armed_tracks_move(self, portrait_studio: Studio, qtbot: QtBot) -> None:
        gesture = ViewerGesture(portrait_studio)
        portrait_studio.selection.arm(Factor.EYES, is_armed=True)
        x, y = portrait_studio.preview.landmarks(0)[NOSE]
        with qtbot.waitSignal(gesture.refused) as refused:
            gesture.grab(x, y)
        assert "Head pose is not armed" in refused.args[0]
        assert not gesture.is_active
        x, y = portrait_studio.preview.landmarks(0)[LEFT_IRIS[0]]
        gesture.grab(x, y)
        assert gesture.is_active
        gesture.drop(is_kept=False)

    def test_a_locked_track_says_so(self, portrait_studio: Studio, qtbot: QtBot) -> None:
        document = portrait_studio.project.document
        track = replace(document.track(Factor.HEAD_POSE), is_locked=True)
        portrait_studio.project.apply("Lock", document.with_track(track))
        gesture = ViewerGesture(portrait_studio)
        with qtbot.waitSignal(gesture.refused) as refused:
            gesture.roll(1.0, is_fine=False)
        assert "locked" in refused.args[0]
        assert not portrait_studio.project.in_gesture


class TestPanel:
    def test_says_what_to_do_without_a_portrait(self, studio: Studio, qtbot: QtBot) -> None:
        panel = ViewerPanel(studio)
        qtbot.addWidget(panel)
        panel.show()
        assert panel.empty.isVisible()
        panel.view.set_result(np.zeros((4, 4, 3), np.uint8))
        studio.preview.picture_ready.emit(0, np.zeros((4, 4, 3), np.uint8))
        assert not panel.empty.isVisible()

    def test_a_failure_hides_the_last_picture(self, portrait_studio: Studio, qtbot: QtBot) -> None:
        panel = ViewerPanel(portrait_studio)
        qtbot.addWidget(panel)
        panel.resize(600, 500)
        panel.show()
        portrait_studio.preview.request(0)
        qtbot.waitUntil(lambda: panel.view.has_picture, timeout=20_000)
        portrait_studio.set_face(3)
        qtbot.waitUntil(lambda: portrait_studio.preview.state is State.FAILED, timeout=20_000)
        qtbot.wait(20)
        image, corner = panel.view.grab().toImage(), panel.view.picture_rect().topLeft()
        assert image.pixelColor(corner.toPoint() + QPoint(3, 3)) == QColor(colors().canvas)

    def test_landmarks_are_shown_without_an_engine(
        self, portrait_studio: Studio, qtbot: QtBot
    ) -> None:
        panel = ViewerPanel(portrait_studio)
        qtbot.addWidget(panel)
        panel.resize(700, 600)
        panel.set_mode("landmarks")
        before = panel.view.grab().toImage()
        panel.view.set_lines([])
        assert panel.view.grab().toImage() != before

    def test_endings_tell_what_a_drop_does(self, tmp_path) -> None:
        assert kind_of(tmp_path / "Face.JPG") is Kind.PICTURE
        assert kind_of(tmp_path / "talk.mp3") is Kind.SOUND
        assert kind_of(tmp_path / "walk.mov") is Kind.OTHER
        assert kind_of(tmp_path / "old.avatar") is Kind.SESSION

    def test_a_preset_dropped_on_the_face_is_laid(
        self, portrait_studio: Studio, qtbot: QtBot
    ) -> None:
        panel = ViewerPanel(portrait_studio)
        qtbot.addWidget(panel)
        assert panel.drops.use("preset:happy")
        assert portrait_studio.project.document.track(Factor.EXPRESSION).strips
        assert not panel.drops.use("nothing")

    def test_a_dropped_portrait_is_animated(
        self, studio: Studio, qtbot: QtBot, sample_portrait
    ) -> None:
        panel = ViewerPanel(studio)
        qtbot.addWidget(panel)
        with qtbot.waitSignal(studio.project.history_changed, timeout=20_000):
            panel.drops.take([sample_portrait])
        document = studio.project.document
        assert document.source(document.avatar.source_id).name.startswith("portrait")

    def test_a_dropped_session_is_opened_by_the_window(
        self, studio: Studio, qtbot: QtBot, tmp_path
    ) -> None:
        panel = ViewerPanel(studio)
        qtbot.addWidget(panel)
        with qtbot.waitSignal(panel.drops.session_dropped) as dropped:
            panel.drops.take([tmp_path / "old.avatar"])
        assert dropped.args == [tmp_path / "old.avatar"]


class TestComparison:
    """Wipe against the portrait, snapshots or the last export, and the keys as ghosts."""

    @pytest.fixture
    def panel(self, portrait_studio: Studio, qtbot: QtBot) -> ViewerPanel:
        made = ViewerPanel(portrait_studio)
        qtbot.addWidget(made)
        made.resize(640, 560)
        made.show()
        qtbot.waitExposed(made)
        portrait_studio.verbs.set_value("yaw", 0, 0.0)
        portrait_studio.verbs.set_value("yaw", 20, 24.0)
        portrait_studio.playhead.set_frame(10)
        assert portrait_studio.preview.wait_ready(60.0)
        return made

    def right_half(self, panel: ViewerPanel) -> np.ndarray:
        """What lies behind the bar: uint8 [H, W, 4] of the widget's picture."""
        image = panel.view.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
        pixels = np.frombuffer(image.constBits(), np.uint8)
        pixels = pixels.reshape(image.height(), image.width(), 4)
        rect = panel.view.picture_rect()
        left, right = int(rect.center().x()) + 30, int(rect.right()) - 10
        return pixels[int(rect.top()) + 60 : int(rect.bottom()) - 10, left:right].copy()

    def test_snapshots_are_stored_and_shown_by_key(
        self, panel: ViewerPanel, portrait_studio: Studio
    ) -> None:
        studio = portrait_studio
        studio.actions.bind("viewer.show_snapshot", panel.compare_with)
        studio.playhead.set_frame(20)
        assert studio.preview.wait_ready(60.0)
        assert studio.actions.trigger("view.store_a")
        studio.playhead.set_frame(0)
        assert studio.preview.wait_ready(60.0)
        panel.set_mode("wipe")
        assert studio.actions.trigger("view.show_a")
        turned = self.right_half(panel)
        panel.compare_with(2)
        assert not np.array_equal(self.right_half(panel), turned)
        panel.compare_with(1)
        assert np.array_equal(self.right_half(panel), turned)

    def test_the_last_export_is_compared_with(
        self, panel: ViewerPanel, portrait_studio: Studio, qtbot: QtBot, tmp_path
    ) -> None:
        studio = portrait_studio
        panel.compare_with(3)
        before = self.right_half(panel)
        with qtbot.waitSignal(studio.jobs.finished, timeout=60_000):
            studio.jobs.add(ExportSettings(tmp_path / "film.mp4", 8, 14))
        qtbot.waitUntil(lambda: not np.array_equal(self.right_half(panel), before), timeout=20_000)
        shown, film = studio.preview.shown, panel.film.picture(10)
        assert film is not None
        assert np.abs(film.astype(int) - shown.astype(int)).mean() < 6.0
        assert panel.film.picture(2) is None

    def test_onion_shows_the_keys_around_at_30_percent(
        self, panel: ViewerPanel, portrait_studio: Studio, qtbot: QtBot
    ) -> None:
        preview = portrait_studio.preview
        assert preview.picture(20) is None
        panel.set_mode("onion")
        qtbot.waitUntil(
            lambda: preview.picture(20) is not None and preview.picture(0) is not None,
            timeout=20_000,
        )
        assert np.array_equal(preview.shown, preview.picture(10))
        qtbot.waitUntil(lambda: len(panel.view.ghosts) == 2)


class TestTime:
    @pytest.mark.parametrize(
        ("text", "frame"),
        [
            ("40", 40),
            ("+10", 30),
            ("-5", 15),
            ("−5", 15),
            ("1:05", 30),
            ("0:00:01:03", 28),
            ("99:00", 49),
            ("-400", 0),
            ("soon", None),
            ("1:x", None),
            ("", None),
        ],
    )
    def test_reads_what_a_person_types(
        self, portrait_studio: Studio, text: str, frame: int | None
    ) -> None:
        document = portrait_studio.project.document
        assert parse_time(text, document, 20) == frame

"""Curves are edited by hand on the real timeline; the document is what counts."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.timeline import lane_edits, project_edits
from core.timeline.curve import Curve, Handles, Key
from core.timeline.lanes import FRIENDLY_LANES
from studio.controller.studio import Studio
from studio.panels.timeline.amount_popup import AmountPopup
from studio.panels.timeline.key_gestures import MoveKeys
from studio.panels.timeline.panel import TimelinePanel
from studio.panels.timeline.track_body import TrackBody

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
KEYS = (Key(20.0, 0.0), Key(60.0, 10.0), Key(120.0, -10.0))


class Hand:
    """A person at the yaw curve."""

    def __init__(self, qtbot: QtBot, panel: TimelinePanel) -> None:
        self.qtbot, self.panel, self.studio = qtbot, panel, panel.studio
        self.body: TrackBody = panel.rows.rows[Factor.HEAD_POSE].body

    @property
    def curve(self) -> Curve:
        return self.studio.project.document.track(Factor.HEAD_POSE).offset("yaw")

    def at(self, frame: float, value: float) -> QPoint:
        assert self.body.curves is not None
        y = self.body.curves.scale("yaw").to_y(value)
        return QPoint(round(self.panel.axis.to_x(frame)), round(y))

    def drag(self, start: QPoint, stop: QPoint, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.qtbot.mousePress(self.body, LEFT, modifier, start)
        self.move(start, stop)
        self.qtbot.mouseRelease(self.body, LEFT, modifier, stop)

    def move(self, start: QPoint, stop: QPoint) -> None:
        for share in (0.3, 0.7, 1.0):
            point = QPointF(start) + (QPointF(stop) - QPointF(start)) * share
            self.qtbot.mouseMove(self.body, point.toPoint())


@pytest.fixture
def panel(qtbot: QtBot, quiet_studio: Studio) -> TimelinePanel:
    made = TimelinePanel(quiet_studio)
    qtbot.addWidget(made)
    made.resize(1320, 640)
    made.show()
    qtbot.waitExposed(made)
    made.zoom_fit()
    return made


@pytest.fixture
def hand(qtbot: QtBot, panel: TimelinePanel) -> Hand:
    project = panel.studio.project
    project.apply("Keys", lane_edits.edit_curve(project.document, "yaw", lambda _: Curve(KEYS)))
    panel.studio.selection.focus_lane(Factor.HEAD_POSE, "yaw")
    panel.studio.settings.set("snap", False)
    made = Hand(qtbot, panel)
    qtbot.waitUntil(lambda: made.body.height() == 180)
    return made


def test_dragging_a_key_moves_it_in_one_step(hand: Hand) -> None:
    n_steps = len(hand.studio.project.history_labels)
    hand.drag(hand.at(60, 10), hand.at(70, 20))
    key = hand.curve.keys[1]
    assert key.frame == 70.0
    assert key.value == pytest.approx(20.0, abs=0.5)
    assert len(hand.studio.project.history_labels) == n_steps + 1
    assert hand.studio.selection.keys == (1,)
    hand.studio.project.undo()
    assert hand.curve.keys == KEYS


def test_a_key_stops_at_the_end_of_its_range(hand: Hand) -> None:
    hand.drag(hand.at(60, 10), hand.at(60, 60))
    assert hand.curve.keys[1].value == 30.0


@pytest.mark.parametrize("button", [False, True], ids=["escape", "right button"])
def test_a_drag_is_taken_back_exactly(hand: Hand, button: bool) -> None:
    before = hand.studio.project.document
    hand.qtbot.mousePress(hand.body, LEFT, NONE, hand.at(60, 10))
    hand.move(hand.at(60, 10), hand.at(80, -20))
    assert hand.studio.project.document is not before
    if button:
        hand.qtbot.mousePress(hand.body, Qt.MouseButton.RightButton, NONE, hand.at(80, -20))
    else:
        hand.qtbot.keyClick(hand.body, Qt.Key.Key_Escape)
    assert hand.studio.project.document is before
    hand.qtbot.mouseRelease(hand.body, LEFT, NONE, hand.at(80, -20))
    assert hand.studio.project.document is before


def test_shift_at_the_start_moves_up_and_down_only(hand: Hand) -> None:
    hand.drag(hand.at(60, 10), hand.at(90, 20), Qt.KeyboardModifier.ShiftModifier)
    assert hand.curve.keys[1].frame == 60.0
    assert hand.curve.keys[1].value == pytest.approx(20.0, abs=0.5)


def test_dragging_a_segment_lifts_both_of_its_keys(hand: Hand) -> None:
    middle = float(hand.curve.evaluate([90.0])[0])
    hand.drag(hand.at(90, middle), hand.at(90, middle + 5))
    moved = [key.value - old.value for key, old in zip(hand.curve.keys, KEYS, strict=True)]
    assert moved == pytest.approx([0.0, 5.0, 5.0], abs=0.5)
    assert [key.frame for key in hand.curve.keys] == [20.0, 60.0, 120.0]


def test_ctrl_click_adds_a_key_that_can_be_dragged_at_once(hand: Hand) -> None:
    n_steps = len(hand.studio.project.history_labels)
    hand.drag(hand.at(150, 25), hand.at(160, 15), Qt.KeyboardModifier.ControlModifier)
    assert len(hand.curve) == 4
    assert hand.curve.keys[3].frame == 160.0
    assert hand.curve.keys[3].value == pytest.approx(15.0, abs=0.6)
    assert len(hand.studio.project.history_labels) == n_steps + 1


def test_double_click_adds_a_key(hand: Hand) -> None:
    hand.qtbot.mouseDClick(hand.body, LEFT, NONE, hand.at(180, 20))
    hand.qtbot.mouseRelease(hand.body, LEFT, NONE, hand.at(180, 20))
    assert [key.frame for key in hand.curve.keys] == [20.0, 60.0, 120.0, 180.0]


def test_a_box_selects_keys_and_shift_adds(hand: Hand) -> None:
    hand.drag(hand.at(50, 28), hand.at(130, -28))
    assert hand.studio.selection.keys == (1, 2)
    hand.drag(hand.at(10, 28), hand.at(30, -28), Qt.KeyboardModifier.ShiftModifier)
    assert hand.studio.selection.keys == (0, 1, 2)
    hand.qtbot.mouseClick(hand.body, LEFT, NONE, hand.at(230, 25))
    assert hand.studio.selection.keys == ()


def test_dragging_a_handle_sets_it_by_hand(hand: Hand) -> None:
    hand.studio.selection.select_keys((1,))
    curves = hand.body.curves
    assert curves is not None
    from studio.panels.timeline.curve_paint import handle_points

    end = handle_points(hand.curve, 1, hand.panel.axis, curves.scale("yaw"))[1]
    assert end is not None
    hand.drag(end.toPoint(), end.toPoint() + QPoint(10, -30))
    key = hand.curve.keys[1]
    assert key.handles is Handles.ALIGNED
    assert key.right.d_value > 0.0
    assert key.left.d_value < 0.0


def test_drawing_with_d_becomes_keys(hand: Hand) -> None:
    hand.body.setFocus()
    hand.qtbot.keyPress(hand.body, Qt.Key.Key_D)
    hand.qtbot.mousePress(hand.body, LEFT, NONE, hand.at(150, -20))
    for frame in range(150, 221, 2):
        hand.qtbot.mouseMove(hand.body, hand.at(frame, -20 + (frame - 150) * 0.5))
    hand.qtbot.mouseRelease(hand.body, LEFT, NONE, hand.at(220, 15))
    hand.qtbot.keyRelease(hand.body, Qt.Key.Key_D)
    assert hand.curve.evaluate([150.0, 185.0, 220.0]) == pytest.approx([-20, -2.5, 15], abs=1.2)
    assert hand.curve.keys[:3] == KEYS
    assert len(hand.curve) < 20


def test_g_moves_until_a_click_and_x_keeps_the_value(hand: Hand) -> None:
    hand.studio.selection.select_keys((1,))
    hand.qtbot.mouseMove(hand.body, hand.at(100, 0))
    hand.panel.move_keys()
    hand.qtbot.keyClick(hand.body, Qt.Key.Key_X)
    hand.move(hand.at(100, 0), hand.at(110, 15))
    hand.qtbot.mouseClick(hand.body, LEFT, NONE, hand.at(110, 15))
    assert hand.curve.keys[1].frame == 70.0
    assert hand.curve.keys[1].value == 10.0
    assert hand.body.gesture is None


def test_s_scales_values_about_rest(hand: Hand) -> None:
    hand.studio.selection.select_keys((1, 2))
    hand.qtbot.mouseMove(hand.body, QPoint(300, 100))
    hand.panel.scale_keys()
    hand.move(QPoint(300, 100), QPoint(400, 100))
    hand.qtbot.keyClick(hand.body, Qt.Key.Key_Return)
    assert [key.value for key in hand.curve.keys] == pytest.approx([0.0, 20.0, -20.0])


def test_snapping_goes_to_the_playhead_and_ctrl_turns_it_round(hand: Hand) -> None:
    hand.studio.settings.set("snap", True)
    hand.studio.playhead.set_frame(71)
    hand.drag(hand.at(60, 10), hand.at(70, 10))
    assert hand.curve.keys[1].frame == 71.0


def test_a_typed_value_is_taken_and_clamped(hand: Hand, qtbot: QtBot) -> None:
    from studio.panels.timeline.value_popup import KeyPopup

    hand.studio.selection.select_keys((1,))
    hand.panel.type_value()
    popup = hand.panel.findChild(KeyPopup)
    assert popup is not None
    popup.value_field.setText("12.5")
    qtbot.keyClick(popup.value_field, Qt.Key.Key_Return)
    assert hand.curve.keys[1] == KEYS[1]._replace(value=12.5)


def test_keys_of_the_timeline_run_its_commands(hand: Hand) -> None:
    hand.studio.selection.select_keys((1,))
    hand.body.setFocus()
    hand.qtbot.keyClick(hand.body, Qt.Key.Key_T)
    assert hand.curve.keys[1].interpolation != KEYS[1].interpolation
    hand.qtbot.keyClick(hand.body, Qt.Key.Key_Backspace)
    assert hand.curve.keys[1].value == 0.0
    hand.studio.selection.clear()
    hand.qtbot.keyClick(hand.body, Qt.Key.Key_Backspace)
    assert len(hand.curve) == 0


def test_a_locked_track_refuses_with_one_sentence(hand: Hand) -> None:
    hand.panel.rows.rows[Factor.HEAD_POSE].header.lock.click()
    heard: list[str] = []
    hand.studio.project.message.connect(heard.append)
    before = hand.studio.project.document
    hand.drag(hand.at(60, 10), hand.at(70, 20))
    assert hand.studio.project.document is before
    assert heard == ["The Head pose track is locked: unlock it to change it."]


def test_the_influence_is_a_curve_like_the_others(hand: Hand) -> None:
    hand.studio.selection.focus_lane(Factor.HEAD_POSE, "influence")
    curves = hand.body.curves
    assert curves is not None
    y = round(curves.scale("influence").to_y(0.5))
    hand.qtbot.mouseDClick(hand.body, LEFT, NONE, QPoint(400, y))
    hand.qtbot.mouseRelease(hand.body, LEFT, NONE, QPoint(400, y))
    influence = hand.studio.project.document.track(Factor.HEAD_POSE).influence
    assert influence.keys[0].value == pytest.approx(0.5, abs=0.02)


def test_dragging_a_key_among_20_000_touches_its_own_curve_alone(hand: Hand) -> None:
    document = project_edits.set_length(hand.studio.project.document, 5000)
    rng = np.random.default_rng(5)
    lanes = [lane for factor in Factor for lane in FRIENDLY_LANES[factor]][:20]
    for lane in lanes:
        values = rng.uniform(0.6 * lane.lower, 0.6 * lane.upper, 1000)
        keys = tuple(Key(5.0 * i, max(float(v), lane.lower)) for i, v in enumerate(values))
        document = lane_edits.edit_curve(document, lane.name, lambda _, k=keys: Curve(k))
    hand.studio.project.apply("Many keys", document)
    for factor in Factor:
        hand.panel.rows.set_expanded(factor, True)
    hand.panel.zoom_fit()
    hand.body.repaint()
    key = hand.curve.keys[500]
    start = hand.at(key.frame, key.value)
    hand.qtbot.mousePress(hand.body, LEFT, NONE, start)
    hand.qtbot.mouseMove(hand.body, start + QPoint(0, 5))
    hand.body.repaint()
    for step in range(10):
        hand.qtbot.mouseMove(hand.body, start + QPoint(0, 6 + step))
        hand.body.repaint()
    hand.qtbot.mouseRelease(hand.body, LEFT, NONE, start + QPoint(0, 15))
    before = {o.lane: o.curve for track in document.tracks for o in track.offsets}
    after = {o.lane: o.curve for t in hand.studio.project.document.tracks for o in t.offsets}
    changed = [lane for lane, curve in after.items() if curve is not before[lane]]
    assert len(changed) == 1
    pairs = zip(before[changed[0]].keys, after[changed[0]].keys, strict=True)
    assert sum(a != b for a, b in pairs) == 1


@pytest.mark.parametrize("action", ["key.smooth", "key.simplify", "key.flatten"])
def test_a_slider_shapes_the_curve_live_and_esc_restores_it(hand: Hand, action: str) -> None:
    studio, panel = hand.studio, hand.panel
    wave = Curve(tuple(Key(f, 8.0 * np.sin(f / 3.0)) for f in range(0, 120, 4)))
    studio.verbs.edit_curve("Draw", lambda _: wave)
    document, n_steps = studio.project.document, len(studio.project.history_labels)

    def opened() -> AmountPopup:
        assert studio.actions.trigger(action)
        popup = panel.findChild(AmountPopup)
        assert popup is not None
        return popup

    popup = opened()
    seen = [hand.curve]
    for value in (100, 200):
        popup.slider.setValue(value)
        seen.append(hand.curve)
    assert len({curve.keys for curve in (wave, *seen)}) >= 3
    hand.qtbot.keyClick(popup.slider, Qt.Key.Key_Escape)
    assert studio.project.document is document
    hand.qtbot.waitUntil(lambda: panel.findChild(AmountPopup) is None)
    popup = opened()
    popup.slider.setValue(200)
    strongest = hand.curve
    hand.qtbot.keyClick(popup.slider, Qt.Key.Key_Return)
    assert hand.curve == strongest == seen[-1]
    assert len(studio.project.history_labels) == n_steps + 1
    studio.project.undo()
    assert studio.project.document == document


def test_keys_stop_visibly_at_the_end_of_the_range(hand: Hand) -> None:
    start, far = hand.at(60, 10.0), hand.at(60, 10.0) - QPoint(0, 400)
    hand.qtbot.mousePress(hand.body, LEFT, NONE, start)
    hand.move(start, far)
    assert isinstance(hand.body.gesture, MoveKeys)
    assert hand.body.gesture.stop == 30.0
    image = hand.body.grab().toImage()
    assert hand.body.curves is not None
    y = round(hand.body.curves.scale("yaw").to_y(30.0))
    reds = [image.pixelColor(400, y + d) for d in (-1, 0, 1)]
    assert any(c.red() > c.green() + 80 for c in reds)
    hand.qtbot.mouseRelease(hand.body, LEFT, NONE, far)
    assert hand.curve.values.max() == 30.0

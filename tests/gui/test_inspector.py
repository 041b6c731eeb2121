"""The inspector: every field edits the real document, one undo step per gesture."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QPushButton
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor
from core.timeline.curve import Handles, Interpolation
from core.timeline.document import Gap
from core.timeline.edits import edit_strip, set_locked
from core.timeline.project_edits import add_source
from core.timeline.source import ClipParams, Emotion, PresetParams, Source, TakeParams
from core.timeline.strip import Blend, Strip
from studio.controller.selection import AUDIO, INFLUENCE
from studio.controller.studio import Studio
from studio.panels.inspector import InspectorPanel, Tab
from studio.panels.inspector_form import Form
from studio.widgets.fields import FieldRow
from studio.widgets.number_field import MIXED, NumberField


@pytest.fixture
def inspector(qtbot: QtBot, sample_studio: Studio) -> InspectorPanel:
    panel = InspectorPanel(sample_studio)
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    panel.show()
    return panel


def number_field(row: FieldRow) -> NumberField:
    assert isinstance(row.editor, NumberField)
    return row.editor


def type_value(row: FieldRow, text: str) -> None:
    field = number_field(row)
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert field.is_typing
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def drag(field: NumberField, pixels: int, *, keys: Qt.KeyboardModifier | None = None) -> None:
    """Presses, moves in five parts and leaves the button down."""
    modifiers = keys or Qt.KeyboardModifier.NoModifier
    start = QPointF(field.rect().center())
    send_mouse(field, QMouseEvent.Type.MouseButtonPress, start, modifiers)
    for part in range(1, 6):
        at = start + QPointF(pixels * part / 5, 0)
        send_mouse(field, QMouseEvent.Type.MouseMove, at, modifiers)


def release(field: NumberField) -> None:
    at = QPointF(field.rect().center())
    send_mouse(field, QMouseEvent.Type.MouseButtonRelease, at, Qt.KeyboardModifier.NoModifier)


def send_mouse(
    field: NumberField, kind: QMouseEvent.Type, at: QPointF, keys: Qt.KeyboardModifier
) -> None:
    button = Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, at, field.mapToGlobal(at), button, button, keys)
    QApplication.sendEvent(field, event)


def n_steps(studio: Studio) -> int:
    return studio.project.history_position


def test_a_typed_value_is_one_step(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.focus_track(Factor.EYES)
    assert inspector.title == "Eyes"
    before = n_steps(sample_studio)
    type_value(inspector.factor_form.row("Gain"), "150")
    assert sample_studio.project.document.track(Factor.EYES).gain == 1.5
    assert n_steps(sample_studio) == before + 1
    assert sample_studio.project.undo_label == "Change gain"
    sample_studio.project.undo()
    assert sample_studio.project.document.track(Factor.EYES).gain == 1.0
    assert number_field(inspector.factor_form.row("Gain")).text() == "100 %"


@pytest.mark.parametrize(("text", "gain"), [("12,5 %", 0.125), ("999", 2.0), ("-3", 0.0)])
def test_typed_numbers_are_read_kindly(
    inspector: InspectorPanel, sample_studio: Studio, text: str, gain: float
) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    type_value(inspector.factor_form.row("Gain"), text)
    assert sample_studio.project.document.track(Factor.LIPS).gain == gain


def test_what_is_no_number_changes_nothing(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    before = sample_studio.project.document
    row = inspector.factor_form.row("Gain")
    type_value(row, "many")
    assert sample_studio.project.document is before
    assert number_field(row).text() == "100 %"


def test_a_drag_is_one_gesture_seen_at_once(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.HEAD_POSE)
    field = number_field(inspector.factor_form.row("Smoothing"))
    before = n_steps(sample_studio)
    drag(field, 100)
    assert sample_studio.project.in_gesture
    assert sample_studio.project.document.track(Factor.HEAD_POSE).smoothing == pytest.approx(0.45)
    release(field)
    assert not sample_studio.project.in_gesture
    assert n_steps(sample_studio) == before + 1


def test_shift_drags_ten_times_finer(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.focus_track(Factor.HEAD_POSE)
    field = number_field(inspector.factor_form.row("Smoothing"))
    drag(field, 100, keys=Qt.KeyboardModifier.ShiftModifier)
    release(field)
    assert sample_studio.project.document.track(Factor.HEAD_POSE).smoothing == pytest.approx(0.225)
    assert field.text() == "22.5 %"


def test_escape_gives_a_drag_up(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.focus_track(Factor.HEAD_POSE)
    before, steps = sample_studio.project.document, n_steps(sample_studio)
    field = number_field(inspector.factor_form.row("Smoothing"))
    drag(field, 100)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    release(field)
    assert sample_studio.project.document is before
    assert n_steps(sample_studio) == steps
    assert field.text() == "20 %"


def test_arrow_keys_step_and_shift_steps_finer(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    field = number_field(inspector.factor_form.row("Gain"))
    before = n_steps(sample_studio)
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert sample_studio.project.document.track(Factor.LIPS).gain == pytest.approx(1.009)
    assert n_steps(sample_studio) == before + 2


def test_every_field_has_unit_or_text_tooltip_and_reset(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_lane(Factor.HEAD_POSE, "yaw")
    sample_studio.selection.select_keys([1])
    sample_studio.selection.select_strips(["voice-strip"])
    inspector.show_tab(Tab.AVATAR)
    rows = inspector.findChildren(FieldRow)
    assert len(rows) > 25
    for row in rows:
        assert row.editor.toolTip(), row.title
        assert "Default" in row.editor.toolTip(), row.title
        assert row.reset_button.toolTip(), row.title
        assert row.editor.accessibleName() == row.title


def test_reset_brings_back_the_tracks_own_default(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.HEAD_POSE)
    row = inspector.factor_form.row("Smoothing")
    assert not row.reset_button.isEnabled()
    type_value(row, "80")
    assert row.reset_button.isEnabled()
    QTest.mouseClick(row.reset_button, Qt.MouseButton.LeftButton)
    assert sample_studio.project.document.track(Factor.HEAD_POSE).smoothing == 0.2
    assert not row.reset_button.isEnabled()


def test_every_setting_of_a_track(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.focus_track(Factor.EYES)
    form = inspector.factor_form
    type_value(form.row("Delay"), "-120")
    type_value(form.row("Blink gain"), "50")
    type_value(form.row("Look at camera"), "100")
    pick(form.row("Gaps"), Gap.HOLD)
    tick(form.row("Mute"))
    tick(form.row("Solo"))
    track = sample_studio.project.document.track(Factor.EYES)
    assert (track.delay_s, track.blink_gain, track.look_at_camera) == (-0.12, 0.5, 1.0)
    assert (track.gap, track.is_muted, track.is_solo) == (Gap.HOLD, True, True)


def test_rows_of_the_eyes_show_for_the_eyes_only(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.EYES)
    assert inspector.factor_form.row("Blink gain").isVisible()
    sample_studio.selection.focus_track(Factor.LIPS)
    assert not inspector.factor_form.row("Blink gain").isVisible()
    assert inspector.factor_form.row("Gate level").isVisible()


def test_the_silence_gate_of_the_lips(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    form = inspector.factor_form
    type_value(form.row("Gate level"), "-30")
    source = sample_studio.project.document.source("voice")
    assert source is not None
    assert source.params.gate_db == -30.0
    tick(form.row("Silence gate"))
    source = sample_studio.project.document.source("voice")
    assert source is not None
    assert source.params.gate_db is None
    assert not form.row("Gate level").isVisible()


def test_a_locked_track_says_so_and_can_be_unlocked(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    tick(inspector.factor_form.row("Lock"))
    assert not inspector.factor_form.row("Gain").isEnabled()
    assert inspector.factor_form.row("Mute").isEnabled()
    unlock = next(
        button
        for button in inspector.factor_form.findChildren(QPushButton)
        if button.text() == "Unlock"
    )
    assert unlock.isVisible()
    QTest.mouseClick(unlock, Qt.MouseButton.LeftButton)
    assert inspector.factor_form.row("Gain").isEnabled()
    assert not sample_studio.project.document.track(Factor.LIPS).is_locked


def test_the_audio_track_and_its_strips(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    sample_studio.selection.focus_track(AUDIO)
    type_value(inspector.audio_form.row("Gain"), "-6")
    assert sample_studio.project.document.audio.gain_db == -6.0
    sample_studio.selection.select_strips(["audio-strip"])
    assert inspector.tab is Tab.CLIP
    type_value(inspector.sound_form.row("Gain"), "3.5")
    type_value(inspector.sound_form.row("Offset"), "40")
    strip = sample_studio.project.document.audio.strips[0]
    assert (strip.gain_db, strip.offset_s) == (3.5, 0.04)


def test_selecting_turns_to_the_right_tab(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.select_strips(["head-strip"])
    assert inspector.tab is Tab.CLIP
    assert inspector.title == "Head"
    sample_studio.selection.focus_lane(Factor.HEAD_POSE, "yaw")
    assert inspector.tab is Tab.KEY
    sample_studio.selection.focus_track(Factor.LIPS)
    assert inspector.tab is Tab.TRACK


def test_every_setting_of_a_strip(inspector: InspectorPanel, sample_studio: Studio) -> None:
    sample_studio.selection.select_strips(["head-strip"])
    form = inspector.strip_form
    type_value(form.row("Length"), "100")
    type_value(form.row("Start"), "20")
    type_value(form.row("Source in"), "1.5")
    type_value(form.row("Gain"), "120")
    type_value(form.row("Fade in"), "5")
    type_value(form.row("Fade out"), "7")
    type_value(form.row("Smoothing"), "33")
    pick(form.row("Blend"), Blend.ADD)
    pick(form.row("Clip end"), ClipEnd.LOOP)
    pick(form.row("Motion"), "absolute")
    tick(form.row("Mirror"))
    found = sample_studio.project.document.find_strip("head-strip")
    assert found is not None
    strip = found[1]
    assert (strip.start, strip.n_frames, strip.source_in) == (20, 100, 1.5)
    assert (strip.gain, strip.fade_in, strip.fade_out, strip.smoothing) == (1.2, 5, 7, 0.33)
    assert (strip.blend, strip.clip_end, strip.motion) == (Blend.ADD, ClipEnd.LOOP, "absolute")
    assert strip.mirror
    row = form.row("Fade in")
    QTest.mouseClick(row.reset_button, Qt.MouseButton.LeftButton)
    assert number_field(row).text() == "Auto"
    found = sample_studio.project.document.find_strip("head-strip")
    assert found is not None
    assert found[1].fade_in is None


def test_speed_keeps_the_stretch_of_the_source(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.select_strips(["head-strip"])
    type_value(inspector.strip_form.row("Speed"), "200")
    found = sample_studio.project.document.find_strip("head-strip")
    assert found is not None
    assert (found[1].speed, found[1].n_frames) == (2.0, 110)


def test_a_reference_frame_is_typed_after_it_was_chosen(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.select_strips(["head-strip"])
    form = inspector.strip_form
    assert not form.row("Reference frame").isVisible()
    pick(form.row("Reference"), "frame")
    type_value(form.row("Reference frame"), "12")
    found = sample_studio.project.document.find_strip("head-strip")
    assert found is not None
    assert found[1].reference == 12
    pick(form.row("Reference"), Anchor.FIRST)
    found = sample_studio.project.document.find_strip("head-strip")
    assert found is not None
    assert found[1].reference is Anchor.FIRST


def test_several_strips_at_once(inspector: InspectorPanel, sample_studio: Studio) -> None:
    project = sample_studio.project
    project.apply(
        "Gain", edit_strip(project.document, "gaze-strip", lambda s: replace(s, gain=0.5))
    )
    sample_studio.selection.select_strips(["blinks-strip", "gaze-strip"])
    row = inspector.strip_form.row("Gain")
    assert row.value is MIXED
    assert number_field(row).text() == "–"
    assert not inspector.strip_form.row("Start").isVisible()
    before = n_steps(sample_studio)
    type_value(row, "70")
    strips = project.document.track(Factor.EYES).strips
    assert [strip.gain for strip in strips] == [0.7, 0.7]
    assert n_steps(sample_studio) == before + 1


def test_strips_of_two_kinds_say_what_to_do(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.select_strips(["audio-strip", "gaze-strip"])
    assert inspector.title == "Clips"
    assert not inspector.strip_form.isVisible()


def test_what_the_source_of_a_strip_is_made_from(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.select_strips(["blinks-strip"])
    form = inspector.source_form
    type_value(form.row("Blinks"), "30")
    type_value(form.row("Jitter"), "10")
    type_value(form.row("Amount"), "80")
    type_value(form.row("Seed"), "4711")
    source = sample_studio.project.document.source("blinks")
    assert source is not None
    params = source.params
    assert (params.per_minute, params.jitter, params.amount, params.seed) == (30, 0.1, 0.8, 4711)


def lay(studio: Studio, source: Source) -> None:
    project = studio.project
    document = add_source(project.document, source)
    strip = Strip("laid", source.id, 0, 50)
    track = document.track(Factor.EXPRESSION)
    project.apply("Lay", document.with_track(replace(track, strips=(strip,))))
    studio.selection.select_strips(["laid"])


def test_emotions_mix(inspector: InspectorPanel, sample_studio: Studio) -> None:
    lay(sample_studio, Source("joy", "Joy", PresetParams((Emotion("happy"),))))
    form = inspector.source_form
    assert number_field(form.row("Strength 1")).text() == "60 %"
    type_value(form.row("Strength 1"), "90")
    assert not form.row("Emotion 3").isVisible()
    pick(form.row("Emotion 2"), "surprised")
    assert form.row("Emotion 3").isVisible()
    source = sample_studio.project.document.source("joy")
    assert source is not None
    assert source.params.emotions == (Emotion("happy", 0.9), Emotion("surprised", 0.6))
    pick(form.row("Emotion 1"), "")
    source = sample_studio.project.document.source("joy")
    assert source is not None
    assert source.params.emotions == (Emotion("surprised", 0.6),)
    type_value(form.row("Transition"), "800")
    source = sample_studio.project.document.source("joy")
    assert source is not None
    assert source.params.transition_s == 0.8


def test_faces_and_takes(inspector: InspectorPanel, sample_studio: Studio) -> None:
    lay(sample_studio, Source("clip", "Clip", ClipParams()))
    row = inspector.source_form.row("Face")
    assert number_field(row).text() == "Largest"
    type_value(row, "2")
    source = sample_studio.project.document.source("clip")
    assert source is not None
    assert source.params.face == 1
    lay(sample_studio, Source("take", "Take", TakeParams()))
    type_value(inspector.source_form.row("Latency"), "85")
    type_value(inspector.source_form.row("Take gain"), "150")
    source = sample_studio.project.document.source("take")
    assert source is not None
    assert (source.params.latency_s, source.params.gain) == (0.085, 1.5)


def test_every_setting_of_a_key(inspector: InspectorPanel, sample_studio: Studio) -> None:
    selection = sample_studio.selection
    selection.focus_lane(Factor.HEAD_POSE, "yaw")
    selection.select_keys([2])
    form = inspector.key_form
    assert inspector.title == "Head pose · Yaw"
    assert number_field(form.row("Value")).text() == "−3.0°"
    type_value(form.row("Value"), "4.5")
    type_value(form.row("Frame"), "70")
    assert selection.keys == (2,)
    pick(form.row("Interpolation"), Interpolation.LINEAR)
    assert not form.row("Right reach").isVisible()
    pick(form.row("Handles"), Handles.FREE)
    type_value(form.row("Right reach"), "8")
    type_value(form.row("Right rise"), "2")
    type_value(form.row("Left reach"), "-6")
    key = sample_studio.project.document.track(Factor.HEAD_POSE).offset("yaw").keys[2]
    assert (key.frame, key.value) == (70.0, 4.5)
    assert (key.interpolation, key.handles) == (Interpolation.LINEAR, Handles.FREE)
    assert key.right == pytest.approx((8.0, 2.0))
    assert key.left.d_frame == -6.0


def test_a_key_that_lands_on_another_replaces_it(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    selection = sample_studio.selection
    selection.focus_lane(Factor.HEAD_POSE, "yaw")
    selection.select_keys([1])
    n_keys = len(selection.curve)
    type_value(inspector.key_form.row("Frame"), "60")
    assert len(selection.curve) == n_keys - 1
    assert [selection.curve.keys[i].frame for i in selection.keys] == [60.0]


def test_several_keys_take_one_value(inspector: InspectorPanel, sample_studio: Studio) -> None:
    selection = sample_studio.selection
    selection.focus_lane(Factor.HEAD_POSE, "yaw")
    selection.select_keys([1, 2, 3])
    assert inspector.key_form.row("Value").value is MIXED
    assert not inspector.key_form.row("Frame").isVisible()
    type_value(inspector.key_form.row("Value"), "40")
    values = selection.curve.values[[1, 2, 3]].tolist()
    assert values == [30.0, 30.0, 30.0]  # the lane's end


def test_a_value_at_the_playhead_sets_a_key(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_lane(Factor.EYES, INFLUENCE)
    sample_studio.playhead.set_frame(33)
    row = inspector.playhead_form.row("Value")
    assert row.value == 100.0
    type_value(row, "25")
    influence = sample_studio.project.document.track(Factor.EYES).influence
    assert [(key.frame, key.value) for key in influence.keys] == [(33.0, 0.25)]


def test_the_avatar_and_the_project(inspector: InspectorPanel, sample_studio: Studio) -> None:
    inspector.show_tab(Tab.AVATAR)
    form = inspector.avatar_form
    pick(form.row("View"), "full")
    assert number_field(form.row("Size")).text() == "The portrait’s"
    type_value(form.row("Size"), "720")
    type_value(form.row("Face"), "2")
    pick(form.row("Rate"), "30")
    document = sample_studio.project.document
    assert (document.avatar.view.mode, document.avatar.view.size) == ("full", 720)
    assert document.avatar.face == 1
    assert (document.rate, document.n_frames) == (30, 264)
    pick(form.row("Portrait"), "")
    assert sample_studio.project.document.avatar.source_id == ""


def test_an_engine_brings_its_own_switches(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    """They are there for this engine only; choosing it and each switch is one step to undo."""
    project, form = sample_studio.project, inspector.avatar_form
    inspector.show_tab(Tab.AVATAR)
    titles = ("Mouth", "Blink", "Gaze", "Emotion", "Head pose")
    assert not any(form.row(title).isVisible() for title in titles)
    before = project.document
    pick(form.row("Engine"), "pdfgc")
    assert project.document.avatar.engine == "pdfgc"
    assert all(form.row(title).isVisible() for title in titles)
    assert all(form.row(title).value is True for title in titles)
    for title in ("Blink", "Head pose"):
        tick(form.row(title))
    assert project.document.avatar.switched_off == ("blink", "head_pose")
    project.undo()
    assert project.document.avatar.switched_off == ("blink",)
    tick(form.row("Blink"))
    assert project.document.avatar.switched_off == ()
    tick(form.row("Gaze"))
    pick(form.row("Engine"), "mesh")
    assert project.document.avatar == before.avatar
    assert not any(form.row(title).isVisible() for title in titles)


def test_undo_in_the_middle_of_a_drag_ends_it(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    before = sample_studio.project.document
    field = number_field(inspector.factor_form.row("Gain"))
    drag(field, 60)
    sample_studio.project.undo()
    drag_on = QPointF(field.rect().center()) + QPointF(90, 0)
    send_mouse(field, QMouseEvent.Type.MouseMove, drag_on, Qt.KeyboardModifier.NoModifier)
    release(field)
    assert sample_studio.project.document is before
    assert field.text() == "100 %"


def test_an_edit_that_a_lock_refuses_is_told(
    qtbot: QtBot, inspector: InspectorPanel, sample_studio: Studio
) -> None:
    project = sample_studio.project
    project.apply("Lock", set_locked(project.document, Factor.LIPS, True))
    sample_studio.selection.focus_track(Factor.LIPS)
    row = inspector.factor_form.row("Gain")
    with qtbot.waitSignal(project.message) as told:
        row.began.emit()
        row.changed.emit(50.0)
        row.ended.emit(True)
    assert "locked" in told.args[0]
    assert project.document.track(Factor.LIPS).gain == 1.0
    assert not project.in_gesture


def test_rows_do_not_need_more_width_than_the_dock_has(
    inspector: InspectorPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.select_strips(["head-strip"])
    assert isinstance(inspector.strip_form, Form)
    assert inspector.strip_form.minimumSizeHint().width() < 280
    right = inspector.strip_form.row("Gain").reset_button
    assert right.mapTo(inspector, QPoint(right.width(), 0)).x() <= inspector.width()


def pick(row: FieldRow, value: str) -> None:
    assert isinstance(row.editor, QComboBox)
    index = row.editor.findData(str(value))
    assert index >= 0
    row.editor.setCurrentIndex(index)
    row.editor.activated.emit(index)


def tick(row: FieldRow) -> None:
    assert isinstance(row.editor, QCheckBox)
    row.editor.click()

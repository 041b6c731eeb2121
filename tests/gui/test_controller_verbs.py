"""Verbs on keys, strips, tracks, range and markers; selection and playhead follow."""

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.base.errors import StudioError
from core.session.schema import Project as Saved
from core.session.schema import to_text
from core.timeline.curve import Curve, Handles, Interpolation
from studio.controller.curve_verbs import Shaping
from studio.controller.selection import AUDIO, INFLUENCE, Mode
from studio.controller.studio import Studio


@pytest.fixture
def keyed(studio: Studio) -> Studio:
    """Yaw has keys at 0, 10, 20 and 30, and its curve has focus."""
    for frame, value in ((0, 0.0), (10, 6.0), (20, -6.0), (30, 3.0)):
        studio.verbs.set_value("yaw", frame, value)
    studio.selection.focus_lane(Factor.HEAD_POSE, "yaw")
    return studio


def _curve(studio: Studio, lane: str = "yaw") -> Curve:
    return studio.project.document.track(Factor.HEAD_POSE).offset(lane)


def _frames(studio: Studio, lane: str = "yaw") -> list[float]:
    return [key.frame for key in _curve(studio, lane).keys]


# --- keys ------------------------------------------------------------------------------------


def test_a_key_is_toggled_at_the_playhead_on_the_curve_as_it_is(keyed: Studio) -> None:
    before = float(_curve(keyed).evaluate([15.0])[0])
    keyed.playhead.scrub(15)
    keyed.verbs.toggle_key()
    assert _frames(keyed) == [0, 10, 15, 20, 30]
    assert _curve(keyed).keys[2].value == pytest.approx(before)
    assert keyed.selection.keys == (2,)
    keyed.verbs.toggle_key()
    assert _frames(keyed) == [0, 10, 20, 30]
    assert keyed.selection.keys == ()


def test_keys_are_nudged_in_time_and_in_shares_of_the_range(keyed: Studio) -> None:
    keyed.selection.select_keys([1, 2])
    keyed.verbs.nudge(3)
    keyed.verbs.nudge_keys(0.0, 1.0)  # one percent of 60°
    assert _frames(keyed) == [0, 13, 23, 30]
    assert _curve(keyed).values.tolist() == pytest.approx([0.0, 6.6, -5.4, 3.0])
    assert keyed.selection.keys == (1, 2)
    keyed.verbs.nudge_keys(0.0, 10.0)
    keyed.verbs.nudge_keys(0.0, 100.0)
    assert _curve(keyed).values.max() == 30.0  # the lane's end


def test_a_typed_key_stays_selected(keyed: Studio) -> None:
    keyed.verbs.set_key(1, 12.0, 4.5)
    assert _frames(keyed) == [0, 12, 20, 30]
    assert keyed.selection.keys == (1,)
    keyed.verbs.set_key(99, 0.0, 0.0)
    assert keyed.project.undo_label == "Set key"


def test_interpolation_and_handles_cycle(keyed: Studio) -> None:
    keyed.selection.select_keys([1])
    seen = []
    for _ in range(3):
        keyed.verbs.cycle_interpolation()
        seen.append(_curve(keyed).keys[1].interpolation)
    assert seen == [Interpolation.HOLD, Interpolation.LINEAR, Interpolation.BEZIER]
    keyed.verbs.cycle_handles()
    assert _curve(keyed).keys[1].handles is Handles.ALIGNED


def test_copied_keys_are_scaled_to_another_range(keyed: Studio) -> None:
    keyed.selection.select_keys([0, 1])
    keyed.verbs.copy()
    keyed.selection.focus_lane(Factor.HEAD_POSE, "pitch")
    keyed.playhead.scrub(50)
    keyed.verbs.paste()
    assert _frames(keyed, "pitch") == [50, 60]
    assert _curve(keyed, "pitch").values.tolist() == pytest.approx([0.0, 4.0])  # 6/30 of 20°
    assert keyed.selection.keys == (0, 1)


def test_delete_duplicate_and_ripple_work_on_keys(keyed: Studio) -> None:
    keyed.selection.select_keys([1, 2])
    keyed.playhead.scrub(100)
    keyed.verbs.duplicate()
    assert _frames(keyed) == [0, 10, 20, 30, 100, 110]
    keyed.verbs.delete()
    assert _frames(keyed) == [0, 10, 20, 30]
    keyed.selection.select_keys([1, 2])
    keyed.verbs.ripple_delete()
    assert _frames(keyed) == [0, 19]


@pytest.mark.parametrize("verb", ["mirror_values", "mirror_time", Shaping.SMOOTH, Shaping.FLATTEN])
def test_shapes_work_on_all_keys_where_none_is_selected(keyed: Studio, verb: str) -> None:
    before = _curve(keyed)
    if isinstance(verb, Shaping):
        keyed.verbs.edit_curve(verb.value, keyed.verbs.shaped(verb, verb.largest))
    else:
        getattr(keyed.verbs, verb)()
    after = _curve(keyed)
    assert after != before
    assert len(after) == 4
    spread = np.ptp(after.values)
    assert spread <= np.ptp(before.values)
    keyed.project.undo()
    assert _curve(keyed) == before


def test_one_blink_takes_the_other_with_it_until_they_are_unlinked(studio: Studio) -> None:
    studio.verbs.set_value("blink_left", 10, 0.8)
    eyes = studio.project.document.track(Factor.EYES)
    assert eyes.offset("blink_right") == eyes.offset("blink_left")
    studio.verbs.toggle_blink_link()
    studio.verbs.set_value("blink_left", 10, 0.2)
    eyes = studio.project.document.track(Factor.EYES)
    assert eyes.offset("blink_right").values.tolist() == [0.8]


def test_the_influence_is_a_curve_like_the_others(studio: Studio) -> None:
    studio.selection.focus_lane(Factor.EYES, INFLUENCE)
    studio.playhead.scrub(5)
    studio.verbs.toggle_key()
    assert studio.selection.curve.values.tolist() == [1.0]
    studio.verbs.nudge_keys(0.0, -40.0)
    assert studio.project.document.track(Factor.EYES).influence.values.tolist() == [
        pytest.approx(0.6)
    ]


# --- strips and tracks -----------------------------------------------------------------------


def _strips(studio: Studio) -> list[tuple[int, int]]:
    track = studio.project.document.track(Factor.EXPRESSION)
    return [(strip.start, strip.stop) for strip in track.strips]


def _select_all(studio: Studio) -> None:
    studio.selection.focus_track(str(Factor.EXPRESSION))
    studio.verbs.select_all()


def test_strips_are_split_copied_and_moved(studio: Studio) -> None:
    studio.apply_preset("happy", 10)
    studio.selection.focus_track(str(Factor.EXPRESSION))
    studio.playhead.scrub(30)
    studio.verbs.split()
    assert _strips(studio) == [(10, 30), (30, 85)]
    _select_all(studio)
    studio.verbs.copy()
    studio.playhead.scrub(120)
    studio.verbs.paste()
    assert _strips(studio) == [(10, 30), (30, 85), (120, 140), (140, 195)]
    studio.verbs.nudge(10)
    assert _strips(studio)[2:] == [(130, 150), (150, 205)]
    studio.verbs.delete()
    assert _strips(studio) == [(10, 30), (30, 85)]
    assert studio.selection.strips == frozenset()


def test_baked_strips_become_keys(portrait_studio: Studio) -> None:
    studio = portrait_studio
    studio.apply_preset("happy")
    assert studio.preview.wait_ready()
    before = studio.preview.motion(0, 50)
    _select_all(studio)
    studio.verbs.bake_strips()
    assert _strips(studio) == []
    assert studio.preview.wait_ready()
    np.testing.assert_allclose(studio.preview.motion(0, 50), before, atol=0.03)


def test_tracks_are_muted_soloed_locked_and_armed(studio: Studio) -> None:
    studio.selection.focus_track(str(Factor.EYES))
    for verb in (studio.verbs.toggle_mute, studio.verbs.toggle_solo, studio.verbs.toggle_lock):
        verb()
    eyes = studio.project.document.track(Factor.EYES)
    assert (eyes.is_muted, eyes.is_solo, eyes.is_locked) == (True, True, True)
    studio.selection.focus_track(AUDIO)
    studio.verbs.toggle_mute()
    studio.verbs.toggle_lock()
    studio.verbs.toggle_arm()
    assert studio.project.document.audio.is_muted
    assert studio.project.document.audio.is_locked
    assert studio.selection.armed == {AUDIO}
    studio.verbs.toggle_lock()
    assert not studio.project.document.audio.is_locked


def test_range_and_markers(studio: Studio) -> None:
    playhead, verbs = studio.playhead, studio.verbs
    playhead.scrub(20)
    verbs.set_in()
    verbs.toggle_marker()
    playhead.scrub(60)
    verbs.set_out()
    assert (playhead.range.start, playhead.range.stop) == (20, 61)
    playhead.to_in()
    assert playhead.frame == 20
    playhead.to_out()
    assert playhead.frame == 60
    playhead.to_marker(-1)
    assert playhead.frame == 20
    verbs.toggle_marker()
    assert not studio.project.document.markers
    verbs.clear_range()
    assert len(playhead.range) == 250


def test_the_playhead_stays_within_the_document(studio: Studio, qtbot: QtBot) -> None:
    playhead = studio.playhead
    playhead.scrub(10_000)
    assert playhead.frame == 249
    playhead.step(-1)
    playhead.step_seconds(-2.0)
    assert playhead.frame == 198
    studio.apply_preset("sad", 0)
    with qtbot.waitSignal(playhead.range_changed):
        studio.verbs.fit_length()
    assert playhead.frame == 74
    playhead.to_edit(-1)
    assert playhead.frame == 0


def test_a_verb_with_nothing_to_work_on_makes_no_step(studio: Studio) -> None:
    verbs = studio.verbs
    for verb in (
        verbs.delete, verbs.ripple_delete, verbs.duplicate, verbs.copy, verbs.paste, verbs.cut,
        verbs.split, verbs.toggle_key, verbs.ease,
        verbs.mirror_time, verbs.mirror_values, verbs.reset_lane, verbs.cycle_handles,
        verbs.cycle_interpolation, verbs.bake_strips, verbs.select_all, verbs.fit_length,
    ):  # fmt: skip
        verb()
    verbs.nudge(1)
    verbs.nudge_audio(0.01)
    assert studio.project.history_labels == ("Open",)


# --- selection -------------------------------------------------------------------------------


def test_selection_joins_and_forgets_what_is_gone(keyed: Studio) -> None:
    selection = keyed.selection
    selection.select_keys([0, 1])
    selection.select_keys([1, 3], Mode.TOGGLE)
    assert selection.keys == (0, 3)
    selection.select_keys([1], Mode.ADD)
    selection.select_keys([0], Mode.REMOVE)
    assert selection.keys == (1, 3)
    keyed.verbs.set_value("yaw", 5, 1.0)
    assert selection.keys == (2, 4)  # the same keys, one place on
    keyed.project.undo()
    keyed.verbs.edit_curve("Clear", lambda _: Curve())
    assert selection.keys == ()
    selection.select_keys([7])
    assert selection.keys == ()


def test_focus_moves_between_tracks_and_lanes(studio: Studio) -> None:
    selection = studio.selection
    with pytest.raises(ValueError, match="no lane"):
        selection.focus_lane(Factor.LIPS, "yaw")
    with pytest.raises(ValueError, match="no track"):
        selection.focus_track("nose")
    selection.focus_lane(Factor.LIPS, "open")
    assert (selection.track, selection.lane, selection.limits) == ("lips", "open", (-1.0, 0.0, 1.0))
    studio.apply_preset("happy", 0)
    strip = studio.project.document.track(Factor.EXPRESSION).strips[0]
    selection.select_strips([strip.id])
    assert (selection.factor, selection.lane) == (Factor.EXPRESSION, None)


# --- many edits ------------------------------------------------------------------------------


def _random_edits(studio: Studio, rng: np.random.Generator) -> list[Callable[[], object]]:
    verbs, selection = studio.verbs, studio.selection
    frame = int(rng.integers(0, 240))
    lanes = [("yaw", 30), ("gaze_x", 1), ("open", 1), ("happy", 1), ("blink_left", 1)]
    lane, reach = lanes[int(rng.integers(len(lanes)))]

    def some_keys() -> None:
        selection.focus_lane(Factor.HEAD_POSE, "yaw")
        selection.select_keys(rng.integers(0, 20, 3).tolist())

    return [
        lambda: verbs.set_value(lane, frame, float(rng.uniform(0, reach))),
        lambda: studio.apply_preset("sad", frame),
        lambda: (some_keys(), verbs.nudge_keys(1.0, 2.0)),
        lambda: (some_keys(), verbs.cycle_interpolation()),
        lambda: (some_keys(), verbs.delete()),
        lambda: (_select_all(studio), studio.playhead.set_frame(frame), verbs.split()),
        lambda: (_select_all(studio), verbs.nudge(int(rng.integers(-5, 5)))),
        lambda: (studio.playhead.set_frame(frame), verbs.set_in()),
        lambda: (studio.playhead.set_frame(frame), verbs.toggle_marker()),
        lambda: verbs.toggle_mute(),
        lambda: studio.generate_preview(),
    ]


def test_a_hundred_edits_and_as_many_undos_give_the_same_bytes(studio: Studio) -> None:
    rng = np.random.default_rng(7)
    before = to_text(Saved(document=studio.project.document))
    while studio.project.history_position < 100:
        edits = _random_edits(studio, rng)
        edits[int(rng.integers(len(edits)))]()
    after = to_text(Saved(document=studio.project.document))
    assert after != before
    for _ in range(100):
        studio.project.undo()
    assert studio.project.undo_label is None
    assert to_text(Saved(document=studio.project.document)) == before
    for _ in range(100):
        studio.project.redo()
    assert to_text(Saved(document=studio.project.document)) == after


def test_an_edit_that_fails_leaves_the_document(studio: Studio, qtbot: QtBot) -> None:
    def fail(_: object) -> object:
        raise StudioError("It cannot be done: do something else.")

    before = studio.project.document
    with qtbot.waitSignal(studio.message) as heard:
        assert not studio.project.edit("Fail", fail)
    assert heard.args == ["It cannot be done: do something else."]
    assert studio.project.document is before


def test_keys_are_selected_and_walked_by_keyboard(keyed: Studio) -> None:
    keyed.playhead.set_frame(12)
    assert keyed.actions.trigger("key.select_next")
    assert (keyed.selection.keys, keyed.playhead.frame) == ((2,), 20)
    assert keyed.actions.trigger("key.add_next")
    assert (keyed.selection.keys, keyed.playhead.frame) == ((2, 3), 30)
    assert keyed.actions.trigger("key.select_previous")
    assert (keyed.selection.keys, keyed.playhead.frame) == ((1,), 10)
    keyed.verbs.select_key(-1)
    keyed.verbs.select_key(-1)
    assert (keyed.selection.keys, keyed.playhead.frame) == ((0,), 0)


def test_backspace_resets_the_selected_keys_or_the_curve(keyed: Studio) -> None:
    keyed.selection.select_keys([1, 2])
    assert keyed.actions.trigger("key.reset")
    assert _curve(keyed).values.tolist() == [0.0, 0.0, 0.0, 3.0]
    keyed.selection.clear()
    assert keyed.actions.trigger("key.reset")
    assert not _curve(keyed).keys


def test_the_pivot_of_scaling_cycles(keyed: Studio) -> None:
    keyed.playhead.set_frame(5)
    keyed.selection.select_keys([1, 2])
    pivots = []
    for _ in range(3):
        pivots.append(keyed.verbs.pivot)
        assert keyed.actions.trigger("key.pivot")
    assert pivots == [(5.0, 0.0), (15.0, 0.0), (10.0, 6.0)]
    assert keyed.verbs.pivot == pivots[0]

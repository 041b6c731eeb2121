from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from core.base.controls import FACTOR_CONTROLS, INDEX, Factor
from core.base.errors import StudioError
from core.base.time import FrameRange
from core.motion.track import FactorTrack
from core.timeline.base_lane import strip_gaps
from core.timeline.curve import Curve, Key
from core.timeline.document import AvatarSettings, Document, Marker, OffsetCurve, Track
from core.timeline.edits import (
    add_audio_strip,
    add_strip,
    delete_strip,
    duplicate_strip,
    edit_audio,
    edit_audio_strip,
    edit_strip,
    edit_track,
    fit_strip,
    move_strip,
    ripple_delete_strip,
    set_crossfade,
    set_locked,
    set_muted,
    set_solo,
    set_speed,
    slip_strip,
    split_strip,
    trim_strip,
)
from core.timeline.evaluate import evaluate
from core.timeline.keying import copy_keys, move_keys
from core.timeline.lane_edits import (
    bake_strip,
    draw_stroke,
    duplicate_keys,
    edit_curve,
    edit_influence,
    mirror_track,
    paste_to_lane,
    reset_lane,
    set_lane_muted,
    set_value,
    toggle_key,
    used_lanes,
)
from core.timeline.project_edits import (
    add_source,
    cut_time,
    fit_length,
    remove_marker,
    remove_source,
    set_avatar,
    set_length,
    set_marker,
    set_range,
    set_rate,
)
from core.timeline.source import (
    AudioParams,
    ClipParams,
    Generator,
    GeneratorParams,
    PortraitParams,
    Source,
    VoiceParams,
)
from core.timeline.strip import AudioStrip, Strip

LIPS = Factor.LIPS


def lane(document: Document, factor: Factor = LIPS) -> list[tuple[str, int, int]]:
    return [(s.id, s.start, s.stop) for s in document.track(factor).strips]


def two_strips() -> Document:
    document = add_strip(Document(), LIPS, Strip("a", "clip", 0, 50))
    return add_strip(document, LIPS, Strip("b", "clip", 100, 50, source_in=2.0))


def test_strips_are_moved_and_win_their_frames() -> None:
    document = move_strip(two_strips(), "b", 40)
    assert lane(document) == [("a", 0, 46), ("b", 40, 90)]
    assert lane(move_strip(document, "b", -9)) == [("b", 0, 50)]


def test_trimming_over_a_neighbour_makes_a_crossfade_of_two_seconds_at_most() -> None:
    document = trim_strip(two_strips(), "b", 35, 150)
    assert lane(document) == [("a", 0, 50), ("b", 35, 150)]
    assert document.track(LIPS).strips[1].source_in == pytest.approx(2.0 - 65 / 25)
    far = add_strip(Document(), LIPS, Strip("a", "clip", 0, 150))
    far = add_strip(far, LIPS, Strip("b", "clip", 200, 50))
    assert lane(trim_strip(far, "b", 20, 250)) == [("a", 0, 70), ("b", 20, 250)]


def test_slip_split_speed_and_delete() -> None:
    document = slip_strip(two_strips(), "b", -0.5)
    assert document.track(LIPS).strips[1].source_in == 1.5
    parts = split_strip(document, "b", 120)
    assert lane(parts) == [("a", 0, 50), ("b", 100, 120), ("strip-1", 120, 150)]
    assert split_strip(document, "b", 100) == document
    assert lane(set_speed(document, "b", 2.0))[1] == ("b", 100, 125)
    assert lane(delete_strip(parts, "b")) == [("a", 0, 50), ("strip-1", 120, 150)]
    assert lane(ripple_delete_strip(parts, "b")) == [("a", 0, 50), ("strip-1", 100, 130)]
    assert lane(duplicate_strip(document, "a")) == [
        ("a", 0, 50),
        ("strip-1", 50, 100),
        ("b", 100, 150),
    ]


def test_a_crossfade_reaches_under_the_strip_before() -> None:
    document = add_strip(Document(), LIPS, Strip("a", "clip", 0, 50))
    document = add_strip(document, LIPS, Strip("b", "clip", 50, 50))
    faded = set_crossfade(document, "b", 20)
    assert lane(faded) == [("a", 0, 70), ("b", 50, 100)]
    assert faded.track(LIPS).strips[1].fade_in == 20
    assert lane(set_crossfade(faded, "b", 0)) == [("a", 0, 50), ("b", 50, 100)]
    assert set_crossfade(faded, "b", 999).track(LIPS).strips[0].stop == 100
    assert set_crossfade(faded, "a", 5).track(LIPS).strips[0].fade_in == 5


def test_audio_strips_are_edited_by_the_same_verbs() -> None:
    document = add_audio_strip(Document(), AudioStrip("s", "audio", 0, 100))
    document = split_strip(document, "s", 40)
    document = move_strip(document, "strip-1", 60)
    document = edit_audio_strip(document, "s", lambda s: replace(s, gain_db=-6.0, offset_s=0.01))
    first, second = document.audio.strips
    assert (first.stop, first.gain_db, first.offset_s) == (40, -6.0, 0.01)
    assert (second.start, second.source_in) == (60, 1.6)
    assert delete_strip(document, "s").audio.strips == (second,)


def test_a_locked_track_refuses_edits_and_says_so() -> None:
    document = set_locked(two_strips(), LIPS, True)
    edits = [
        lambda: move_strip(document, "a", 3),
        lambda: add_strip(document, LIPS, Strip("c", "clip", 0, 5)),
        lambda: toggle_key(document, "open", 3),
        lambda: mirror_track(document, LIPS),
        lambda: edit_strip(document, "a", lambda s: replace(s, gain=0.5)),
    ]
    for edit in edits:
        with pytest.raises(StudioError, match="Lips track is locked"):
            edit()
    assert set_muted(document, LIPS, True).track(LIPS).is_muted
    assert set_solo(document, LIPS, True).track(LIPS).is_solo
    unlocked = set_locked(document, LIPS, False)
    assert lane(move_strip(unlocked, "a", 3))[0] == ("a", 3, 53)
    silent = edit_audio(Document(), lambda a: replace(a, is_locked=True))
    with pytest.raises(StudioError, match="Audio track is locked"):
        add_audio_strip(silent, AudioStrip("s", "audio", 0, 100))
    assert not edit_audio(silent, lambda a: replace(a, is_locked=False)).audio.is_locked


def test_unknown_strips_are_our_fault() -> None:
    for edit in (delete_strip, duplicate_strip, ripple_delete_strip):
        with pytest.raises(KeyError):
            edit(Document(), "nothing")


def test_lane_values_are_keyed_within_range() -> None:
    document = set_value(Document(), "yaw", 10, 12.0)
    document = set_value(document, "yaw", 20, 99.0)
    curve = document.track(Factor.HEAD_POSE).offset("yaw")
    assert curve.values.tolist() == [12.0, 30.0]
    moved = edit_curve(document, "yaw", lambda c: move_keys(c, [0], d_value=-80.0))
    assert moved.track(Factor.HEAD_POSE).offset("yaw").values.tolist() == [-30.0, 30.0]
    toggled = toggle_key(toggle_key(document, "yaw", 10), "yaw", 15)
    assert toggled.track(Factor.HEAD_POSE).offset("yaw").frames.tolist() == [15.0, 20.0]
    assert set_value(Document(), "scale", 0, 1.1).track(Factor.HEAD_POSE).offset(
        "scale"
    ).values.tolist() == [1.1]
    assert reset_lane(document, "yaw") == Document()
    assert used_lanes(document.track(Factor.HEAD_POSE)) == ("yaw",)


def test_influence_stays_within_0_and_1() -> None:
    document = edit_influence(Document(), LIPS, lambda _: Curve((Key(0.0, -1.0), Key(9.0, 3.0))))
    assert document.track(LIPS).influence.values.tolist() == [0.0, 1.0]


def test_keys_are_pasted_between_lanes_in_proportion() -> None:
    document = set_value(set_value(Document(), "yaw", 0, 15.0), "yaw", 10, -30.0)
    keys = copy_keys(document.track(Factor.HEAD_POSE).offset("yaw"), [0, 1])
    document = paste_to_lane(document, keys, "yaw", "gaze_x", 50)
    curve = document.track(Factor.EYES).offset("gaze_x")
    assert curve.frames.tolist() == [50.0, 60.0]
    assert curve.values.tolist() == [0.5, -1.0]
    twice = duplicate_keys(document, "yaw", [0, 1], 20)
    assert len(twice.track(Factor.HEAD_POSE).offset("yaw")) == 4


def test_a_muted_lane_has_no_effect() -> None:
    document = set_value(Document(), "open", 0, 0.5)
    assert evaluate(document, FrameRange(0, 1), {}).controls[0, INDEX["jawOpen"]] == 0.5
    muted = set_lane_muted(document, "open", True)
    assert evaluate(muted, FrameRange(0, 1), {}).controls[0, INDEX["jawOpen"]] == 0.0


def test_a_stroke_is_fitted_within_one_percent() -> None:
    frames = np.arange(100, dtype=np.float64)
    stroke = 20.0 * np.sin(frames / 15.0)
    document = draw_stroke(Document(), "yaw", frames, stroke)
    curve = document.track(Factor.HEAD_POSE).offset("yaw")
    assert np.abs(curve.evaluate(frames) - stroke).max() <= 0.6
    assert len(curve) < 25


def test_mirroring_twice_changes_nothing_and_once_swaps_sides() -> None:
    document = set_value(Document(), "blink_left", 5, 0.7)
    document = set_value(document, "gaze_x", 5, 0.3)
    document = add_strip(document, Factor.EYES, Strip("a", "clip", 0, 50))
    mirrored = mirror_track(document, Factor.EYES)
    track = mirrored.track(Factor.EYES)
    assert track.offset("blink_right").values.tolist() == [0.7]
    assert track.offset("gaze_x").values.tolist() == [-0.3]
    assert track.strips[0].mirror
    assert mirror_track(mirrored, Factor.EYES) == document


def test_a_baked_strip_looks_the_same_as_keys() -> None:
    t = np.arange(80) / 80
    table = np.tile(FactorTrack.at_rest(LIPS, 1, Fraction(25)).values, (80, 1))
    table[:, FACTOR_CONTROLS[LIPS].index("jawOpen")] = 0.4 + 0.3 * np.sin(9 * t)
    track = FactorTrack(LIPS, table, np.ones(80, np.bool_), Fraction(25), "test")
    bank = {"clip": {LIPS: track}}
    document = Document().with_track(Track(LIPS, strips=(Strip("a", "clip", 20, 80),)))
    document = set_value(document, "jawOpen", 0, 0.05)
    baked = bake_strip(document, "a", bank)
    assert baked.track(LIPS).strips == ()
    assert used_lanes(baked.track(LIPS)) == ("jawOpen",)
    whole = FrameRange(0, 120)
    before = evaluate(document, whole, bank).controls[:, INDEX["jawOpen"]]
    after = evaluate(baked, whole, bank).controls[:, INDEX["jawOpen"]]
    assert np.abs(before - after)[26:100].max() < 0.025
    assert after[:20] == pytest.approx(0.05)
    assert after[101:] == pytest.approx(0.05)


def test_sources_go_with_what_lives_on_them() -> None:
    document = Document()
    for source in (
        Source("face", "Face", PortraitParams()),
        Source("speech", "Speech", AudioParams()),
        Source("voice", "Voice", VoiceParams("speech")),
        Source("nods", "Nods", GeneratorParams(Generator.HEAD, audio_id="speech")),
    ):
        document = add_source(document, source)
    document = set_avatar(document, AvatarSettings("face"))
    document = add_strip(document, LIPS, Strip("v", "voice", 0, 9))
    document = add_strip(document, Factor.HEAD_POSE, Strip("n", "nods", 0, 9))
    document = add_audio_strip(document, AudioStrip("s", "speech", 0, 9))
    less = remove_source(document, "speech")
    assert [source.id for source in less.sources] == ["face", "nods"]
    assert less.sources[1].params == GeneratorParams(Generator.HEAD)
    assert lane(less) == []
    assert less.audio.strips == ()
    assert lane(less, Factor.HEAD_POSE) == [("n", 0, 9)]
    assert remove_source(less, "face").avatar.source_id == ""
    renamed = add_source(less, Source("nods", "New", ClipParams(face=1)))
    assert [source.name for source in renamed.sources] == ["Face", "New"]


def test_markers_range_and_length() -> None:
    document = set_marker(set_marker(Document(), Marker(40, "b")), Marker(10, "a"))
    document = set_marker(document, Marker(40, "c"))
    assert [m.name for m in document.markers] == ["a", "c"]
    assert [m.name for m in remove_marker(document, 10).markers] == ["c"]
    document = set_range(document, 20, 50)
    assert document.range == FrameRange(20, 50)
    assert set_range(document, 60, 50).range == FrameRange(60, 250)
    assert set_range(document, 20, 15).range == FrameRange(0, 15)
    assert set_range(document, None, None).range == FrameRange(0, 250)
    assert set_length(document, 30).range == FrameRange(20, 30)
    assert set_length(document, 0).n_frames == 1
    assert fit_length(two_strips()).n_frames == 150
    assert fit_length(Document(n_frames=7)).n_frames == 7


def test_cutting_time_closes_the_gap_everywhere() -> None:
    document = set_marker(set_range(two_strips(), 10, 140), Marker(120, "m"))
    document = add_audio_strip(document, AudioStrip("s", "audio", 0, 250))
    document = set_value(set_value(document, "open", 30, 0.5), "open", 130, 0.7)
    cut = cut_time(document, 40, 110)
    assert cut.n_frames == 180
    assert lane(cut) == [("a", 0, 40), ("b", 40, 80)]
    assert cut.track(LIPS).offset("open").frames.tolist() == [30.0, 60.0]
    assert [m.frame for m in cut.markers] == [50]
    assert cut.range == FrameRange(10, 70)
    assert [(s.start, s.stop) for s in cut.audio.strips] == [(0, 40), (40, 180)]
    assert cut_time(document, 0, 9999).n_frames == 1


def test_a_new_rate_keeps_every_second() -> None:
    document = set_marker(set_range(two_strips(), 10, 140), Marker(120, "m"))
    document = set_value(set_value(document, "open", 30, 0.5), "open", 130, 0.7)
    document = edit_strip(document, "a", lambda s: replace(s, fade_in=4))
    fast = set_rate(document, Fraction(50))
    assert fast.n_frames == 500
    assert lane(fast) == [("a", 0, 100), ("b", 200, 300)]
    assert fast.track(LIPS).strips[0].fade_in == 8
    assert fast.track(LIPS).offset("open").frames.tolist() == [60.0, 260.0]
    assert fast.range == FrameRange(20, 280)
    assert set_rate(fast, Fraction(25)) == document


@pytest.mark.parametrize(
    "make",
    [
        lambda: Document(rate=Fraction(0)),
        lambda: Document(n_frames=0),
        lambda: Document(tracks=(Track(LIPS),)),
        lambda: Document(sources=(Source("a", "", AudioParams()),) * 2),
        lambda: Track(LIPS, gain=2.5),
        lambda: Track(LIPS, smoothing=-0.1),
        lambda: Track(LIPS, offsets=(OffsetCurve("yaw"),)),
        lambda: Track(LIPS, offsets=(OffsetCurve("open"),) * 2),
        lambda: OffsetCurve("nonsense"),
    ],
)
def test_impossible_documents_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()  # type: ignore[operator]


def test_a_track_is_empty_until_something_is_laid_or_drawn_on_it() -> None:
    assert Document().track(LIPS).is_empty
    assert not two_strips().track(LIPS).is_empty
    drawn = set_value(Document(), "open", 0, 0.5)
    assert not drawn.track(LIPS).is_empty
    assert toggle_key(drawn, "open", 0).track(LIPS).is_empty


def test_track_settings_go_through_the_same_door() -> None:
    document = edit_track(Document(), LIPS, lambda t: replace(t, gain=0.5))
    assert document.track(LIPS).gain == 0.5


def test_a_fitted_strip_covers_the_span_with_its_stretch_of_the_source() -> None:
    document = add_strip(Document(), LIPS, Strip("a", "clip", 10, 50, source_in=1.0))
    fitted = fit_strip(document, "a", 20, 120).track(LIPS).strips[0]
    assert (fitted.start, fitted.n_frames, fitted.speed, fitted.source_in) == (20, 100, 0.5, 1.0)
    assert fit_strip(document, "a", 0, 1000).track(LIPS).strips[0].speed == 0.25
    with pytest.raises(KeyError):
        fit_strip(document, "none", 0, 10)


def test_gaps_of_a_strip_lie_where_its_source_shows_no_face() -> None:
    valid = np.ones(100, bool)
    valid[40:80] = False
    values = np.zeros((100, len(FACTOR_CONTROLS[LIPS])), np.float32)
    source = FactorTrack(LIPS, values, valid, Fraction(25), "clip", 0)
    strip = Strip("a", "clip", 10, 60)
    assert [(g.start, g.stop) for g in strip_gaps(strip, source, Fraction(25))] == [(50, 70)]
    slipped = replace(strip, source_in=1.0, speed=2.0)
    gaps = strip_gaps(slipped, source, Fraction(25))
    assert [g.start for g in gaps] == [18]  # second 1.6 of the source, at twice the pace

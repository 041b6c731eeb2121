from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.controls import (
    CONTROLS,
    FACTOR_CONTROLS,
    FACTOR_SLICE,
    INDEX,
    LOWER,
    REST,
    UPPER,
    Factor,
)
from core.base.time import FrameRange
from core.face.pose import Pose
from core.motion.clip_end import ClipEnd
from core.motion.motion import Motion
from core.motion.retarget import Mode
from core.motion.track import FactorTrack
from core.timeline.curve import Curve, Interpolation, Key
from core.timeline.document import Document, Gap, OffsetCurve, Track
from core.timeline.evaluate import evaluate
from core.timeline.lanes import FRIENDLY_LANES, LANES
from core.timeline.strip import Blend, Strip, split

RATE = Fraction(25)
Bank = dict[str, dict[Factor, FactorTrack]]


def source(factor: Factor, values: dict[str, list[float]], rate: Fraction = RATE) -> FactorTrack:
    """A source that is relative to rest already; controls not named stay at rest."""
    n = len(next(iter(values.values())))
    rest = FactorTrack.at_rest(factor, n, rate, "test")
    table = rest.values.copy()
    for name, column in values.items():
        table[:, FACTOR_CONTROLS[factor].index(name)] = column
    return rest.with_values(table)


def on(factor: Factor, *strips: Strip, **settings: object) -> Document:
    return Document(n_frames=100).with_track(
        Track(factor, strips=strips, **settings)  # type: ignore[arg-type]
    )


def column(motion: Motion, name: str) -> np.ndarray:
    return motion.controls[:, INDEX[name]]


def run(document: Document, bank: Bank, stop: int = 100) -> Motion:
    return evaluate(document, FrameRange(0, stop), bank)


BANK: Bank = {
    "jaw": {Factor.LIPS: source(Factor.LIPS, {"jawOpen": [i / 100 for i in range(100)]})},
    "half": {Factor.LIPS: source(Factor.LIPS, {"jawOpen": [0.5] * 100})},
    "full": {Factor.LIPS: source(Factor.LIPS, {"jawOpen": [1.0] * 100})},
    "blink": {Factor.EYES: source(Factor.EYES, {"eyeBlinkLeft": [0.8] * 100})},
    "look": {
        Factor.EYES: source(
            Factor.EYES, {"eyeLookUpLeft": [0.4] * 100, "eyeBlinkLeft": [0.1] * 100}
        )
    },
    "turn": {Factor.HEAD_POSE: source(Factor.HEAD_POSE, {"yaw": [15.0] * 100})},
}


def test_an_empty_document_is_the_portrait_at_rest() -> None:
    motion = run(Document(), {})
    assert motion.rate == RATE
    assert np.array_equal(motion.controls, np.tile(REST, (100, 1)))


def test_a_strip_at_the_start_shows_its_source_frame_by_frame() -> None:
    motion = run(on(Factor.LIPS, Strip("s", "jaw", 0, 100)), BANK)
    assert column(motion, "jawOpen").tolist() == BANK["jaw"][Factor.LIPS].column("jawOpen").tolist()


def test_only_the_track_of_the_strip_moves() -> None:
    motion = run(on(Factor.LIPS, Strip("s", "jaw", 0, 100)), BANK)
    others = np.delete(motion.controls, INDEX["jawOpen"], axis=1)
    assert np.array_equal(others, np.tile(np.delete(REST, INDEX["jawOpen"]), (100, 1)))


def test_source_rate_speed_and_trim_choose_the_source_time() -> None:
    ramp = source(Factor.LIPS, {"jawOpen": [i / 200 for i in range(200)]}, Fraction(50))
    document = on(Factor.LIPS, Strip("s", "ramp", 0, 20, source_in=0.5, speed=2.0))
    motion = run(document, {"ramp": {Factor.LIPS: ramp}}, 20)
    # frame f is second 0.5 + 2 f / 25 of a ramp of 0.25 per second
    assert column(motion, "jawOpen") == pytest.approx(
        0.25 * (0.5 + 2 * np.arange(20) / 25), abs=1e-6
    )


def test_influence_gain_and_offset_follow_the_formula_and_are_clamped() -> None:
    influence = Curve((Key(0.0, 0.0, Interpolation.LINEAR), Key(99.0, 1.0)))
    offset = OffsetCurve("jawOpen", Curve((Key(0.0, 0.2),)))
    document = on(
        Factor.LIPS, Strip("s", "jaw", 0, 100), influence=influence, gain=1.5, offsets=(offset,)
    )
    base, t = np.arange(100) / 100, np.arange(100) / 99
    wanted = np.clip(t * 1.5 * base + 0.2, 0.0, 1.0)
    assert column(run(document, BANK), "jawOpen") == pytest.approx(wanted, abs=1e-6)


def test_mute_and_solo_return_to_rest() -> None:
    document = on(Factor.LIPS, Strip("s", "full", 0, 100)).with_track(
        Track(Factor.HEAD_POSE, strips=(Strip("t", "turn", 0, 100),))
    )
    both = run(document, BANK)
    assert column(both, "jawOpen").min() == 1.0
    assert column(both, "yaw").min() == 15.0
    muted = run(document.with_track(replace(document.track(Factor.LIPS), is_muted=True)), BANK)
    assert column(muted, "jawOpen").max() == 0.0
    assert column(muted, "yaw").min() == 15.0
    alone = run(document.with_track(replace(document.track(Factor.LIPS), is_solo=True)), BANK)
    assert column(alone, "jawOpen").min() == 1.0
    assert column(alone, "yaw").max() == 0.0


def test_absolute_head_pose_is_taken_relative_to_the_portrait() -> None:
    clip = replace(source(Factor.HEAD_POSE, {"yaw": [20.0, 25.0]}), neutral=0)
    document = on(Factor.HEAD_POSE, Strip("s", "c", 0, 2, motion=Mode.ABSOLUTE))
    bank = {"c": {Factor.HEAD_POSE: clip}}
    motion = evaluate(document, FrameRange(0, 2), bank, Pose(yaw=8.0))
    assert column(motion, "yaw").tolist() == [12.0, 17.0]
    relative = document.with_track(Track(Factor.HEAD_POSE, strips=(Strip("s", "c", 0, 2),)))
    motion = evaluate(relative, FrameRange(0, 2), bank, Pose(yaw=8.0))
    assert column(motion, "yaw").tolist() == [0.0, 5.0]


def test_after_the_last_strip_it_holds_and_eases_to_rest() -> None:
    values = column(run(on(Factor.LIPS, Strip("s", "half", 0, 20)), BANK), "jawOpen")
    assert (values[:26] == 0.5).all()  # 0.25 s after frame 19
    assert (np.diff(values[25:40]) <= 0).all()
    assert values[32] == pytest.approx(0.25, abs=0.06)
    assert (values[40:] == 0.0).all()
    held = run(on(Factor.LIPS, Strip("s", "half", 0, 20), gap=Gap.HOLD), BANK)
    assert (column(held, "jawOpen") == 0.5).all()


def test_overlap_is_a_crossfade() -> None:
    strips = Strip("a", "half", 0, 50), Strip("b", "full", 40, 50)
    values = column(run(on(Factor.LIPS, *strips), BANK), "jawOpen")
    assert (values[:40] == 0.5).all()
    assert (values[50:90] == 1.0).all()
    assert (np.diff(values[39:51]) > 0).all()
    assert np.diff(values).max() < 0.08


def test_a_strip_after_a_gap_comes_in_without_a_jump() -> None:
    strips = Strip("a", "half", 0, 20), Strip("b", "full", 60, 30)
    values = column(run(on(Factor.LIPS, *strips), BANK), "jawOpen")
    assert np.abs(np.diff(values)).max() < 0.25
    assert (values[66:90] == 1.0).all()


def test_a_split_changes_nothing() -> None:
    whole = Strip("a", "jaw", 5, 80, source_in=0.3, speed=0.7)
    parts = split(whole, 41, "b", RATE)
    one = run(on(Factor.LIPS, whole), BANK).controls
    two = run(on(Factor.LIPS, *parts), BANK).controls
    assert np.abs(one - two).max() < 1e-6
    added = [replace(strip, blend=Blend.ADD) for strip in (whole, *parts)]
    one = run(on(Factor.LIPS, added[0]), BANK).controls
    two = run(on(Factor.LIPS, *added[1:]), BANK).controls
    assert np.abs(one - two).max() < 1e-6


def test_an_added_strip_comes_on_top() -> None:
    strips = Strip("a", "half", 0, 100), Strip("b", "jaw", 0, 40, blend=Blend.ADD, gain=0.5)
    values = column(run(on(Factor.LIPS, *strips), BANK), "jawOpen")
    assert values[:34] == pytest.approx(0.5 + 0.005 * np.arange(34), abs=1e-6)
    assert values[40:] == pytest.approx(0.5)


def test_blinks_and_gaze_drive_their_own_controls() -> None:
    blink = Strip("b", "blink", 0, 50, controls=("eyeBlinkLeft", "eyeBlinkRight"))
    motion = run(on(Factor.EYES, Strip("a", "look", 0, 100), blink), BANK)
    assert (column(motion, "eyeLookUpLeft") == np.float32(0.4)).all()
    assert (column(motion, "eyeBlinkLeft")[:44] == np.float32(0.8)).all()
    assert (column(motion, "eyeBlinkLeft")[50:] == np.float32(0.1)).all()
    added = Strip("b", "blink", 0, 100, blend=Blend.ADD)
    motion = run(on(Factor.EYES, Strip("a", "look", 0, 100), added, blink_gain=0.5), BANK)
    assert column(motion, "eyeBlinkLeft")[20] == pytest.approx(0.45)


def test_looking_at_the_camera_makes_up_for_the_head() -> None:
    document = on(Factor.EYES, look_at_camera=1.0).with_track(
        Track(Factor.HEAD_POSE, strips=(Strip("t", "turn", 0, 100),))
    )
    motion = run(document, BANK)
    # the head turns to the viewer's right, the eyes to the viewer's left
    assert column(motion, "eyeLookInLeft")[50] == pytest.approx(0.375)  # 15° of 40°
    assert column(motion, "eyeLookOutRight")[50] == pytest.approx(0.375)
    assert column(motion, "eyeLookOutLeft").max() == 0.0


def test_a_delay_moves_the_base_lane() -> None:
    document = on(Factor.LIPS, Strip("s", "jaw", 0, 100), delay_s=0.2)
    values = column(run(document, BANK), "jawOpen")
    assert values[5:] == pytest.approx(np.arange(95) / 100, abs=1e-6)


def test_strips_without_their_source_count_as_absent() -> None:
    strips = Strip("a", "half", 0, 100), Strip("b", "lost", 20, 30), Strip("c", "full", 0, 100)
    muted = replace(strips[2], is_muted=True)
    values = column(run(on(Factor.LIPS, strips[0], strips[1], muted), BANK), "jawOpen")
    assert (values == 0.5).all()


@pytest.mark.parametrize("lane", sorted(LANES))
def test_every_lane_moves_its_own_factor_both_ways_within_range(lane: str) -> None:
    of = LANES[lane]
    keys = Key(0.0, of.lower, Interpolation.LINEAR), Key(99.0, of.upper)
    document = on(of.factor, offsets=(OffsetCurve(lane, Curve(keys)),))
    controls = run(document, BANK).controls
    part = FACTOR_SLICE[of.factor]
    assert np.ptp(controls[:, part], axis=0).max() > 0.05
    outside = np.delete(controls, np.r_[part], axis=1)
    assert np.array_equal(outside, np.tile(np.delete(REST, np.r_[part]), (100, 1)))
    assert (controls >= LOWER).all()
    assert (controls <= UPPER).all()
    at_default = on(of.factor, offsets=(OffsetCurve(lane, Curve((Key(0.0, of.default),))),))
    assert np.array_equal(run(at_default, BANK).controls, np.tile(REST, (100, 1)))
    assert LANES[of.mirror].mirror == lane


def test_offset_gaze_adds_up_with_the_gaze_below() -> None:
    left = source(Factor.EYES, {"eyeLookInLeft": [0.3] * 9, "eyeLookOutRight": [0.3] * 9})
    offset = OffsetCurve("gaze_x", Curve((Key(0.0, 0.3),)))
    document = on(Factor.EYES, Strip("s", "left", 0, 9), offsets=(offset,))
    motion = run(document, {"left": {Factor.EYES: left}}, 9)
    assert np.array_equal(column(motion, "eyeLookOutLeft"), column(motion, "eyeLookInLeft"))


def test_every_factor_shows_friendly_lanes_first() -> None:
    assert list(LANES)[: sum(map(len, FRIENDLY_LANES.values()))] == [
        lane.name for lanes in FRIENDLY_LANES.values() for lane in lanes
    ]
    assert set(CONTROLS) <= set(LANES)


strips = st.builds(
    Strip,
    id=st.uuids().map(str),
    source_id=st.sampled_from(["jaw", "half", "full", "blink", "look", "turn", "lost"]),
    start=st.integers(-10, 90),
    n_frames=st.integers(1, 60),
    source_in=st.floats(-0.5, 4.0),
    speed=st.floats(0.25, 4.0),
    gain=st.floats(0.0, 2.0),
    blend=st.sampled_from(Blend),
    clip_end=st.sampled_from(ClipEnd),
    smoothing=st.sampled_from([None, 0.0, 0.5]),
    mirror=st.booleans(),
    fade_in=st.none() | st.integers(0, 80),
    fade_out=st.none() | st.integers(0, 80),
    controls=st.sampled_from([(), ("jawOpen",), ("eyeBlinkLeft",), ("jawOpen", "mouthClose")]),
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    document = Document(rate=draw(st.sampled_from([RATE, Fraction(30000, 1001)])), n_frames=100)
    for factor in Factor:
        values = draw(st.lists(st.floats(-1.0, 1.5), min_size=1, max_size=4))
        keys = tuple(Key(31.7 * i, value) for i, value in enumerate(values))
        offset = OffsetCurve(draw(st.sampled_from(FRIENDLY_LANES[factor])).name, Curve(keys))
        track = Track(
            factor,
            strips=tuple(draw(st.lists(strips, max_size=4, unique_by=lambda s: s.id))),
            offsets=(offset,),
            influence=Curve((Key(20.0, 0.2), Key(60.0, 1.0))),
            gain=draw(st.floats(0.0, 2.0)),
            gap=draw(st.sampled_from(Gap)),
            look_at_camera=0.5 if factor is Factor.EYES else 0.0,
        )
        document = document.with_track(track)
    return document


@settings(deadline=None, max_examples=60)
@given(documents(), st.integers(0, 100), st.integers(0, 100))
def test_a_slice_equals_the_slice_of_the_whole(document: Document, a: int, b: int) -> None:
    whole = run(document, BANK)
    part = FrameRange(min(a, b), max(a, b))
    motion = evaluate(document, part, BANK)
    assert motion.start_frame == part.start
    assert np.array_equal(motion.controls, whole.controls[part.start : part.stop])
    assert (whole.controls >= LOWER).all()
    assert (whole.controls <= UPPER).all()

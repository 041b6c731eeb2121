from dataclasses import replace
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timeline.strip import (
    AudioStrip,
    Blend,
    Strip,
    close_gap,
    continues,
    place,
    slip,
    source_second,
    split,
    trim,
    with_speed,
)

RATE = Fraction(25)
strips = st.builds(
    Strip,
    id=st.just("s"),
    source_id=st.just("clip"),
    start=st.integers(-50, 200),
    n_frames=st.integers(1, 200),
    source_in=st.floats(0.0, 10.0),
    speed=st.floats(0.25, 4.0),
)


def spans(lane: tuple[Strip, ...]) -> list[tuple[str, int, int]]:
    return [(strip.id, strip.start, strip.stop) for strip in lane]


def ids() -> "map[str]":
    return map("new-{}".format, count(1))


@given(strips, st.integers(-100, 300), st.integers(-100, 300))
def test_trimming_moves_no_motion(strip: Strip, start: int, stop: int) -> None:
    trimmed = trim(strip, start, stop, RATE)
    assert trimmed.n_frames >= 1
    assert trimmed.stop == stop
    for frame in (trimmed.start, trimmed.stop):
        assert source_second(trimmed, frame, RATE) == pytest.approx(
            source_second(strip, frame, RATE), abs=1e-9
        )


@given(strips, st.integers(1, 199))
def test_split_parts_cover_the_strip_and_continue_each_other(strip: Strip, at: int) -> None:
    frame = strip.start + at
    if frame >= strip.stop:
        with pytest.raises(ValueError, match="inside"):
            split(strip, frame, "t", RATE)
        return
    left, right = split(strip, frame, "t", RATE)
    assert (left.start, left.stop, right.stop) == (strip.start, right.start, strip.stop)
    assert continues(left, right, RATE)
    assert not continues(left, replace(right, gain=0.5), RATE)
    assert not continues(left, slip(right, 0.1), RATE)


def test_speed_keeps_the_stretch_of_the_source() -> None:
    fast = with_speed(Strip("s", "c", 10, 100, speed=1.0), 2.0)
    assert (fast.start, fast.n_frames, fast.speed) == (10, 50, 2.0)
    assert with_speed(fast, 9.0).speed == 4.0
    assert with_speed(fast, 0.0).speed == 0.25


def test_a_strip_placed_on_another_wins_its_frames() -> None:
    lane = (Strip("a", "c", 0, 100),)
    placed = place(lane, Strip("b", "d", 40, 30), RATE, ids())
    assert spans(placed) == [("a", 0, 46), ("b", 40, 70), ("new-1", 64, 100)]
    # both remaining parts show what they showed
    assert source_second(placed[2], 90, RATE) == pytest.approx(source_second(lane[0], 90, RATE))
    assert spans(place(lane, Strip("b", "d", 0, 100), RATE, ids())) == [("b", 0, 100)]
    assert spans(place(lane, Strip("b", "d", 100, 10), RATE, ids())) == [
        ("a", 0, 100),
        ("b", 100, 110),
    ]
    assert spans(place(lane, Strip("b", "d", 90, 30), RATE, ids(), 0)) == [
        ("a", 0, 90),
        ("b", 90, 120),
    ]


def test_ends_that_are_cut_off_lose_their_fades_and_the_others_keep_them() -> None:
    lane = (Strip("a", "c", 0, 100, fade_in=0, fade_out=9),)
    left, _, right = place(lane, Strip("b", "d", 40, 30), RATE, ids())
    assert (left.fade_in, left.fade_out) == (0, None)
    assert (right.fade_in, right.fade_out) == (None, 9)
    assert left.source_in == 0.0


def test_a_strip_gives_way_only_where_all_its_controls_are_driven() -> None:
    lane = (Strip("all", "c", 0, 100), Strip("blink", "c", 0, 100, controls=("eyeBlinkLeft",)))
    part = Strip("gaze", "d", 20, 50, controls=("eyeLookUpLeft",))
    assert len(place(lane, part, RATE, ids())) == 3
    assert spans(place(lane, replace(part, controls=()), RATE, ids(), 0)) == [
        ("all", 0, 20),
        ("blink", 0, 20),
        ("gaze", 20, 70),
        ("new-1", 70, 100),
        ("new-2", 70, 100),
    ]
    assert len(place(lane, replace(part, controls=(), blend=Blend.ADD), RATE, ids())) == 3


def test_closing_a_gap_cuts_and_moves() -> None:
    lane = (Strip("a", "c", 0, 50), Strip("b", "c", 50, 50), Strip("c", "c", 30, 10))
    closed = close_gap(lane, 25, 60, RATE, ids())
    assert spans(closed) == [("a", 0, 25), ("b", 25, 65)]
    assert closed[1].source_in == pytest.approx(0.4)
    inside = close_gap((AudioStrip("s", "c", 0, 100),), 25, 60, RATE, ids())
    assert [(s.start, s.n_frames) for s in inside] == [(0, 25), (25, 40)]
    assert inside[1].source_in == pytest.approx(2.4)


@pytest.mark.parametrize(
    "bad",
    [
        {"n_frames": 0},
        {"speed": 0.1},
        {"speed": 5.0},
        {"gain": 2.5},
        {"gain": float("nan")},
        {"smoothing": 1.1},
        {"fade_in": -1},
    ],
)
def test_numbers_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(Strip("s", "c", 0, 10), **bad)

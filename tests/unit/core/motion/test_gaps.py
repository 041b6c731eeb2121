import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.controls import Factor
from core.base.time import FrameRange
from core.motion.gaps import fill_gaps, find_gaps
from core.motion.track import FactorTrack, rest_of


def with_gap(make_track, length, *, start=25, n=200, neutral=0):
    yaw = np.where(np.arange(n) < start, 10.0, 20.0)
    yaw[0] = 0.0
    valid = np.ones(n, bool)
    valid[start : start + length] = False
    yaw[~valid] = 777.0
    return make_track(yaw=yaw, valid=valid, neutral=neutral)


def test_runs_are_found_at_both_ends():
    valid = np.array([0, 0, 1, 0, 1, 1, 0], bool)
    assert find_gaps(valid) == (FrameRange(0, 2), FrameRange(3, 4), FrameRange(6, 7))
    assert find_gaps(np.ones(3, bool)) == ()


def test_a_quarter_second_is_held(make_track):
    filled = fill_gaps(with_gap(make_track, 6))
    assert np.all(filled.track.column("yaw")[25:31] == 10.0)
    assert filled.track.valid.all()
    assert filled.note is None


@pytest.mark.parametrize("length", [7, 25])
def test_up_to_a_second_is_bridged_smoothly(make_track, length):
    filled = fill_gaps(with_gap(make_track, length))
    yaw = filled.track.column("yaw")[24 : 26 + length]
    assert np.all(np.diff(yaw) > 0)
    assert np.diff(yaw).argmax() in range(length // 2 - 1, length // 2 + 2)
    assert filled.track.valid.all()
    assert filled.marked == ()


def test_longer_gaps_ease_to_rest_and_are_marked(make_track):
    filled = fill_gaps(with_gap(make_track, 60))
    yaw = filled.track.column("yaw")
    assert np.all(yaw[25:31] == 10.0)
    assert abs(yaw[25 + 20]) < 1e-3
    assert np.abs(np.diff(yaw[24:86])).max() < 3.0
    assert filled.marked == (FrameRange(25, 85),)
    assert filled.track.valid.sum() == 140
    assert filled.marked_seconds == pytest.approx(2.4)
    assert "1 gap, 2.4 s" in filled.note
    assert "1.0–3.4 s" in filled.note


def test_rest_is_the_clips_own_neutral(make_track):
    filled = fill_gaps(with_gap(make_track, 60, neutral=5))
    assert filled.track.column("yaw")[55] == pytest.approx(10.0)


def test_gaps_at_the_ends(make_track):
    valid = np.r_[np.zeros(10, bool), np.ones(10, bool), np.zeros(60, bool)]
    yaw = np.where(valid, 8.0, 777.0)
    filled = fill_gaps(make_track(yaw=yaw, valid=valid, neutral=None))
    assert np.all(filled.track.column("yaw")[:20] == 8.0)
    assert filled.track.column("yaw")[-1] == 0.0
    assert filled.marked == (FrameRange(20, 80),)


def test_a_track_without_any_face_rests(make_track):
    track = make_track(yaw=[50.0] * 3, scale=[2.0] * 3, valid=[0, 0, 0], neutral=None)
    filled = fill_gaps(track)
    assert np.array_equal(filled.track.values, np.tile(rest_of(Factor.HEAD_POSE), (3, 1)))
    assert len(filled.marked) == 1


@given(st.lists(st.booleans(), min_size=1, max_size=150), st.sampled_from([10, 25, 60]))
def test_filling_keeps_what_was_seen_and_stays_between_neighbours(valid, rate):
    rng = np.random.default_rng(len(valid))
    values = rng.uniform(-1, 1, (len(valid), 6)).astype(np.float32)
    track = FactorTrack(Factor.HEAD_POSE, values, np.array(valid), rate, "", 0)
    filled = fill_gaps(track)
    seen = np.array(valid)
    assert np.array_equal(filled.track.values[seen], values[seen])
    assert np.abs(filled.track.values).max() <= 1.0 + 1e-6 or not seen.any()
    marked = sum(len(gap) for gap in filled.marked)
    assert (~filled.track.valid).sum() == marked
    assert all(len(gap) > rate or not seen.any() for gap in filled.marked)

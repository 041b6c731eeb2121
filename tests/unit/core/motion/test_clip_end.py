import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import MotionError
from core.motion.clip_end import ClipEnd, parse_clip_end, sample, seam_frames


@pytest.mark.parametrize("end", ClipEnd)
def test_inside_the_clip_nothing_changes(make_track, end):
    track = make_track(yaw=np.arange(40.0))
    values, valid = sample(track, np.arange(34), end)
    assert np.array_equal(values, track.values[:34])
    assert valid.all()


def test_hold(make_track):
    values, _ = sample(make_track(yaw=np.arange(10.0)), [-3, 9, 9.5, 50], ClipEnd.HOLD)
    assert values[:, 0].tolist() == [0, 9, 9, 9]


def test_pingpong_turns_without_repeating_the_end(make_track):
    values, _ = sample(make_track(yaw=np.arange(4.0)), np.arange(9), ClipEnd.PINGPONG)
    assert values[:, 0].tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]


def test_loop_repeats_and_has_no_jump(make_track):
    yaw = np.linspace(0.0, 10.0, 100)
    track = make_track(yaw=yaw)
    seam = seam_frames(track)
    assert seam == 6
    positions = np.arange(0, 400, 0.25)
    looped = sample(track, positions, ClipEnd.LOOP)[0][:, 0]
    assert np.abs(np.diff(looped)).max() < 10.0 * 1.6 * 0.25 / seam
    period = 100 - seam
    later = sample(track, positions[positions > period] + period, ClipEnd.LOOP)[0][:, 0]
    assert np.allclose(later, looped[positions > period], atol=1e-4)
    assert looped.max() == pytest.approx(10.0, rel=0.1)


def test_gaps_come_round_too(make_track):
    valid = np.ones(40, bool)
    valid[20] = False
    track = make_track(yaw=np.zeros(40), valid=valid)
    period = 40 - seam_frames(track)
    assert not sample(track, [20.0 + 3 * period], ClipEnd.LOOP)[1][0]


@given(st.sampled_from(list(ClipEnd)), st.integers(1, 9), st.floats(-10, 1e5))
def test_values_never_leave_the_clip(end, n, position):
    from fractions import Fraction

    from core.base.controls import Factor
    from core.motion.track import FactorTrack

    values = np.linspace(1.0, 2.0, n)[:, None] * np.ones(6)
    track = FactorTrack(Factor.HEAD_POSE, values, np.ones(n, bool), Fraction(25), "")
    result = sample(track, [position], end)[0]
    assert 1.0 - 1e-6 <= result.min() <= result.max() <= 2.0 + 1e-6


def test_names():
    assert parse_clip_end("pingpong") is ClipEnd.PINGPONG
    with pytest.raises(MotionError, match="hold, loop, pingpong"):
        parse_clip_end("bounce")

import numpy as np
import pytest

from core.base.controls import Factor
from core.base.errors import MotionError
from core.motion.smoothing import smooth, width_seconds


def test_zero_percent_changes_nothing(make_track):
    track = make_track(yaw=np.random.default_rng(0).normal(size=50))
    assert smooth(track, 0.0).values.tobytes() == track.values.tobytes()


def test_width_grows_to_a_quarter_second():
    widths = [width_seconds(p) for p in (0, 20, 50, 100)]
    assert widths == sorted(widths)
    assert widths[0] == 0.0
    assert widths[-1] == pytest.approx(0.25)
    with pytest.raises(MotionError, match="101"):
        width_seconds(101)


def test_smoothing_has_no_lag_and_keeps_the_mean(make_track):
    pulse = np.zeros(201)
    pulse[100] = 10.0
    result = smooth(make_track(yaw=pulse), 60.0).column("yaw")
    assert result.argmax() == 100
    assert np.allclose(result, result[::-1], atol=1e-6)
    assert result.sum() == pytest.approx(10.0, abs=1e-4)
    assert result.max() < 2.0


def test_the_same_percentage_means_the_same_seconds_at_any_rate(make_track):
    step = [np.r_[np.zeros(n), np.ones(n)] for n in (25, 50)]
    slow = smooth(make_track(yaw=step[0], rate=25), 100).column("yaw")
    fast = smooth(make_track(yaw=step[1], rate=50), 100).column("yaw")
    # the step itself lies half a frame before the first sample of the upper half
    at = np.arange(-10, 10)
    fast_there = np.interp((at + 0.5) * 2 - 0.5, np.arange(-50, 50), fast)
    assert np.allclose(slow[25 + at], fast_there, atol=0.02)


def test_blinks_stay_sharp_unless_asked(make_track):
    blink = np.zeros(60)
    blink[30] = 1.0
    track = make_track(Factor.EYES, eyeBlinkLeft=blink, eyeLookUpLeft=blink)
    result = smooth(track, 100.0)
    assert np.array_equal(result.column("eyeBlinkLeft"), track.column("eyeBlinkLeft"))
    assert result.column("eyeLookUpLeft").max() < 0.2
    assert smooth(track, 0.0, blink_percent=100.0).column("eyeBlinkLeft").max() < 0.2


def test_frames_without_a_face_neither_give_nor_take(make_track):
    yaw = np.full(40, 5.0)
    valid = np.ones(40, bool)
    yaw[10:15], valid[10:15] = 999.0, False
    result = smooth(make_track(yaw=yaw, valid=valid), 100.0).column("yaw")
    assert np.allclose(result[valid], 5.0, atol=1e-5)
    assert np.all(result[10:15] == 999.0)


def test_a_single_frame_can_be_smoothed(make_track):
    assert smooth(make_track(yaw=[3.0]), 100.0).column("yaw").tolist() == [3.0]

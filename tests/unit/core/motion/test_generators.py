from fractions import Fraction

import numpy as np
import pytest

from core.base.controls import FACTOR_SLICE, LOWER, UPPER, Factor
from core.base.errors import MotionError
from core.motion.generators import blink_profile, blinks, combined, gaze, gaze_controls, head_idle
from core.motion.presets import EMOTIONS, emotion_track, emotion_values, mixed_values

RATE = Fraction(25)
TEN_MINUTES = 15000
MAKERS = [
    blinks,
    gaze,
    lambda n, rate, seed=0: head_idle(n, rate, seed, stressed_s=np.arange(1, 600, 0.5)),
]


@pytest.mark.parametrize("make", MAKERS)
def test_a_longer_track_begins_like_a_shorter_one(make):
    long = make(2000, RATE, 5).values
    for n in (1, 7, 333, 1999):
        assert make(n, RATE, 5).values.tobytes() == long[:n].tobytes()


@pytest.mark.parametrize("make", MAKERS)
def test_seeds_matter_and_repeat(make):
    assert make(500, RATE, 1).values.tobytes() == make(500, RATE, 1).values.tobytes()
    assert make(500, RATE, 1).values.tobytes() != make(500, RATE, 2).values.tobytes()


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(60)])
def test_values_stay_in_range(make, rate):
    track = make(3000, rate, 3)
    where = FACTOR_SLICE[track.factor]
    assert np.all(track.values >= LOWER[where])
    assert np.all(track.values <= UPPER[where])
    assert np.allclose(track.values[0], track.rest, atol=1e-6)


def onsets(lid):
    return np.flatnonzero((lid[1:] > 0) & (lid[:-1] == 0)) + 1


def test_blinks_come_fifteen_times_a_minute_and_shut_the_eye():
    rates, doubles, gaps = [], 0, []
    for seed in range(6):
        lid = blinks(TEN_MINUTES, RATE, seed).column("eyeBlinkLeft")
        shut = np.flatnonzero(lid == 1.0)
        assert len(shut) == len(onsets(lid))
        steps = np.diff(shut) / 25
        rates.append(len(shut) / 10)
        doubles += int((steps < 0.5).sum())
        gaps.append(steps[steps >= 0.5])
    assert 13.5 < np.mean(rates) < 17.5
    assert 0.02 < doubles / (10 * sum(rates)) < 0.09
    pauses = np.concatenate(gaps)
    assert 0.3 < pauses.std() / pauses.mean() < 0.5


@pytest.mark.parametrize("seed", range(40))
def test_no_blink_begins_in_the_first_half_second(seed):
    lid = blinks(200, Fraction(60), seed, per_minute=60).column("eyeBlinkRight")
    assert not lid[:31].any()
    assert lid.any()


def test_lids_fall_faster_than_they_rise():
    t = np.linspace(-0.2, 0.2, 401)
    closed = blink_profile(t)
    moving = t[closed > 0]
    assert moving[0] == pytest.approx(-0.075, abs=0.002)
    assert moving[-1] == pytest.approx(0.125, abs=0.002)
    assert closed.max() == 1.0
    assert not blinks(500, RATE, per_minute=0).values.any()


def test_gaze_mostly_meets_the_camera_and_jumps_in_two_frames():
    track = gaze(TEN_MINUTES, RATE, 4)
    across = track.column("eyeLookOutLeft") - track.column("eyeLookInLeft")
    up = track.column("eyeLookUpLeft") - track.column("eyeLookDownLeft")
    assert 0.1 < np.abs(across).max() <= 0.15
    assert np.abs(up).max() <= 0.15
    assert 0.6 < np.mean((across == 0) & (up == 0)) < 0.8
    moving = np.flatnonzero(np.diff(across))
    runs = np.split(moving, np.flatnonzero(np.diff(moving) > 1) + 1)
    assert all(len(run) == 2 for run in runs)
    starts = np.array([run[0] for run in runs])
    assert np.diff(starts).min() >= 1.5 * 25 - 2


def test_both_eyes_look_the_same_way():
    eyes = gaze_controls([0.5], [-0.2])[0]
    named = dict(zip(_eye_names(), eyes, strict=True))
    assert named["eyeLookOutLeft"] == named["eyeLookInRight"] == 0.5
    assert named["eyeLookDownLeft"] == named["eyeLookDownRight"] == np.float32(0.2)
    assert eyes.sum() == pytest.approx(1.4)


def _eye_names():
    from core.base.controls import FACTOR_CONTROLS

    return FACTOR_CONTROLS[Factor.EYES]


def test_the_idle_head_is_slow_and_small():
    track = head_idle(TEN_MINUTES, RATE, 2)
    yaw, pitch = track.column("yaw"), track.column("pitch")
    assert 1.0 < np.abs(yaw).max() <= 2.0
    assert 0.8 < np.abs(pitch).max() <= 1.5
    power = np.abs(np.fft.rfft(yaw - yaw.mean())) ** 2
    hertz = np.fft.rfftfreq(len(yaw), 1 / 25)
    assert power[(hertz > 0.05) & (hertz < 0.5)].sum() / power.sum() > 0.9


def test_about_a_third_of_the_stresses_bring_a_nod_on_the_beat():
    stresses = np.arange(2.0, 400.0, 2.0)
    plain = head_idle(10000, RATE, 8).column("pitch")
    nodding = head_idle(10000, RATE, 8, stressed_s=stresses).column("pitch")
    dips = nodding - plain
    at_stress = dips[(stresses * 25).astype(int)]
    assert dips.max() < 1e-6
    assert 0.2 < np.mean(at_stress < -1.0) < 0.4
    assert dips.min() == pytest.approx(at_stress.min(), abs=1e-5)


def test_eyes_combine():
    both = combined(blinks(500, RATE, 1), gaze(500, RATE, 1))
    assert both.column("eyeBlinkLeft").max() == 1.0
    assert both.column("eyeLookOutLeft").max() + both.column("eyeLookInLeft").max() > 0
    with pytest.raises(ValueError):
        combined(blinks(5, RATE), gaze(6, RATE))


def test_emotions_differ_and_only_contempt_is_lopsided():
    shapes = {name: emotion_values(name, 1.0) for name in EMOTIONS}
    assert not shapes["neutral"].any()
    names = list(shapes)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            assert np.abs(shapes[a] - shapes[b]).sum() > 0.5
    for name, values in EMOTIONS.items():
        lopsided = any(
            values.get(c.replace("Left", "Right"), 0) != v for c, v in values.items() if "Left" in c
        )
        assert lopsided == (name == "contempt")
        assert max(values.values(), default=0) < 1.0


def test_emotions_scale_mix_and_are_checked():
    assert np.allclose(emotion_values("happy", 0.5), 0.5 * emotion_values("happy", 1.0))
    mixed = mixed_values({"happy": 0.5, "surprised": 0.5})
    assert np.allclose(mixed, emotion_values("happy", 0.5) + emotion_values("surprised", 0.5))
    for wrong in ({"joy": 1.0}, {"happy": 1.1}, dict.fromkeys(list(EMOTIONS)[:4], 0.1)):
        with pytest.raises(MotionError):
            mixed_values(wrong)


def test_an_emotion_comes_up_in_its_transition():
    track = emotion_track({"happy": 1.0}, 50, RATE, 0.4)
    smile = track.column("mouthSmileLeft")
    assert smile[0] == 0.0
    assert np.all(np.diff(smile[:11]) > 0)
    assert np.allclose(smile[10:], 0.75)
    assert emotion_track({"sad": 0.6}, 2, RATE, 0.0).values[0].any()

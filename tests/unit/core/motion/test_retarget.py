import numpy as np
import pytest

from core.base.controls import Factor
from core.base.errors import MotionError
from core.face.pose import Pose
from core.motion.neutral import find_neutral
from core.motion.retarget import (
    Anchor,
    Mode,
    Retargeting,
    parse_mode,
    parse_reference,
    reference_values,
    retarget,
)


def test_neutral_is_shut_open_eyed_frontal_and_calm(make_controls):
    n = 60
    jaw, blink, yaw = np.full(n, 0.3), np.zeros(n), np.zeros(n)
    jaw[20:40] = 0.0
    blink[32:40] = 0.9
    yaw[:25] = 20.0
    controls = make_controls(n, jawOpen=jaw, eyeBlinkLeft=blink, eyeBlinkRight=blink, yaw=yaw)
    assert find_neutral(controls, np.ones(n, bool), 25.0) in range(26, 31)


def test_neutral_prefers_a_still_head_and_ignores_lost_frames(make_controls):
    yaw = np.r_[np.linspace(-20, 20, 21), np.full(20, 1.0)]
    controls = make_controls(41, yaw=yaw)
    valid = np.ones(41, bool)
    assert find_neutral(controls, valid, 25.0) > 21
    valid[:] = False
    valid[3] = True
    assert find_neutral(controls, valid, 25.0) == 3
    assert find_neutral(controls, np.zeros(41, bool), 25.0) == 0


def test_relative_motion_starts_from_the_reference(make_track):
    track = make_track(yaw=[5.0, 7.0, 3.0], scale=[2.0, 3.0, 1.0], neutral=0)
    result = retarget(track, Retargeting())
    assert result.column("yaw").tolist() == [0, 2, -2]
    assert result.column("scale").tolist() == [1, 1.5, 0.5]
    assert result.neutral is None


@pytest.mark.parametrize(
    ("reference", "yaw"), [(Anchor.AUTO, 4), (Anchor.FIRST, 2), (Anchor.LAST, 9), (2, 4)]
)
def test_references(make_track, reference, yaw):
    track = make_track(yaw=[99, 2, 4, 9, 99], valid=[0, 1, 1, 1, 0], neutral=2)
    assert reference_values(track, reference)[0] == yaw
    assert reference_values(track, Anchor.AVERAGE)[0] == 5


def test_impossible_reference_frames_are_explained(make_track):
    track = make_track(yaw=[1, 2, 3], valid=[1, 0, 1])
    with pytest.raises(MotionError, match=r"Frame 3 .*clip\.mp4.* 0 to 2 at 25 fps"):
        reference_values(track, 3)
    with pytest.raises(MotionError, match="shows no face"):
        retarget(track, Retargeting(reference=1))


def test_absolute_pose_takes_the_portraits_own_pose_off(make_track):
    track = make_track(yaw=[5.0, 8.0], pitch=[1.0, 2.0], x=[0.1, 0.3], neutral=0)
    result = retarget(track, Retargeting(mode=Mode.ABSOLUTE), Pose(2.0, -1.0, 0.0))
    assert np.allclose(result.column("yaw"), [3, 6])
    assert np.allclose(result.column("pitch"), [2, 3])
    assert np.allclose(result.column("x"), [0, 0.2])


def test_absolute_expression_is_taken_as_solved(make_track):
    track = make_track(Factor.EXPRESSION, mouthSmileLeft=[0.2, 0.5], neutral=0)
    absolute = retarget(track, Retargeting(mode=Mode.ABSOLUTE))
    assert np.array_equal(absolute.values, track.values)
    assert np.allclose(retarget(track, Retargeting()).column("mouthSmileLeft"), [0, 0.3])


def test_a_full_blink_stays_full_whatever_the_reference(make_track):
    track = make_track(Factor.EYES, eyeBlinkLeft=[0.4, 1.0, 0.1], neutral=0)
    assert np.allclose(retarget(track, Retargeting()).column("eyeBlinkLeft"), [0, 1, 0])


def test_gain_scales_about_rest(make_track):
    track = make_track(yaw=[0.0, 4.0], scale=[1.0, 1.2], neutral=0)
    result = retarget(track, Retargeting(gain=0.5))
    assert np.allclose(result.column("yaw"), [0, 2])
    assert np.allclose(result.column("scale"), [1, 1.1])
    with pytest.raises(MotionError, match=r"2\.5"):
        Retargeting(gain=2.5)


def test_mirror_swaps_sides_and_turns_the_head_round(make_track):
    pose = retarget(make_track(yaw=[0, 3.0], pitch=[0, 2.0], x=[0, 0.1]), Retargeting(mirror=True))
    assert np.allclose(pose.values[1], [-3, 2, 0, -0.1, 0, 1])
    eyes = retarget(
        make_track(Factor.EYES, eyeLookOutLeft=[0, 0.5], eyeBlinkRight=[0, 1.0]),
        Retargeting(mirror=True),
    )
    assert eyes.column("eyeLookOutRight")[1] == 0.5
    assert eyes.column("eyeLookOutLeft")[1] == 0.0
    assert eyes.column("eyeBlinkLeft")[1] == 1.0
    lips = retarget(make_track(Factor.LIPS, jawLeft=[0, 0.5]), Retargeting(mirror=True))
    assert lips.column("jawRight")[1] == 0.5


@pytest.mark.parametrize("factor", list(Factor))
def test_mirroring_twice_is_nothing(make_track, factor):
    track = make_track(factor, n=5, neutral=None)
    noisy = track.with_values(
        track.values + np.random.default_rng(1).normal(size=track.values.shape)
    )
    twice = retarget(retarget(noisy, Retargeting(mirror=True)), Retargeting(mirror=True))
    assert np.allclose(twice.values, noisy.values, atol=1e-6)


def test_motion_that_is_relative_already_has_no_reference(make_track):
    track = make_track(yaw=[5.0, 6.0], neutral=None)
    assert retarget(track, Retargeting(reference=99)).column("yaw").tolist() == [5, 6]


def test_a_still_is_relative_to_the_neutral_face(make_track):
    still = make_track(yaw=[12.0], neutral=0)
    assert retarget(still, Retargeting()).column("yaw").tolist() == [12]
    assert retarget(still, Retargeting(), Pose(yaw=5)).column("yaw").tolist() == [7]


def test_parsing():
    assert parse_reference("average") is Anchor.AVERAGE
    assert parse_reference("17") == 17
    assert parse_mode("absolute") is Mode.ABSOLUTE
    for wrong in ("-1", "1.5", "middle", ""):
        with pytest.raises(MotionError):
            parse_reference(wrong)
    with pytest.raises(MotionError, match="relative or absolute"):
        parse_mode("both")

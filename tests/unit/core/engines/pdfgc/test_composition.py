import numpy as np
import pytest

from core.engines.pdfgc.composition import (
    N_MOTION,
    Composition,
    Switch,
    columns,
    compose,
    driver_frames,
    smooth_pose,
    to_picture,
)


@pytest.fixture
def codes():
    rng = np.random.default_rng(0)
    sizes = {"mouth": 500, "expression": 30, "eyes": 6, "pose": 6}
    return {name: rng.normal(size=(7, n)).astype(np.float32) for name, n in sizes.items()}


@pytest.mark.parametrize("switch", Switch)
def test_a_factor_that_is_off_is_zero_and_changes_nothing_else(codes, switch):
    on = compose(**codes)
    off = compose(**codes, how=Composition(off=frozenset({switch})))
    own = columns(switch)
    assert not off[:, own].any()
    assert on[:, own].all()
    assert np.array_equal(np.delete(off, own, 1), np.delete(on, own, 1))


def test_the_factors_are_all_of_a_row(codes):
    owned = np.concatenate([columns(switch) for switch in Switch])
    assert sorted(owned) == list(range(N_MOTION))


def test_no_gain_and_no_smoothing_leave_the_codes_alone(codes):
    how = Composition(1, 1, 1, 1, pose_radius=0, mouth_sigma=0)
    rows = compose(**codes, how=how)
    wanted = [codes[name] for name in ("mouth", "expression", "eyes", "pose")]
    assert np.array_equal(rows, np.concatenate(wanted, 1))


def test_codes_of_unequal_length_are_refused(codes):
    with pytest.raises(ValueError, match="instead of"):
        compose(**codes | {"pose": codes["pose"][:-1]})


def test_pose_is_averaged_with_the_neighbours_that_exist():
    pose = np.array([[0.0], [3.0], [9.0]], np.float32)
    assert smooth_pose(pose, 1).ravel().tolist() == [1.5, 4.0, 6.0]
    assert smooth_pose(pose, 5).ravel().tolist() == [4.0, 4.0, 4.0]


def test_clips_wrap_round_after_their_unused_start():
    assert driver_frames(5, 5).tolist() == [2, 3, 4, 2, 3]
    with pytest.raises(ValueError, match="more than 2"):
        driver_frames(1, 2)


def test_pictures_are_truncated():
    image = np.array([-1.0, 0.0, 1.0], np.float32)[:, None, None]
    assert to_picture(image).tolist() == [[[0, 127, 255]]]

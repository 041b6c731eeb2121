import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.face.canonical import CANONICAL
from core.face.pose import (
    Pose,
    fit_similarity,
    pose_from_rotation,
    rotation_from_pose,
    unpose,
)

NOSE, FOREHEAD, LEFT_EYE = np.array([0, 0, -1.0]), np.array([0, -1.0, 0]), np.array([1.0, 0, 0])
angle = st.floats(-80, 80)


def test_signs_of_the_convention():
    assert (Pose(yaw=20).rotation() @ NOSE)[0] > 0.3  # to the viewer's right
    assert (Pose(pitch=20).rotation() @ NOSE)[1] < -0.3  # up is negative y
    assert (Pose(roll=20).rotation() @ FOREHEAD)[0] > 0.3  # clockwise in the image
    assert (Pose(roll=20).rotation() @ LEFT_EYE)[1] > 0.3


@given(angle, angle, angle)
def test_pose_survives_the_rotation(yaw, pitch, roll):
    rotation = rotation_from_pose(yaw, pitch, roll)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.isclose(np.linalg.det(rotation), 1)
    assert np.allclose(pose_from_rotation(rotation), (yaw, pitch, roll), atol=1e-6)


def test_similarity_is_recovered_for_many_frames_at_once():
    rotation = rotation_from_pose([10.0, -30.0], 5.0, [0.0, 20.0])
    scale, offset = np.array([2.0, 30.0]), np.array([[1.0, 2.0, 3.0], [-4.0, 5.0, 0.0]])
    moved = scale[:, None, None] * (CANONICAL @ np.swapaxes(rotation, 1, 2)) + offset[:, None]
    fit = fit_similarity(CANONICAL, moved)
    for found, expected in zip(fit, (scale, rotation, offset), strict=True):
        assert np.allclose(found, expected)
    assert np.allclose(unpose(moved, *fit), CANONICAL)


def test_zero_weights_leave_outliers_out():
    rotation = rotation_from_pose(12.0, -7.0, 3.0)
    moved = 5.0 * (CANONICAL @ rotation.T)
    moved[:40] += 100.0
    weights = np.ones(len(CANONICAL))
    weights[:40] = 0.0
    scale, found, _ = fit_similarity(CANONICAL, moved, weights)
    assert scale == pytest.approx(5.0)
    assert np.allclose(found, rotation)


def test_a_fit_never_mirrors():
    _, rotation, _ = fit_similarity(CANONICAL, CANONICAL * (-1, 1, 1))
    assert np.isclose(np.linalg.det(rotation), 1)

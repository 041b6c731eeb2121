import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.face.measures import measure
from core.face.rig import landmarks_3d


def measured(name, values, **fixed):
    controls = np.tile(REST, (len(values), 1)).astype(float)
    for key, value in fixed.items():
        controls[:, INDEX[key]] = value
    for key in name if isinstance(name, tuple) else (name,):
        controls[:, INDEX[key]] = values
    points = landmarks_3d(controls) * 17.0 + np.array([300.0, 200.0, 0.0])
    return measure(points)


@pytest.mark.parametrize("name", ["yaw", "pitch", "roll"])
def test_pose_is_measured_in_degrees(name):
    values = np.linspace(-25, 25, 9)
    assert np.allclose(getattr(measured(name, values), name), values, atol=1e-3)


@pytest.mark.parametrize(
    ("control", "curve", "sign"),
    [
        ("jawOpen", "mouth_open", 1),
        ("mouthPucker", "mouth_width", -1),
        (("mouthStretchLeft", "mouthStretchRight"), "mouth_width", 1),
        (("mouthSmileLeft", "mouthSmileRight"), "smile", 1),
        (("mouthFrownLeft", "mouthFrownRight"), "smile", -1),
        (("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), "brow", 1),
        (("browDownLeft", "browDownRight"), "brow", -1),
        ("eyeBlinkLeft", "ear_left", -1),
        ("eyeBlinkRight", "ear_right", -1),
        (("eyeLookOutLeft", "eyeLookInRight"), "gaze_x", 1),
        (("eyeLookDownLeft", "eyeLookDownRight"), "gaze_y", 1),
    ],
)
def test_each_measure_follows_its_control(control, curve, sign):
    values = np.linspace(0, 1, 6)
    for pose in ({}, {"yaw": 15.0, "pitch": -10.0, "roll": 12.0}):
        curve_values = getattr(measured(control, values, **pose), curve)
        assert (sign * np.diff(curve_values) > 0).all()


def test_pose_size_and_place_are_no_expression():
    still = measured("yaw", np.zeros(1))
    turned = measured("yaw", np.array([20.0]), pitch=-12.0, roll=15.0, x=0.2, scale=1.4)
    for name in ("ear_left", "ear_right", "gaze_x", "gaze_y", "mouth_open", "smile", "brow"):
        assert getattr(turned, name) == pytest.approx(getattr(still, name), abs=1e-4)


@pytest.mark.parametrize(
    "control", ["eyeBlinkLeft", "jawOpen", "mouthPucker", "mouthSmileLeft", "browDownRight"]
)
def test_expression_hardly_moves_the_pose(control):
    curves = measured(control, np.array([0.0, 1.0]))
    for name in ("yaw", "pitch", "roll"):
        assert abs(np.diff(getattr(curves, name))[0]) < 0.5

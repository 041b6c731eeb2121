import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.engines.mesh.eye_calibrate import EyeCalibration, calibrate_eyes
from core.face.canonical import CANONICAL
from core.face.eye_solver import GAZE_X_PER_UNIT
from core.face.topology import LEFT_IRIS, RIGHT_IRIS
from core.face.tracker import Face

EYE_WIDTH_CM = 3.1


def looking(right):
    controls = REST.copy()
    for towards, away in (("OutLeft", "InLeft"), ("InRight", "OutRight")):
        controls[INDEX[f"eyeLook{towards}"]] = max(right, 0.0)
        controls[INDEX[f"eyeLook{away}"]] = max(-right, 0.0)
    return controls


def drawn_right(controls):
    return float(controls[INDEX["eyeLookOutLeft"]] - controls[INDEX["eyeLookInLeft"]])


def calibrated(response):
    """A calibration of a portrait whose tracked iris goes `response(drawn)` instead of `drawn`."""

    def track(frames):
        for drawn in frames:
            points = CANONICAL.copy()
            shift = response(drawn) * GAZE_X_PER_UNIT * EYE_WIDTH_CM
            points[np.r_[LEFT_IRIS, RIGHT_IRIS], 0] += shift
            yield Face(points.astype(np.float32), (0.0, 0.0, 1.0, 1.0), 1.0)

    return calibrate_eyes(lambda controls, motion: drawn_right(controls), track)


def test_a_weak_response_is_drawn_further():
    calibration = calibrated(lambda drawn: 0.7 * drawn)
    for wanted in (-0.5, -0.2, 0.2, 0.5):
        assert abs(drawn_right(calibration.drawn(looking(wanted)))) > 1.2 * abs(wanted)


def test_what_is_drawn_is_measured_as_it_was_wanted():
    def response(drawn):
        return np.sign(drawn) * np.interp(abs(drawn), (0.0, 0.4, 0.9), (0.0, 0.3, 0.95))

    calibration = calibrated(response)
    for wanted in np.linspace(-0.8, 0.8, 9):
        shown = response(drawn_right(calibration.drawn(looking(wanted))))
        assert shown == pytest.approx(wanted, abs=0.08)


def test_rest_stays_exactly_rest_and_other_controls_pass():
    calibration = calibrated(lambda drawn: 0.7 * drawn)
    assert np.array_equal(calibration.drawn(REST), REST)
    controls = REST.copy()
    controls[INDEX["eyeBlinkLeft"]] = controls[INDEX["eyeLookDownRight"]] = 0.5
    assert np.array_equal(calibration.drawn(controls), controls)


@pytest.mark.parametrize("response", [lambda drawn: -3.0 * drawn, lambda drawn: 9.0 * drawn])
def test_nonsense_is_not_believed(response):
    calibration = calibrated(response)
    drawn = [drawn_right(calibration.drawn(looking(w))) for w in np.linspace(-1.0, 1.0, 21)]
    assert (np.diff(drawn) >= 0).all()
    assert 0.4 < drawn[-1] <= 1.25


def test_a_lost_face_leaves_the_gaze_as_it_is():
    def track(frames):
        for _ in frames:
            yield None

    calibration = calibrate_eyes(lambda controls, motion: drawn_right(controls), track)
    assert drawn_right(calibration.drawn(looking(0.3))) == pytest.approx(0.3)
    assert EyeCalibration.plain().drawn(looking(-0.6))[INDEX["eyeLookInLeft"]] == pytest.approx(0.6)

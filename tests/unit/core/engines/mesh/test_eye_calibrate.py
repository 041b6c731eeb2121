import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.engines.mesh.eye_calibrate import PROBES, EyeCalibration, calibrate_eyes
from core.engines.mesh.eye_response import EyeResponse, Look
from core.face.canonical import CANONICAL
from core.face.eye_solver import GAZE_DOWN_PER_UNIT, GAZE_X_PER_UNIT
from core.face.measures import LEFT_LID_PAIRS, RIGHT_LID_PAIRS
from core.face.topology import LEFT_IRIS, RIGHT_IRIS
from core.face.tracker import Face

EYE_WIDTH_CM = 3.1


def looking(right=0.0, down=0.0, **others):
    controls = REST.copy()
    for towards, away in (("OutLeft", "InLeft"), ("InRight", "OutRight")):
        controls[INDEX[f"eyeLook{towards}"]] = max(right, 0.0)
        controls[INDEX[f"eyeLook{away}"]] = max(-right, 0.0)
    for side in ("Left", "Right"):
        controls[INDEX[f"eyeLookDown{side}"]] = max(down, 0.0)
        controls[INDEX[f"eyeLookUp{side}"]] = max(-down, 0.0)
    for name, value in others.items():
        controls[INDEX[name]] = value
    return controls


def right_of(controls):
    return float(controls[INDEX["eyeLookOutLeft"]] - controls[INDEX["eyeLookInLeft"]])


def down_of(controls):
    return float(controls[INDEX["eyeLookDownLeft"]] - controls[INDEX["eyeLookUpLeft"]])


def calibrated(seen_right, seen_down=down_of, *, closes=True):
    """A calibration of a portrait of which a tracker sees these gazes instead of the drawn ones."""

    def track(frames):
        for controls in frames:
            points = CANONICAL.copy()
            irises = np.r_[LEFT_IRIS, RIGHT_IRIS]
            points[irises, 0] += seen_right(controls) * GAZE_X_PER_UNIT * EYE_WIDTH_CM
            points[irises, 1] += seen_down(controls) * GAZE_DOWN_PER_UNIT * EYE_WIDTH_CM
            share = 1.0 - controls[INDEX["eyeBlinkLeft"]] if closes else 1.0
            for upper, lower in (*LEFT_LID_PAIRS, *RIGHT_LID_PAIRS):
                points[upper] = points[lower] + share * (points[upper] - points[lower])
            yield Face(points.astype(np.float32), (0.0, 0.0, 1.0, 1.0), 1.0)

    return calibrate_eyes(lambda controls: controls, track)


def test_a_weak_response_is_drawn_further_than_a_strong_one():
    weak, strong = (calibrated(lambda c, gain=gain: gain * right_of(c)) for gain in (0.75, 1.2))
    for wanted in (-0.5, -0.2, 0.2, 0.5):
        drawn = [abs(right_of(c.drawn(looking(wanted)))) for c in (weak, strong)]
        assert drawn[0] > 1.1 * abs(wanted) > drawn[1]


@pytest.mark.parametrize("yaw", [-15.0, 0.0, 15.0])
def test_what_is_drawn_is_measured_as_it_was_wanted_on_a_turned_head_too(yaw):
    def response(controls):
        return 0.9 * right_of(controls) - 0.012 * float(controls[INDEX["yaw"]])

    calibration = calibrated(response)
    for wanted in np.linspace(-0.6, 0.6, 7):
        shown = response(calibration.drawn(looking(wanted, yaw=yaw)))
        assert shown == pytest.approx(wanted, abs=0.08)


def test_a_nod_is_no_look_down():
    def response(controls):
        return 0.8 * down_of(controls) + 0.02 * float(controls[INDEX["pitch"]])

    calibration = calibrated(right_of, response)
    raw = response(looking(pitch=10.0))
    assert abs(response(calibration.drawn(looking(pitch=10.0)))) < 0.35 * raw


def test_rest_stays_exactly_rest_and_other_controls_pass():
    calibration = calibrated(lambda c: 0.7 * right_of(c))
    assert np.array_equal(calibration.drawn(REST), REST)
    controls = looking(jawOpen=0.6, browInnerUp=0.4, eyeSquintLeft=0.3, roll=7.0)
    assert np.array_equal(calibration.drawn(controls), controls)


def test_drawn_eyes_begin_at_rest():
    calibration = calibrated(lambda c: 0.7 * right_of(c))
    small = looking(1e-3, 1e-3, eyeBlinkLeft=1e-3, yaw=1e-2)
    assert np.abs(calibration.drawn(small) - small).max() < 2e-3


@pytest.mark.parametrize("gain", [-3.0, 9.0])
def test_nonsense_is_not_believed(gain):
    calibration = calibrated(lambda c: gain * right_of(c))
    drawn = [right_of(calibration.drawn(looking(w))) for w in np.linspace(-1.0, 1.0, 21)]
    assert (np.diff(drawn) >= 0).all()
    assert 0.4 < drawn[-1] <= 1.05


def test_a_wink_closes_its_own_eye_and_shut_eyes_stay_shut():
    calibration = calibrated(lambda c: 0.7 * right_of(c))
    drawn = calibration.drawn(looking(0.3, eyeBlinkRight=1.0, yaw=12.0))
    assert drawn[INDEX["eyeBlinkRight"]] == pytest.approx(1.0)
    assert drawn[INDEX["eyeBlinkLeft"]] < 0.15
    assert drawn[INDEX["eyeLookOutLeft"]] == drawn[INDEX["eyeLookInRight"]]


def test_lids_that_seem_to_close_late_close_earlier():
    looks = [look for look in PROBES if look.openness <= 1.0]
    late = [look.openness**0.5 if look.right == look.down == look.yaw == look.pitch == 0 else 1.0
            for look in looks]  # fmt: skip
    measured = np.stack([0.3 * np.array(late), *np.zeros((2, len(late)))], 1)
    response = EyeResponse.fit(looks, measured)
    assert response is not None
    assert response.openness_for(0.6, 0.0) < 0.5
    openness = [response.openness_for(w, 0.0) for w in np.linspace(0.0, 1.3, 27)]
    assert openness[0] == 0.0
    assert (np.diff(openness) > 0).all()


def test_a_lost_face_or_lids_that_do_not_close_leave_the_eyes_as_they_are():
    def track(frames):
        for _ in frames:
            yield None

    lost = calibrate_eyes(lambda controls: controls, track)
    stuck = calibrated(right_of, closes=False)
    for calibration in (lost, stuck, EyeCalibration()):
        controls = looking(0.3, -0.2, eyeBlinkLeft=0.4, yaw=9.0)
        assert np.array_equal(calibration.drawn(controls), controls)


def test_probes_begin_at_rest_and_include_shut_eyes():
    assert PROBES[0] == Look()
    assert min(look.openness for look in PROBES) == 0.0

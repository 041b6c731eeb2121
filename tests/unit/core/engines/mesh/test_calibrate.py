import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.engines.mesh.calibrate import EXPRESSIONS, PROBES, Calibration


def controls(**values):
    vector = REST.copy()
    for name, value in values.items():
        vector[INDEX[name]] = value
    return vector


def measured(drawn):
    """A head that shows too little yaw, and tilts as it turns."""
    rest = np.array([4.0, -12.0, 2.0])
    angles = [(0.85 * m.yaw, 0.9 * m.pitch + 0.05 * m.yaw, 0.04 * m.yaw) for m in drawn]
    return rest + np.array(angles)


def test_the_fit_undoes_gains_and_cross_talk():
    found = Calibration.fit(PROBES, measured(PROBES)).motion(controls(yaw=15, pitch=8, roll=5))
    shown = measured([found])[0] - [4.0, -12.0, 2.0]
    assert shown[:2] == pytest.approx([15, 8], abs=0.3)
    assert shown[2] + found.roll == pytest.approx(5, abs=0.2)


def test_rest_is_rest_whatever_was_measured():
    assert Calibration.fit(PROBES, measured(PROBES)).motion(REST).is_rest


def test_lost_probes_and_nonsense_fall_back_to_typical_gains():
    lost = measured(PROBES)
    lost[3:] = np.nan
    wild = measured(PROBES) * 0.1
    for angles in (lost, wild):
        calibration = Calibration.fit(PROBES, angles)
        assert (calibration.terms == Calibration.plain().terms).all()


def test_what_an_expression_seems_to_turn_is_taken_back():
    seen = np.zeros(len(EXPRESSIONS))
    blink = next(i for i, e in enumerate(EXPRESSIONS) if "eyeBlinkLeft" in e)
    seen[blink] = -2.0
    seen[0] = np.nan
    calibration = Calibration.plain().with_pulls(seen)
    both = calibration.motion(controls(eyeBlinkLeft=1, eyeBlinkRight=1))
    asked = Calibration.plain().motion(controls(pitch=2.0))
    assert 0.5 * asked.pitch < both.pitch < asked.pitch
    half = calibration.motion(controls(eyeBlinkLeft=1))
    assert half.pitch == pytest.approx(both.pitch / 2, rel=0.05)
    assert calibration.motion(controls(jawOpen=1)).is_rest
    assert calibration.motion(REST).is_rest


def test_shift_and_scale_pass_through():
    motion = Calibration.plain().motion(controls(x=0.25, y=-0.5, scale=1.25))
    assert (motion.x, motion.y, motion.scale) == (0.25, -0.5, 1.25)


def test_a_jaw_that_opens_behind_closed_lips_has_a_pull_of_its_own():
    seen = np.zeros(len(EXPRESSIONS))
    opened = next(i for i, e in enumerate(EXPRESSIONS) if set(e) == {"jawOpen"})
    seen[opened] = 2.0
    calibration = Calibration.plain().with_pulls(seen)
    assert calibration.motion(controls(jawOpen=0.5)).pitch < -0.3
    shut = calibration.motion(controls(jawOpen=0.5, mouthClose=1))
    assert shut.pitch == pytest.approx(0, abs=1e-6)
    assert calibration.motion(controls(mouthClose=1)).is_rest

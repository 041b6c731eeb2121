import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.engines.mesh.brow_calibrate import LEVER, BrowCalibration

GAIN = 0.13


def controls(**values):
    vector = REST.copy()
    for name, value in values.items():
        vector[INDEX[name]] = value
    return vector


def fitted(gain=GAIN, lost=()):
    """A tracker that sees brows sink as the head looks up, and rise with the jaw."""
    grid = np.array([(y, p) for y in (-15.0, 0.0, 15.0) for p in (-15.0, 0.0, 15.0)])
    heights = -0.002 * grid[:, 1]
    heights[list(lost)] = np.nan
    frown = controls(browDownLeft=1, browDownRight=1)
    faces = [controls(**dict.fromkeys(LEVER, 1.0)), controls(jawOpen=0.5), frown]
    return BrowCalibration.fit((grid, heights), (faces, np.array([gain, 0.02, -0.05])))


def lift(calibration, wanted):
    return float(calibration.drawn(wanted)[INDEX["browInnerUp"]] - wanted[INDEX["browInnerUp"]])


def test_most_of_what_a_turn_seems_to_do_is_taken_back():
    seeming = -0.002 * 12.0 / GAIN
    assert 0.6 < lift(fitted(), controls(pitch=12)) / -seeming < 1.0
    assert lift(fitted(), controls(yaw=12)) == pytest.approx(0.0, abs=0.01)


def test_an_expression_is_taken_back_on_top_of_wanted_brows():
    wanted = controls(jawOpen=0.5, browInnerUp=0.4)
    assert 0.6 < -lift(fitted(), wanted) / (0.02 / GAIN) < 1.0
    drawn = fitted().drawn(wanted)
    others = [i for name, i in INDEX.items() if name not in LEVER]
    assert (drawn[others] == wanted[others]).all()


def test_rest_and_brows_alone_stay_as_they_are():
    for wanted in (REST, controls(browInnerUp=0.7), controls(browDownLeft=1, browDownRight=1)):
        assert (fitted().drawn(wanted) == wanted).all()


def test_nothing_is_corrected_without_a_lever_that_works():
    for gain in (0.0, np.nan):
        assert (fitted(gain).drawn(controls(pitch=12)) == controls(pitch=12)).all()
    assert lift(fitted(lost=(0, 1, 2)), controls(pitch=12)) == 0.0

import numpy as np
import pytest

from core.base.controls import INDEX, REST, Factor
from core.bench.sweep import SWEEPS, TYPICAL_RANGE, leaks, natural_ranges, plan, responses
from core.bench.transfer import MEASURES

BY_NAME = {sweep.name: sweep for sweep in SWEEPS}


def ideal():
    """A face in which every movement moves its own measure in a straight line, nothing else."""
    values = {m.name: np.zeros(len(plan())) for m in MEASURES}
    values["blink"] += 0.3
    for i, (sweep, value) in enumerate(plan()):
        if sweep is not None:
            gain = 1.0 if sweep.factor is Factor.HEAD_POSE else 0.1
            values[sweep.follows][i] += -0.27 * value if sweep.name == "blink" else gain * value
    return values


def named(figures):
    return {f.measure: f for f in figures}


def test_a_movement_sets_its_controls_and_no_others():
    vector = BY_NAME["gaze sideways"].at(-1.0)
    assert vector[INDEX["eyeLookInLeft"]] == pytest.approx(0.7)
    assert vector[INDEX["eyeLookOutRight"]] == pytest.approx(0.7)
    assert np.count_nonzero(vector != REST) == 2
    assert BY_NAME["yaw"].at(-15.0)[INDEX["yaw"]] == -15.0


def test_every_movement_follows_a_measure_of_its_own_factor_and_probes_what_it_renders():
    factors = {m.name: m.factor for m in MEASURES}
    for sweep in SWEEPS:
        assert set(sweep.probes) <= set(sweep.values)
        assert factors[sweep.follows] is sweep.factor


def test_an_ideal_face_meets_every_goal():
    figures = responses("x", ideal()) + leaks("x", ideal(), TYPICAL_RANGE)
    assert all(f.is_met is not False for f in figures)
    assert named(figures)["eyes closed by a blink"].value == pytest.approx(0.9)
    assert named(figures)["yaw slope"].value == pytest.approx(1.0)


def test_a_lazy_head_and_a_bent_smile_are_seen():
    values = ideal()
    steps = [i for i, (sweep, _) in enumerate(plan()) if sweep is BY_NAME["yaw"]]
    values["yaw"][steps] *= 0.8
    smiles = [i for i, (sweep, _) in enumerate(plan()) if sweep is BY_NAME["smile"]]
    values["smile"][smiles] = [0, 0, 0, 0.1, 0.1, 0.1]
    figures = named(responses("x", values))
    assert figures["yaw slope"].value == pytest.approx(0.8)
    assert figures["yaw slope off 1"].is_met is False
    assert figures["smile R²"].is_met is False


def test_leakage_names_the_movement_that_leaks():
    values = ideal()
    leak = next(i for i, (s, v) in enumerate(plan()) if s is BY_NAME["jaw"] and v == 1.0)
    values["pitch"][leak] += 0.1 * TYPICAL_RANGE["pitch"]
    figure = named(leaks("x", values, TYPICAL_RANGE))["pitch moved by others"]
    assert figure.value == pytest.approx(0.1)
    assert figure.is_met is False
    assert figure.case == "x, jaw 1"


def test_frames_without_a_face_are_left_out():
    values = ideal()
    for curve in values.values():
        curve[3] = np.nan
    assert named(responses("x", values))["yaw R²"].value == pytest.approx(1.0)
    assert all(np.isfinite(f.value) for f in leaks("x", values, TYPICAL_RANGE))


def test_ranges_without_clips_are_the_typical_ones():
    assert natural_ranges([]) == dict(TYPICAL_RANGE)
    assert set(TYPICAL_RANGE) == {m.name for m in MEASURES}

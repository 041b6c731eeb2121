from dataclasses import fields, replace

import numpy as np
import pytest

from core.base.controls import Factor
from core.bench.figure import Figure, at_least, at_most
from core.bench.observe import Observation
from core.bench.transfer import (
    MEASURES,
    in_range,
    leakage,
    picture_figures,
    summarise,
    transfer,
)
from core.face.measures import Measures

N = 100


def observation(seed, **curves):
    """A film in which every measure moves like a slow random wave of its own."""
    rng = np.random.default_rng(seed)
    t = np.arange(N) / 25
    waves = {
        f.name: 0.5 * np.sin(2 * np.pi * (rng.uniform(0.3, 1.5) * t + rng.uniform()))
        for f in fields(Measures)
    }
    for name in ("yaw", "pitch", "roll"):
        waves[name] = waves[name] * 20
    measures = Measures(**(waves | curves))
    return Observation(
        measures, np.ones(N, bool), np.full(N, 50.0, np.float32), np.ones(N, np.float32)
    )


def named(figures):
    return {f.measure: f for f in figures}


def test_a_perfect_copy_transfers_everything():
    driver = observation(1)
    film = Observation(driver.measures, driver.valid, driver.sharpness, driver.flicker)
    figures = named(transfer("x", film, dict.fromkeys(Factor, driver), np.ones(N, bool)))
    for measure in MEASURES:
        assert figures[f"{measure.name} r"].value == pytest.approx(1.0)
    assert figures["yaw error"].value == 0.0
    assert all(f.is_met is not False for f in figures.values())


def test_an_offset_is_an_error_but_no_loss_of_correlation():
    driver = observation(1)
    film = observation(1, yaw=driver.measures.yaw + 2.0)
    figures = named(transfer("x", film, dict.fromkeys(Factor, driver), np.ones(N, bool)))
    assert figures["yaw r"].is_met is True
    assert figures["yaw error"].value == pytest.approx(2.0)
    assert figures["yaw error"].is_met is False


def test_each_measure_is_compared_with_the_clip_of_its_factor():
    clips = {factor: observation(i) for i, factor in enumerate(Factor)}
    curves = {
        f.name: getattr(clips[m.factor].measures, f.name)
        for m in MEASURES
        for f in fields(Measures)
        if f.name in m.curves
    }
    figures = named(transfer("x", observation(9, **curves), clips, np.ones(N, bool)))
    assert all(figures[f"{m.name} r"].value == pytest.approx(1.0) for m in MEASURES)


def test_a_clip_that_does_not_move_a_measure_gives_no_correlation():
    still = observation(1, yaw=np.random.default_rng(0).normal(0, 0.1, N))
    figures = named(transfer("x", still, dict.fromkeys(Factor, still), np.ones(N, bool)))
    assert figures["yaw r"].value is None
    assert figures["yaw error"].value == 0.0


def test_only_poses_the_portrait_can_take_count():
    driver = observation(1, yaw=np.linspace(-60, 60, N), pitch=np.zeros(N), roll=np.zeros(N))
    portrait = Measures(**{f.name: np.array([10.0]) for f in fields(Measures)})
    chosen = in_range(driver, portrait, N)
    assert driver.measures.yaw[chosen].min() >= -15.0
    assert driver.measures.yaw[chosen].max() <= 35.0
    assert 35 < chosen.sum() < 50


def test_leakage_is_found_and_shared_motion_is_no_leakage():
    pose, eyes, lips, expression = (observation(i) for i in range(4))
    drivers = dict(zip(Factor, (lips, pose, eyes, expression), strict=True))
    clean = observation(8, smile=expression.measures.smile)
    dirty = observation(8, smile=0.7 * expression.measures.smile + 0.7 * lips.measures.smile)
    chosen = np.ones(N, bool)
    assert named(leakage("x", clean, drivers, chosen))["smile leakage"].value == pytest.approx(
        0.0, abs=1e-9
    )
    found = named(leakage("x", dirty, drivers, chosen))["smile leakage"]
    assert found.value > 0.3
    assert "lips" in found.worst


def test_picture_figures_compare_with_the_portrait_and_the_pose_clip():
    film = observation(1)
    chosen = np.ones(N, bool)
    chosen[:50] = False
    wild = np.where(chosen, 0.8, 30.0).astype(np.float32)
    driver = replace(film, flicker=np.full(N, 0.7, np.float32))
    figures = named(picture_figures("x", replace(film, flicker=wild), 100.0, driver, chosen))
    assert figures["sharpness"].value == pytest.approx(0.5)
    assert figures["sharpness"].is_met is False
    assert figures["flicker"].value == pytest.approx(0.8)
    assert figures["flicker"].is_met is False
    assert figures["face found"].is_met is True


def test_summary_gives_mean_worst_and_the_cases_that_miss():
    figures = [
        Figure("a", "yaw r", 0.99, "", at_least(0.99)),
        Figure("b", "yaw r", 0.95, "", at_least(0.99)),
        Figure("c", "yaw r", None, "", at_least(0.99)),
        Figure("a", "yaw error", 0.5, "°", at_most(0.9)),
        Figure("b", "yaw error", 0.8, "°", at_most(0.9)),
    ]
    rows = summarise(figures)
    assert [(r.case, r.measure) for r in rows] == [
        ("all (2 of 3)", "yaw r"),
        ("b", "yaw r"),
        ("all (2 of 2)", "yaw error"),
    ]
    assert rows[0].value == pytest.approx(0.97)
    assert rows[0].worst == "0.95 b"
    assert rows[2].worst == "0.8 b"
    assert rows[2].is_met is True


def test_summary_of_nothing_measured_says_so():
    rows = summarise([Figure("a", "gaze x r", None, "", at_least(0.95))])
    assert [(r.case, r.value) for r in rows] == [("all (0 of 1)", None)]

import numpy as np
import pytest

from core.face.tremble import parabola_smoothed, steadied, window_frames

RATE = 25.0
T = 250


def trembling(curves, sigma, seed=0):
    return curves + np.random.default_rng(seed).normal(0.0, sigma, curves.shape)


def jitter(values):
    return float(np.abs(np.diff(values, 2, axis=0)).mean())


def test_a_head_at_rest_stands_still():
    noisy = trembling(np.zeros((T, 6)), 0.2)
    plain = parabola_smoothed(noisy, window_frames(0.2, RATE))
    assert jitter(steadied(noisy, RATE)) < 0.2 * jitter(plain)


def test_a_fast_turn_keeps_its_height_and_moment():
    t = np.arange(T)
    turn = 12.0 * np.exp(-(((t - 125) / 4.0) ** 2))
    curves = np.stack([turn, 0.4 * turn], 1)
    steady = steadied(trembling(curves, 0.2), RATE)
    assert steady[:, 0].max() == pytest.approx(12.0, abs=0.7)
    assert abs(int(steady[:, 0].argmax()) - 125) <= 1
    calm = np.abs(t - 125) > 40
    assert jitter(steady[calm]) < 0.1 * jitter(trembling(curves, 0.2)[calm])


def test_curves_of_a_group_keep_together():
    turn = 5.0 * np.sin(np.arange(T) / 9.0)
    one = trembling(turn[:, None], 0.2)
    steady = steadied(np.hstack([one, -2.0 * one]), RATE)
    assert steady[:, 1] == pytest.approx(-2.0 * steady[:, 0], abs=1e-9)


@pytest.mark.parametrize("n_frames", [1, 2, 5, 8, 9, 12])
def test_short_stretches_and_idle_curves_are_left_in_order(n_frames):
    ramp = np.linspace(0.0, 3.0, n_frames)[:, None]
    both = np.hstack([ramp, np.zeros_like(ramp)])
    assert steadied(both, RATE) == pytest.approx(both, abs=1e-9)

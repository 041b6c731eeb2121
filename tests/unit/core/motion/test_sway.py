"""A head that moves at random: its statistics, its limits, that it never comes back to the same."""

import numpy as np
import pytest

from core.motion.sway import N_BANDS, SwayModel, limited, sway

RATE = 25.0


@pytest.fixture(scope="module")
def model() -> SwayModel:
    mixing = np.tile(np.diag([1.0, 0.8, 0.5, 0.01, 0.01, 0.005]), (N_BANDS, 1, 1))
    mixing[:, 1, 0] = 0.6  # a head that turns also nods
    limit = np.array([1.5, 1.5, 1.0, 0.02, 0.02, 0.01])
    return SwayModel(mixing, np.full(6, 0.5), limit, 20.0 * limit)


def test_equal_seeds_move_equally_and_longer_speech_begins_the_same(model):
    loud = np.full(3000, 0.5)
    one = sway(model, loud, RATE, 4)
    assert np.array_equal(one, sway(model, loud, RATE, 4))
    assert not np.allclose(one, sway(model, loud, RATE, 5))
    np.testing.assert_allclose(sway(model, loud[:900], RATE, 4)[:880], one[:880], atol=1e-9)


def test_it_begins_at_rest_stays_in_reach_and_does_not_wander_or_repeat(model):
    pose = sway(model, np.full(15000, 0.5), RATE, 1)
    assert not pose[0].any()
    assert (np.abs(pose) <= model.reach).all()
    minutes = pose[:, 0].reshape(10, -1)
    assert np.abs(minutes.mean(1)).max() < minutes.std()
    yaw = (pose[:, 0] - pose[:, 0].mean()) / pose[:, 0].std()
    spectrum = np.abs(np.fft.rfft(yaw, 2 * len(yaw))) ** 2
    again = np.fft.irfft(spectrum)[: len(yaw)] / len(yaw)
    assert again[int(20 * RATE) :].max() < 0.4


def test_the_axes_agree_as_the_model_says(model):
    pose = sway(model, np.full(15000, 0.5), RATE, 2)
    assert np.corrcoef(pose[:, 0], pose[:, 1])[0, 1] == pytest.approx(0.6, abs=0.15)
    assert abs(np.corrcoef(pose[:, 0], pose[:, 2])[0, 1]) < 0.15


def test_a_loud_voice_brings_quicker_motion(model):
    quiet, loud = (sway(model, np.full(6000, level), RATE, 3) for level in (0.0, 1.0))
    speed = [np.abs(np.diff(pose[:, 1])).mean() for pose in (quiet, loud)]
    assert speed[1] > 1.3 * speed[0]
    assert speed[0] > 0.01  # in silence the head still breathes


def test_no_step_is_above_the_limit_and_what_is_below_stays(model):
    calm = np.cumsum(np.full((100, 6), 0.005), 0)
    assert np.array_equal(limited(calm, model.max_step, RATE), calm)
    jump = np.zeros((200, 6))
    jump[100:] = 10.0 * model.max_step
    held = limited(jump, model.max_step, RATE)
    assert (np.abs(np.diff(held, axis=0)) <= model.max_step + 1e-12).all()
    np.testing.assert_allclose(held[-1], jump[-1], rtol=0.25)


def test_a_model_survives_its_arrays(model):
    again = SwayModel.from_arrays(model.to_arrays())
    np.testing.assert_allclose(again.mixing, model.mixing, rtol=1e-6)
    np.testing.assert_allclose(again.swell, model.swell, rtol=1e-6)

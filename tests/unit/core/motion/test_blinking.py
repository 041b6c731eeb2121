"""Blinks as events: how many, how long, when; and what is counted in people."""

import numpy as np
import pytest

from core.motion.blinking import BlinkModel, blinking
from core.training.blink_fit import find_blinks, fit_blinks

MODEL = BlinkModel(per_minute=17.0, spread=0.7, duration_s=0.24, duration_spread=0.3)


@pytest.mark.parametrize("rate", [25.0, 29.97, 60.0])
def test_ten_minutes_have_the_models_blinks_each_of_a_people_s_duration(rate):
    lids = blinking(MODEL, np.ones(round(600 * rate)), rate, 3)
    times, durations = find_blinks(lids, rate)
    assert 14 <= len(times) / 10 <= 20
    assert min(durations) >= 0.15
    assert max(durations) <= 0.4
    assert lids.max() == 1.0
    assert not lids[: int(0.3 * rate)].any()
    assert np.std(np.diff(times)) > 1.0  # not a clock


def test_blinks_come_where_they_are_likelier_and_equal_seeds_blink_equally():
    intensity = np.ones(15000)
    intensity[7500:] = 2.0
    lids = blinking(MODEL, intensity, 25.0, 1)
    assert np.array_equal(lids, blinking(MODEL, intensity, 25.0, 1))
    before, after = (len(find_blinks(part, 25.0)[0]) for part in np.split(lids, 2))
    assert after > 1.5 * before


def test_the_statistics_of_blinks_are_found_again():
    lids = blinking(MODEL, np.ones(30000), 25.0, 7)
    found = fit_blinks([lids], 25.0)
    assert found.per_minute == pytest.approx(17.0, rel=0.15)
    assert found.duration_s == pytest.approx(0.24, abs=0.05)
    assert BlinkModel.from_arrays(found.to_arrays()).spread == pytest.approx(found.spread, rel=1e-5)


def test_eyes_that_never_shut_still_give_a_usable_model():
    found = fit_blinks([np.zeros(500)], 25.0)
    assert found.per_minute == 10.0
    assert blinking(found, np.ones(1500), 25.0, 0).max() == 1.0


def test_a_very_short_voice_has_room_for_no_blink():
    assert blinking(MODEL, np.ones(3), 25.0, 0).tolist() == [0.0, 0.0, 0.0]

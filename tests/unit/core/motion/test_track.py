from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_CONTROLS, N_CONTROLS, REST, Factor
from core.motion.motion import Motion
from core.motion.track import FactorTrack, rest_of

RATE = Fraction(25)


def ramp(n=10, factor=Factor.HEAD_POSE, rate=RATE, neutral=0):
    values = np.arange(n, dtype=np.float32)[:, None] + np.zeros(len(FACTOR_CONTROLS[factor]))
    return FactorTrack(factor, values, np.ones(n, bool), rate, "ramp ✓", neutral)


def test_motion_checks_and_freezes_its_controls():
    motion = Motion.rest(3, RATE, 7)
    assert len(motion) == 3
    assert motion.start_frame == 7
    assert np.array_equal(motion.controls, np.tile(REST, (3, 1)))
    assert motion.factor(Factor.HEAD_POSE)[0, -1] == 1.0
    with pytest.raises(ValueError):
        motion.controls[0, 0] = 1.0
    with pytest.raises(ValueError):
        Motion(np.zeros((3, N_CONTROLS - 1)), RATE)
    with pytest.raises(ValueError):
        Motion(np.full((3, N_CONTROLS), np.nan), RATE)


def test_motion_does_not_alias_the_callers_array():
    controls = np.zeros((2, N_CONTROLS), np.float32)
    motion = Motion(controls, RATE)
    controls[:] = 1.0
    assert not motion.controls.any()


def test_track_refuses_wrong_shapes():
    with pytest.raises(ValueError):
        FactorTrack(Factor.EYES, np.zeros((2, 3)), np.ones(2, bool), RATE, "")
    with pytest.raises(ValueError):
        FactorTrack(Factor.EYES, np.zeros((2, 14)), np.ones(3, bool), RATE, "")
    with pytest.raises(ValueError):
        FactorTrack(Factor.EYES, np.zeros((0, 14)), np.ones(0, bool), RATE, "")
    with pytest.raises(ValueError):
        ramp(neutral=10)


def test_column_finds_a_control_by_name():
    track = FactorTrack.at_rest(Factor.HEAD_POSE, 2, RATE)
    assert np.array_equal(track.column("scale"), [1, 1])
    with pytest.raises(ValueError):
        track.column("jawOpen")


@given(st.lists(st.floats(-5, 15), min_size=1, max_size=20))
def test_positions_interpolate_linearly_and_hold_outside(positions):
    values, valid = ramp().at(positions)
    assert np.allclose(values[:, 0], np.clip(positions, 0, 9), atol=1e-5)
    assert valid.all()


def test_whole_positions_are_bit_exact_and_ignore_the_next_frames_gap():
    track = ramp()
    broken = FactorTrack(track.factor, track.values, np.arange(10) != 5, RATE, "", 0)
    values, valid = broken.at([4.0, 4.5, 5.0, 6.0])
    assert np.array_equal(values[[0, 2, 3]], track.values[[4, 5, 6]])
    assert valid.tolist() == [True, False, False, True]


@given(st.integers(1, 200), st.sampled_from([24, 25, 30, 50, 60, Fraction(30000, 1001)]))
def test_resampling_keeps_the_duration_within_a_frame(n, rate):
    track = ramp(n, rate=Fraction(30))
    again = track.resampled(Fraction(rate))
    assert 0 <= again.duration - track.duration < 1 / Fraction(rate)
    seconds = np.arange(len(again)) / float(rate)
    assert np.allclose(again.values[:, 0], np.minimum(seconds * 30, n - 1), atol=1e-3)


def test_resampling_moves_the_neutral_frame():
    assert ramp(61, rate=Fraction(60), neutral=60).resampled(RATE).neutral == 25
    assert ramp(60, neutral=None).resampled(Fraction(30)).neutral is None


def test_slices_are_clamped_and_never_empty():
    track = ramp(neutral=8)
    assert track.slice(2, 5).values[:, 0].tolist() == [2, 3, 4]
    assert track.slice(2, 5).neutral == 2
    assert track.slice(-3, 2).values[:, 0].tolist() == [0, 1]
    assert len(track.slice(50, 60)) == 1
    assert len(track.slice(4, 4)) == 1


@pytest.mark.parametrize("neutral", [None, 0, 3])
def test_cache_round_trip(tmp_path, neutral):
    cache = ArrayCache(tmp_path)
    track = ramp(rate=Fraction(30000, 1001), neutral=neutral)
    track.save(cache, "ab12")
    again = FactorTrack.load(cache, "ab12")
    assert again.values.tobytes() == track.values.tobytes()
    assert again.valid.tobytes() == track.valid.tobytes()
    assert (again.factor, again.rate, again.provenance, again.neutral) == (
        track.factor, track.rate, track.provenance, neutral,
    )  # fmt: skip
    assert FactorTrack.load(cache, "ab13") is None


def test_a_cache_entry_of_another_kind_counts_as_absent(tmp_path):
    cache = ArrayCache(tmp_path)
    cache.put("ab12", {"values": np.zeros((2, 3), np.float32)})
    assert FactorTrack.load(cache, "ab12") is None


def test_rest_of_the_head_has_unit_scale():
    assert rest_of(Factor.HEAD_POSE).tolist() == [0, 0, 0, 0, 0, 1]
    assert not rest_of(Factor.LIPS).any()

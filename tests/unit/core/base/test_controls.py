import numpy as np

from core.base.controls import (
    ARKIT,
    CONTROLS,
    FACTOR_CONTROLS,
    FACTOR_SLICE,
    LOWER,
    REST,
    UPPER,
    Factor,
    mirror_name,
)


def test_every_control_belongs_to_exactly_one_factor() -> None:
    sizes = {factor: len(names) for factor, names in FACTOR_CONTROLS.items()}
    assert sizes == {
        Factor.LIPS: 22,
        Factor.HEAD_POSE: 6,
        Factor.EYES: 14,
        Factor.EXPRESSION: 16,
    }
    assert len(set(CONTROLS)) == len(CONTROLS) == 58
    assert set(ARKIT) < set(CONTROLS)


def test_slices_cut_out_the_factors_own_names() -> None:
    for factor, names in FACTOR_CONTROLS.items():
        assert CONTROLS[FACTOR_SLICE[factor]] == names


def test_rest_lies_within_the_bounds() -> None:
    assert np.all(LOWER <= REST)
    assert np.all(REST <= UPPER)


def test_mirroring_twice_gives_the_same_control() -> None:
    assert all(mirror_name(mirror_name(n)) == n for n in CONTROLS)
    assert mirror_name("eyeLookInLeft") == "eyeLookInRight"
    assert all(mirror_name(n) in CONTROLS for n in CONTROLS)

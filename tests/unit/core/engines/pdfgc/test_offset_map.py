"""The linear map of drafts: finds a linear encoder again, rests at rest, stops when told."""

import numpy as np
import pytest

from core.base.controls import FACTOR_CONTROLS, FACTOR_SLICE, LOWER, REST, UPPER, Factor
from core.base.errors import Cancelled
from core.base.progress import Progress
from core.engines.pdfgc.offset_map import OffsetMap, fit_offset_map, sweep

TRUTH = {
    factor: np.random.default_rng(i).normal(size=(len(FACTOR_CONTROLS[factor]), 7))
    for i, factor in enumerate(Factor)
}


def exact(factor: Factor, controls):
    return ((controls - REST[FACTOR_SLICE[factor]]) @ TRUTH[factor]).astype(np.float32)


def test_a_linear_encoder_is_found_again() -> None:
    fitted = fit_offset_map(exact, Progress())
    rng = np.random.default_rng(9)
    for factor in Factor:
        part = FACTOR_SLICE[factor]
        controls = rng.uniform(LOWER[part], UPPER[part], (20, len(REST[part])))
        wanted = exact(factor, controls)
        found = fitted.offset(factor, controls.astype(np.float32))
        assert np.abs(found - wanted).max() < 0.02 * np.abs(wanted).max()
        assert (fitted.offset(factor, REST[part]) == 0).all()
    again = OffsetMap.from_arrays(fitted.to_arrays())
    assert all((again.matrices[f] == fitted.matrices[f]).all() for f in Factor)


def test_the_sweep_is_the_same_every_time_and_within_limits() -> None:
    for factor in Factor:
        part, samples = FACTOR_SLICE[factor], sweep(factor)
        assert (samples == sweep(factor)).all()
        assert ((samples >= LOWER[part]) & (samples <= UPPER[part])).all()
        moves = samples != REST[part]
        assert moves.any(0).all()  # every control is looked at


def test_it_stops_within_one_sample() -> None:
    progress, asked = Progress(), []

    def slow(factor: Factor, controls):
        asked.append(factor)
        if len(asked) == 3:
            progress.cancel()
        return exact(factor, controls)

    with pytest.raises(Cancelled):
        fit_offset_map(slow, progress)
    assert len(asked) == 3

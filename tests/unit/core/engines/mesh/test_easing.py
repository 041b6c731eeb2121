import numpy as np
import pytest

from core.engines.mesh.easing import eased


def test_small_values_stay_and_large_ones_rise_below_the_limit():
    values = np.linspace(-2.0, 2.0, 401)
    result = np.array([eased(v, 1.0, 0.6) for v in values])
    small = np.abs(values) <= 0.6
    assert (result[small] == values[small]).all()
    assert (np.diff(result) > 0).all()
    assert np.abs(result).max() < 1.0
    assert np.diff(result).max() == pytest.approx(0.01)

from fractions import Fraction

import numpy as np
import pytest

from core.base.controls import CONTROLS, FACTOR_CONTROLS, Factor
from core.motion.track import FactorTrack, rest_of


@pytest.fixture
def make_track():
    """A track of one factor at rest except for the named columns."""

    def make(factor=Factor.HEAD_POSE, *, rate=25, valid=None, neutral=0, n=None, **columns):
        length = n or len(next(iter(columns.values())))
        values = np.tile(rest_of(factor), (length, 1))
        for name, column in columns.items():
            values[:, FACTOR_CONTROLS[factor].index(name)] = column
        seen = np.ones(length, bool) if valid is None else np.asarray(valid, bool)
        return FactorTrack(factor, values, seen, Fraction(rate), "“clip.mp4”", neutral)

    return make


@pytest.fixture
def make_controls():
    """Full control vectors [N, 58] at rest except for the named columns."""

    def make(n, **columns):
        controls = np.zeros((n, len(CONTROLS)), np.float32)
        controls[:, CONTROLS.index("scale")] = 1.0
        for name, column in columns.items():
            controls[:, CONTROLS.index(name)] = column
        return controls

    return make

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from core.base.controls import FACTOR_CONTROLS, Factor
from core.speech.cues import mouth_cues
from core.speech.lips import lips_of

RATE = Fraction(25)
NAMES = FACTOR_CONTROLS[Factor.LIPS]


@pytest.fixture(scope="module")
def cues(heard):
    return mouth_cues(heard.phones, heard.spectrum.duration_s)


def edited(heard, cues, index, shape):
    """Lips with one cue of another shape, and the frames in the middle of it."""
    changed = [*cues[:index], replace(cues[index], shape=shape), *cues[index + 1 :]]
    start, stop = (float(s * RATE) for s in (cues[index].start_s, cues[index].end_s))
    return lips_of(heard, RATE, cues=changed), slice(round(start + 1), max(round(stop - 1), 1))


def longest(cues, shapes):
    return max(
        (i for i, cue in enumerate(cues) if cue.shape in shapes),
        key=lambda i: cues[i].end_s - cues[i].start_s,
    )


def test_cues_as_recognised_change_nothing(heard, cues):
    assert np.array_equal(lips_of(heard, RATE, cues=cues), lips_of(heard, RATE))


def test_a_shut_cue_shuts_an_open_mouth_and_leaves_the_rest(heard, cues):
    before, jaw = lips_of(heard, RATE), NAMES.index("jawOpen")
    lips, span = edited(heard, cues, longest(cues, "CD"), "A")
    assert lips[span, NAMES.index("mouthClose")].max() > 0.9
    assert lips[span, jaw].min() < 0.5 * before[span, jaw].max()
    far = np.r_[0 : max(span.start - 25, 0), span.stop + 25 : len(lips)]
    assert np.abs(lips[far] - before[far]).max() < 1e-3


def test_an_open_cue_opens_the_mouth_in_silence(heard, cues):
    index = longest(cues, "X")
    lips, span = edited(heard, cues, index, "D")
    jaw = NAMES.index("jawOpen")
    assert lips[span, jaw].max() > 0.4
    assert lips_of(heard, RATE)[span, jaw].min() < 0.1
    rest, span = edited(heard, cues, longest(cues, "CD"), "X")
    assert rest[span, jaw].min() < 0.1

import itertools

from core.speech.cues import REST_SHAPE, SHAPE_OF, mouth_cues
from core.speech.phones import PHONES, Phone


def test_every_phone_has_a_shape():
    assert set(SHAPE_OF) == set(PHONES)


def test_cues_cover_the_sound_without_gaps(heard):
    cues = mouth_cues(heard.phones, heard.spectrum.duration_s)
    assert cues[0].start_s == 0.0
    assert cues[-1].end_s == heard.spectrum.duration_s
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(cues))
    assert all(a.shape != b.shape for a, b in itertools.pairwise(cues))
    assert {"A", "B", "C", "D", "F", "G", "X"} <= {cue.shape for cue in cues}


def test_short_pauses_vanish_and_long_ones_rest():
    phones = [Phone(0.2, 0.3, "AA"), Phone(0.35, 0.4, "M"), Phone(0.8, 0.9, "F")]
    cues = mouth_cues(phones, 1.0)
    shapes = [(c.start_s, c.shape) for c in cues]
    assert shapes == [(0.0, "X"), (0.2, "D"), (0.35, "A"), (0.4, "X"), (0.8, "G")]


def test_no_phones_are_one_rest():
    (cue,) = mouth_cues([], 2.0)
    assert (cue.start_s, cue.end_s, cue.shape) == (0.0, 2.0, REST_SHAPE)
    assert mouth_cues([], 0.0) == ()

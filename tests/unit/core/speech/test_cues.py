import itertools

from core.speech.cues import (
    REST_SHAPE,
    SHAPE_OF,
    cue_at,
    delete_cue,
    mouth_cues,
    move_border,
    set_shape,
    split_cue,
)
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


CUES = mouth_cues([Phone(0.2, 0.3, "AA"), Phone(0.3, 0.4, "M"), Phone(0.4, 0.9, "F")], 1.0)


def shown(cues):
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(cues))
    assert (cues[0].start_s, cues[-1].end_s) == (0.0, 1.0)
    return [(round(c.start_s, 3), c.shape) for c in cues]


def test_edits_keep_the_lane_without_gaps():
    assert shown(CUES) == [(0.0, "X"), (0.2, "D"), (0.3, "A"), (0.4, "G")]
    assert shown(move_border(CUES, 2, 0.35))[2] == (0.35, "A")
    assert shown(move_border(CUES, 2, 9.0))[2] == (0.38, "A")
    assert shown(move_border(CUES, 2, 0.0))[2] == (0.22, "A")
    assert shown(set_shape(CUES, 1, "F"))[1] == (0.2, "F")
    assert shown(split_cue(CUES, 3, 0.6))[3:] == [(0.4, "G"), (0.6, "G")]
    assert split_cue(CUES, 3, 0.401) == CUES
    assert shown(delete_cue(CUES, 2)) == [(0.0, "X"), (0.2, "D"), (0.4, "G")]
    assert shown(delete_cue(CUES, 0)) == [(0.0, "D"), (0.3, "A"), (0.4, "G")]
    assert cue_at(CUES, 0.35) == 2
    assert cue_at(CUES, 1.0) is None

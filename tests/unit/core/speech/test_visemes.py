import numpy as np
import pytest

from core.speech.phones import PHONES, SILENCE, Phone
from core.speech.visemes import VISEMES, articulate


def word(*labels, start_s=0.5, each_s=0.1):
    return [
        Phone(start_s + i * each_s, start_s + (i + 1) * each_s, label)
        for i, label in enumerate(labels)
    ]


def test_every_phone_has_a_viseme():
    assert set(VISEMES) == {*PHONES, SILENCE}


@pytest.mark.parametrize("label", ["B", "M", "P"])
def test_lips_meet_even_in_the_shortest_phone(label):
    phones = [Phone(0.5, 0.6, "AA"), Phone(0.6, 0.63, label), Phone(0.63, 0.8, "AA")]
    close = articulate(phones, 150, contact_s=0.06).close
    assert (close >= 0.999).sum() >= 6
    assert close[45] == close[75] == 0.0


@pytest.mark.parametrize("label", ["F", "V"])
def test_the_lower_lip_meets_the_teeth(label):
    articulation = articulate(word("AA", label, "AA"), 150)
    assert articulation.bite[65] == 1.0
    assert articulation.close.max() == 0.0
    assert articulation.jaw[65] < 0.75 * articulation.jaw[55]


def test_open_vowels_open_wider_than_close_ones():
    jaw = {v: articulate(word("T", v, "T"), 150).jaw[65] for v in ("AA", "EH", "IY", "UW")}
    assert jaw["AA"] > jaw["EH"] > jaw["IY"]
    assert jaw["AA"] > 2 * jaw["UW"]


def test_rounding_comes_before_the_vowel_and_earlier_than_spreading():
    rounded = articulate(word("T", "T", "UW"), 150).width
    spread = articulate(word("T", "T", "IY"), 150).width
    neutral = articulate(word("T", "T", "AH"), 150).width
    before = 63  # 70 ms ahead of the vowel
    assert rounded[before] < neutral[before] - 0.3
    assert neutral[before] - rounded[before] > 1.5 * (spread[before] - neutral[before])
    assert rounded[75] < -0.7
    assert spread[75] > 0.6


def test_a_consonant_takes_the_shape_of_its_vowels():
    see = articulate(word("IY", "T", "IY"), 150).width[65]
    sue = articulate(word("UW", "T", "UW"), 150).width[65]
    assert see - sue > 0.5


def test_silence_is_shut_and_neutral():
    articulation = articulate([], 100)
    for curve in (articulation.jaw, articulation.close, articulation.bite, articulation.teeth):
        assert np.all(curve == 0.0)
    assert np.allclose(articulation.width, 0.0)


def test_phones_beyond_the_end_do_no_harm():
    articulation = articulate([Phone(0.9, 1.5, "AA"), Phone(5.0, 5.1, "M")], 100)
    assert articulation.jaw.shape == (100,)
    assert articulation.jaw[-1] > 0.5
    assert articulation.close.max() == 0.0

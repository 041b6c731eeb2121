from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from core.speech.energy import (
    MAX_STRETCH_S,
    SILENT_DB,
    SilenceGate,
    at_frames,
    gate_level_db,
    loudness,
    loudness_per_frame,
    silent_ticks,
    speech_level_db,
    speech_stretches,
    stressed_syllables,
)
from core.speech.spectrum import Spectrum, spectrum_of


def spectrum_with(levels_db):
    level = np.asarray(levels_db, np.float32)
    return Spectrum(level, np.repeat(level[:, None], 4, 1))


def held(*parts):
    """A level curve of (dB, ticks) steps."""
    return spectrum_with(np.concatenate([np.full(ticks, db) for db, ticks in parts]))


def test_pauses_and_clicks_do_not_change_the_speech_level():
    speech = held((-20, 300))
    assert speech_level_db(speech) == pytest.approx(-20.0, abs=0.1)
    assert speech_level_db(held((-90, 3000), (-20, 300))) == pytest.approx(-20.0, abs=0.1)
    assert speech_level_db(held((-20, 300), (0, 3), (-20, 300))) == pytest.approx(-20, abs=0.3)


def test_the_gate_sinks_with_a_soft_voice_only():
    assert gate_level_db(held((-12, 300))) == pytest.approx(-45.0)
    assert gate_level_db(held((-32, 300))) == pytest.approx(-57.0, abs=0.2)
    assert gate_level_db(held((-100, 300))) == SILENT_DB
    assert gate_level_db(held((-12, 300)), SilenceGate(level_db=-30)) == pytest.approx(-30.0)


def test_the_gate_shuts_after_its_hold_time():
    spectrum = held((-20, 100), (-80, 50), (-20, 100), (-80, 8), (-20, 50))
    silent = silent_ticks(spectrum)
    assert np.flatnonzero(silent)[0] == pytest.approx(112, abs=3)
    assert np.flatnonzero(silent)[-1] == pytest.approx(149, abs=3)
    late = silent_ticks(spectrum, SilenceGate(hold_s=0.3))
    assert np.flatnonzero(late)[0] == pytest.approx(130, abs=3)
    assert not silent_ticks(spectrum, SilenceGate(hold_s=1.0)).any()


def test_before_the_first_word_it_is_silent_at_once():
    silent = silent_ticks(held((-80, 50), (-20, 100)))
    assert silent[:45].all()
    assert not silent[55:].any()


def test_a_silent_file_is_silent_from_end_to_end():
    assert silent_ticks(held((-100, 30))).all()
    assert speech_stretches(held((-100, 3000))) == ()


def test_stretches_skip_pauses_and_stay_short():
    random = np.random.default_rng(1)
    levels = np.concatenate([np.full(500, -90.0), random.uniform(-40, -10, 6000)])
    stretches = speech_stretches(spectrum_with(levels))
    assert stretches[0].start_s == pytest.approx(4.85, abs=0.05)
    assert stretches[-1].end_s == pytest.approx(65.0)
    assert all(0 < s.end_s - s.start_s <= MAX_STRETCH_S for s in stretches)
    assert all(a.end_s <= b.start_s for a, b in pairwise(stretches))
    assert sum(s.end_s - s.start_s for s in stretches) == pytest.approx(60.15, abs=0.1)


def test_loudness_is_relative_to_the_speaker():
    loud, soft = held((-80, 50), (-12, 100), (-24, 100)), held((-80, 50), (-32, 100), (-44, 100))
    for spectrum in (loud, soft):
        curve = loudness(spectrum)
        assert curve[:40].max() == 0.0
        assert 0.0 < curve[200] < curve[100] <= 1.0
    frames = loudness_per_frame(loud, Fraction(25), 100)
    assert frames.dtype == np.float32
    assert frames[5] == 0.0
    assert frames[30] == pytest.approx(loudness(loud)[120])
    assert frames[70] == 0.0  # after the end of the sound


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_frames_take_the_value_of_their_time(rate):
    ramp = np.arange(1000.0)[:, None]
    values = at_frames(ramp, rate, 200, offset_s=0.1)[:, 0]
    expected = (np.arange(200) / float(rate) - 0.1) * 100
    expected[expected < 0] = 0.0
    assert np.allclose(values, expected, atol=1e-3)


def test_stressed_syllables_of_the_sample_are_vowels(heard):
    syllables = stressed_syllables(heard.spectrum)
    times = [s.time_s for s in syllables]
    assert 3 <= len(times) <= 12
    assert np.diff(times).min() >= 0.35
    assert all(0.0 <= s.strength <= 1.0 for s in syllables)
    voiced = [p for p in heard.phones if p.label[0] in "AEIOULMNRWY"]
    near = [any(p.start_s - 0.05 <= t <= p.end_s + 0.05 for p in voiced) for t in times]
    assert np.mean(near) > 0.75


def test_a_burst_is_a_stressed_syllable():
    levels = np.full(300, -35.0)
    for at, peak in ((60, -25), (120, -12), (180, -25), (240, -24)):
        levels[at - 8 : at + 8] = peak
    syllables = stressed_syllables(spectrum_with(levels))
    assert any(abs(s.time_s - 1.2) < 0.05 for s in syllables)
    strongest = max(syllables, key=lambda s: s.strength)
    assert strongest.time_s == pytest.approx(1.2, abs=0.05)


@pytest.mark.parametrize("n_samples", [0, 10, 400, 1600])
def test_very_short_sounds_have_no_stress(n_samples):
    assert stressed_syllables(spectrum_of([np.zeros(n_samples, np.float32)])) == ()

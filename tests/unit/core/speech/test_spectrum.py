import numpy as np
import pytest

from core.base.errors import Cancelled
from core.base.progress import Progress
from core.speech.spectrum import (
    AUDIO_RATE,
    SILENCE_DB,
    TICKS_PER_S,
    measure_spectrum,
    spectrum_of,
)


def tone(hz, seconds=1.0, amplitude=0.5):
    t = np.arange(round(seconds * AUDIO_RATE)) / AUDIO_RATE
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_level_is_in_dbfs_and_a_tick_is_ten_milliseconds():
    spectrum = spectrum_of([tone(440.0)])
    assert len(spectrum) == TICKS_PER_S
    assert spectrum.duration_s == 1.0
    assert np.allclose(spectrum.level_db[5:-5], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.3)
    assert np.all(spectrum_of([np.zeros(1600, np.float32)]).level_db == SILENCE_DB)


@pytest.mark.parametrize(("hz", "band"), [(200.0, 0), (800.0, 1), (3600.0, 3)])
def test_a_tone_is_loudest_in_its_own_band(hz, band):
    bands = spectrum_of([tone(hz)]).bands_db[50]
    assert bands.argmax() == band


def test_a_tick_lies_where_the_sound_is():
    samples = np.zeros(AUDIO_RATE, np.float32)
    samples[round(0.42 * AUDIO_RATE)] = 1.0
    assert abs(int(spectrum_of([samples]).level_db.argmax()) - 42) <= 1


@pytest.mark.parametrize("size", [1, 37, 160, 4001, 32000])
def test_blocks_of_any_size_give_the_same_numbers(size):
    samples = np.random.default_rng(3).normal(0.0, 0.1, 5000).astype(np.float32)
    whole = spectrum_of([samples])
    pieces = spectrum_of(samples[i : i + size] for i in range(0, len(samples), size))
    assert np.array_equal(whole.level_db, pieces.level_db)
    assert np.allclose(whole.bands_db, pieces.bands_db, atol=1e-4)


@pytest.mark.parametrize("n_samples", [0, 1, 159, 161, 1600])
def test_even_a_few_samples_make_a_tick(n_samples):
    spectrum = spectrum_of([np.full(n_samples, 0.1, np.float32)])
    assert len(spectrum) == max(1, -(-n_samples // 160))
    assert np.isfinite(spectrum.bands_db).all()


def test_broken_samples_count_as_silence():
    spectrum = spectrum_of([np.full(1600, np.nan, np.float32)])
    assert np.all(spectrum.level_db == SILENCE_DB)


def test_reading_reports_seconds_and_can_be_cancelled(sample_speech):
    steps = []
    spectrum = measure_spectrum(sample_speech, Progress(steps.append))
    assert spectrum.duration_s == pytest.approx(7.74, abs=0.02)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done == steps[-1].total == 8
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        measure_spectrum(sample_speech, progress)

"""What is heard of a voice without recognising words."""

import numpy as np
import pytest

from core.base.errors import Cancelled
from core.base.progress import Progress
from core.media.audio import read_audio
from core.speech.hearing import N_FEATURES, hear, hear_blocks
from core.speech.phone_model import N_CLASSES
from core.speech.phones import PHONES
from core.speech.spectrum import AUDIO_RATE

# the model's order: two noises, the phones with silence in its place by name
_CLASSES = ("+NSN+", "+SPN+", *sorted((*PHONES, "SIL")))


def test_the_likeliest_phone_is_often_the_one_that_is_recognised(sample_speech, heard):
    hearing = hear(sample_speech)
    posteriors = hearing.rows[:, :N_CLASSES]
    np.testing.assert_allclose(posteriors.sum(1), 1.0, atol=1e-4)
    likeliest = posteriors.argmax(1)
    same = total = 0
    for phone in heard.phones:
        rows = likeliest[round(phone.start_s * 50) : round(phone.end_s * 50)]
        same += int((rows == _CLASSES.index(phone.label)).sum())
        total += len(rows)
    assert same / total > 0.4  # chance is 0.02


def test_level_does_not_matter_and_blocks_hardly(sample_speech):
    samples = read_audio(sample_speech, AUDIO_RATE)
    whole = hear_blocks([samples])
    quiet = hear_blocks([0.1 * samples])
    assert np.abs(whole.rows - quiet.rows).mean() < 0.01
    pieces = hear_blocks(np.array_split(samples, 7))
    assert whole.rows.shape == pieces.rows.shape == ((len(whole.spectrum) + 1) // 2, N_FEATURES)
    assert np.abs(whole.rows - pieces.rows).max() < 0.05


@pytest.mark.parametrize("n_samples", [0, 1, 100, 5000])
def test_next_to_nothing_is_heard_as_silence(n_samples):
    hearing = hear_blocks([np.zeros(n_samples, np.float32)])
    assert np.isfinite(hearing.rows).all()
    assert hearing.rows.shape[1] == N_FEATURES
    assert not hearing.rows[:, -1].any()


def test_windows_lie_around_their_frames_and_are_empty_outside_the_sound(sample_speech):
    hearing = hear(sample_speech)
    windows = hearing.windows(16, 25.0, 10, 12)
    assert windows.shape == (2, 16, N_FEATURES)
    assert np.array_equal(windows[0, 8], hearing.rows[20])
    assert np.array_equal(windows[1, 6], windows[0, 8])
    assert not hearing.windows(16, 25.0, 0, 1)[0, :8].any()
    assert not hearing.windows(16, 25.0, 10_000, 10_001).any()


def test_listening_can_be_cancelled(sample_speech):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        hear(sample_speech, progress)

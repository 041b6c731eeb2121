import numpy as np

from core.speech.mel import N_BANDS, SAMPLE_RATE_HZ, mel_rows, mel_windows


def tone(hertz, seconds=1.0):
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return np.sin(2 * np.pi * hertz * t).astype(np.float32)


def test_a_higher_tone_fills_a_higher_band():
    bands = [mel_rows(tone(hertz))[20:80].mean(0).argmax() for hertz in (300, 1000, 3000)]
    assert bands == sorted(set(bands))


def test_loudness_does_not_matter():
    np.testing.assert_allclose(mel_rows(tone(440)), mel_rows(0.1 * tone(440)), atol=1e-5)


def test_silence_is_zero():
    assert not mel_rows(np.zeros(4000, np.float32)).any()


def test_windows_belong_to_frames_four_rows_apart():
    rows = np.arange(40 * N_BANDS, dtype=np.float32).reshape(40, N_BANDS)
    windows, frames = mel_windows(rows)
    assert windows.shape == (6, 1, N_BANDS, 20)
    assert frames.tolist() == [2, 3, 4, 5, 6, 7]
    assert np.array_equal(windows[1, 0], rows[4:24].T)


def test_sound_too_short_for_a_window_gives_none():
    windows, frames = mel_windows(mel_rows(tone(440, 0.02)))
    assert windows.shape == (0, 1, N_BANDS, 20)
    assert len(frames) == 0

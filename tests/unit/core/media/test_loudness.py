import wave

import numpy as np
import pytest

from core.media.loudness import integrated_loudness


def write(path, samples, rate=48_000):
    with wave.open(str(path), "wb") as stream:
        stream.setparams((1, 2, rate, 0, "NONE", "not compressed"))
        stream.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def tone(seconds, peak, hz=997.0, rate=48_000):
    return peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def test_a_full_scale_tone_is_as_loud_as_the_standard_says(tmp_path):
    """BS.1770-4: a 997 Hz sine at 0 dBFS in one channel reads −3.01 LKFS."""
    path = write(tmp_path / "a.wav", tone(3.0, 0.999))
    assert integrated_loudness(path) == pytest.approx(-3.01, abs=0.1)
    path = write(tmp_path / "b.wav", tone(3.0, 0.1))
    assert integrated_loudness(path) == pytest.approx(-23.0, abs=0.1)


def test_pauses_do_not_count_and_silence_has_none(tmp_path):
    spoken = np.concatenate([tone(2.0, 0.1), np.zeros(6 * 48_000), tone(2.0, 0.1)])
    assert integrated_loudness(write(tmp_path / "a.wav", spoken)) == pytest.approx(-23.0, abs=0.5)
    assert integrated_loudness(write(tmp_path / "b.wav", np.zeros(48_000))) is None
    short = write(tmp_path / "c.wav", tone(0.05, 0.5))
    assert integrated_loudness(short) is not None

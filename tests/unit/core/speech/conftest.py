"""Sound files at the rate that the package listens at, and what the sample says."""

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.speech.lips import Speech, analyse_speech
from core.speech.spectrum import AUDIO_RATE


@pytest.fixture
def write_wav(tmp_path: Path) -> Callable[..., Path]:
    def write(samples: np.ndarray, name: str = "voice.wav", rate: int = AUDIO_RATE) -> Path:
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        return path

    return write


@pytest.fixture(scope="session")
def heard(sample_speech: Path) -> Speech:
    """The bundled sample, listened to once."""
    return analyse_speech(sample_speech)

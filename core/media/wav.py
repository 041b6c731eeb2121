"""WAV files out: the soundtrack as 16-bit PCM, complete or not at all."""

import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.base.files import replacing
from core.base.progress import Progress
from core.media.soundtrack import RATE, Sound, soundtrack

STAGE: Final = "Writing sound"
_FULL_SCALE: Final = 32767


def write_wav(
    path: Path,
    sounds: Sequence[Sound],
    duration_s: float | Fraction,
    progress: Progress | None = None,
) -> int:
    """Writes what is heard as 48 kHz stereo and returns the number of samples.

    Raises:
        MediaError: a sound cannot be read or the file not be written.
        Cancelled: the work was cancelled; nothing is left behind.
    """
    steps = progress or Progress()
    total = round(Fraction(duration_s).limit_denominator(10**6) * RATE)
    done = 0
    try:
        with replacing(path) as part, wave.open(str(part), "wb") as stream:
            stream.setparams((2, 2, RATE, 0, "NONE", "not compressed"))
            for block in soundtrack(sounds, duration_s):
                stream.writeframes(pcm(block.T))
                done += block.shape[1]
                steps.report(STAGE, done, total)
    except OSError as error:
        raise MediaError(
            f"“{path.name}” cannot be written, {error.strerror or error}: choose another folder."
        ) from error
    return done


def pcm(samples: NDArray[np.float32]) -> bytes:
    """Little-endian 16-bit samples of float [n, channels] in −1..1."""
    scaled = np.rint(np.clip(samples, -1.0, 1.0) * _FULL_SCALE)
    return np.ascontiguousarray(scaled, dtype="<i2").tobytes()

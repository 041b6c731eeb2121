"""What a network hears of a voice: phone posteriors and two acoustic measures, 50 times a second.

The sound is read once in blocks; only these few numbers per row stay in memory whatever its
length. Everything is relative to the recording itself: its level, its mean spectrum.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.media.audio import audio_duration, read_audio_blocks
from core.speech.acoustics import measure_acoustics
from core.speech.energy import SILENT_DB, speech_level_db
from core.speech.phone_model import (
    N_CEPSTRA,
    N_CLASSES,
    POSTERIORS_PER_S,
    cepstra_of,
    load_phone_model,
    phone_posteriors,
)
from core.speech.spectrum import (
    AUDIO_RATE,
    TICK_SAMPLES,
    TICKS_PER_S,
    Samples,
    Spectrum,
    spectrum_of,
)

ROWS_PER_S: Final = POSTERIORS_PER_S
N_FEATURES: Final = N_CLASSES + 2

_WINDOW = 411  # samples of one cepstrum, with the one before them
_SPEECH_RANGE_DB = 35.0  # what lies further below the speaker's level has no part in the mean


@dataclass(frozen=True, slots=True, eq=False)
class Hearing:
    """What is heard of a recording.

    Attributes:
        spectrum: Its loudness and bands at 100 Hz.
        rows: float32 [T, 44] at 50 Hz: posteriors of the 42 phones, openness, spread.
    """

    spectrum: Spectrum
    rows: NDArray[np.float32]

    def windows(self, n_rows: int, rate: float, start: int, stop: int) -> NDArray[np.float32]:
        """The rows around video frames `start` ≤ i < `stop`; rows outside the sound are zero.

        Returns:
            float32 [N, `n_rows`, 44]: row `n_rows` / 2 lies at the frame's time.
        """
        centres = np.round(np.arange(start, stop) * (ROWS_PER_S / rate)).astype(np.intp)
        at = centres[:, None] + np.arange(n_rows) - n_rows // 2
        inside = (at >= 0) & (at < len(self.rows))
        rows = self.rows[np.clip(at, 0, len(self.rows) - 1)]
        return np.where(inside[..., None], rows, np.float32(0.0))


def hear(path: Path, progress: Progress | None = None) -> Hearing:
    """Listens to any media file with sound; well over 100 times faster than the sound.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    total = math.ceil(audio_duration(path))

    def blocks() -> Iterator[Samples]:
        n_samples = 0
        for block in read_audio_blocks(path, AUDIO_RATE, block_s=2.0):
            progress.report("Listening", min(n_samples // AUDIO_RATE, total), total)
            n_samples += len(block)
            yield block[:, 0]

    heard = hear_blocks(blocks(), progress)
    progress.report("Listening", total, total)
    return heard


def hear_blocks(blocks: Iterable[Samples], progress: Progress | None = None) -> Hearing:
    """The same for consecutive float32 [n] pieces at 16 kHz."""
    cepstra = _Cepstra()
    spectrum = spectrum_of(cepstra.listening(blocks))
    values = cepstra.finish(len(spectrum))
    level = spectrum.level_db
    is_speech = level > max(speech_level_db(spectrum) - _SPEECH_RANGE_DB, SILENT_DB)
    mean = values[is_speech].mean(0) if is_speech.any() else values.mean(0)
    posteriors = phone_posteriors(load_phone_model(), values, mean, progress)
    acoustics = measure_acoustics(spectrum)
    every = TICKS_PER_S // ROWS_PER_S
    mouth = np.stack([acoustics.openness, acoustics.spread], 1)[::every]
    return Hearing(spectrum, np.concatenate([posteriors, mouth], 1).astype(np.float32))


class _Cepstra:
    """Cepstra centred on the ticks of a spectrum, gathered while its blocks pass by."""

    def __init__(self) -> None:
        self._waiting: Samples = np.zeros(_WINDOW // 2, np.float32)
        self._pieces: list[Samples] = [np.zeros((0, N_CEPSTRA), np.float32)]

    def listening(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Yields the blocks unchanged."""
        for block in blocks:
            self._waiting = np.concatenate([self._waiting, np.nan_to_num(block)])
            count = (len(self._waiting) - _WINDOW) // TICK_SAMPLES + 1
            if count > 0:
                used = (count - 1) * TICK_SAMPLES + _WINDOW
                self._pieces.append(cepstra_of(self._waiting[:used]))
                self._waiting = self._waiting[count * TICK_SAMPLES :]
            yield block

    def finish(self, n_ticks: int) -> Samples:
        """All cepstra, float32 [`n_ticks`, 13]; silence follows the sound."""
        missing = n_ticks - sum(len(piece) for piece in self._pieces)
        if missing > 0:
            rest = np.zeros((missing - 1) * TICK_SAMPLES + _WINDOW, np.float32)
            rest[: len(self._waiting)] = self._waiting[: len(rest)]
            self._pieces.append(cepstra_of(rest))
        return np.concatenate(self._pieces)[:n_ticks]

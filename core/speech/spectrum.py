"""What the sound itself says about the mouth: loudness and four band energies, 100 times a second.

Used by the other modules of `core.speech`. The sound is read in blocks, so that only these few
numbers per tick stay in memory whatever the length.
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

Array = NDArray[np.float64]
Samples = NDArray[np.float32]

AUDIO_RATE: Final = 16000
"""Samples per second that this package listens at."""
TICKS_PER_S: Final = 100
TICK_SAMPLES: Final = AUDIO_RATE // TICKS_PER_S
SILENCE_DB: Final = -100.0
"""The level given to digital silence."""

_WINDOW = 400  # 25 ms
_FFT = 512
_BLOCK_S = 2.0
_MEL_BANDS = 26
_MEL_RANGE_HZ = (80.0, 7600.0)
# The murmur of nasals and close vowels; the first formant and a rounded second one;
# the second formant of spread vowels; everything that a wide mouth lets out and a narrow one keeps.
_BANDS_HZ = ((120.0, 450.0), (300.0, 1200.0), (1900.0, 3200.0), (1500.0, 4000.0))


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Loudness and band energies of a recording; tick i is centred on i / 100 seconds.

    Attributes:
        level_db: float32 [T], root mean square of 25 ms in dBFS, -100 or more.
        bands_db: float32 [T, 4], mean log energy of the bands low (120-450 Hz), first
            formant (300-1200), second formant (1900-3200) and middle (1500-4000), dB, common zero.
    """

    level_db: Samples
    bands_db: Samples

    def __len__(self) -> int:
        return len(self.level_db)

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return len(self) / TICKS_PER_S


def measure_spectrum(path: Path, progress: Progress | None = None) -> Spectrum:
    """The spectrum of any media file with sound.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    total = math.ceil(audio_duration(path))

    def blocks() -> Iterator[Samples]:
        n_samples = 0
        for block in read_audio_blocks(path, AUDIO_RATE, block_s=_BLOCK_S):
            progress.report("Measuring the voice", min(n_samples // AUDIO_RATE, total), total)
            n_samples += len(block)
            yield block[:, 0]

    spectrum = spectrum_of(blocks())
    progress.report("Measuring the voice", total, total)
    return spectrum


def spectrum_of(blocks: Iterable[Samples]) -> Spectrum:
    """The spectrum of consecutive float32 [n] pieces at `AUDIO_RATE`; of silence when empty."""
    levels: list[Samples] = []
    bands: list[Samples] = []
    left = np.zeros(_WINDOW // 2, np.float32)
    n_samples = 0
    n_ticks = 0
    for block in blocks:
        n_samples += len(block)
        left = np.concatenate([left, np.nan_to_num(block)])
        count = max(0, (len(left) - _WINDOW) // TICK_SAMPLES + 1)
        if count:
            level, band = _measure(left, count)
            levels.append(level)
            bands.append(band)
            left = left[count * TICK_SAMPLES :]
            n_ticks += count
    count = max(1, math.ceil(n_samples / TICK_SAMPLES)) - n_ticks
    if count > 0:
        level, band = _measure(np.concatenate([left, np.zeros(2 * _WINDOW, np.float32)]), count)
        levels.append(level)
        bands.append(band)
    return Spectrum(np.concatenate(levels), np.concatenate(bands))


def _measure(samples: Samples, count: int) -> tuple[Samples, Samples]:
    """Level [count] and bands [count, 4] of `count` windows from the first sample on."""
    windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::TICK_SAMPLES][:count]
    power = np.square(windows, dtype=np.float64).mean(1)
    level = 10.0 * np.log10(power + 10.0 ** (SILENCE_DB / 10.0))
    spectrum = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW), _FFT)) ** 2
    mel_db = 10.0 * np.log10(spectrum @ _FILTERS + 1e-6)
    return level.astype(np.float32), (mel_db @ _BAND_MEANS).astype(np.float32)


def _mel_filters() -> tuple[Array, Array]:
    """Triangular mel filters [257, 26] and, for each of our bands, the mean over its filters."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in _MEL_RANGE_HZ)
    edges = 700.0 * (10.0 ** (np.linspace(low, high, _MEL_BANDS + 2) / 2595.0) - 1.0)
    hz = (np.arange(_FFT // 2 + 1) * AUDIO_RATE / _FFT)[:, None]
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0.0, np.minimum(rising, falling))
    members = [(edges[1:-1] >= lo) & (edges[1:-1] <= hi) for lo, hi in _BANDS_HZ]
    means = np.stack([inside / inside.sum() for inside in members], 1)
    return filters, means


_FILTERS, _BAND_MEANS = _mel_filters()

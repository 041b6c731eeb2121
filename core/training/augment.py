"""Other recordings of the same words: gain, noise, room, pitch and speed.

All functions take and give mono float32 samples at 16 kHz and draw from the generator they are
given. Only a change of speed moves anything in time.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.speech.spectrum import AUDIO_RATE, Samples

GAIN_DB: Final = (-12.0, 6.0)
NOISE_DB: Final = (15.0, 40.0)
"""Level of the voice above added noise."""
PITCH_OCTAVES: Final = 0.25
SPEED: Final = 0.1
ROOM_S: Final = (0.15, 0.5)
"""Time in which a room's echo falls by 60 dB."""

_HOP, _WINDOW = 160, 640
_SHARE = 0.5  # of the recordings that get noise, or a room


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One recording of the same words.

    Attributes:
        samples: float32 [n].
        speed: Original seconds per second of it.
    """

    samples: Samples
    speed: float


def vary(samples: Samples, random: np.random.Generator) -> Variant:
    """A variant of a recording that a listener would understand just as well."""
    pitch, speed = random.uniform(-1.0, 1.0, 2)
    ratio = 2.0 ** (PITCH_OCTAVES * pitch)
    speed = 1.0 + SPEED * speed
    # Played faster by `ratio` after stretching: the pitch alone changes.
    varied = resampled(stretched(samples, ratio / speed), ratio)
    if random.random() < _SHARE:
        varied = in_room(varied, random.uniform(*ROOM_S), random)
    if random.random() < _SHARE:
        varied = with_noise(varied, random.uniform(*NOISE_DB), random)
    gain = 10.0 ** (random.uniform(*GAIN_DB) / 20.0)
    return Variant(np.clip(varied * gain, -1.0, 1.0).astype(np.float32), speed)


def with_noise(samples: Samples, ratio_db: float, random: np.random.Generator) -> Samples:
    """Adds noise whose energy falls with the frequency, `ratio_db` below the voice."""
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    spectrum /= np.sqrt(1.0 + np.arange(len(spectrum)))
    noise = np.fft.irfft(spectrum, len(samples))
    power = float(np.mean(np.square(samples))) / (float(np.mean(np.square(noise))) + 1e-20)
    level = np.sqrt(power * 10.0 ** (-ratio_db / 10.0))
    result: Samples = (samples + level * noise).astype(np.float32)
    return result


def in_room(samples: Samples, echo_s: float, random: np.random.Generator) -> Samples:
    """Adds the diffuse echo of a room; the direct sound stays first and loudest."""
    from scipy.signal import fftconvolve

    n_echo = round(echo_s * AUDIO_RATE)
    seconds = np.arange(n_echo) / AUDIO_RATE
    echo = random.standard_normal(n_echo) * 10.0 ** (-3.0 * seconds / echo_s)
    echo *= 0.4 / np.sqrt(np.sum(np.square(echo)))
    echo[0] = 1.0
    result: Samples = fftconvolve(samples, echo)[: len(samples)].astype(np.float32)
    return result


def resampled(samples: Samples, ratio: float) -> Samples:
    """The same played `ratio` times as fast: shorter and higher."""
    at = np.arange(max(1, int(len(samples) / ratio))) * ratio
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


def stretched(samples: Samples, factor: float) -> Samples:
    """The same `factor` times as long at the same pitch (phase vocoder: Flanagan and Golden)."""
    n_samples = round(len(samples) * factor)
    if len(samples) < 2 * _WINDOW:
        return resampled(samples, len(samples) / max(1, n_samples))
    window = np.hanning(_WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP] * window
    spectra: NDArray[np.complex128] = np.fft.rfft(frames, axis=1)
    at = np.arange(0.0, len(spectra) - 1, 1.0 / factor)
    low = at.astype(np.intp)
    part = (at - low)[:, None]
    size = (1.0 - part) * np.abs(spectra[low]) + part * np.abs(spectra[low + 1])
    advance = np.angle(spectra[low + 1]) - np.angle(spectra[low])
    usual = 2.0 * np.pi * _HOP * np.arange(spectra.shape[1]) / _WINDOW
    advance = usual + (advance - usual + np.pi) % (2.0 * np.pi) - np.pi
    phase = np.angle(spectra[:1]) + np.concatenate(
        [np.zeros((1, len(usual))), advance[:-1]]
    ).cumsum(0)
    pieces = np.fft.irfft(size * np.exp(1j * phase), _WINDOW, axis=1) * window
    result = np.zeros(len(pieces) * _HOP + _WINDOW)
    for i, piece in enumerate(pieces):
        result[i * _HOP : i * _HOP + _WINDOW] += piece
    result /= np.sum(window**2) / _HOP
    fitted = np.zeros(n_samples, np.float32)
    fitted[: min(n_samples, len(result))] = result[:n_samples]
    return fitted

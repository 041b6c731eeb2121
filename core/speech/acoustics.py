"""Mouth shape heard directly in the spectrum, relative to what this speaker does.

A wide open mouth has a high first formant and lets the middle of the spectrum out; a narrow one
keeps it and leaves the murmur below 450 Hz (Fant, Acoustic Theory of Speech Production, 1960).
Spread lips raise the second formant, rounded ones lower it. Both hold in every language. The
few constants were set by hand and compared on filmed speakers; there is no trained model.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.base.controls import BoolArray
from core.speech.energy import speech_stretches
from core.speech.smoothing import smoothed
from core.speech.spectrum import TICKS_PER_S, Array, Spectrum

_LOW, _FIRST, _SECOND, _MIDDLE = range(4)  # columns of Spectrum.bands_db
_SIGMA_S: Final = 0.05  # lips do not move faster
_PERCENTILES = (5.0, 95.0)  # the speaker's range
_RANGE_DB = (20.0, 45.0)  # bounds of it, for very short or very noisy recordings
_MURMUR = 0.6  # how much a strong low band speaks against an open mouth


@dataclass(frozen=True, slots=True, eq=False)
class Acoustics:
    """What is heard of the mouth at each tick of a spectrum, float64 [T].

    Attributes:
        openness: 0 shut .. 1 as open as this speaker gets.
        spread: −1 (rounded) .. 1 (spread); 0 is this speaker's mean, one unit two deviations.
    """

    openness: Array
    spread: Array


def measure_acoustics(spectrum: Spectrum) -> Acoustics:
    """Openness and spread of a whole recording; all 0 when it holds no speech."""
    inside = _inside_speech(spectrum)
    if not inside.any():
        return Acoustics(np.zeros(len(spectrum)), np.zeros(len(spectrum)))
    bands = smoothed(spectrum.bands_db.astype(np.float64), _SIGMA_S * TICKS_PER_S)
    middle = _in_range(bands[:, _MIDDLE], inside)
    openness = middle - _MURMUR * _in_range(bands[:, _LOW], inside)
    tilt = bands[:, _SECOND] - bands[:, _FIRST]
    spread = (tilt - tilt[inside].mean()) / (2.0 * tilt[inside].std() + 1e-6)
    return Acoustics(
        np.where(inside, np.clip(openness / (1.0 - _MURMUR / 2.0), 0.0, 1.0), 0.0),
        np.where(inside, np.clip(spread, -1.0, 1.0), 0.0),
    )


def _inside_speech(spectrum: Spectrum) -> BoolArray:
    inside = np.zeros(len(spectrum), np.bool_)
    for stretch in speech_stretches(spectrum):
        inside[round(stretch.start_s * TICKS_PER_S) : round(stretch.end_s * TICKS_PER_S)] = True
    return inside


def _in_range(band_db: Array, inside: BoolArray) -> Array:
    """A band's energy, 0 at the speaker's softest and 1 at the loudest."""
    low, high = np.percentile(band_db[inside], _PERCENTILES)
    low = min(max(low, high - _RANGE_DB[1]), high - _RANGE_DB[0])
    result: Array = np.clip((band_db - low) / (high - low), 0.0, 1.2)
    return result

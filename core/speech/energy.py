"""Loudness of a voice: its level, its pauses, the silence gate, stressed syllables.

Everything is relative to the speaker's own level, so that a quiet recording moves the lips as
much as a loud one. Arrays are per tick of `core.speech.spectrum` unless they say per frame.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray
from core.speech.smoothing import smoothed
from core.speech.spectrum import TICKS_PER_S, Array, Samples, Spectrum

MAX_STRETCH_S: Final = 12.0
"""The longest piece of speech that is recognised in one go."""
NOMINAL_SPEECH_DB: Final = -20.0
"""Level of speech in a well recorded file, dBFS."""
SILENT_DB: Final = -70.0
"""What is softer than this is silence in every recording, dBFS."""

_LOUD_S = 0.3  # a click is shorter than the loudest syllables of a voice
_SPEECH_RANGE_DB = 30.0  # of one voice, from its loudest vowels to its softest consonants
_PAUSE_S = 0.5
_MARGIN_S = 0.15  # kept around a stretch: soft onsets, and silence that the recogniser expects
_SYLLABLE_SIGMA_S = 0.045
_SYLLABLE_GAP_S = 0.12
_SYLLABLE_PROMINENCE_DB = 3.0
_STRESS_GAP_S = 0.35


@dataclass(frozen=True, slots=True)
class SilenceGate:
    """When the mouth is kept shut.

    Attributes:
        is_on: Without the gate the lips follow every sound.
        level_db: Softer than this is silence, dBFS; in recordings whose speech is softer than
            `NOMINAL_SPEECH_DB` it lies as much lower.
        hold_s: How long it must be silent before the lips shut.
    """

    is_on: bool = True
    level_db: float = -45.0
    hold_s: float = 0.12


DEFAULT_GATE: Final = SilenceGate()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a recording without a long pause, seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Syllable:
    """The loudest moment of a stressed syllable.

    Attributes:
        time_s: Seconds from the start of the sound.
        strength: 0..1; how much it stands out.
    """

    time_s: float
    strength: float


def speech_level_db(spectrum: Spectrum) -> float:
    """The speaker's mean level in dBFS without the pauses; `SILENCE_DB` for digital silence."""
    level = spectrum.level_db.astype(np.float64)
    rank = min(len(level) - 1, int(_LOUD_S * TICKS_PER_S), len(level) // 10)
    loud = float(-np.partition(-level, rank)[rank])
    power = 10.0 ** (level[level >= loud - _SPEECH_RANGE_DB] / 10.0)
    # Clicks stand above the loudest syllables; they count as much as those.
    return float(10.0 * np.log10(np.minimum(power, 10.0 ** (loud / 10.0)).mean()))


def gate_level_db(spectrum: Spectrum, gate: SilenceGate = DEFAULT_GATE) -> float:
    """The level below which this recording is silent, dBFS."""
    softer = min(0.0, speech_level_db(spectrum) - NOMINAL_SPEECH_DB)
    return max(SILENT_DB, gate.level_db + softer)


def silent_ticks(spectrum: Spectrum, gate: SilenceGate = DEFAULT_GATE) -> BoolArray:
    """Where it has been silent for longer than the hold time: bool [T]."""
    soft = _smoothed_level(spectrum) < gate_level_db(spectrum, gate)
    hold = round(gate.hold_s * TICKS_PER_S)
    silent = np.zeros(len(soft), np.bool_)
    for first, stop in _runs(soft):
        # Before the first word there is nothing to hold.
        silent[first + (hold if first else 0) : stop] = stop - first > hold
    return silent


def speech_stretches(spectrum: Spectrum) -> tuple[Stretch, ...]:
    """Where there is sound, cut at pauses and then at soft moments into ≤ `MAX_STRETCH_S`."""
    level = _smoothed_level(spectrum)
    loud = level >= gate_level_db(spectrum)
    pause, margin = round(_PAUSE_S * TICKS_PER_S), round(_MARGIN_S * TICKS_PER_S)
    for first, stop in _runs(~loud):
        if stop - first < pause:
            loud[first:stop] = True
    result: list[Stretch] = []
    for first, stop in _runs(loud):
        start, end = max(0, first - margin), min(len(level), stop + margin)
        cuts = [start, *_cuts(level, start, end), end]
        result += [Stretch(a / TICKS_PER_S, b / TICKS_PER_S) for a, b in pairwise(cuts)]
    return tuple(result)


def loudness(spectrum: Spectrum) -> Array:
    """float64 [T]: loudness, 0 at the gate and below, 1 at the speaker's loud vowels."""
    speech = speech_level_db(spectrum)
    floor = min(gate_level_db(spectrum), speech - 1.0)
    return np.clip((_smoothed_level(spectrum) - floor) / (speech + 6.0 - floor), 0.0, 1.0)


def loudness_per_frame(spectrum: Spectrum, rate: Fraction, n_frames: int) -> NDArray[np.float32]:
    """float32 [n_frames], 0..1: `loudness` at the frames' times; 0 outside the sound."""
    return at_frames(loudness(spectrum)[:, None], rate, n_frames)[:, 0]


def at_frames(
    values: Array, rate: Fraction, n_frames: int, offset_s: float = 0.0
) -> NDArray[np.float32]:
    """Samples per-tick values [T, D] at video frames: float32 [n_frames, D].

    Frame i takes the time i / rate − `offset_s`, between ticks linearly, outside the sound 0.
    """
    seconds = np.arange(n_frames) * (rate.denominator / rate.numerator) - offset_s
    ticks = seconds * TICKS_PER_S
    result = np.zeros((n_frames, values.shape[1]), np.float32)
    inside = (ticks >= 0) & (ticks <= len(values))
    grid = np.arange(len(values))
    for column in range(values.shape[1]):
        result[inside, column] = np.interp(ticks[inside], grid, values[:, column])
    return result


def stressed_syllables(spectrum: Spectrum) -> tuple[Syllable, ...]:
    """Syllables that stand out from their surroundings, in order, at least 0.35 s apart.

    Syllables are peaks of the energy of voice and first formant; about every third is stressed.
    """
    from scipy.signal import find_peaks  # showing help needs no scipy

    if len(spectrum) < 3:
        return ()
    voice = np.maximum(spectrum.bands_db[:, 0], spectrum.bands_db[:, 1]).astype(np.float64)
    voice = smoothed(voice, _SYLLABLE_SIGMA_S * TICKS_PER_S)
    audible = _smoothed_level(spectrum) >= gate_level_db(spectrum)
    peaks, found = find_peaks(
        np.where(audible, voice, voice.min()),
        distance=round(_SYLLABLE_GAP_S * TICKS_PER_S),
        prominence=_SYLLABLE_PROMINENCE_DB,
    )
    if not len(peaks):
        return ()
    height = voice[peaks] + 0.5 * np.minimum(found["prominences"], 12.0)
    usual, spread = float(np.median(height)), float(height.std()) + 1e-9
    stressed: list[Syllable] = []
    for i in np.argsort(-height, kind="stable"):
        time = float(peaks[i] / TICKS_PER_S)
        if height[i] < usual + 0.25 * spread:
            break
        if all(abs(time - other.time_s) >= _STRESS_GAP_S for other in stressed):
            strength = float(np.clip((height[i] - usual) / (2.0 * spread), 0.0, 1.0))
            stressed.append(Syllable(time, strength))
    return tuple(sorted(stressed, key=lambda s: s.time_s))


def _smoothed_level(spectrum: Spectrum) -> Array:
    return smoothed(spectrum.level_db.astype(np.float64), 1.5)


def _runs(mask: BoolArray) -> list[tuple[int, int]]:
    """Half-open index ranges in which `mask` [T] is True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _cuts(level: Samples | Array, start: int, end: int) -> list[int]:
    """Ticks inside start..end where it is softest, at most `MAX_STRETCH_S` apart."""
    longest = round(MAX_STRETCH_S * TICKS_PER_S)
    cuts: list[int] = []
    while end - start > longest:
        first = start + longest // 2
        start = first + int(np.argmin(level[first : start + longest]))
        cuts.append(start)
    return cuts

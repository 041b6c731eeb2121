"""The ways in which a voice speaks, as the motion that each of them makes of a clip's sound."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from core.base.controls import FACTOR_SLICE, REST, Factor, FloatArray
from core.base.errors import WeightsError
from core.base.progress import Progress
from core.motion.speaker_file import load_speaker
from core.motion.voice import PERFORMERS, VoiceRequest
from core.speech.lips import analyse_speech, lips_of

PHONES: Final = "phones"
FACIAL: Final = "facial"
RATE: Final = Fraction(25)

Speak = Callable[[Path, int, int, Progress], FloatArray]
"""Clip, frames at 25 fps, seed → controls [T, 58]."""


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """What one way makes of one clip: controls float32 [T, 58], and seconds of wall time."""

    controls: FloatArray
    took_s: float


def ways(progress: Progress) -> Mapping[str, Speak]:
    """The ways that can speak here: without a network, and with one if its weights are there."""
    found: dict[str, Speak] = {PHONES: _from_phones}
    try:
        load_speaker()
    except WeightsError as error:
        progress.note(f"Only the way without a network is measured: {error}")
        return found
    return found | {FACIAL: _from_network}


def speak(way: Speak, clip: Path, n_frames: int, seed: int, progress: Progress) -> Spoken:
    """Speaks a clip's sound.

    Raises:
        MediaError: the clip cannot be read or has no sound.
    """
    started = time.perf_counter()
    controls = way(clip, n_frames, seed, progress)
    return Spoken(controls, time.perf_counter() - started)


def _from_phones(clip: Path, n_frames: int, _seed: int, progress: Progress) -> FloatArray:
    controls = np.tile(REST, (n_frames, 1))
    lips = lips_of(analyse_speech(clip, progress), RATE, n_frames=n_frames)
    controls[:, FACTOR_SLICE[Factor.LIPS]] = lips
    return controls


def _from_network(clip: Path, n_frames: int, seed: int, progress: Progress) -> FloatArray:
    tracks = PERFORMERS.load(FACIAL)(VoiceRequest(clip, RATE, n_frames, seed), progress)
    controls = np.tile(REST, (n_frames, 1))
    for factor, track in tracks.items():
        controls[:, FACTOR_SLICE[factor]] = track.values[:n_frames]
    return controls

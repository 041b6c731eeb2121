"""A head that moves as people's heads do when they speak: random, but with their statistics.

The mean of all heads that could go with a sentence hardly moves; what a network adds to it is far
too still. So the rest is drawn: waves in a few frequency bands whose sizes, and whose agreement
between the six pose values, were measured on people (random-phase synthesis, Shinozuka and Jan,
1972). Their size swells slowly, as people are lively at times, and quicker waves follow the voice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.randomness import stream
from core.speech.smoothing import smoothed

Array = NDArray[np.float64]

BAND_EDGES_HZ: Final = (0.07, 0.15, 0.25, 0.4, 0.6, 0.9, 1.4, 2.2, 3.5)
N_BANDS: Final = len(BAND_EDGES_HZ) - 1
N_POSE: Final = 6

_WAVES = 10  # per band
_BLOCK_S = 40.0  # new waves fade in this often, so that nothing comes back
_SWELL_S = 4.0
_QUICK_HZ = 0.4  # from here on waves follow the voice
_VOICE_S = 0.3
_VOICE_SHARE = 0.9  # of the quick waves' size that loudness decides
_SETTLE_S = 0.8
_LIMIT_ROUNDS, _RETURN_S, _MARGIN = 12, 0.8, 0.95


@dataclass(frozen=True, slots=True, eq=False)
class SwayModel:
    """Statistics of speakers' heads.

    Attributes:
        mixing: float64 [8, 6, 6]: what independent waves of unit size in each band are mixed by;
            degrees, fractions of the face height, ratio.
        swell: float64 [6]: standard deviation of the logarithm of each value's size.
        max_step: float64 [6]: the largest change within 1/25 s.
        reach: float64 [6]: the farthest from rest.
    """

    mixing: Array
    swell: Array
    max_step: Array
    reach: Array

    def to_arrays(self) -> dict[str, NDArray[np.float32]]:
        """The same as arrays, for a weights file."""
        return {
            "sway.mixing": self.mixing.astype(np.float32),
            "sway.swell": self.swell.astype(np.float32),
            "sway.max_step": self.max_step.astype(np.float32),
            "sway.reach": self.reach.astype(np.float32),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]]) -> "SwayModel":
        """What `to_arrays` gave.

        Raises:
            KeyError: an array is missing.
        """
        return cls(
            arrays["sway.mixing"].astype(np.float64),
            arrays["sway.swell"].astype(np.float64),
            arrays["sway.max_step"].astype(np.float64),
            arrays["sway.reach"].astype(np.float64),
        )


def sway(model: SwayModel, loudness: Array, rate: float, seed: int) -> Array:
    """Head motion float64 [T, 6] around rest; it begins at rest.

    Args:
        model: whose statistics.
        loudness: [T], 0..1, of the voice at each frame.
        rate: frames per second.
        seed: equal seeds give equal motion, and a longer voice begins like a shorter one.
    """
    n_frames = len(loudness)
    seconds = np.arange(n_frames) / rate
    heard = smoothed(loudness, _VOICE_S * rate)
    follows = 1.0 - _VOICE_SHARE + 2.0 * _VOICE_SHARE * heard
    result = np.zeros((n_frames, N_POSE))
    for block in range(int(n_frames / rate / _BLOCK_S) + 2):
        # Neighbouring blocks cross over one whole block long, at constant power.
        phase = seconds / _BLOCK_S - block
        inside = np.flatnonzero(np.abs(phase) < 1.0)
        if len(inside):
            share = np.cos(0.5 * np.pi * phase[inside])[:, None]
            quick = follows[inside, None]
            result[inside] += share * _waves(model, seconds[inside], quick, stream(seed, 20, block))
    result = model.reach * np.tanh(result / model.reach)  # nobody looks away altogether
    start = np.clip(seconds / _SETTLE_S, 0.0, 1.0)
    eased: Array = result * (start * start * (3.0 - 2.0 * start))[:, None]
    return eased


def _waves(model: SwayModel, seconds: Array, quick: Array, random: np.random.Generator) -> Array:
    """One block's waves [T, 6]; `quick` [T, 1] is the size of the quicker ones."""
    result = np.zeros((len(seconds), N_POSE))
    swell = _noise(random, seconds, 1.0 / (4.0 * _SWELL_S), 1.0 / _SWELL_S)
    size = np.exp(swell[:, None] * model.swell - 0.5 * model.swell**2)
    for band, mixing in enumerate(model.mixing):
        low, high = BAND_EDGES_HZ[band : band + 2]
        waves = np.stack([_noise(random, seconds, low, high) for _ in range(N_POSE)], 1)
        result += (quick if low >= _QUICK_HZ else 1.0) * (waves @ mixing.T)
    swelling: Array = result * size
    return swelling


def _noise(random: np.random.Generator, seconds: Array, low_hz: float, high_hz: float) -> Array:
    """Noise [T] of unit variance between two frequencies."""
    hz = random.uniform(low_hz, high_hz, _WAVES)
    phase = random.uniform(0.0, 2.0 * np.pi, _WAVES)
    angle = 2.0 * np.pi * seconds[:, None] * hz + phase
    result: Array = np.sin(angle).sum(1) * np.sqrt(2.0 / _WAVES)
    return result


def limited(pose: Array, max_step: Array, rate: float) -> Array:
    """The same motion [T, 6] with no step above `max_step` [6]; the way back is slow."""
    result = pose
    for _ in range(_LIMIT_ROUNDS):
        steps = np.diff(result, axis=0)
        if len(steps) == 0 or (np.abs(steps) <= max_step).all():
            return result
        kept = np.clip(steps, -_MARGIN * max_step, _MARGIN * max_step)
        held = result[:1] + np.concatenate([np.zeros((1, pose.shape[1])), kept.cumsum(0)])
        result = held + smoothed(result - held, _RETURN_S * rate)
    steps = np.clip(np.diff(result, axis=0), -max_step, max_step)
    return np.concatenate([result[:1], result[:1] + steps.cumsum(0)])

"""Blinks as a random process with people's rate, irregularity and durations.

Blinks are events: a curve that is right on average would be half-shut eyes. Pauses between them
are log-normal (Zametkin et al., 1979, found them skewed so), each blink has its own duration, and
the voice may bring them on or hold them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.randomness import stream
from core.motion.generators import blink_profile

Array = NDArray[np.float64]

USUAL_DURATION_S: Final = 0.20
"""Duration of `core.motion.generators.blink_profile`."""
PER_MINUTE: Final = (10.0, 25.0)
DURATIONS_S: Final = (0.17, 0.38)
"""Bounds of what a model may say: people at rest and in conversation."""

_QUIET_S = 0.5  # no blink before this
_SHORTEST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class BlinkModel:
    """Statistics of blinking.

    Attributes:
        per_minute: Mean number of blinks.
        spread: Standard deviation of the logarithm of the pauses.
        duration_s: Median duration, from the first movement to the last.
        duration_spread: Standard deviation of the logarithm of the durations.
    """

    per_minute: float
    spread: float
    duration_s: float
    duration_spread: float

    def to_arrays(self) -> dict[str, NDArray[np.float32]]:
        """The same as an array, for a weights file."""
        values = (self.per_minute, self.spread, self.duration_s, self.duration_spread)
        return {"blinks": np.array(values, np.float32)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]]) -> "BlinkModel":
        """What `to_arrays` gave.

        Raises:
            KeyError: the array is missing.
        """
        return cls(*(float(value) for value in arrays["blinks"]))


def blinking(model: BlinkModel, intensity: Array, rate: float, seed: int) -> Array:
    """Closure of the lids, float64 [T], 0 open .. 1 shut.

    Args:
        model: whose statistics.
        intensity: [T] ≥ 0: how much likelier than usual a blink is at each frame.
        rate: frames per second; the lids meet on a whole frame, so every blink is seen shut.
        seed: equal seeds give equal blinks for equal intensity.
    """
    random = stream(seed, 21)
    # Pauses are drawn in a time that runs faster where blinks are likelier.
    clock = np.concatenate([[0.0], np.cumsum(intensity) / rate])
    pause_s = 60.0 / model.per_minute
    lids = np.zeros(len(intensity))
    at_s, last_s = random.uniform(0.0, pause_s), _QUIET_S - _SHORTEST_PAUSE_S
    while at_s < clock[-1]:
        second = float(np.interp(at_s, clock, np.arange(len(clock)))) / rate
        second = max(second, last_s + _SHORTEST_PAUSE_S)
        duration = model.duration_s * np.exp(model.duration_spread * random.standard_normal())
        stretch = float(np.clip(duration, *DURATIONS_S)) / USUAL_DURATION_S
        _close(lids, round(second * rate), stretch, rate)
        pause = np.exp(model.spread * random.standard_normal() - 0.5 * model.spread**2)
        at_s += max(_SHORTEST_PAUSE_S, pause_s * pause)
        last_s = second
    return lids


def _close(lids: Array, apex: int, stretch: float, rate: float) -> None:
    """Adds one blink around frame `apex`."""
    reach = int(USUAL_DURATION_S * stretch * rate) + 1
    frames = np.arange(max(0, apex - reach), min(len(lids), apex + reach + 1))
    closure = blink_profile((frames - apex) / (rate * stretch))
    lids[frames] = np.maximum(lids[frames], closure)

"""How well a speaker follows clips that it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from core.base.controls import FloatArray
from core.motion.person import mouth_shape
from core.training.dataset import TalkingClip
from models.facial.speaker import MOUTH, RATE, Speaker


@dataclass(frozen=True, slots=True)
class Agreement:
    """Mean correlation of mouth opening and width over clips, −1..1."""

    opening: float
    width: float

    @property
    def mean(self) -> float:
        """What training is stopped by."""
        return (self.opening + self.width) / 2.0


def spoken(speaker: Speaker, clip: TalkingClip) -> FloatArray:
    """States float32 [T, 46] that a neutral style speaks a clip with."""
    hearing, n_rows = clip.takes[0].hearing, speaker.config.n_rows
    with torch.inference_mode():
        states: FloatArray = speaker(
            lambda start, stop: torch.from_numpy(hearing.windows(n_rows, RATE, start, stop)),
            len(clip.person.states),
            torch.zeros(speaker.config.n_style),
        ).numpy()
    return states


def agreement(speaker: Speaker, clips: Sequence[TalkingClip]) -> Agreement:
    """Correlations with the tracked mouths, averaged over clips."""
    return mean_agreement([clip_agreement(spoken(speaker, clip), clip) for clip in clips])


def clip_agreement(states: FloatArray, clip: TalkingClip) -> Agreement:
    """Correlations of one clip's spoken states [T, 46] with the person's."""
    shape, seen = mouth_shape(), clip.person.valid
    one, other = states[seen][:, MOUTH] @ shape, clip.person.states[seen][:, MOUTH] @ shape
    return Agreement(_correlation(one[:, 0], other[:, 0]), _correlation(one[:, 1], other[:, 1]))


def mean_agreement(scores: Sequence[Agreement]) -> Agreement:
    """The mean over clips."""
    return Agreement(
        float(np.mean([s.opening for s in scores])), float(np.mean([s.width for s in scores]))
    )


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if len(one) < 3 or one.std() < 1e-6 or other.std() < 1e-6:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])

"""Emotions as sets of expression controls, after the action units of Ekman and Friesen (FACS).

Strengths are those of a face that is seen to feel, not to act: at full intensity no control
reaches its end, so that offset curves still have room on either side.
"""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

import numpy as np

from core.base.controls import FACTOR_CONTROLS, Factor, FloatArray
from core.base.errors import MotionError
from core.motion.track import FactorTrack

DEFAULT_INTENSITY: Final = 0.6
MAX_EMOTIONS: Final = 3
"""How many emotions one mixture may hold."""
TRANSITION_S: Final = 0.3
"""Time in which an emotion comes up, seconds."""


def _both(**sides: float) -> dict[str, float]:
    return {f"{name}{side}": v for name, v in sides.items() for side in ("Left", "Right")}


EMOTIONS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "neutral": {},
        # AU 6 + 12: without the cheeks a smile looks posed
        "happy": _both(mouthSmile=0.75, cheekSquint=0.55, mouthDimple=0.2, browOuterUp=0.1),
        # AU 1 + 4 + 15
        "sad": _both(mouthFrown=0.6, browDown=0.15) | {"browInnerUp": 0.75},
        # AU 4 + 9 (slight) + 15 (slight)
        "angry": _both(browDown=0.85, noseSneer=0.35, mouthFrown=0.35, cheekSquint=0.15),
        # AU 1 + 2
        "surprised": _both(browOuterUp=0.8) | {"browInnerUp": 0.75},
        # AU 1 + 2 + 4: the brows are up and drawn together
        "afraid": _both(browOuterUp=0.35, browDown=0.25, mouthFrown=0.3) | {"browInnerUp": 0.85},
        # AU 9 + 10 + 15
        "disgusted": _both(noseSneer=0.8, browDown=0.45, mouthFrown=0.35, cheekSquint=0.35),
        # AU 14 and 12 on one side only: the one emotion that is lopsided by definition
        "contempt": {
            "mouthSmileLeft": 0.4,
            "mouthDimpleLeft": 0.55,
            "cheekSquintLeft": 0.2,
            "noseSneerLeft": 0.2,
            "browOuterUpLeft": 0.3,
            "browDownRight": 0.2,
        },
    }
)
"""Emotion → expression control → value at intensity 1; controls not named stay at rest."""


def emotion_values(name: str, intensity: float = DEFAULT_INTENSITY) -> FloatArray:
    """float32 [16]: the expression controls of one emotion.

    Raises:
        MotionError: no such emotion, or an intensity outside 0..1.
    """
    return mixed_values({name: intensity})


def mixed_values(weights: Mapping[str, float]) -> FloatArray:
    """float32 [16]: several emotions at once, each weighted 0..1; their sum is clamped to 0..1.

    Raises:
        MotionError: more than three emotions, an unknown one, or a weight outside 0..1.
    """
    if len(weights) > MAX_EMOTIONS:
        raise MotionError(
            f"{len(weights)} emotions at once are too many: choose at most {MAX_EMOTIONS}."
        )
    names = FACTOR_CONTROLS[Factor.EXPRESSION]
    values = np.zeros(len(names))
    for emotion, weight in weights.items():
        if emotion not in EMOTIONS:
            known = ", ".join(EMOTIONS)
            raise MotionError(f"There is no emotion “{emotion}”: choose one of {known}.")
        if not 0.0 <= weight <= 1.0:
            raise MotionError(f"{emotion} of {weight:g} is not possible: choose 0 to 1.")
        for control, value in EMOTIONS[emotion].items():
            values[names.index(control)] += weight * value
    return np.clip(values, 0.0, 1.0).astype(np.float32)


def emotion_track(
    weights: Mapping[str, float],
    n_frames: int,
    rate: Fraction,
    transition_s: float = TRANSITION_S,
) -> FactorTrack:
    """A held mixture of emotions that comes up over `transition_s` seconds (0 = at once).

    Raises:
        MotionError: as `mixed_values`.
    """
    part = np.ones(n_frames)
    if transition_s > 0:
        part = np.clip(np.arange(n_frames) / (float(rate) * transition_s), 0.0, 1.0)
    rise = part * part * (3.0 - 2.0 * part)
    values = (rise[:, None] * mixed_values(weights)).astype(np.float32)
    title = " + ".join(f"{name} {weight:.0%}" for name, weight in weights.items()) or "neutral"
    return FactorTrack(Factor.EXPRESSION, values, np.ones(n_frames, np.bool_), rate, title)

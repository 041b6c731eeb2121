"""A tracked person as the states that a network speaks in, and what is personal in them.

States lie in the order of `models.facial.speaker`: lips, expression, blinks, pose. They are
relative to how the person rests and scaled to how far people usually move, so that clips of lively
and of quiet speakers teach the same; how lively a person is becomes the style code.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_SLICE, INDEX, REST, BoolArray, Factor, FloatArray
from core.base.progress import Progress
from core.face.measures import measure_shape
from core.face.rig import deform
from core.motion.clip import ClipMotion, extract_clip
from core.motion.smoothing import BLINKS as BLINK_CONTROLS
from models.facial.speaker import BLINKS, EXPRESSION, LIPS, MOUTH, N_STATES, POSE, RATE

N_STYLE: Final = 2
USUAL_OPENING: Final = 0.085
"""Standard deviation of the mouth's opening in lively speech, inter-ocular distances."""
USUAL_POSE: Final = (4.1, 3.7, 3.0, 0.037, 0.028, 0.014)
"""Standard deviation of a speaker's head pose: degrees, fractions of the face height, ratio."""
_MOUTH_GAIN, _HEAD_GAIN = (0.4, 2.5), (0.25, 4.0)
_AT_REST = 10  # percentile of an expression control that counts as the face at rest
_OPEN_EYES = 20  # percentile of lid closure at which the eyes count as open


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person's motion.

    Attributes:
        states: float32 [T, 46] at 25 fps.
        valid: bool [T]: where the face was seen.
        style: float32 [2]: natural logarithms of how much farther than usual mouth and head go.
    """

    states: FloatArray
    valid: BoolArray
    style: FloatArray


def motion_of(path: Path, cache: ArrayCache | None, progress: Progress) -> ClipMotion:
    """The motion of the largest face in a clip, at the rate of states.

    Raises:
        MediaError: the clip cannot be read.
        FaceError: it shows no face.
        Cancelled: the work was cancelled.
    """
    return extract_clip(path, Fraction(RATE), face=0, cache=cache, progress=progress)


def person_of(motion: ClipMotion) -> Person:
    """The person whose motion was extracted."""
    lips, expression, eyes, pose = (
        motion.track(f) for f in (Factor.LIPS, Factor.EXPRESSION, Factor.EYES, Factor.HEAD_POSE)
    )
    valid = lips.valid
    seen = valid if valid.any() else np.ones(len(valid), np.bool_)
    states = np.zeros((len(valid), N_STATES), np.float32)
    states[:, LIPS] = lips.values - lips.values[lips.neutral or 0]
    states[:, EXPRESSION] = expression.values - np.percentile(
        expression.values[seen], _AT_REST, axis=0
    )
    lids = np.stack([eyes.column(name) for name in BLINK_CONTROLS], 1)
    states[:, BLINKS] = np.maximum(lids - np.percentile(lids[seen], _OPEN_EYES, axis=0), 0.0)
    away = pose.values - np.median(pose.values[seen], 0)
    opening = (states[seen][:, MOUTH] @ mouth_shape())[:, 0].std()
    mouth = float(np.clip(opening / USUAL_OPENING, *_MOUTH_GAIN))
    moved = np.clip(away[seen].std(0) / np.array(USUAL_POSE), *_HEAD_GAIN)
    states[:, MOUTH] /= mouth
    states[:, POSE] = away / moved
    style = np.log([mouth, float(np.exp(np.log(moved[:3]).mean()))])
    return Person(states, valid, style.astype(np.float32))


def tracked_head(motion: ClipMotion) -> NDArray[np.float64]:
    """Head pose [T, 6] around its median, as it was tracked."""
    pose = motion.track(Factor.HEAD_POSE).values.astype(np.float64)
    return np.asarray(pose - np.median(pose, 0))


def tracked_lids(motion: ClipMotion) -> NDArray[np.float64]:
    """Closure [T] of the eye that is shut further, from how this person's eyes are open: 0..1."""
    eyes = motion.track(Factor.EYES)
    lids = np.stack([eyes.column(name) for name in BLINK_CONTROLS], 1).max(1).astype(np.float64)
    usual = float(np.percentile(lids, _OPEN_EYES))
    return np.asarray(np.clip((lids - usual) / max(1.0 - usual, 1e-3), 0.0, 1.0))


@cache
def mouth_shape() -> NDArray[np.float64]:
    """How far each lip and expression control opens and widens the mouth: float64 [38, 2].

    Inter-ocular distances per unit of control, from the rig's geometry.
    """
    columns = [
        *range(FACTOR_SLICE[Factor.LIPS].start, FACTOR_SLICE[Factor.LIPS].stop),
        *range(FACTOR_SLICE[Factor.EXPRESSION].start, FACTOR_SLICE[Factor.EXPRESSION].stop),
    ]
    step = 0.3
    controls = np.tile(REST, (len(columns) + 1, 1)).astype(np.float64)
    # from a mouth that is a little open: lips that touch cannot close further
    controls[:, INDEX["jawOpen"]] = step
    controls[np.arange(len(columns)), columns] += step
    straight = np.zeros(len(controls))
    seen = measure_shape(deform(controls).astype(np.float64), straight, straight, straight)
    shape = np.stack([seen.mouth_open, seen.mouth_width], 1)
    result: NDArray[np.float64] = (shape[:-1] - shape[-1]) / step
    return result

"""Whether spoken heads move and blink like the heads of the people who spoke."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, INDEX, Factor
from core.bench.figure import Figure, at_least, at_most
from core.bench.measure import correlation
from core.bench.observe import Observation
from core.bench.speaking import RATE, Spoken
from core.speech.smoothing import smoothed
from core.training.blink_fit import find_blinks
from core.training.sway_fit import head_figures, smooth_pose

Array = NDArray[np.float64]

DEVIATION_GOAL: Final = at_most(0.20)
STEP_GOAL: Final = at_most(1.0)
BLINKS_GOAL: Final = (at_least(10.0), at_most(25.0))
DURATION_GOAL: Final = (at_least(0.15), at_most(0.4))

_AXES: Final = ("yaw", "pitch", "roll")
_ENERGY_SIGMA_S: Final = 0.5
_STILL: Final = 1e-6  # degrees: too little to be motion
_SHORTEST_FRAMES: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """One clip's heads: angles [T, 3] of the person and of what was spoken, and the voice.

    Attributes:
        person: yaw, pitch, roll in degrees, without the tracker's tremble.
        spoken: the same of the spoken motion.
        lids: closure [T] of the spoken lids.
        loudness: [T], 0..1.
    """

    person: Array
    spoken: Array
    lids: Array
    loudness: Array


def heads_of(real: Observation, spoken: Spoken, loudness: Array) -> Heads | None:
    """The heads of one clip; None when it is too short to tell."""
    if len(real) < _SHORTEST_FRAMES:
        return None
    angles = np.stack([getattr(real.measures, axis) for axis in _AXES], 1)
    pose = spoken.controls[:, FACTOR_SLICE[Factor.HEAD_POSE]][:, :3].astype(np.float64)
    lids = spoken.controls[:, INDEX["eyeBlinkLeft"]].astype(np.float64)
    return Heads(smooth_pose(angles), smooth_pose(pose), lids, loudness)


def liveliness(heads: Sequence[Heads], way: str) -> list[Figure]:
    """Figures of all clips together."""
    rate = float(RATE)
    people = head_figures([h.person for h in heads], rate)
    spoken = head_figures([h.spoken for h in heads], rate)
    figures, deviations = [], []
    for name in ("range_median", "range_p95", "speed_median", "speed_p95"):
        ratios = (getattr(spoken, name) + _STILL) / (getattr(people, name) + _STILL)
        words = name.replace("_", ", ")
        for axis, ratio in zip(_AXES, ratios, strict=True):
            figures.append(Figure("all", f"{axis} {words}, {way}/real", float(ratio)))
            deviations.append((abs(float(ratio) - 1.0), f"{axis} {words}"))
    largest, where = max(deviations)
    steps = [np.abs(np.diff(h.spoken, axis=0)).max(0) for h in heads]
    step = float((np.max(steps, 0) / (people.max_step + _STILL)).max())
    figures += [
        Figure("all", f"largest deviation of head, {way}", largest, "", DEVIATION_GOAL, where),
        Figure("all", f"largest head step, {way}/real p99.5", step, "", STEP_GOAL),
    ]
    real_nods = _nods_with_voice([h.person for h in heads], heads)
    own_nods = _nods_with_voice([h.spoken for h in heads], heads)
    figures += [
        Figure("all", "nod energy with voice r, real", real_nods),
        Figure("all", f"nod energy with voice r, {way}", own_nods, "", at_least(real_nods)),
    ]
    found = [find_blinks(h.lids, rate) for h in heads]
    minutes = sum(len(h.lids) for h in heads) / rate / 60.0
    durations = [seconds for _, blinks in found for seconds in blinks]
    per_minute = sum(len(times) for times, _ in found) / minutes
    figures.append(Figure("all", f"blinks, {way}", per_minute, "a minute", BLINKS_GOAL[0]))
    figures.append(Figure("all", f"blinks, {way}", per_minute, "a minute", BLINKS_GOAL[1]))
    if durations:
        figures += [
            Figure("all", f"shortest blink, {way}", min(durations), "s", DURATION_GOAL[0]),
            Figure("all", f"longest blink, {way}", max(durations), "s", DURATION_GOAL[1]),
        ]
    return figures


def _nods_with_voice(angles: Sequence[Array], heads: Sequence[Heads]) -> float:
    """Mean correlation of the nods' energy with the voice's loudness, both over half a second."""
    sigma = _ENERGY_SIGMA_S * float(RATE)
    scores = []
    for pose, head in zip(angles, heads, strict=True):
        energy = np.sqrt(smoothed(np.diff(pose[:, 1]).astype(np.float64) ** 2, sigma))
        loud = smoothed(head.loudness[1:], sigma)
        score = correlation(energy, loud, np.ones(len(loud), np.bool_))
        if score is not None:
            scores.append(score)
    return float(np.mean(scores)) if scores else 0.0

"""Seeded motion for what nothing drives: blinks, gaze, and a head that is never quite still.

Every generator draws its events one after the other from its own random stream, so a longer
track with the same seed begins exactly like a shorter one. The results are relative to rest.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.controls import FACTOR_CONTROLS, POSE, Factor, FloatArray
from core.base.randomness import stream
from core.motion.track import FactorTrack, rest_of

BLINKS_PER_MINUTE: Final = 15.0
BLINK_JITTER: Final = 0.4
GAZE_REACH: Final = 0.1125
"""Farthest look to the side, in units of the gaze lanes (1 = 40° to a side): 4.5°."""
NODDED_SYLLABLES: Final = 0.3
"""Share of the stressed syllables that come with a nod."""

_CLOSING_S, _OPENING_S = 0.075, 0.125  # lids fall faster than they rise; 0.20 s in all
_QUIET_S = 0.5  # no blink begins before this
_DOUBLE_SHARE, _DOUBLE_GAP_S = 0.05, 0.32
_SHORTEST_GAP_S = 0.6
_SACCADE_S = (1.5, 4.0)
_SACCADE_FRAMES = 2
_HOME_SHARE = 0.7
_UP_SHARE = 0.93  # of GAZE_REACH: 2.6° up, 3.1° down
_HEAD_BAND_HZ = (0.08, 0.35)  # around 0.2 Hz
_HEAD_REACH = {"yaw": 2.0, "pitch": 1.5, "roll": 0.8, "x": 0.004, "y": 0.003}
_N_WAVES = 12
_SETTLE_S = 1.0
_NOD_DEG, _NOD_S, _NOD_GAP_S = (1.2, 2.6), 0.4, 0.6
_Array = NDArray[np.float64]


def blinks(
    n_frames: int,
    rate: Fraction,
    seed: int = 0,
    *,
    per_minute: float = BLINKS_PER_MINUTE,
    jitter: float = BLINK_JITTER,
    amount: float = 1.0,
) -> FactorTrack:
    """Both eyes blink together: 0.20 s each, one in twenty twice, none in the first 0.5 s.

    Args:
        n_frames: length of the track, ≥ 1.
        rate: frames per second; the lids meet on a whole frame, so every blink is seen shut.
        seed: equal seeds give equal blinks.
        per_minute: mean number of blinks, 0 for none.
        jitter: standard deviation of the pauses, as a share of their mean, 0..1.
        amount: how far the lids close, 0..1.
    """
    fps = float(rate)
    lids = np.zeros(n_frames)
    if per_minute > 0:
        for second in _blink_times(stream(seed, 0), 60.0 / per_minute, jitter):
            apex = round(second * fps)
            first = max(0, apex - int(_CLOSING_S * fps) - 1)
            if first >= n_frames:
                break
            frames = np.arange(first, min(n_frames, apex + int(_OPENING_S * fps) + 2))
            lids[frames] = np.maximum(lids[frames], blink_profile((frames - apex) / fps))
    columns = {"eyeBlinkLeft": lids * amount, "eyeBlinkRight": lids * amount}
    return _track(Factor.EYES, columns, n_frames, rate, f"blinks, seed {seed}")


def blink_profile(since_apex_s: ArrayLike) -> _Array:
    """Lid closure 0..1 at seconds relative to the moment the lids meet: quick shut, slower open."""
    t = np.asarray(since_apex_s, np.float64)
    closing = np.clip(1.0 + t / _CLOSING_S, 0.0, 1.0)
    opening = np.clip(1.0 - t / _OPENING_S, 0.0, 1.0)
    return np.where(
        t <= 0, np.sin(0.5 * np.pi * closing) ** 2, opening * opening * (3 - 2 * opening)
    )


def gaze(n_frames: int, rate: Fraction, seed: int = 0, *, amount: float = 1.0) -> FactorTrack:
    """Looks away every now and then: a choice every 1.5–4 s, for the camera in 70 % of them.

    Args:
        n_frames: length of the track, ≥ 1.
        rate: frames per second; a jump takes two frames.
        seed: equal seeds give equal looks.
        amount: factor on the reach of ±`GAZE_REACH`, 0..2.
    """
    fps = float(rate)
    look = np.zeros((n_frames, 2))
    here = np.zeros(2)
    for second, target in _saccades(stream(seed, 1)):
        first = round(second * fps)
        if first >= n_frames:
            break
        for step in range(_SACCADE_FRAMES):
            part = (step + 1) / _SACCADE_FRAMES
            look[min(first + step, n_frames - 1) :] = here + part * (target - here)
        here = target
    values = gaze_controls(look[:, 0] * amount, look[:, 1] * amount)
    return FactorTrack(Factor.EYES, values, np.ones(n_frames, np.bool_), rate, f"gaze, seed {seed}")


def gaze_controls(x: ArrayLike, y: ArrayLike) -> FloatArray:
    """Both eyes looking the same way.

    Args:
        x: [N], + = to the viewer's right (the subject's left), −1..1.
        y: [N], + = up, −1..1.

    Returns:
        float32 [N, 14]: the eye controls.
    """
    right, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
    columns = {
        "eyeLookOutLeft": right, "eyeLookInRight": right,
        "eyeLookInLeft": -right, "eyeLookOutRight": -right,
        "eyeLookUpLeft": up, "eyeLookUpRight": up,
        "eyeLookDownLeft": -up, "eyeLookDownRight": -up,
    }  # fmt: skip
    values = np.zeros((len(right), len(FACTOR_CONTROLS[Factor.EYES])), np.float32)
    for name, column in columns.items():
        values[:, FACTOR_CONTROLS[Factor.EYES].index(name)] = np.clip(column, 0.0, 1.0)
    return values


def head_idle(
    n_frames: int,
    rate: Fraction,
    seed: int = 0,
    *,
    stressed_s: Sequence[float] = (),
    amount: float = 1.0,
) -> FactorTrack:
    """A head at ease: drifts within ±2° yaw and ±1.5° pitch at about 0.2 Hz, and nods at times.

    It starts at rest, so that the first frame is the portrait.

    Args:
        n_frames: length of the track, ≥ 1.
        rate: frames per second.
        seed: equal seeds give equal motion.
        stressed_s: seconds of stressed syllables, ascending; 30 % of them bring a nod.
        amount: factor on all of it, 0..2.
    """
    seconds = np.arange(n_frames) / float(rate)
    start = np.clip(seconds / _SETTLE_S, 0.0, 1.0)
    start = start * start * (3.0 - 2.0 * start)
    columns = {}
    for lane, (name, reach) in enumerate(_HEAD_REACH.items()):
        columns[name] = start * reach * _drift(stream(seed, 2, lane), seconds)
    columns["pitch"] += nods(seconds, stressed_s, stream(seed, 3))
    for column in columns.values():
        column *= amount
    return _track(Factor.HEAD_POSE, columns, n_frames, rate, f"idle head, seed {seed}")


def nods(seconds: _Array, stressed_s: Sequence[float], random: np.random.Generator) -> _Array:
    """Pitch in degrees at `seconds` [N]: short dips that are deepest on the stressed syllables."""
    pitch = np.zeros(len(seconds))
    free_from = 0.0
    for second in stressed_s:
        chance, depth = random.random(), random.uniform(*_NOD_DEG)
        if chance >= NODDED_SYLLABLES or second < free_from:
            continue
        free_from = second + _NOD_GAP_S
        first, last = np.searchsorted(seconds, (second - 0.4 * _NOD_S, second + 0.6 * _NOD_S))
        t = (seconds[first:last] - second) / _NOD_S
        # down in 0.4 of the time, up in 0.6
        phase = np.where(t < 0, 1.0 + t / 0.4, 1.0 - t / 0.6)
        pitch[first:last] -= depth * phase * phase * (3.0 - 2.0 * phase)
    return pitch


def combined(first: FactorTrack, second: FactorTrack) -> FactorTrack:
    """The sum of two tracks' distances from rest (blinks and gaze, say), frame by frame.

    Raises:
        ValueError: they differ in factor, rate or length.
    """
    if (first.factor, first.rate, len(first)) != (second.factor, second.rate, len(second)):
        raise ValueError("only tracks of one factor, rate and length can be combined")
    return FactorTrack(
        first.factor,
        first.values + (second.values - second.rest),
        first.valid & second.valid,
        first.rate,
        f"{first.provenance} + {second.provenance}",
    )


def _blink_times(random: np.random.Generator, mean_s: float, jitter: float) -> Iterator[float]:
    """Endless seconds at which the lids meet, ascending."""
    first = _QUIET_S + _CLOSING_S + 0.02  # rounding to a frame must not bring it forward
    second = first + random.random() * mean_s
    while True:
        yield second
        doubles, pause = random.random() < _DOUBLE_SHARE, random.normal(1.0, jitter)
        if doubles:
            yield second + _DOUBLE_GAP_S
        second += max(_SHORTEST_GAP_S, mean_s * min(max(pause, 0.1), 2.5))


def _saccades(random: np.random.Generator) -> Iterator[tuple[float, _Array]]:
    """Endless (second, target [2]) pairs; a look home may find the eyes already there."""
    second = 0.0
    while True:
        second += random.uniform(*_SACCADE_S)
        chance, (across, up) = random.random(), random.uniform(-1.0, 1.0, 2)
        is_home = chance < _HOME_SHARE
        yield second, np.zeros(2) if is_home else GAZE_REACH * np.array([across, _UP_SHARE * up])


def _drift(random: np.random.Generator, seconds: _Array) -> _Array:
    """Band-limited noise [N] within ±1: waves of random frequency and phase, gently limited."""
    low, high = _HEAD_BAND_HZ
    frequency = random.uniform(low, high, _N_WAVES)
    phase = random.uniform(0.0, 2.0 * np.pi, _N_WAVES)
    waves = np.zeros(len(seconds))
    for f, p in zip(frequency, phase, strict=True):
        waves += np.sin(2.0 * np.pi * f * seconds + p)
    return np.asarray(np.tanh(0.7 * waves / np.sqrt(_N_WAVES / 2.0)))


def _track(
    factor: Factor, columns: dict[str, _Array], n_frames: int, rate: Fraction, title: str
) -> FactorTrack:
    names = POSE if factor is Factor.HEAD_POSE else FACTOR_CONTROLS[factor]
    values = np.tile(rest_of(factor), (n_frames, 1))
    for name, column in columns.items():
        values[:, names.index(name)] += column.astype(np.float32)
    return FactorTrack(factor, values, np.ones(n_frames, np.bool_), rate, title)

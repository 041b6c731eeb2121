"""Curves from samples: freehand drawing, takes baked to keys, and fewer keys for a curve."""

import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.timeline.curve import Curve, Key


def fit(
    frames: NDArray[np.float64], values: NDArray[np.float64], tolerance: float
) -> tuple[Key, ...]:
    """Keys whose curve passes every sample within `tolerance`, each on a sample.

    Starts from both ends and adds the worst sample of every segment until all are near enough.

    Args:
        frames: float [N] of the samples, in any order; of several on one frame the last counts.
        values: float [N].
        tolerance: Largest allowed distance, ≥ 0, in the unit of the values.
    """
    times, first = np.unique(np.asarray(frames, np.float64)[::-1], return_index=True)
    samples = np.asarray(values, np.float64)[::-1][first]
    is_key = np.zeros(len(times), np.bool_)
    is_key[[0, -1]] = True
    while True:
        chosen = np.flatnonzero(is_key)
        curve = Curve(_keys(times[chosen], samples[chosen]))
        error = np.abs(curve.evaluate(times) - samples)
        error[is_key] = 0.0
        if error.max() <= tolerance:
            return curve.keys
        for begin, end in itertools.pairwise(chosen):
            if error[begin:end].max() > tolerance:
                is_key[begin + int(np.argmax(error[begin:end]))] = True


def simplify(curve: Curve, tolerance: float) -> Curve:
    """The curve with fewer keys, within `tolerance` at every whole frame and every old key.

    Returns the same curve when no key can be spared.
    """
    if len(curve) < 3:
        return curve
    frames = curve.frames
    whole = np.arange(np.ceil(frames[0]), frames[-1])
    at = np.union1d(frames, whole)
    keys = fit(at, curve.evaluate(at), tolerance)
    return replace(curve, keys=keys) if len(keys) < len(curve) else curve


def draw(
    curve: Curve, frames: NDArray[np.float64], values: NDArray[np.float64], tolerance: float
) -> Curve:
    """Replaces the stretch that a freehand stroke (float [N] each, N ≥ 1) covers by its fit."""
    start, stop = float(np.min(frames)), float(np.max(frames))
    before = tuple(key for key in curve.keys if key.frame < start)
    after = tuple(key for key in curve.keys if key.frame > stop)
    return replace(curve, keys=(*before, *fit(frames, values, tolerance), *after))


def _keys(frames: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[Key, ...]:
    return tuple(Key(f, v) for f, v in zip(frames.tolist(), values.tolist(), strict=True))

"""Counts and times people's blinks, so that `core.motion.blinking` blinks like them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from core.motion.blinking import DURATIONS_S, PER_MINUTE, BlinkModel

_SHUT: Final = 0.45  # closure that a blink reaches at least
_MOVING: Final = 0.1  # share of a blink's closure from which on it counts as going on
_LONGEST_S: Final = 0.7  # eyes shut for longer are no blink
_GAP_S: Final = 0.25
_SPREADS: Final = (0.2, 0.9)
_FEW: Final = 5  # blinks that are too few to say how irregular they are
_USUAL_SPREAD: Final = 0.5


def find_blinks(lids: NDArray[np.float64], rate: float) -> tuple[list[float], list[float]]:
    """Seconds at which the lids meet, and the duration of each blink in seconds.

    Args:
        lids: [T], closure 0..1.
        rate: frames per second.
    """
    peaks, _ = find_peaks(
        np.pad(lids, 1), height=_SHUT, prominence=_SHUT, distance=max(1, round(_GAP_S * rate))
    )
    times, durations = [], []
    for peak in (peaks - 1).tolist():
        moving = lids > _MOVING * lids[peak]
        before = np.flatnonzero(~moving[:peak])
        after = np.flatnonzero(~moving[peak:])
        first = int(before[-1]) if len(before) else 0
        last = peak + int(after[0]) if len(after) else len(lids) - 1
        if last - first <= _LONGEST_S * rate:
            times.append(peak / rate)
            durations.append((last - first) / rate)
    return times, durations


def fit_blinks(lids: Sequence[NDArray[np.float64]], rate: float) -> BlinkModel:
    """Statistics of several recordings of lid closure [T], kept within what is usual."""
    found = [find_blinks(curve, rate) for curve in lids]
    minutes = sum(len(curve) for curve in lids) / rate / 60.0
    pauses = np.concatenate([np.diff(times) for times, _ in found])
    durations = np.concatenate([d for _, d in found])
    per_minute = float(np.clip(sum(len(times) for times, _ in found) / minutes, *PER_MINUTE))
    spread = float(np.std(np.log(pauses))) if len(pauses) >= _FEW else _USUAL_SPREAD
    if len(durations) < _FEW:
        durations = np.array(DURATIONS_S)
    return BlinkModel(
        per_minute,
        float(np.clip(spread, *_SPREADS)),
        float(np.clip(np.median(durations), *DURATIONS_S)),
        float(np.clip(np.std(np.log(durations)), *_SPREADS)),
    )

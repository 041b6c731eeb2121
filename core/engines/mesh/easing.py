"""Limits that are approached gently: what nears one is drawn ever shorter, but never alike."""

import math


def eased(value: float, limit: float, share: float) -> float:
    """The value itself up to `share` of `limit` to either side, then ever less, below `limit`.

    Args:
        value: any number; the result rises with it.
        limit: above 0.
        share: of the limit that is kept as it is, 0..1 (exclusive).
    """
    kept = share * limit
    if abs(value) <= kept:
        return value
    room = limit - kept
    return math.copysign(kept + room * math.tanh((abs(value) - kept) / room), value)

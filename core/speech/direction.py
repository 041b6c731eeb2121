"""What a person asked of the mouth: edited cues, laid over what was recognised in the sound.

Cues that are as they were recognised change nothing. An edited one is spoken as a phone of its
shape, and there the shape decides how far the mouth opens, not the sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.base.controls import BoolArray
from core.speech.cues import REST_SHAPE, SHAPE_OF, MouthCue, mouth_cues
from core.speech.phones import Phone
from core.speech.spectrum import TICKS_PER_S, Array

_PHONE_OF: Final = {
    "A": "M", "B": "S", "C": "EH", "D": "AA", "E": "ER", "F": "UW", "G": "F", "H": "L",
}  # fmt: skip
"""The phone that shows a shape best."""
_OPENNESS: Final = {
    "A": 0.0, "B": 0.1, "C": 0.6, "D": 1.0, "E": 0.45, "F": 0.2, "G": 0.1, "H": 0.35, "X": 0.0,
}  # fmt: skip
"""How far the mouth opens in each shape, in the unit of `core.speech.acoustics`."""
_SAME_S: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """Phones to speak, and where a person decides instead of the sound.

    Attributes:
        phones: In order, not overlapping.
        is_edited: bool [T], ticks of edited cues.
        openness: float64 [T], 0..1: their opening; 0 elsewhere.
        is_rest: bool [T], ticks of edited cues that rest.
    """

    phones: tuple[Phone, ...]
    is_edited: BoolArray
    openness: Array
    is_rest: BoolArray


def direct(
    phones: Sequence[Phone], cues: Sequence[MouthCue], duration_s: float, n_ticks: int
) -> Direction:
    """Lays edited cues over the recognised phones.

    Args:
        phones: As recognised.
        cues: As edited; those that equal a recognised one keep their phones.
        duration_s: Seconds of the sound.
        n_ticks: Ticks of the result.
    """
    recognised = {_rounded(cue) for cue in mouth_cues(phones, duration_s)}
    spoken: list[Phone] = []
    is_edited, is_rest = np.zeros(n_ticks, np.bool_), np.zeros(n_ticks, np.bool_)
    openness = np.zeros(n_ticks)
    for cue in cues:
        if _rounded(cue) in recognised:
            spoken += [p for p in phones if cue.start_s <= p.start_s < cue.end_s]
            continue
        span = slice(round(cue.start_s * TICKS_PER_S), round(cue.end_s * TICKS_PER_S))
        is_edited[span] = True
        openness[span] = _OPENNESS[cue.shape]
        is_rest[span] = cue.shape == REST_SHAPE
        if cue.shape != REST_SHAPE:
            spoken.append(Phone(cue.start_s, cue.end_s, _label(cue, phones)))
    return Direction(tuple(spoken), is_edited, openness, is_rest)


def _label(cue: MouthCue, phones: Sequence[Phone]) -> str:
    """The phone that is heard longest in a cue, if it has its shape; else the usual one."""
    best, longest_s = _PHONE_OF[cue.shape], 0.0
    for phone in phones:
        shared_s = min(phone.end_s, cue.end_s) - max(phone.start_s, cue.start_s)
        if SHAPE_OF[phone.label] == cue.shape and shared_s > longest_s:
            best, longest_s = phone.label, shared_s
    return best


def _rounded(cue: MouthCue) -> tuple[int, int, str]:
    return round(cue.start_s / _SAME_S), round(cue.end_s / _SAME_S), cue.shape

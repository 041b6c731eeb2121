"""Phones become the movements of five articulators, with coarticulation.

Each phone asks for a jaw height and a lip width with a certain insistence. The insistence fades
before and after the phone, and the phones' wishes are averaged by it (dominance functions: Cohen
and Massaro, Models and Techniques in Computer Animation, 1993). Vowels insist on the jaw, rounded
sounds on the width and from further ahead; a consonant such as T takes the shape of its vowels.
What must touch (both lips, lip and teeth) is not averaged: it is reached. The table follows the
phonetics textbooks (Ladefoged and Johnson, A Course in Phonetics); its numbers were set by hand
and compared on filmed speakers, not computed from them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.speech.phones import SILENCE, Phone
from core.speech.spectrum import TICKS_PER_S, Array


@dataclass(frozen=True, slots=True)
class Viseme:
    """What a phone asks of the mouth.

    Attributes:
        jaw: height of the jaw, 0 shut .. 1 wide open.
        width: −1 rounded .. 1 spread.
        insists: how much it insists on its width, 0..1; the rest comes from its neighbours.
        teeth: how much the lips part over closed teeth, 0..1.
        close: 1 where both lips meet.
        bite: 1 where the lower lip meets the upper teeth.
    """

    jaw: float
    width: float
    insists: float
    teeth: float = 0.0
    close: float = 0.0
    bite: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Articulation:
    """Movement of the articulators, one value per tick: float64 [T] each.

    Attributes:
        jaw: 0..1.
        width: −1..1.
        teeth: 0..1.
        close: 0..1.
        bite: 0..1.
    """

    jaw: Array
    width: Array
    teeth: Array
    close: Array
    bite: Array


_LIPS = Viseme(0.0, -0.1, 0.3, close=1.0)
_LIP_TEETH = Viseme(0.08, 0.1, 0.3, bite=1.0)
_TONGUE = Viseme(0.2, 0.2, 0.2, teeth=0.4)
_DENTAL = Viseme(0.2, 0.1, 0.2, teeth=0.5)
_BACK = Viseme(0.3, 0.1, 0.15, teeth=0.2)
_HISS = Viseme(0.12, 0.3, 0.4, teeth=0.9)
_HUSH = Viseme(0.18, -0.6, 0.8, teeth=0.7)

VISEMES: Final[dict[str, Viseme]] = {
    "AA": Viseme(0.95, 0.15, 0.4), "AE": Viseme(0.85, 0.5, 0.6), "AH": Viseme(0.6, 0.15, 0.3),
    "AO": Viseme(0.75, -0.5, 0.8), "AW": Viseme(0.85, -0.1, 0.4), "AY": Viseme(0.85, 0.3, 0.5),
    "EH": Viseme(0.6, 0.4, 0.6), "ER": Viseme(0.35, -0.3, 0.6), "EY": Viseme(0.5, 0.6, 0.9),
    "IH": Viseme(0.4, 0.4, 0.6), "IY": Viseme(0.3, 0.9, 1.0), "OW": Viseme(0.5, -0.8, 1.0),
    "OY": Viseme(0.6, -0.5, 1.0), "UH": Viseme(0.35, -0.5, 0.8), "UW": Viseme(0.25, -1.0, 1.0),
    "B": _LIPS, "M": _LIPS, "P": _LIPS, "F": _LIP_TEETH, "V": _LIP_TEETH,
    "TH": _DENTAL, "DH": _DENTAL, "T": _TONGUE, "D": _TONGUE, "N": _TONGUE,
    "L": Viseme(0.3, 0.1, 0.2, teeth=0.2), "S": _HISS, "Z": _HISS,
    "SH": _HUSH, "ZH": _HUSH, "CH": _HUSH, "JH": _HUSH,
    "K": _BACK, "G": _BACK, "NG": _BACK, "HH": Viseme(0.45, 0.0, 0.05),
    "Y": Viseme(0.25, 0.6, 0.8, teeth=0.3), "R": Viseme(0.25, -0.5, 0.6, teeth=0.2),
    "W": Viseme(0.12, -1.0, 1.0), SILENCE: Viseme(0.0, 0.0, 0.2),
}  # fmt: skip
"""What each phone asks for."""

_LEAD_S = 0.02  # lips move before the sound they make
_REACH_S = 0.6  # beyond this nothing is felt of a phone
_JAW_FADE_S = (0.035, 0.035)  # before, after: time in which the insistence falls to 1/e
_WIDTH_FADE_S = (0.07, 0.08)
_ROUND_FADE_S = (0.12, 0.08)  # rounding is anticipated
_CONTACT_FADE_S = (0.06, 0.05)  # movement into and out of a contact
_TEETH_FADE_S = (0.05, 0.05)
_CONSONANT_INSISTS = 0.6  # on the jaw; vowels 1
_VOWEL_JAW = 0.3
_ROUND_WIDTH = -0.45
_SHORTEST_PAUSE_S = 0.02


def articulate(phones: Sequence[Phone], n_ticks: int, contact_s: float = 0.06) -> Articulation:
    """The articulators' movement over `n_ticks` ticks.

    Args:
        phones: in order, not overlapping.
        n_ticks: ticks of the result.
        contact_s: how long lips that meet stay together at least, so that at least one video
            frame shows it.
    """
    wish = np.zeros((2, n_ticks))
    weight = np.full((2, n_ticks), 1e-6)
    contact = {name: np.zeros(n_ticks) for name in ("close", "bite", "teeth")}
    for phone in _with_pauses(phones, n_ticks / TICKS_PER_S):
        viseme = VISEMES[phone.label]
        span, seconds = _reach(phone, n_ticks)
        if not len(seconds):
            continue
        insists = 1.0 if viseme.jaw >= _VOWEL_JAW else _CONSONANT_INSISTS
        rounds = viseme.width <= _ROUND_WIDTH
        for row, (target, strength, fade) in enumerate(
            (
                (viseme.jaw, insists, _JAW_FADE_S),
                (viseme.width, viseme.insists, _ROUND_FADE_S if rounds else _WIDTH_FADE_S),
            )
        ):
            felt = strength * np.exp(-_distance(seconds, phone.start_s, phone.end_s, fade))
            wish[row, span] += target * felt
            weight[row, span] += felt
        for name, amount, fade, shortest in (
            ("close", viseme.close, _CONTACT_FADE_S, contact_s),
            ("bite", viseme.bite, _CONTACT_FADE_S, contact_s),
            ("teeth", viseme.teeth, _TEETH_FADE_S, 0.0),
        ):
            if amount:
                held = _held(seconds, phone, fade, shortest)
                contact[name][span] = np.maximum(contact[name][span], amount * held)
    jaw, width = wish / weight
    return Articulation(jaw=jaw, width=width, **contact)


def _with_pauses(phones: Sequence[Phone], end_s: float) -> Iterator[Phone]:
    """The phones with the pauses between them as phones of their own."""
    last = -_REACH_S
    for phone in phones:
        if phone.start_s > last + _SHORTEST_PAUSE_S:
            yield Phone(last, phone.start_s, SILENCE)
        yield phone
        last = max(last, phone.end_s)
    if end_s > last:
        yield Phone(last, end_s + _REACH_S, SILENCE)


def _reach(phone: Phone, n_ticks: int) -> tuple[slice, Array]:
    """The ticks that feel a phone, and their times shifted by the lips' lead."""
    first = max(0, int((phone.start_s - _REACH_S - _LEAD_S) * TICKS_PER_S))
    stop = min(n_ticks, int((phone.end_s + _REACH_S - _LEAD_S) * TICKS_PER_S) + 1)
    seconds = np.arange(first, max(first, stop)) / TICKS_PER_S + _LEAD_S
    return slice(first, max(first, stop)), seconds


def _distance(seconds: Array, start_s: float, end_s: float, fade: tuple[float, float]) -> Array:
    """Distance from a span in units of the fade before and after it; 0 inside."""
    before = np.maximum(start_s - seconds, 0.0) / fade[0]
    after = np.maximum(seconds - end_s, 0.0) / fade[1]
    distance: Array = before + after
    return distance


def _held(seconds: Array, phone: Phone, fade: tuple[float, float], shortest_s: float) -> Array:
    """1 inside the span, which is widened to `shortest_s`, with smooth flanks."""
    grow = max(0.0, shortest_s - (phone.end_s - phone.start_s)) / 2.0
    away = np.minimum(_distance(seconds, phone.start_s - grow, phone.end_s + grow, fade), 1.0)
    held: Array = 1.0 - away * away * (3.0 - 2.0 * away)
    return held

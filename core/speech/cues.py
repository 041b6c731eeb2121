"""The viseme lane: which mouth shape is seen when, in the letters of Rhubarb Lip Sync.

A shut, B teeth together, C open, D wide open, E slightly rounded, F puckered, G lower lip at the
teeth, H tongue up, X rest. The lane is for people to read and edit; the lips themselves move by
`core.speech.lips`, which follows the edited cues. Lists of cues cover their time without gaps.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.speech.phones import Phone

REST_SHAPE: Final = "X"
SHAPES: Final = "ABCDEFGHX"
"""All mouth shapes."""
SHORTEST_S: Final = 0.02
"""No edit makes a cue shorter."""
SHAPE_OF: Final[dict[str, str]] = {
    phone: shape
    for shape, phones in {
        "A": "B M P",
        "B": "CH D DH G IH IY JH K N NG S SH T TH Y Z ZH",
        "C": "AE AH EH EY HH",
        "D": "AA AW AY",
        "E": "AO ER R",
        "F": "OW OY UH UW W",
        "G": "F V",
        "H": "L",
    }.items()
    for phone in phones.split()
}
"""The mouth shape of each phone."""

_SHORTEST_REST_S = 0.15  # a shorter pause is not seen


@dataclass(frozen=True, slots=True)
class MouthCue:
    """One mouth shape and its half-open times in seconds."""

    start_s: float
    end_s: float
    shape: str


def mouth_cues(phones: Sequence[Phone], duration_s: float) -> tuple[MouthCue, ...]:
    """Cues that cover 0..`duration_s` without gaps; equal neighbours are one cue.

    Args:
        phones: in order, not overlapping.
        duration_s: seconds of the sound.
    """
    cues: list[MouthCue] = []

    def add(start_s: float, end_s: float, shape: str) -> None:
        start_s, end_s = min(start_s, duration_s), min(end_s, duration_s)
        if end_s <= start_s:
            return
        if cues and cues[-1].shape == shape:
            start_s = cues.pop().start_s
        cues.append(MouthCue(start_s, end_s, shape))

    last_s = 0.0
    for i, phone in enumerate(phones):
        if phone.start_s - last_s >= _SHORTEST_REST_S or not cues:
            add(last_s, phone.start_s, REST_SHAPE)
            last_s = phone.start_s
        following_s = phones[i + 1].start_s if i + 1 < len(phones) else duration_s
        close_by = following_s - phone.end_s < _SHORTEST_REST_S
        end_s = following_s if close_by else phone.end_s
        add(last_s, end_s, SHAPE_OF[phone.label])
        last_s = max(last_s, end_s)
    add(last_s, duration_s, REST_SHAPE)
    return tuple(cues)


def move_border(cues: Sequence[MouthCue], index: int, second: float) -> tuple[MouthCue, ...]:
    """Lets cue `index` ≥ 1 begin, and the one before it end, at another second between the two."""
    before, after = cues[index - 1], cues[index]
    at = max(min(second, after.end_s - SHORTEST_S), before.start_s + SHORTEST_S)
    moved = (replace(before, end_s=at), replace(after, start_s=at))
    return (*cues[: index - 1], *moved, *cues[index + 1 :])


def set_shape(cues: Sequence[MouthCue], index: int, shape: str) -> tuple[MouthCue, ...]:
    """Gives a cue another shape; equal neighbours stay cues of their own."""
    return (*cues[:index], replace(cues[index], shape=shape), *cues[index + 1 :])


def split_cue(cues: Sequence[MouthCue], index: int, second: float) -> tuple[MouthCue, ...]:
    """Cuts a cue in two; nothing changes where one part would be too short."""
    cue = cues[index]
    if not cue.start_s + SHORTEST_S <= second <= cue.end_s - SHORTEST_S:
        return tuple(cues)
    parts = (replace(cue, end_s=second), replace(cue, start_s=second))
    return (*cues[:index], *parts, *cues[index + 1 :])


def delete_cue(cues: Sequence[MouthCue], index: int) -> tuple[MouthCue, ...]:
    """Removes a cue; the one before it (or after the first) takes its time. The last one stays."""
    if len(cues) < 2:
        return tuple(cues)
    if index == 0:
        return (replace(cues[1], start_s=cues[0].start_s), *cues[2:])
    taken = replace(cues[index - 1], end_s=cues[index].end_s)
    return (*cues[: index - 1], taken, *cues[index + 1 :])


def fitted(cues: Sequence[MouthCue], duration_s: float) -> tuple[MouthCue, ...]:
    """The cues within 0..`duration_s`, the last one followed by rest up to there."""
    kept = [replace(c, end_s=min(c.end_s, duration_s)) for c in cues if c.start_s < duration_s]
    last_s = kept[-1].end_s if kept else 0.0
    if last_s < duration_s:
        kept.append(MouthCue(last_s, duration_s, REST_SHAPE))
    return tuple(kept)


def cue_at(cues: Sequence[MouthCue], second: float) -> int | None:
    """Index of the cue that is seen at a second."""
    return next((i for i, cue in enumerate(cues) if cue.start_s <= second < cue.end_s), None)

"""Gaps in a driving clip: what the avatar does while no face is seen. Nothing here ever aborts."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray, FloatArray
from core.base.time import FrameRange
from core.motion.track import FactorTrack

HOLD_S: Final = 0.25
"""Gaps up to this length, in seconds, hold the last value."""
BRIDGE_S: Final = 1.0
"""Gaps up to this length, in seconds, are bridged smoothly."""
EASE_S: Final = 0.5
"""How long the way to rest (and back) takes in longer gaps, seconds."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """A track without holes, and what could not be bridged.

    Attributes:
        track: Finite values everywhere; invalid only in `marked`.
        marked: The gaps longer than `BRIDGE_S`, in the track's frames.
        note: One sentence for the user, or None when nothing is marked.
    """

    track: FactorTrack
    marked: tuple[FrameRange, ...]
    note: str | None

    @property
    def marked_seconds(self) -> float:
        """Total length of the marked gaps."""
        return float(sum(len(gap) for gap in self.marked) / self.track.rate)


def find_gaps(valid: BoolArray) -> tuple[FrameRange, ...]:
    """The runs of False in `valid` [T], in order."""
    edges = np.flatnonzero(np.diff(np.concatenate(([True], valid, [True])).astype(np.int8)))
    return tuple(FrameRange(int(a), int(b)) for a, b in edges.reshape(-1, 2))


def fill_gaps(track: FactorTrack) -> Filled:
    """Fills every gap of `track`.

    Up to 0.25 s the last value is held; up to 1 s the two ends are joined smoothly; in longer
    gaps the value is held for 0.25 s, eases to rest over 0.5 s, and eases back over the last
    0.5 s. A gap at the beginning or end has one neighbour and holds it, or eases from or to rest.
    Rest is the source's own neutral frame, or the factor's rest.
    """
    if track.valid.all():
        return Filled(track, (), None)
    rest = track.rest if track.neutral is None else track.values[track.neutral]
    values, marked = fill_rows(track.values, track.valid, track.rate, rest)
    valid = np.ones(len(track), np.bool_)
    for gap in marked:
        valid[gap.start : gap.stop] = False
    filled = replace(track, values=values, valid=valid)
    return Filled(filled, tuple(marked), _note(marked, float(track.rate)))


def fill_rows(
    values: FloatArray, valid: BoolArray, rate: Fraction, rest: FloatArray
) -> tuple[FloatArray, list[FrameRange]]:
    """Rows [T, D] without holes, and the gaps that could not be bridged; see `fill_gaps`.

    Args:
        values: float32 [T, D]; what is not `valid` is not looked at.
        valid: bool [T].
        rate: frames per second.
        rest: float32 [D]: what longer gaps come to.
    """
    rows, marked = values.astype(np.float64), []
    for gap in find_gaps(valid):
        before = rows[gap.start - 1] if gap.start > 0 else None
        after = rows[gap.stop] if gap.stop < len(rows) else None
        rows[gap.start : gap.stop] = _fill(before, after, len(gap), float(rate), rest)
        if len(gap) / rate > BRIDGE_S or (before is None and after is None):
            marked.append(gap)
    return rows.astype(np.float32), marked


def _fill(
    before: _Array | None, after: _Array | None, n_frames: int, rate: float, rest: FloatArray
) -> _Array:
    seconds = n_frames / rate
    rest64 = rest.astype(np.float64)
    if before is None and after is None:
        return np.tile(rest64, (n_frames, 1))
    if seconds <= BRIDGE_S:
        if before is None or after is None:
            return np.tile(after if before is None else before, (n_frames, 1))  # type: ignore[arg-type]
        if seconds <= HOLD_S:
            return np.tile(before, (n_frames, 1))
        part = _smoothstep(np.arange(1, n_frames + 1) / (n_frames + 1))[:, None]
        return before + part * (after - before)
    result = np.tile(rest64, (n_frames, 1))
    if before is not None:
        since = np.arange(1, n_frames + 1) / rate
        result += (1.0 - _smoothstep((since - HOLD_S) / EASE_S))[:, None] * (before - rest64)
    if after is not None:
        until = np.arange(n_frames, 0, -1) / rate
        result += (1.0 - _smoothstep(until / EASE_S))[:, None] * (after - rest64)
    return result


def _smoothstep(part: _Array) -> _Array:
    part = np.clip(part, 0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)


def _note(marked: list[FrameRange], rate: float) -> str | None:
    if not marked:
        return None
    seconds = sum(len(gap) for gap in marked) / rate
    where = ", ".join(f"{gap.start / rate:.1f}–{gap.stop / rate:.1f} s" for gap in marked[:3])
    more = "" if len(marked) <= 3 else " …"
    count = "1 gap" if len(marked) == 1 else f"{len(marked)} gaps"
    return f"No face in {count}, {seconds:.1f} s in all ({where}{more}): motion rests there."

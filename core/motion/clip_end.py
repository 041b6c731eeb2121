"""What a source does once the timeline runs past its end: hold, loop or play back and forth."""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from core.base.controls import BoolArray, FloatArray
from core.base.errors import MotionError
from core.motion.series import Series

SEAM_S: Final = 0.24
"""Length of the crossfade where a loop begins again (6 frames at 25 fps), seconds."""


class ClipEnd(StrEnum):
    """How a source goes on after its last frame."""

    HOLD = "hold"
    LOOP = "loop"
    PINGPONG = "pingpong"


def parse_clip_end(text: str) -> ClipEnd:
    """Reads `hold`, `loop` or `pingpong`.

    Raises:
        MotionError: anything else.
    """
    try:
        return ClipEnd(text)
    except ValueError:
        choices = ", ".join(ClipEnd)
        raise MotionError(f"“{text}” is no way to end a clip: choose one of {choices}.") from None


def seam_frames(track: Series) -> int:
    """Frames of the crossfade of a looping `track`: at most a quarter of it."""
    return min(round(SEAM_S * track.rate), len(track) // 4)


def sample(
    track: Series, positions: ArrayLike, end: ClipEnd = ClipEnd.HOLD
) -> tuple[FloatArray, BoolArray]:
    """Values of `track` at any frame position.

    A loop repeats every T − `seam_frames` frames: the last frames of each round cross-fade
    with the first ones of the next, so that the motion has no jump.

    Args:
        track: the source.
        positions: [M] frame positions, any order; the first frame holds below 0.
        end: what follows after the last frame.

    Returns:
        float32 [M, D] and bool [M].
    """
    x = np.maximum(np.asarray(positions, np.float64), 0.0)
    if end is ClipEnd.PINGPONG and len(track) > 1:
        turn = len(track) - 1.0
        return track.at(turn - np.abs(np.mod(x, 2.0 * turn) - turn))
    if end is ClipEnd.LOOP and len(track) > 1:
        return _loop(track, x)
    return track.at(x)


def _loop(
    track: Series, x: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> tuple[FloatArray, BoolArray]:
    seam = seam_frames(track)
    period = float(len(track) - seam)
    within = np.mod(x, period)
    values, valid = track.at(within)
    fading = (x >= period) & (within < seam)
    if fading.any():
        part = within[fading] / seam
        weight = (part * part * (3.0 - 2.0 * part)).astype(np.float32)[:, None]
        old, old_valid = track.at(within[fading] + period)
        values[fading] = old + weight * (values[fading] - old)
        valid[fading] &= old_valid
    return values, valid

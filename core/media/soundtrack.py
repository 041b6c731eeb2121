"""The sound of a video that is being written: exactly as long as its pictures, block by block.

Used by core.media.encode.
"""

from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.media.audio import read_audio_blocks

RATE = 48_000
"""Samples per second of every soundtrack."""

FRAME_SAMPLES = 1024
"""Samples in one AAC frame."""

_BLOCK_S = 0.5  # little enough to be read between two pictures


def soundtrack(
    path: Path,
    duration_s: float | Fraction,
    offset_s: float | Fraction = 0.0,
    gain_db: float = 0.0,
) -> Generator[NDArray[np.float32], None, None]:
    """Yields float32 [2, 1024] frames (the last one shorter) that last `duration_s` together.

    Args:
        path: a sound file or a video with sound.
        duration_s: seconds to fill; missing sound is silence, surplus sound is cut.
        offset_s: when the file's time 0 is heard. Negative leaves out its first seconds.
        gain_db: change of loudness in decibels; what goes over full scale is clipped.

    Raises:
        MediaError: the sound cannot be read.
    """
    total = round(Fraction(duration_s).limit_denominator(10**6) * RATE)
    lead = round(Fraction(offset_s).limit_denominator(10**6) * RATE)
    held = np.zeros((0, 2), np.float32)
    done = 0
    gain = np.float32(10 ** (gain_db / 20))
    silence = np.zeros((RATE, 2), np.float32)
    for block in chain(_placed(path, lead), repeat(silence)):
        held = np.concatenate([held, np.clip(block * gain, -1, 1)])[: total - done]
        whole = len(held) - len(held) % FRAME_SAMPLES
        yield from _frames(held[:whole])
        done += whole
        held = held[whole:]
        if done + len(held) == total:
            break
    yield from _frames(held)


def _placed(path: Path, lead: int) -> Iterator[NDArray[np.float32]]:
    """The file's sound [n, 2] after `lead` samples of silence, or from sample -`lead` on."""
    blocks = read_audio_blocks(path, RATE, 2, _BLOCK_S, start=max(0, -lead) / RATE)
    first = next(blocks, None)  # before the silence: a file that cannot be read fails at once
    for begin in range(0, lead, RATE):
        yield np.zeros((min(RATE, lead - begin), 2), np.float32)
    if first is not None:
        yield first
        yield from blocks


def _frames(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(samples), FRAME_SAMPLES):
        yield np.ascontiguousarray(samples[first : first + FRAME_SAMPLES].T)

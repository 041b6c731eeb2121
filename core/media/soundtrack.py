"""The sound of a video that is being written: exactly as long as its pictures, block by block.

Used by core.media.encode.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.media.audio import read_audio_blocks

RATE = 48_000
"""Samples per second of every soundtrack."""

FRAME_SAMPLES = 1024
"""Samples in one AAC frame."""

_BLOCK_S = 0.5  # little enough to be read between two pictures
_CHUNK = 16 * FRAME_SAMPLES


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of a sound file and where it is heard.

    Attributes:
        path: a sound file or a video with sound.
        at_s: second of the soundtrack at which it is heard; what falls before 0 is left out.
        from_s: second of the file that is heard first, ≥ 0.
        length_s: seconds of the file that are heard; None is all the rest.
        gain_db: change of loudness in decibels.
    """

    path: Path
    at_s: float | Fraction = 0.0
    from_s: float | Fraction = 0.0
    length_s: float | Fraction | None = None
    gain_db: float = 0.0


def soundtrack(
    sounds: Sequence[Sound], duration_s: float | Fraction
) -> Generator[NDArray[np.float32], None, None]:
    """Yields float32 [2, 1024] frames (the last one shorter) that last `duration_s` together.

    Sounds that overlap are added; what goes over full scale is clipped. Where none is heard there
    is silence; surplus sound is cut.

    Raises:
        MediaError: a sound cannot be read.
    """
    total = _samples(duration_s)
    players = [_Player(sound) for sound in sounds]
    for done in range(0, total, _CHUNK):
        mixed = np.zeros((min(_CHUNK, total - done), 2), np.float32)
        for player in players:
            player.add_to(mixed)
        yield from _frames(np.clip(mixed, -1, 1))


class _Player:
    """Plays one sound into consecutive chunks of the soundtrack."""

    def __init__(self, sound: Sound) -> None:
        at, start = _samples(sound.at_s), _samples(sound.from_s)
        skipped = max(0, -at)
        self._silent = max(0, at)
        self._left = None if sound.length_s is None else _samples(sound.length_s) - skipped
        self._gain = np.float32(10 ** (sound.gain_db / 20))
        self._blocks = read_audio_blocks(
            sound.path, RATE, 2, _BLOCK_S, start=Fraction(start + skipped, RATE)
        )
        # a file that cannot be read fails at once
        self._held: NDArray[np.float32] | None = next(self._blocks, None)

    def add_to(self, chunk: NDArray[np.float32]) -> None:
        """Adds the next samples to `chunk` [n, 2]."""
        place = min(self._silent, len(chunk))
        self._silent -= place
        while place < len(chunk) and self._held is not None and self._left != 0:
            n = min(len(chunk) - place, len(self._held))
            n = n if self._left is None else max(0, min(n, self._left))
            if n == 0:
                return
            chunk[place : place + n] += self._held[:n] * self._gain
            place += n
            self._left = None if self._left is None else self._left - n
            self._held = self._held[n:]
            if len(self._held) == 0:
                self._held = next(self._blocks, None)


def _samples(seconds: float | Fraction) -> int:
    return round(Fraction(seconds).limit_denominator(10**6) * RATE)


def _frames(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(samples), FRAME_SAMPLES):
        yield np.ascontiguousarray(samples[first : first + FRAME_SAMPLES].T)

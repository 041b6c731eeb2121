"""What is heard from a frame on, and which frame belongs to a sample that is heard."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.time import FrameRange
from core.export.render_plan import sounds_of
from core.media.soundtrack import RATE, soundtrack
from core.timeline.document import Document

_BLOCK: Final = 4800


@dataclass(frozen=True, slots=True)
class Course:
    """The way that playing takes through the document, at its own speed.

    Attributes:
        start: First frame.
        span: Frames that are looped over, or where playing ends.
        is_looping: Whether it starts again at the span's start.
        rate: Frames per second.
    """

    start: int
    span: FrameRange
    is_looping: bool
    rate: Fraction

    @property
    def first_samples(self) -> int:
        """Samples from the start to the span's end."""
        return round((self.span.stop - self.start) / self.rate * RATE)

    @property
    def loop_samples(self) -> int:
        """Samples of the whole span."""
        return round(len(self.span) / self.rate * RATE)

    def frame_at(self, samples: float) -> int | None:
        """The frame that is on when so many samples were heard; None after the end."""
        if samples < self.first_samples:
            return self.start + int(samples * float(self.rate) / RATE)
        if not self.is_looping:
            return None
        within = (samples - self.first_samples) % self.loop_samples
        frame = self.span.start + int(within * float(self.rate) / RATE)
        return min(frame, self.span.stop - 1)


def sound_along(
    document: Document, folder: Path, course: Course, mixed: NDArray[np.int16] | None = None
) -> Iterator[NDArray[np.float32]]:
    """Blocks float32 [n, 2] of what is heard along a course; without end when it loops.

    Args:
        document: Whose sound.
        folder: Its session folder.
        course: The way through it.
        mixed: The whole sound from `whole_sound`; None reads it from its files.

    Raises:
        MediaError: a sound cannot be read.
    """

    def stretch(frames: FrameRange) -> Iterator[NDArray[np.float32]]:
        if mixed is None:
            return _stretch(document, folder, frames)
        return _cut(mixed, frames, document.rate)

    yield from stretch(FrameRange(course.start, course.span.stop))
    while course.is_looping:
        yield from stretch(course.span)


def whole_sound(document: Document, folder: Path) -> NDArray[np.int16]:
    """All that is heard, int16 [n, 2].

    Raises:
        MediaError: a sound cannot be read.
    """
    blocks = _stretch(document, folder, FrameRange(0, document.n_frames))
    parts = [(block * 32767.0).astype(np.int16) for block in blocks]
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.int16)


def _cut(
    mixed: NDArray[np.int16], frames: FrameRange, rate: Fraction
) -> Iterator[NDArray[np.float32]]:
    """A stretch of a mixed sound, exactly as long as `_stretch` gives it."""
    start = round(frames.start / rate * RATE)
    stop = start + round(len(frames) / rate * RATE)
    for first in range(start, stop, _BLOCK):
        block = mixed[first : min(first + _BLOCK, stop)].astype(np.float32) / 32767.0
        n_missing = min(first + _BLOCK, stop) - first - len(block)
        yield np.pad(block, ((0, n_missing), (0, 0))) if n_missing else block


def _stretch(
    document: Document, folder: Path, frames: FrameRange
) -> Generator[NDArray[np.float32], None, None]:
    sounds = sounds_of(document, folder, frames)
    blocks = soundtrack(sounds, len(frames) / document.rate)
    try:
        for block in blocks:
            yield block.T
    finally:
        blocks.close()

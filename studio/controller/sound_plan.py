"""What is heard from a frame on, and which frame belongs to a sample that is heard."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.base.time import FrameRange
from core.export.render_plan import sounds_of
from core.media.soundtrack import RATE, soundtrack
from core.timeline.document import Document


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


def sound_along(document: Document, folder: Path, course: Course) -> Iterator[NDArray[np.float32]]:
    """Blocks float32 [n, 2] of what is heard along a course; without end when it loops.

    Raises:
        MediaError: a sound cannot be read.
    """
    yield from _stretch(document, folder, FrameRange(course.start, course.span.stop))
    while course.is_looping:
        yield from _stretch(document, folder, course.span)


def whole_sound(document: Document, folder: Path) -> NDArray[np.int16]:
    """All that is heard, int16 [n] mono, for scrubbing.

    Raises:
        MediaError: a sound cannot be read.
    """
    blocks = _stretch(document, folder, FrameRange(0, document.n_frames))
    parts = [(block.mean(axis=1) * 32767).astype(np.int16) for block in blocks]
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


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

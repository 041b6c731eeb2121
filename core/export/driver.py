"""The driving clip beside the result: its picture for every frame of the film."""

from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.controls import Factor
from core.base.time import FrameRange
from core.media.video import read_frames
from core.motion.clip_end import ClipEnd
from core.session.bank import source_path
from core.timeline.document import Document
from core.timeline.source import ClipParams
from core.timeline.strip import Strip, source_second

Frame = NDArray[np.uint8]
_ORDER: Final = (Factor.HEAD_POSE, Factor.LIPS, Factor.EXPRESSION, Factor.EYES)
_EMPTY: Final = 32  # grey where no clip drives anything


def driving_strip(document: Document, frame: float) -> Strip | None:
    """The strip of a driving clip at a document frame; the head's counts before the others'."""
    for factor in _ORDER:
        for strip in document.track(factor).strips:
            source = document.source(strip.source_id)
            is_clip = source is not None and isinstance(source.params, ClipParams)
            if is_clip and not strip.is_muted and strip.start <= frame < strip.stop:
                return strip
    return None


def has_driver(document: Document) -> bool:
    """Whether any clip drives anything."""
    clips = {s.id for s in document.sources if isinstance(s.params, ClipParams)}
    return any(strip.source_id in clips for track in document.tracks for strip in track.strips)


def driver_frames(
    document: Document, folder: Path, frames: FrameRange, rate: Fraction, size: tuple[int, int]
) -> Generator[Frame, None, None]:
    """For each film frame the driver's picture, fitted into `size` (width, height) on grey.

    Args:
        document: Whose strips drive.
        folder: The session folder.
        frames: Document frames of the film.
        rate: The film's frames per second.
        size: In px.

    Raises:
        MediaError: a clip cannot be read.
    """
    n_frames = max(1, round(len(frames) * rate / document.rate))
    empty = np.full((size[1], size[0], 3), _EMPTY, np.uint8)
    reader: Iterator[Frame] = iter(())
    current: Strip | None = None
    shown = empty
    for i in range(n_frames):
        at = float(frames.start + i * document.rate / rate)
        strip = driving_strip(document, at)
        if strip is not current:
            current, shown = strip, empty
            reader = iter(()) if strip is None else _read(document, folder, strip, at, rate)
        picture = next(reader, None)
        if picture is None and strip is not None and strip.clip_end is not ClipEnd.HOLD:
            # a loop starts again; there and back is shown as a loop
            reader = _read(document, folder, strip, float(strip.start), rate)
            picture = next(reader, None)
        if picture is not None:
            shown = fitted(picture, size)
        yield shown


def beside(driver: Frame, frame: Frame) -> Frame:
    """The driver's picture to the left of a frame, opaque where the frame has opacity."""
    if frame.shape[2] > driver.shape[2]:
        driver = np.dstack([driver, np.full(driver.shape[:2], 255, np.uint8)])
    return np.hstack([driver, frame])


def fitted(picture: Frame, size: tuple[int, int]) -> Frame:
    """A picture as large as fits into `size` (width, height) px, on grey."""
    height, width = picture.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    result = np.full((size[1], size[0], 3), _EMPTY, np.uint8)
    x, y = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    result[y : y + inner[1], x : x + inner[0]] = cv2.resize(picture, inner, interpolation=way)
    return result


def _read(
    document: Document, folder: Path, strip: Strip, frame: float, rate: Fraction
) -> Iterator[Frame]:
    source = document.source(strip.source_id)
    if source is None:
        return iter(())
    second = max(0.0, source_second(strip, frame, document.rate))
    pace = (rate / Fraction(strip.speed).limit_denominator(1000)).limit_denominator(100_000)
    return read_frames(source_path(source, folder), pace, start=second)

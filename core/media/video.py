"""Moving pictures as upright sRGB frames at exactly the rate that is asked for.

Frames are chosen by their timestamps, never by counting them. Time 0 is the start of the video
stream. Everything streams: a handful of frames is in memory at a time. A generator belongs to the
thread that runs it and closes its file when it ends or is closed.
"""

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.base.time import frames_in
from core.media.container import (
    decoded,
    frame_rate,
    open_media,
    packets,
    require_video,
    start_s,
    time_s,
)
from core.media.image import MAX_SIDE, is_still, read_image
from core.media.picture import FrameConverter

_T = TypeVar("_T")
_SEEK_FROM = Fraction(1)  # below this, decoding from the beginning is as fast
_SEEK_MARGIN = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Timed:
    """Something shown from `start` until `end`, in seconds."""

    start: Fraction
    end: Fraction


def read_frames(
    path: Path,
    rate: Fraction,
    *,
    start: float | Fraction = 0.0,
    duration: float | Fraction | None = None,
    max_side: int | None = None,
) -> Iterator[NDArray[np.uint8]]:
    """Yields uint8 RGB [H, W, 3] frames resampled to `rate` frames per second.

    Frame i is the picture that the clip shows at `start` + i / `rate` seconds: the last one whose
    timestamp is not later (timestamps that the container had to round count as unrounded). The
    video's display rotation and pixel shape are applied, transparent parts show mid grey, and all
    frames have the size of the first.

    Args:
        path: a video, a GIF, a still picture (one frame) or a folder of numbered pictures, which
            are taken one by one at `rate`.
        rate: output frames per second.
        start: first second that is read; past the clip's end nothing is yielded.
        duration: seconds to read at most, to the clip's end when None.
        max_side: frames with a longer side in px are scaled down to it.

    Raises:
        MediaError: nothing can be read. A clip that breaks off ends early without an error.
    """
    begin = Fraction(start).limit_denominator(10**6)
    count = None if duration is None else frames_in(duration, rate)
    if path.is_dir():
        return _folder_frames(path, math.floor(begin * rate), count, max_side or MAX_SIDE)
    if is_still(path):
        return _still_frames(path, begin * rate < 1, max_side or MAX_SIDE)
    return _clip_frames(path, rate, begin, count, max_side)


def count_frames(path: Path, rate: Fraction) -> int:
    """How many frames `read_frames` yields at `rate`, without decoding them.

    A damaged clip may yield fewer.

    Raises:
        MediaError: the file cannot be read or holds no pictures.
    """
    if path.is_dir():
        return len(numbered_images(path))
    if is_still(path):
        return 1
    with open_media(path) as container:
        stream = require_video(path, container)
        zero, fallback = start_s(stream), 1 / frame_rate(stream)
        last, end = Fraction(0), Fraction(0)
        for packet in packets(container, stream):
            if packet.size == 0 or packet.is_discard or packet.pts is None:
                continue
            shown = packet.pts * packet.time_base - zero
            lasting = (packet.duration or 0) * packet.time_base or fallback
            last, end = max(last, shown), max(end, shown + lasting)
    return _n_frames(Timed(last, end), rate, Fraction(0), tolerance_s(stream.time_base, rate))


def numbered_images(folder: Path) -> list[Path]:
    """The still pictures in `folder`, in the order of the last number in their names.

    Raises:
        MediaError: the folder holds no pictures or cannot be read.
    """
    try:
        files = [file for file in folder.iterdir() if is_still(file) and file.is_file()]
    except OSError as error:
        raise MediaError(f"“{folder}” cannot be read: check its permissions.") from error
    if not files:
        raise MediaError(
            f"“{folder}” holds no numbered pictures: choose a folder with 0001.png, 0002.png …"
        )

    def order(file: Path) -> tuple[int, str]:
        numbers = re.findall(r"\d+", file.stem)
        return (int(numbers[-1]) if numbers else -1, file.name)

    return sorted(files, key=order)


def resample(
    timed: Iterable[tuple[Timed, _T]],
    rate: Fraction,
    *,
    start: Fraction = Fraction(0),
    count: int | None = None,
    tolerance: Fraction = Fraction(0),
) -> Iterator[_T]:
    """Yields for every i the last item that begins at or before `start` + i / `rate` seconds.

    Before the first item's time the first item is given; the last item is held until its end.

    Args:
        timed: items in order of time.
        rate: items per second to yield.
        start: time of the first one.
        count: how many to yield at most.
        tolerance: how much later than asked an item may begin, in seconds.
    """
    done = 0
    target = start
    held: tuple[Timed, _T] | None = None
    for item in timed:
        while held is not None and target + tolerance < item[0].start:
            yield held[1]
            done += 1
            if done == count:
                return
            target = start + done / rate
        held = item
    if held is None:
        return
    total = _n_frames(held[0], rate, start, tolerance)
    for _ in range(done, total if count is None else min(total, count)):
        yield held[1]


def tolerance_s(time_base: Fraction | None, rate: Fraction) -> Fraction:
    """By how many seconds a container with this clock may have rounded a timestamp.

    Half a tick, and never so much that another frame would be meant.
    """
    tick = time_base or Fraction(0)
    return min(tick / 2, 1 / (8 * rate))


def _n_frames(last: Timed, rate: Fraction, start: Fraction, tolerance: Fraction) -> int:
    """Output frames until the end of the last input: those at its start are never dropped."""
    # The end is the sum of a rounded time and a rounded duration, hence twice the tolerance.
    before_end = math.ceil((last.end - 2 * tolerance - start) * rate)
    up_to_start = math.floor((last.start - start) * rate) + 1
    return max(0, before_end, up_to_start)


def _clip_frames(
    path: Path, rate: Fraction, start: Fraction, count: int | None, max_side: int | None
) -> Iterator[NDArray[np.uint8]]:
    with open_media(path) as container:
        stream = require_video(path, container)
        convert = FrameConverter(stream.sample_aspect_ratio, max_side)
        timed = _timed_frames(path, container, stream, start)
        tolerance = tolerance_s(stream.time_base, rate)
        shown: VideoFrame | None = None
        for frame in resample(timed, rate, start=start, count=count, tolerance=tolerance):
            if frame is not shown:
                shown, pixels = frame, convert(frame)
            yield pixels.copy()  # what was handed out before may have been drawn on


def _timed_frames(
    path: Path, container: InputContainer, stream: VideoStream, start: Fraction
) -> Iterator[tuple[Timed, VideoFrame]]:
    """Frames with their times, from the beginning or from a key frame before `start`."""
    if start < _SEEK_FROM:
        yield from _require_frames(path, _with_times(container, stream))
        return
    frames = _after_seek(container, stream, start)
    if frames is not None:
        yield from frames
        return
    with open_media(path) as again:
        stream = require_video(path, again)
        yield from _require_frames(path, _with_times(again, stream))


def _after_seek(
    container: InputContainer, stream: VideoStream, start: Fraction
) -> Iterator[tuple[Timed, VideoFrame]] | None:
    """Frames from a key frame at or before `start` on; None when the file cannot seek there."""
    if container.format.name == "gif" or not stream.time_base:  # its frames build on all before
        return None
    wanted = start_s(stream) + start - _SEEK_MARGIN
    try:
        container.seek(math.floor(wanted / stream.time_base), stream=stream)
    except av.error.FFmpegError:
        return None
    frames = _with_times(container, stream)
    first = next((timed for timed in frames if timed[1].key_frame), None)
    if first is None or first[0].start > start:
        return None
    return itertools.chain([first], frames)


def _with_times(
    container: InputContainer, stream: VideoStream
) -> Iterator[tuple[Timed, VideoFrame]]:
    """Decoded frames with when they are shown; frames that jump back in time are left out."""
    if not stream.codec_context.is_open:
        stream.thread_type = "AUTO"
    zero, fallback = start_s(stream), 1 / frame_rate(stream)
    last: Timed | None = None
    for frame in decoded(container, stream):
        begin = time_s(frame)
        if begin is not None:
            begin -= zero
        else:
            begin = last.end if last is not None else Fraction(0)
        if last is not None and begin <= last.start:
            continue
        lasting = (frame.duration or 0) * (frame.time_base or 0)
        last = Timed(begin, begin + (lasting or fallback))
        yield last, frame


def _require_frames(
    path: Path, timed: Iterator[tuple[Timed, VideoFrame]]
) -> Iterator[tuple[Timed, VideoFrame]]:
    first = next(timed, None)
    if first is None:
        raise MediaError(f"“{path.name}” holds no picture that can be read: export it again.")
    yield first
    yield from timed


def _still_frames(path: Path, begins: bool, max_side: int) -> Iterator[NDArray[np.uint8]]:
    if begins:
        yield read_image(path, max_side=max_side).rgb


def _folder_frames(
    folder: Path, first: int, count: int | None, max_side: int
) -> Iterator[NDArray[np.uint8]]:
    files = numbered_images(folder)[first:]
    size: tuple[int, int] | None = None
    for file in files[:count]:
        pixels = read_image(file, max_side=max_side).rgb
        size = size or (pixels.shape[1], pixels.shape[0])
        if (pixels.shape[1], pixels.shape[0]) != size:
            raise MediaError(
                f"“{folder.name}/{file.name}” has another size than the pictures before it: "
                f"make all of them {size[0]} × {size[1]} pixels."
            )
        yield pixels

"""Sound from any media file as float blocks at the rate that is asked for.

Samples are placed by their timestamps: a gap in the file is silence here. Time 0 is the start of
the file's pictures when it has some, so that sound and pictures read apart still belong together,
else the start of its sound. Memory does not grow with the length. A generator belongs to the
thread that runs it and closes its file when it ends or is closed.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.media.container import (
    decoded,
    open_media,
    packets,
    require_audio,
    start_s,
    time_s,
    video_stream,
)
from core.media.mixer import Mixer

_GAP = Fraction(1, 10)  # timestamps may be off by less, because containers round them


def read_audio_blocks(
    path: Path,
    rate: int,
    channels: int = 1,
    block_s: float = 10.0,
    *,
    start: float | Fraction = 0.0,
) -> Iterator[NDArray[np.float32]]:
    """Yields the sound as float32 [n, channels] blocks in -1..1 at `rate` Hz.

    All blocks but the last have round(`block_s` · `rate`) samples. Any number of channels is mixed
    to `channels` (1 or 2) without getting louder; float files over full scale are clipped.

    Args:
        path: a sound file or a video with sound.
        rate: samples per second to yield.
        channels: 1 (mono) or 2 (left, right).
        block_s: length of a block in seconds.
        start: first second that is read; past the end nothing is yielded.

    Raises:
        MediaError: the file cannot be read, has no sound, or its sound has no samples.
    """
    if channels not in (1, 2):
        raise ValueError(f"{channels} channels: ask for 1 or 2")
    size = max(1, round(block_s * rate))
    skip = round(Fraction(start).limit_denominator(10**6) * rate)
    kept: list[NDArray[np.float32]] = []
    n_kept = 0
    for samples in _samples(path, rate, channels, size):
        if skip >= len(samples):
            skip -= len(samples)
            continue
        kept.append(samples[skip:])
        n_kept += len(samples) - skip
        skip = 0
        if n_kept >= size:
            joined = np.concatenate(kept)
            whole = n_kept - n_kept % size
            for first in range(0, whole, size):
                yield joined[first : first + size]
            kept, n_kept = [joined[whole:]], n_kept - whole
    if n_kept:
        yield np.concatenate(kept)


def read_audio(path: Path, rate: int) -> NDArray[np.float32]:
    """The whole sound as float32 [n] mono at `rate` Hz; for clips of a few minutes at most.

    Raises:
        MediaError: as `read_audio_blocks`.
    """
    return np.concatenate([block[:, 0] for block in read_audio_blocks(path, rate)])


def audio_duration(path: Path) -> float:
    """Seconds of sound from time 0 on, from the file's packets, without decoding.

    Decoders of compressed sound may give up to 0.05 s of padding more.

    Raises:
        MediaError: the file cannot be read or has no sound.
    """
    with open_media(path) as container:
        stream = require_audio(path, container)
        video = video_stream(container)
        zero = start_s(stream if video is None else video)
        return float(max(Fraction(0), _packets_end(container, stream) - zero))


def _declared_end(container: InputContainer, stream: AudioStream) -> Fraction | None:
    """Where the file says that the sound ends, if its format says so to the sample.

    Compressed sound is padded to whole packets; MP4 and MOV tell by how much.
    """
    if not container.format.name.startswith("mov") or not stream.duration or not stream.time_base:
        return None
    return start_s(stream) + stream.duration * stream.time_base


def _packets_end(container: InputContainer, stream: AudioStream) -> Fraction:
    """When the last sample ends on the container's clock, in seconds."""
    end = start_s(stream)
    for packet in packets(container, stream):
        if packet.size and packet.pts is not None and not packet.is_discard:
            end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
    declared = _declared_end(container, stream)
    return end if declared is None else min(end, declared)


def _samples(path: Path, rate: int, channels: int, size: int) -> Iterator[NDArray[np.float32]]:
    """The sound from time 0 on in float32 [n, channels] pieces of any length up to `size`."""
    with open_media(path) as container:
        stream = require_audio(path, container)
        video = video_stream(container)
        zero = None if video is None else start_s(video)
        end = _declared_end(container, stream)
        n_left = None
        if end is not None:
            n_left = max(0, round((end - (start_s(stream) if zero is None else zero)) * rate))
        is_empty = True
        for piece in _placed(container, stream, zero, Mixer(rate, channels), size):
            is_empty = False
            yield piece[:n_left]
            if n_left is not None:
                n_left -= min(n_left, len(piece))
                if n_left == 0:
                    return
    if is_empty:
        raise MediaError(f"“{path.name}” has no sound in it (zero samples): record it again.")


def _placed(
    container: InputContainer, stream: AudioStream, zero: Fraction | None, mixer: Mixer, size: int
) -> Iterator[NDArray[np.float32]]:
    """Mixed pieces from `zero` (or the first sample) on, with silence where the file has gaps."""
    clock = zero  # where the next sample belongs
    longest_gap = Fraction(container.duration or 0, 10**6) + 1
    n_early = 0  # samples from before time 0 that are still to be left out
    is_first = True
    for frame in decoded(container, stream):
        time = time_s(frame)
        gap = Fraction(0) if clock is None or time is None else time - clock
        clock = (time or Fraction(0)) if clock is None else clock
        if (is_first or gap > _GAP) and abs(gap) <= longest_gap:
            clock += gap
            n_early = max(0, round(-gap * mixer.rate))
            yield from _pieces(mixer.flush(), size)
            yield from _silence(max(0, round(gap * mixer.rate)), mixer.channels, size)
        is_first = False
        clock += Fraction(frame.samples, frame.sample_rate)
        for piece in _pieces(mixer.mix(frame), size):
            yield piece[n_early:]
            n_early -= min(n_early, len(piece))
    yield from _pieces(mixer.flush(), size)


def _silence(n_samples: int, channels: int, size: int) -> Iterator[NDArray[np.float32]]:
    for first in range(0, n_samples, size):
        yield np.zeros((min(size, n_samples - first), channels), np.float32)


def _pieces(samples: NDArray[np.float32], size: int) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(samples), size):
        yield samples[first : first + size]

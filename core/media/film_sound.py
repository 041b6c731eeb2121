"""The sound of a film as packets: coded anew from a soundtrack, or copied as a file holds it.

Used by core.media.encode.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.media.codec import FilmCodec
from core.media.soundtrack import RATE, Sound

_BITS_PER_S = 192_000


class SoundFeed(Protocol):
    """Gives the packets of a film's sound in order."""

    def until(self, seconds: Fraction | None) -> Iterator[Packet]:
        """The packets that begin before `seconds` of the film; all that are left when None."""

    def close(self) -> None:
        """Reads no more."""


class CodedSound:
    """Codes a soundtrack.

    Args:
        container: Gets the stream.
        codec: How.
        samples: float32 [2, n] blocks at 48 kHz.
    """

    def __init__(
        self, container: OutputContainer, codec: FilmCodec, samples: Iterator[NDArray[np.float32]]
    ) -> None:
        stream = container.add_stream(codec.sound_encoder, rate=RATE)
        if not isinstance(stream, AudioStream):
            raise TypeError(f"{codec.sound_encoder} is no sound encoder")
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = codec.sound_format
        stream.codec_context.bit_rate = _BITS_PER_S
        self._stream = stream
        self._samples = samples
        self._n_samples = 0

    def until(self, seconds: Fraction | None) -> Iterator[Packet]:
        """The packets that begin before `seconds` of the film; all that are left when None."""
        while seconds is None or Fraction(self._n_samples, RATE) < seconds:
            block = next(self._samples, None)
            if block is None:
                break
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate = RATE
            frame.pts, frame.time_base = self._n_samples, Fraction(1, RATE)
            self._n_samples += block.shape[1]
            yield from self._stream.encode(frame)
        if seconds is None:
            yield from self._stream.encode(None)

    def close(self) -> None:
        """Does nothing: the soundtrack belongs to whoever made it."""


class CopiedSound:
    """Takes the packets of one sound file as they are, only at other times.

    Args:
        container: Gets the stream.
        sound: What is heard; `why_not_copied` has no objection.
        duration_s: Length of the film in seconds.

    Raises:
        MediaError: the file cannot be read.
    """

    def __init__(
        self, container: OutputContainer, sound: Sound, duration_s: float | Fraction
    ) -> None:
        self._name = sound.path.name
        try:
            self._file = av.open(str(sound.path))
        except (av.error.FFmpegError, OSError) as error:
            raise _unreadable(self._name) from error
        self._source = self._file.streams.audio[0]
        self._stream = container.add_stream_from_template(self._source)
        begin, at = Fraction(sound.from_s), Fraction(sound.at_s)
        begin, at = begin + max(Fraction(0), -at), max(Fraction(0), at)
        left = Fraction(duration_s) - at
        self._shift = at - begin
        self._begin = begin
        self._end = begin + (
            left if sound.length_s is None else min(left, Fraction(sound.length_s))
        )
        self._packets = self._wanted()
        self._held = next(self._packets, None)

    def until(self, seconds: Fraction | None) -> Iterator[Packet]:
        """The packets that begin before `seconds` of the film; all that are left when None."""
        while self._held is not None:
            packet = self._held
            at = self._second(packet) + self._shift
            if seconds is not None and at >= seconds:
                return
            # reading on changes what was read, so the next one comes after this one is used
            self._move(packet)
            yield packet
            self._held = next(self._packets, None)

    def close(self) -> None:
        """Closes the file."""
        self._packets.close()
        self._file.close()

    def _wanted(self) -> Generator[Packet, None, None]:
        base = self._source.time_base
        if self._begin and base is not None:
            self._file.seek(int(self._begin / base), stream=self._source)
        try:
            for packet in self._file.demux(self._source):
                if packet.pts is None:  # the end
                    return
                second = self._second(packet)
                if second >= self._end:
                    return
                length = packet.duration * packet.time_base if packet.duration else 0
                if second + length > self._begin:
                    yield packet
        except av.error.FFmpegError as error:
            raise _unreadable(self._name) from error

    def _second(self, packet: Packet) -> Fraction:
        assert packet.pts is not None
        return Fraction(packet.pts * packet.time_base)

    def _move(self, packet: Packet) -> None:
        shift = round(self._shift / packet.time_base)
        assert packet.pts is not None
        packet.pts += shift
        packet.dts = packet.pts
        packet.stream = self._stream


def why_not_copied(sounds: Sequence[Sound], codec: FilmCodec | None) -> str | None:
    """Why the sound has to be coded anew, as the end of a sentence; None when it can be copied."""
    if codec is None:
        return "only films hold sound"
    if len(sounds) != 1:
        return "the audio track has no strip" if not sounds else "several strips are heard"
    if sounds[0].gain_db:
        return "its loudness is changed"
    name = _coding_of(sounds[0].path)
    if name not in codec.copied_sounds:
        return f"{codec.ending[1:].upper()} files hold no {name.upper() or 'such'} sound"
    return None


def _coding_of(path: Path) -> str:
    """FFmpeg's name of the coding of a file's sound; empty where there is none."""
    name = ""
    with suppress(av.error.FFmpegError, OSError), av.open(str(path)) as file:
        name = next((s.codec_context.name for s in file.streams.audio), "")
    return name


def _unreadable(name: str) -> MediaError:
    return MediaError(f"The sound of “{name}” cannot be read: export it again from its source.")

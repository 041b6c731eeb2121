"""Pictures encoded in segments that depend on nothing before them, and the log of those finished.

Every film is coded so, interrupted or not: an encoder lives for one segment, so that what follows a
logged segment is the same, to the bit, whether the program was stopped in between or not. x264
begins anew after as many frames by itself.

Used by core.media.encode.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final, Self

import av
from av.codec.context import Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from core.media.codec import FilmCodec, Quality
from core.media.picture import BT709, LIMITED_RANGE

SEGMENT: Final = 250
"""Frames of a segment."""

_THREADS: Final = 2  # fixed: the number changes the bytes
_HEAD: Final = struct.Struct("<qqIB")  # pts, dts, bytes, whether decoding can begin there
_ENDING: Final = ".packets"
_OPEN: Final = ".open"


@dataclass(frozen=True, slots=True)
class PictureCoding:
    """How the pictures of one film are coded.

    Attributes:
        codec: The encoder.
        width: In px, even.
        height: In px, even.
        rate: Frames per second.
        quality: How well.
        speed: Index of a name of `core.media.codec.PRESETS`.
        pixel_format: FFmpeg's name.
    """

    codec: FilmCodec
    width: int
    height: int
    rate: Fraction
    quality: Quality
    speed: int
    pixel_format: str

    @property
    def options(self) -> dict[str, str]:
        """The encoder's options."""
        return self.codec.options(self.quality, self.speed)

    def configure(self, context: VideoCodecContext) -> None:
        """Sets an encoder up, before it is opened."""
        context.width, context.height = self.width, self.height
        context.pix_fmt = self.pixel_format
        context.framerate, context.time_base = self.rate, 1 / self.rate
        context.thread_count = _THREADS
        if self.codec.tag:
            context.codec_tag = self.codec.tag
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE

    def encoder(self) -> VideoCodecContext:
        """An encoder of one segment."""
        context = av.CodecContext.create(self.codec.encoder, "w")
        if not isinstance(context, VideoCodecContext):
            raise TypeError(f"{self.codec.encoder} is no video encoder")
        self.configure(context)
        context.options = self.options
        context.flags |= Flags.global_header
        return context


class SegmentEncoder:
    """Pictures in, packets out: in units of 1 / rate, counted from the film's first frame.

    Args:
        coding: How.
        log: Where finished segments are kept; None keeps none.
    """

    def __init__(self, coding: PictureCoding, log: "PacketLog | None" = None) -> None:
        self._coding = coding
        self._log = log
        self.n_frames = 0 if log is None else log.n_frames
        self._encoder: VideoCodecContext | None = None

    def encode(self, picture: VideoFrame) -> Iterator[Packet]:
        """Encodes the next picture; its packets may come later."""
        if self._encoder is None:
            self._encoder = self._coding.encoder()
        picture.pts, picture.time_base = self.n_frames, 1 / self._coding.rate
        self.n_frames += 1
        yield from self._kept(self._encoder.encode(picture))
        if self.n_frames % SEGMENT == 0:
            yield from self.finish()
            if self._log is not None:
                self._log.end_segment()

    def finish(self) -> Iterator[Packet]:
        """What the encoder still holds back."""
        if self._encoder is not None:
            yield from self._kept(self._encoder.encode(None))
            self._encoder = None

    def _kept(self, packets: list[Packet]) -> Iterator[Packet]:
        for packet in packets:
            if self._log is not None:
                self._log.add(packet)
            yield packet


class PacketLog:
    """The packets of finished segments in a folder, one file each.

    Args:
        folder: Is made if it is not there.
        rate: Frames per second.

    Raises:
        OSError: it cannot be read or written.
    """

    def __init__(self, folder: Path, rate: Fraction) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._rate = rate
        self._n_segments = 0
        while self._path(self._n_segments).exists():
            self._n_segments += 1
        self._stream: BinaryIO | None = None

    @property
    def n_frames(self) -> int:
        """Frames of the finished segments."""
        return self._n_segments * SEGMENT

    def packets(self) -> Iterator[Packet]:
        """The packets of the finished segments, in order."""
        for index in range(self._n_segments):
            with self._path(index).open("rb") as stream:
                while head := stream.read(_HEAD.size):
                    pts, dts, size, is_keyframe = _HEAD.unpack(head)
                    packet = Packet(stream.read(size))
                    packet.pts, packet.dts = pts, dts
                    packet.time_base = 1 / self._rate
                    packet.is_keyframe = bool(is_keyframe)
                    yield packet

    def add(self, packet: Packet) -> None:
        """Keeps a packet of the segment under way."""
        if self._stream is None:
            self._stream = self._path(self._n_segments).with_suffix(_OPEN).open("wb")
        data = bytes(packet)
        assert packet.pts is not None
        assert packet.dts is not None
        self._stream.write(_HEAD.pack(packet.pts, packet.dts, len(data), packet.is_keyframe))
        self._stream.write(data)

    def end_segment(self) -> None:
        """All packets of the segment are there: from now on it counts."""
        if self._stream is None:
            return
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.close()
        path = self._path(self._n_segments)
        path.with_suffix(_OPEN).rename(path)
        self._n_segments += 1

    def close(self) -> None:
        """Keeps nothing more; the segment under way does not count."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _path(self, index: int) -> Path:
        return self._folder / f"{index:05d}{_ENDING}"

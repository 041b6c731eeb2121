"""Opening media files and decoding one stream of them, with failures as one-sentence errors.

Used by the other modules of core.media only. A container belongs to the thread that opened it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, overload

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.frame import Frame
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from core.base.errors import MediaError

DEFAULT_RATE = Fraction(25)
"""Frames per second of pictures that carry no rate of their own."""

_KINDS = (
    "use a JPEG or PNG picture, an MP4, MOV, MKV, WebM or GIF video, "
    "or WAV, MP3, M4A, OGG or FLAC sound"
)

# Formats that only point at other files or addresses (playlists) and text formats stay out: a
# media file must never make this program open something else.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,avi,flv,asf,mpeg,mpegts,mpegvideo,m4v,h264,hevc,"
    "ogg,wav,w64,mp3,aac,flac,aiff,caf,au,amr,ac3,eac3,opus"
)


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Opens a video or sound file; reading failures inside the block become a MediaError."""
    try:
        with av.open(
            str(path.absolute()),  # absolute: “a:b.mp4” alone would name a protocol
            mode="r",
            container_options={
                "format_whitelist": _FORMATS,
                "protocol_whitelist": "file",
                "fflags": "+discardcorrupt",  # a cut-off last packet decodes to half a picture
            },
            metadata_errors="replace",
        ) as container:
            yield container
    except FileNotFoundError as error:
        raise MediaError(f"“{path}” does not exist: check the name of the file.") from error
    except IsADirectoryError as error:
        raise MediaError(f"“{path}” is a folder: name one file in it.") from error
    except PermissionError as error:
        raise MediaError(f"“{path}” may not be read: change its permissions.") from error
    except (av.error.InvalidDataError, av.error.DemuxerNotFoundError) as error:
        raise MediaError(
            f"“{path.name}” is damaged or of a kind that cannot be read: {_KINDS}."
        ) from error
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(
            f"“{path.name}” cannot be read ({error.strerror or error}): "
            f"export it again, or {_KINDS}."
        ) from error


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first moving-picture stream that can be decoded; cover art of a song is none."""
    for stream in container.streams.video:
        is_cover = bool(stream.disposition & Disposition.attached_pic)
        if not is_cover and _has_decoder(stream):
            return stream
    return None


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first sound stream that can be decoded."""
    for stream in container.streams.audio:
        if _has_decoder(stream) and stream.codec_context.sample_rate > 0:
            return stream
    return None


def require_video(path: Path, container: InputContainer) -> VideoStream:
    """The moving-picture stream of the open file `path`.

    Raises:
        MediaError: there is none.
    """
    stream = video_stream(container)
    if stream is None:
        raise _missing(path, "has no pictures, only sound: choose a video", audio_stream(container))
    return stream


def require_audio(path: Path, container: InputContainer) -> AudioStream:
    """The sound stream of the open file `path`.

    Raises:
        MediaError: there is none.
    """
    stream = audio_stream(container)
    if stream is None:
        other = video_stream(container)
        raise _missing(path, "is a video without sound: choose a file with sound", other)
    return stream


def start_s(stream: VideoStream | AudioStream) -> Fraction:
    """When the stream begins on its container's own clock, in seconds."""
    if stream.start_time is None or stream.time_base is None:
        return Fraction(0)
    return stream.start_time * stream.time_base


def time_s(frame: Frame) -> Fraction | None:
    """When the frame is shown or heard on its container's clock, in seconds, if it says."""
    return None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base


def frame_rate(stream: VideoStream) -> Fraction:
    """The stream's average frame rate as far as the file states a usable one."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate is not None and 0 < rate <= 1000:
            return Fraction(rate)
    return DEFAULT_RATE


@overload
def decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]: ...
@overload
def decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]: ...
def decoded(
    container: InputContainer, stream: VideoStream | AudioStream
) -> Iterator[VideoFrame | AudioFrame]:
    """Decodes a stream from the container's position on.

    Damaged packets are skipped, and a file that breaks off ends where it breaks off.
    """
    for packet in packets(container, stream):
        yield from _frames_of(packet.decode)
    # A no-op unless the file broke off before its flushing packet.
    yield from _frames_of(stream.decode)


def _frames_of(decode: Callable[[], list[Any]]) -> list[Any]:
    try:
        return decode()
    except av.error.FFmpegError:  # damaged, or nothing left to flush
        return []


def packets(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[Packet]:
    """The stream's packets in file order, ending with the empty one that flushes the decoder."""
    source = container.demux(stream)
    while True:
        try:
            packet = next(source, None)
        except av.error.FFmpegError:  # the file breaks off here
            packet = None
        if packet is None:
            return
        yield packet


def _has_decoder(stream: VideoStream | AudioStream) -> bool:
    # PyAV leaves the context out for a codec that this build cannot decode.
    context: object = stream.codec_context
    return context is not None


def _missing(path: Path, why: str, other: VideoStream | AudioStream | None) -> MediaError:
    if other is None:
        why = f"is damaged and holds neither pictures nor sound: export it again, or {_KINDS}"
    return MediaError(f"“{path.name}” {why}.")

"""Films out: written beside their place, complete or not at all.

`Mp4Writer` encodes in a thread of its own, so that rendering and encoding overlap; everything else
about it belongs to the thread that entered it.
"""

import errno
import os
import queue
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.media.codec import H264, PRESETS, FilmCodec
from core.media.picture import BT709, LIMITED_RANGE, FrameEncoder
from core.media.soundtrack import RATE, Sound, soundtrack

AI_NOTICE = "AI-generated"
"""What the title and the comment of every file begin with."""

DEFAULT_PRESET = "veryfast"
"""x264's speed. At CRF 18 and 512 px a talking head takes 4 ms of processor time a frame, sound
and colour conversion included, and reaches 45 dB of luma PSNR; "medium" takes 10 ms for 46 dB."""

_COMMENT = f"{AI_NOTICE} video, made with Avatar Studio. The movements in it are synthetic."
_AUDIO_BITS_PER_S = 192_000
_ENCODER_THREADS = 2  # fixed: the number changes the bytes
_QUEUED_FRAMES = 4
_POLL_S = 0.05
_TAGS = frozenset({"title", "artist", "album", "date", "genre", "copyright", "description"})


class Mp4Writer:
    """Writes uint8 RGB frames and a soundtrack, usually as MP4: `with Mp4Writer(…) as writer:`.

    The file appears at `path` only when the block ends without an exception; otherwise nothing is
    left behind. The same frames and sound give the same bytes. Pictures are limited-range BT.709
    and tagged so; sound is 48 kHz stereo at 192 kb/s and interleaved with the pictures.

    Args:
        path: the file to write, with the ending of `codec`.
        width: frame width in px; an odd side of the file is one larger and repeats the last line.
        height: frame height in px.
        rate: frames per second.
        sounds: what is heard, and when; a file without a soundtrack when empty.
        duration_s: length of the soundtrack in seconds: missing sound is silence, surplus is cut.
        crf: the encoder's quality, 0 (lossless) .. 51; 18 is visually lossless with H.264.
        preset: the encoder's speed, "ultrafast" .. "veryslow".
        metadata: further tags (title, artist, album, date, genre, copyright, description).
        codec: how pictures and sound are coded, and the kind of file.
        full_chroma: 4:4:4 instead of 4:2:0: coloured edges stay sharp, some players refuse it.

    Raises:
        MediaError: on entering, when the output or the sound cannot be used; later, when writing
            fails, for example because the disk is full.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        rate: Fraction,
        *,
        sounds: Sequence[Sound] = (),
        duration_s: float | Fraction,
        crf: int = 18,
        preset: str = DEFAULT_PRESET,
        metadata: Mapping[str, str] | None = None,
        codec: FilmCodec = H264,
        full_chroma: bool = False,
    ) -> None:
        unknown = set(metadata or ()) - _TAGS
        if unknown:
            raise ValueError(f"an MP4 file has no tags {sorted(unknown)}; use some of {_TAGS}")
        if preset not in PRESETS:
            raise ValueError(f"x264 has no preset {preset!r}; use one of {PRESETS}")
        self.path = path
        self._shape = (height, width, 3)
        self._rate = rate
        self._inputs = [sound.path for sound in sounds]
        self._sound = soundtrack(sounds, duration_s) if sounds else None
        self._codec = codec
        self._options = codec.options(crf, PRESETS.index(preset))
        self._pixel_format = "yuv444p" if full_chroma else "yuv420p"
        self._tags = {"title": f"{AI_NOTICE} video", **(metadata or {})}
        self._pictures = FrameEncoder(self._pixel_format)
        self._queue: queue.Queue[VideoFrame | None] = queue.Queue(_QUEUED_FRAMES)
        self._is_abandoned = False

    def __enter__(self) -> Self:
        check_output(self.path, self._inputs, self._codec.ending)
        first_sound = None if self._sound is None else next(self._sound, None)
        self._part = self.path.parent / f".{uuid.uuid4().hex[:12]}.part"
        try:
            with _writing(self.path):
                self._container = av.open(
                    str(self._part.absolute()),
                    mode="w",
                    format=self._codec.container,
                    container_options=dict(self._codec.container_options),
                )
                self._container.metadata.update(self._tags, comment=_COMMENT)
                self._muxer = _Muxer(self._container, self._add_video())
                if self._sound is not None and first_sound is not None:
                    sound = chain([first_sound], self._sound)
                    self._muxer.add_sound(sound, self._codec)
                self._container.start_encoding()
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="mp4")
        self._encoding: Future[None] = self._executor.submit(self._encode_all)
        return self

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Queues the next frame, uint8 [height, width, 3]; it is copied.

        Raises:
            MediaError: an earlier frame could not be written.
        """
        if frame.shape != self._shape or frame.dtype != np.uint8:
            raise ValueError(f"frame is {frame.dtype} {frame.shape}, expected uint8 {self._shape}")
        self._put(self._pictures.wrap(frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._put(None)
                self._encoding.result()
                with _writing(self.path):
                    _publish(self._part, self.path)
        finally:
            self._clean_up()

    def _add_video(self) -> VideoStream:
        height, width, _ = self._shape
        stream = self._container.add_stream(
            self._codec.encoder, rate=self._rate, options=self._options
        )
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{self._codec.encoder} is no video encoder")
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = self._pixel_format
        stream.thread_count = _ENCODER_THREADS
        context = stream.codec_context
        context.time_base = 1 / self._rate
        if self._codec.tag:
            context.codec_tag = self._codec.tag
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        return stream

    def _put(self, frame: VideoFrame | None) -> None:
        """Hands over to the encoding thread; raises what that thread failed with."""
        while True:
            if self._encoding.done():
                self._encoding.result()
                raise RuntimeError("frames were written after the end")
            with suppress(queue.Full):
                self._queue.put(frame, timeout=_POLL_S)
                return

    def _encode_all(self) -> None:
        with _writing(self.path):
            while (frame := self._queue.get()) is not None:
                self._muxer.add(self._pictures.to_yuv(frame))
            if not self._is_abandoned:
                self._muxer.finish()
                self._container.close()

    def _clean_up(self) -> None:
        """Stops the thread and removes the part file; a published file is not touched."""
        self._is_abandoned = True
        while not self._encoding.done():
            with suppress(queue.Empty):
                self._queue.get_nowait()
            with suppress(queue.Full):
                self._queue.put(None, timeout=_POLL_S)
        self._executor.shutdown()
        # Without its file the container has nothing to rearrange when it is closed, which would
        # take seconds for a long video.
        with suppress(OSError):
            self._part.unlink(missing_ok=True)
        with suppress(av.error.FFmpegError, OSError):
            self._container.close()
        if self._sound is not None:
            self._sound.close()
        self._part.unlink(missing_ok=True)  # where open files cannot be removed


class _Muxer:
    """Encodes pictures and sound side by side into an open container. One thread at a time."""

    def __init__(self, container: OutputContainer, video: VideoStream) -> None:
        self._container = container
        self._video = video
        self._rate = Fraction(video.codec_context.framerate)
        self._n_frames = 0
        self._audio: AudioStream | None = None
        self._sound: Iterator[NDArray[np.float32]] = iter(())
        self._n_samples = 0

    def add_sound(self, sound: Iterator[NDArray[np.float32]], codec: FilmCodec) -> None:
        """Takes the soundtrack, float32 [2, n] frames; call it before anything is encoded."""
        stream = self._container.add_stream(codec.sound_encoder, rate=RATE)
        if not isinstance(stream, AudioStream):
            raise TypeError(f"{codec.sound_encoder} is no sound encoder")
        stream.codec_context.layout = "stereo"
        stream.codec_context.format = codec.sound_format
        stream.codec_context.bit_rate = _AUDIO_BITS_PER_S
        self._audio, self._sound = stream, sound

    def add(self, picture: VideoFrame) -> None:
        """Encodes the next yuv420p picture and the sound that is heard with it."""
        picture.pts, picture.time_base = self._n_frames, 1 / self._rate
        self._n_frames += 1
        self._mux_video(picture)
        self._add_sound_until(self._n_frames / self._rate)

    def finish(self) -> None:
        """Encodes the rest of the sound and what the encoders hold back."""
        self._mux_video(None)
        self._add_sound_until(None)
        if self._audio is not None:
            self._container.mux(self._audio.encode(None))

    def _mux_video(self, picture: VideoFrame | None) -> None:
        for packet in self._video.encode(picture):
            packet.duration = 1  # of 1 / rate: the muxer would guess how long the last one lasts
            self._container.mux(packet)

    def _add_sound_until(self, seconds: Fraction | None) -> None:
        while self._audio is not None and (
            seconds is None or Fraction(self._n_samples, RATE) < seconds
        ):
            samples = next(self._sound, None)
            if samples is None:
                return
            frame = AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
            frame.sample_rate = RATE
            frame.pts, frame.time_base = self._n_samples, Fraction(1, RATE)
            self._n_samples += samples.shape[1]
            self._container.mux(self._audio.encode(frame))


def check_output(path: Path, inputs: Sequence[Path], ending: str = ".mp4") -> None:
    """Makes sure that a file can be written to `path` before any work is done for it.

    Args:
        path: the file to write; an existing one is going to be replaced.
        inputs: files that the work reads, none of which may be `path`.
        ending: what the name must end in, lower case.

    Raises:
        MediaError: wrong ending, missing or read-only folder, a folder or an input of that name.
    """
    if path.suffix.lower() != ending:
        kind = ending[1:].upper()
        raise MediaError(f"“{path.name}” is no {kind} name: let the output end in {ending}.")
    folder = path.parent
    try:
        if path.is_dir():
            raise MediaError(f"“{path}” is a folder: give the output another name.")
        if not folder.is_dir():
            raise MediaError(f"The folder “{folder}” does not exist: create it first.")
        replaces_something = path.exists()
    except OSError as error:
        raise MediaError(
            f"“{path.name[:40]}…” cannot be the output ({error.strerror}): choose a shorter path."
        ) from error
    if replaces_something and any(_is_same_file(path, source) for source in inputs):
        raise MediaError(
            f"“{path.name}” is also an input and would be overwritten: "
            "give the output another name."
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MediaError(
            f"The folder “{folder}” cannot be written to ({error.strerror}): choose another one."
        ) from error


def _is_same_file(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except OSError:  # whoever reads the source says what is wrong with it
        return False


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turns a failure to write inside the block into a MediaError that names `path`."""
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            why = "the disk is full: free some space or choose another folder."
        else:
            why = f"{error.strerror or error}: choose another folder."
        raise MediaError(f"“{path.name}” cannot be written, {why}") from error


def _publish(part: Path, path: Path) -> None:
    """Gives the finished file its name once all of it is on the disk."""
    handle = os.open(part, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(part, path)

"""Films out: written beside their place, complete or not at all.

`Mp4Writer` encodes in a thread of its own, so that rendering and encoding overlap; everything else
about it belongs to the thread that entered it.
"""

import queue
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.media.codec import H264, PRESETS, FilmCodec, Quality
from core.media.film_sound import CodedSound, CopiedSound, SoundFeed
from core.media.output import check_output, publish, writing
from core.media.picture import FrameEncoder
from core.media.segments import PacketLog, PictureCoding, SegmentEncoder
from core.media.soundtrack import Sound, soundtrack

AI_NOTICE = "AI-generated"
"""What the title and the comment of every file begin with."""

DEFAULT_PRESET = "veryfast"
"""x264's speed. At CRF 18 and 512 px a talking head takes 4 ms of processor time a frame, sound
and colour conversion included, and reaches 45 dB of luma PSNR; "medium" takes 10 ms for 46 dB."""

COMMENT = f"{AI_NOTICE} video, made with Avatar Studio. The movements in it are synthetic."
"""What every file says of itself where its kind can."""

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
        bits_per_s: average bit rate of the pictures, instead of a constant quality.
        preset: the encoder's speed, "ultrafast" .. "veryslow".
        metadata: further tags (title, artist, album, date, genre, copyright, description).
        codec: how pictures and sound are coded, and the kind of file.
        full_chroma: 4:4:4 instead of 4:2:0: coloured edges stay sharp, some players refuse it.
        has_alpha: frames are RGBA, with opacity; the codec must hold it.
        is_copied: whether the one sound is taken as its file holds it, see `why_not_copied`.
        log: folder in which finished segments are kept, and from which they are taken, so that
            the work can go on after a failure; None keeps none.

    Attributes:
        n_done: frames that the log held on entering: write those after them.

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
        bits_per_s: int | None = None,
        has_alpha: bool = False,
        is_copied: bool = False,
        log: Path | None = None,
    ) -> None:
        unknown = set(metadata or ()) - _TAGS
        if unknown:
            raise ValueError(f"an MP4 file has no tags {sorted(unknown)}; use some of {_TAGS}")
        if preset not in PRESETS:
            raise ValueError(f"x264 has no preset {preset!r}; use one of {PRESETS}")
        self.path = path
        usual, full, opacity = codec.pixel_formats
        pixel_format = opacity if has_alpha else full if full_chroma and full else usual
        if not pixel_format:
            raise ValueError(f"{codec.encoder} holds no opacity")
        self._shape = (height, width, 4 if has_alpha else 3)
        self._coding = PictureCoding(
            codec,
            width + width % 2,
            height + height % 2,
            rate,
            Quality(crf, bits_per_s),
            PRESETS.index(preset),
            pixel_format,
        )
        self._sounds = tuple(sounds)
        self._duration_s = duration_s
        self._is_copied = is_copied and bool(sounds)
        self._sound = soundtrack(sounds, duration_s) if sounds and not is_copied else None
        self._tags = {"title": f"{AI_NOTICE} video", **(metadata or {})}
        self._pictures = FrameEncoder(pixel_format)
        self._log_folder = log
        self._queue: queue.Queue[VideoFrame | None] = queue.Queue(_QUEUED_FRAMES)
        self._is_abandoned = False
        self.n_done = 0

    def __enter__(self) -> Self:
        codec = self._coding.codec
        check_output(self.path, [sound.path for sound in self._sounds], codec.ending)
        first_sound = None if self._sound is None else next(self._sound, None)
        self._part = self.path.parent / f".{uuid.uuid4().hex[:12]}.part"
        self._log = None
        try:
            with writing(self.path):
                if self._log_folder is not None:
                    self._log = PacketLog(self._log_folder, self._coding.rate)
                    self.n_done = self._log.n_frames
                self._container = av.open(
                    str(self._part.absolute()),
                    mode="w",
                    format=codec.container,
                    container_options=dict(codec.container_options),
                )
                self._container.metadata.update(self._tags, comment=COMMENT)
                self._muxer = _Muxer(self._container, self._coding, self._log)
                if self._is_copied:
                    self._muxer.sound = CopiedSound(
                        self._container, self._sounds[0], self._duration_s
                    )
                elif self._sound is not None and first_sound is not None:
                    sound = chain([first_sound], self._sound)
                    self._muxer.sound = CodedSound(self._container, codec, sound)
                self._container.start_encoding()
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="mp4")
        self._encoding: Future[None] = self._executor.submit(self._encode_all)
        return self

    def write(self, frame: NDArray[np.uint8]) -> None:
        """Queues the next frame, uint8 [height, width, 3 or 4]; it is copied.

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
                with writing(self.path):
                    publish(self._part, self.path)
        finally:
            self._clean_up()

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
        with writing(self.path):
            self._muxer.replay()
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
        if self._muxer.sound is not None:
            self._muxer.sound.close()
        if self._log is not None:
            self._log.close()
        self._part.unlink(missing_ok=True)  # where open files cannot be removed


class _Muxer:
    """Encodes pictures and sound side by side into an open container. One thread at a time."""

    def __init__(
        self, container: OutputContainer, coding: PictureCoding, log: PacketLog | None
    ) -> None:
        self._container = container
        self._rate = coding.rate
        self._log = log
        self._encoder = SegmentEncoder(coding, log)
        # the stream's own encoder only tells the file what kind of pictures come
        stream = container.add_stream(
            coding.codec.encoder, rate=coding.rate, options=coding.options
        )
        if not isinstance(stream, VideoStream):
            raise TypeError(f"{coding.codec.encoder} is no video encoder")
        coding.configure(stream.codec_context)
        self._video = stream
        self.sound: SoundFeed | None = None

    def replay(self) -> None:
        """Writes what the log holds."""
        if self._log is not None:
            for i, packet in enumerate(self._log.packets()):
                self._mux([packet])
                self._add_sound_until(Fraction(i + 1) / self._rate)

    def add(self, picture: VideoFrame) -> None:
        """Encodes the next picture and the sound that is heard with it."""
        self._mux(self._encoder.encode(picture))
        self._add_sound_until(self._encoder.n_frames / self._rate)

    def finish(self) -> None:
        """Encodes what the encoders hold back, and the rest of the sound."""
        self._mux(self._encoder.finish())
        self._add_sound_until(None)

    def _mux(self, packets: Iterable[Packet]) -> None:
        for packet in packets:
            packet.stream = self._video
            packet.duration = 1  # of 1 / rate: the muxer would guess how long the last one lasts
            self._container.mux(packet)

    def _add_sound_until(self, seconds: Fraction | None) -> None:
        if self.sound is not None:
            for packet in self.sound.until(seconds):
                self._container.mux(packet)

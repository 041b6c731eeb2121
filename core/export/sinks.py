"""Where rendered frames go: a film, a folder of numbered pictures, or a GIF.

Each is a context manager with `write`, and works in the place of its export, see
`core.export.workplace`. One thread at a time.
"""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import av
import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.stream import VideoStream
from numpy.typing import NDArray

from core.base.errors import MediaError
from core.media.encode import COMMENT
from core.media.image import write_png
from core.media.output import check_output
from core.media.soundtrack import Sound
from core.media.wav import write_wav

Frame = NDArray[np.uint8]
DIGITS = 6
SOUND_NAME = "sound.wav"


class Sink(Protocol):
    """Takes the frames of one export, uint8 RGB or RGBA [H, W, C], in order."""

    @property
    def n_done(self) -> int:
        """Frames that an earlier attempt finished: the next to write comes after them."""

    def __enter__(self) -> Self: ...

    def write(self, frame: Frame) -> None:
        """Takes the next frame."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class PictureFolder:
    """A folder of `000000.png`, `000001.png`, … and, if there is sound, `sound.wav`.

    Each picture is whole or not there, so that the work can go on after a failure.

    Args:
        path: The folder; it is made, or gone on with.
        sounds: What is heard.
        duration_s: Length of the sound in seconds.

    Raises:
        MediaError: it cannot be written.
    """

    def __init__(
        self, path: Path, sounds: tuple[Sound, ...] = (), duration_s: Fraction = Fraction(0)
    ) -> None:
        self._path = path
        self._sounds = sounds
        self._duration_s = duration_s
        self.n_done = self._n_written = 0

    def __enter__(self) -> Self:
        try:
            self._path.mkdir(exist_ok=True)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        while self._picture(self.n_done).exists():
            self.n_done += 1
        self._n_written = self.n_done
        return self

    def write(self, frame: Frame) -> None:
        """Writes the next picture."""
        write_png(self._picture(self._n_written), frame, COMMENT)
        self._n_written += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and self._sounds:
            write_wav(self._path / SOUND_NAME, self._sounds, self._duration_s)

    def _picture(self, index: int) -> Path:
        return self._path / f"{index:0{DIGITS}d}.png"


class GifWriter:
    """An animated GIF that repeats for ever, with a palette of 256 colours for each frame.

    Every frame depends on those before it, so nothing of an earlier attempt is used. GIF counts
    time in hundredths of a second: frames of other rates fall on the nearest one, so that the whole
    keeps its length.

    Args:
        path: The file to write, ending in .gif.
        width: In px.
        height: In px.
        rate: Frames per second, at most 50: faster ones are shown slower by most programs.

    Raises:
        MediaError: it cannot be written.
    """

    def __init__(self, path: Path, width: int, height: int, rate: Fraction) -> None:
        self._path = path
        self._size = (width, height)
        self._rate = rate
        self.n_done = self._n_written = 0

    def __enter__(self) -> Self:
        check_output(self._path, [], ".gif")
        self._graph = _palette_graph(*self._size, self._rate)
        try:
            self._container = av.open(str(self._path.absolute()), mode="w", format="gif")
            stream = self._container.add_stream("gif", rate=self._rate)
        except (av.error.FFmpegError, OSError) as error:
            raise _unwritable(self._path, error) from error
        if not isinstance(stream, VideoStream):
            raise TypeError("gif is no video encoder")
        stream.width, stream.height = self._size
        stream.pix_fmt = "pal8"
        stream.codec_context.time_base = 1 / self._rate
        self._stream = stream
        return self

    def write(self, frame: Frame) -> None:
        """Encodes the next frame, uint8 [height, width, 3]."""
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        picture.pts, picture.time_base = self._n_written, 1 / self._rate
        self._n_written += 1
        try:
            self._graph.push(picture)
            self._drain()
        except (av.error.FFmpegError, OSError) as error:
            raise _unwritable(self._path, error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._graph.push(None)
                self._drain()
                self._container.mux(self._stream.encode(None))
            self._container.close()
        except (av.error.FFmpegError, OSError) as failure:
            if error is None:
                raise _unwritable(self._path, failure) from failure

    def _drain(self) -> None:
        while True:
            try:
                picture = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if not isinstance(picture, av.VideoFrame):
                raise TypeError("a graph of pictures gave sound")
            for packet in self._stream.encode(picture):
                self._container.mux(packet)


def _palette_graph(width: int, height: int, rate: Fraction) -> Graph:
    """Frames in, frames with a palette of their own out."""
    graph = Graph()
    source = graph.add_buffer(
        width=width, height=height, format=VideoFormat("rgb24"), time_base=1 / rate
    )
    halves = graph.add("split")
    palette = graph.add("palettegen", "stats_mode=single")
    mapped = graph.add("paletteuse", "new=1:dither=sierra2_4a")
    end = graph.add("buffersink")
    source.link_to(halves)
    halves.link_to(palette, 0, 0)
    halves.link_to(mapped, 1, 0)
    palette.link_to(mapped, 0, 1)
    mapped.link_to(end)
    graph.configure()
    return graph


def _unwritable(path: Path, error: av.error.FFmpegError | OSError) -> MediaError:
    return MediaError(
        f"“{path.name}” cannot be written, {error.strerror or error}: choose another folder."
    )

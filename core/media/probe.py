"""What a media file holds, without reading all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from core.base.errors import MediaError
from core.media.container import (
    DEFAULT_RATE,
    audio_stream,
    decoded,
    frame_rate,
    open_media,
    packets,
    video_stream,
)
from core.media.image import image_size, is_still
from core.media.picture import display_matrix, display_size
from core.media.video import numbered_images

_N_SCANNED = 250  # packets whose timestamps are compared
_N_UNSETTLED = 16  # of them the last may still have gaps: pictures are stored out of order
_EVEN_WITHIN = 0.25


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The pictures of a file.

    Attributes:
        width: px, after rotation, with square pixels.
        height: px, after rotation.
        rate: average frames per second; 25 for still pictures and folders, which have none.
        duration: seconds as the file states them; a file that breaks off has less.
        n_frames: pictures in the file, None when it does not say.
        is_variable: whether the frames last differently long.
    """

    width: int
    height: int
    rate: Fraction
    duration: float
    n_frames: int | None
    is_variable: bool = False


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The sound of a file: samples per second, channels, and seconds as the file states them."""

    rate: int
    channels: int
    duration: float


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file holds; at least one of `video` and `audio` is there."""

    path: Path
    video: VideoInfo | None
    audio: AudioInfo | None


def probe(path: Path) -> MediaInfo:
    """Looks into a video, sound or picture file or a folder of numbered pictures.

    Raises:
        MediaError: it is missing, damaged, or holds neither pictures nor sound.
    """
    if _is_folder(path):
        files = numbered_images(path)
        return MediaInfo(path, _stills_info(files), None)
    if is_still(path):
        return MediaInfo(path, _stills_info([path]), None)
    with open_media(path) as container:
        video = video_stream(container)
        audio = audio_stream(container)
        audio_info = None
        if audio is not None:
            seconds = _stated_duration(container, audio.duration, audio.time_base)
            audio_info = AudioInfo(audio.codec_context.sample_rate, audio.channels, seconds)
        video_info = None if video is None else _video_info(path, container, video)
    if video_info is None and audio_info is None:
        raise MediaError(f"“{path.name}” holds neither pictures nor sound: choose another file.")
    return MediaInfo(path, video_info, audio_info)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise MediaError(
            f"“{path.name[:40]}…” cannot be read ({error.strerror}): give it a shorter path."
        ) from error


def _stills_info(files: Sequence[Path]) -> VideoInfo:
    width, height = image_size(files[0])
    return VideoInfo(
        width, height, DEFAULT_RATE, float(len(files) / DEFAULT_RATE), n_frames=len(files)
    )


def _video_info(path: Path, container: InputContainer, stream: VideoStream) -> VideoInfo:
    times = sorted(
        packet.pts * packet.time_base
        for packet in islice(packets(container, stream), _N_SCANNED)
        if packet.size and packet.pts is not None and not packet.is_discard
    )
    settled = times[:-_N_UNSETTLED] if len(times) > _N_SCANNED // 2 else times
    rate = frame_rate(stream)
    return VideoInfo(
        *_shown_size(path),
        rate=rate,
        duration=_stated_duration(container, stream.duration, stream.time_base) or float(1 / rate),
        n_frames=stream.frames or None,
        is_variable=is_uneven(settled),
    )


def _shown_size(path: Path) -> tuple[int, int]:
    """Size in px of the first picture as `read_frames` gives it; proves that one can be read."""
    with open_media(path) as container:
        stream = video_stream(container)
        frame = None if stream is None else next(decoded(container, stream), None)
        if stream is None or frame is None:
            raise MediaError(f"“{path.name}” holds no picture that can be read: export it again.")
        width, height = display_size(frame.width, frame.height, stream.sample_aspect_ratio, None)
        is_turned = display_matrix(frame)[0] == 0
    return (height, width) if is_turned else (width, height)


def _stated_duration(
    container: InputContainer, ticks: int | None, time_base: Fraction | None
) -> float:
    if ticks and time_base:
        return float(ticks * time_base)
    return (container.duration or 0) / 10**6


def is_uneven(times: Sequence[Fraction]) -> bool:
    """Whether the steps between ascending `times` (s) differ by more than rounding."""
    steps = [after - before for before, after in pairwise(times)]
    if len(steps) < 2:
        return False
    median = sorted(steps)[len(steps) // 2]
    spread = max(steps) - min(steps)
    return spread > Fraction(2, 1000) and spread > _EVEN_WITHIN * median

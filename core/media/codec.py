"""How films are coded: encoders of pictures and sound, and the kind of file that holds them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import av

_CLOCK: Final = "48000"  # ticks a second of an MP4 file: one per sample of sound
_MP4: Final = MappingProxyType({"movflags": "+faststart", "movie_timescale": _CLOCK})
_FASTEST_VP9: Final = 8

PRESETS: Final = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip
"""x264's speeds, fastest first. The first two give files of three times the size."""


@dataclass(frozen=True, slots=True)
class FilmCodec:
    """One way to code a film.

    Attributes:
        encoder: FFmpeg's encoder of the pictures.
        container: FFmpeg's name of the file format.
        ending: What the file's name ends in.
        sound_encoder: FFmpeg's encoder of the sound.
        sound_format: Sample format that it takes.
        options: (crf, speed) → the encoder's options; speed 0 is the fastest of 9.
        container_options: Of the file format.
        tag: Four letters that name the pictures' coding; empty for the usual ones.
    """

    encoder: str
    container: str
    ending: str
    sound_encoder: str
    sound_format: str
    options: Callable[[int, int], dict[str, str]]
    container_options: Mapping[str, str] = field(default_factory=dict)
    tag: str = ""

    @property
    def is_available(self) -> bool:
        """Whether this build of FFmpeg has both encoders."""
        return has_encoder(self.encoder) and has_encoder(self.sound_encoder)


def has_encoder(name: str) -> bool:
    """Whether this build of FFmpeg has an encoder of that name."""
    try:
        av.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


def _x264(crf: int, speed: int) -> dict[str, str]:
    return {"crf": str(crf), "preset": PRESETS[speed]}


def _x265(crf: int, speed: int) -> dict[str, str]:
    return {"crf": str(crf), "preset": PRESETS[speed], "x265-params": "log-level=error"}


def _vp9(crf: int, speed: int) -> dict[str, str]:
    # a rate of 0 makes VP9 keep to the quality; its speeds run from 8 (fast) to 0
    return {
        "crf": str(crf),
        "b": "0",
        "deadline": "good",
        "cpu-used": str(max(0, _FASTEST_VP9 - speed)),
        "row-mt": "1",
    }


H264: Final = FilmCodec("libx264", "mp4", ".mp4", "aac", "fltp", _x264, _MP4)
H265: Final = FilmCodec("libx265", "mp4", ".mp4", "aac", "fltp", _x265, _MP4, "hvc1")
VP9: Final = FilmCodec("libvpx-vp9", "webm", ".webm", "libopus", "flt", _vp9)

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
class Quality:
    """How well pictures are coded: to a constant quality, or to a bit rate.

    Attributes:
        crf: 0 (lossless) .. 51, where no bit rate is given.
        bits_per_s: On average; None keeps to `crf`.
    """

    crf: int = 18
    bits_per_s: int | None = None


@dataclass(frozen=True, slots=True)
class FilmCodec:
    """One way to code a film.

    Attributes:
        encoder: FFmpeg's encoder of the pictures.
        container: FFmpeg's name of the file format.
        ending: What the file's name ends in.
        sound_encoder: FFmpeg's encoder of the sound.
        sound_format: Sample format that it takes.
        options: (quality, speed) → the encoder's options; speed 0 is the fastest of 9.
        pixel_formats: FFmpeg's names: the usual one, with colour at full resolution, with opacity;
            empty where there is no such thing.
        copied_sounds: FFmpeg's names of the codings of sound that its file format takes as they
            are.
        container_options: Of the file format.
        tag: Four letters that name the pictures' coding; empty for the usual ones.
    """

    encoder: str
    container: str
    ending: str
    sound_encoder: str
    sound_format: str
    options: Callable[[Quality, int], dict[str, str]]
    pixel_formats: tuple[str, str, str] = ("yuv420p", "yuv444p", "")
    copied_sounds: frozenset[str] = frozenset()
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


def _x264(quality: Quality, speed: int) -> dict[str, str]:
    return {**_rate_of(quality), "preset": PRESETS[speed]}


def _x265(quality: Quality, speed: int) -> dict[str, str]:
    return {**_x264(quality, speed), "x265-params": "log-level=error"}


def _vp9(quality: Quality, speed: int) -> dict[str, str]:
    # a rate of 0 makes VP9 keep to the quality; its speeds run from 8 (fast) to 0
    return {
        "b": "0",
        **_rate_of(quality),
        "deadline": "good",
        "cpu-used": str(max(0, _FASTEST_VP9 - speed)),
        "row-mt": "1",
    }


def _prores(_: Quality, __: int) -> dict[str, str]:
    return {"profile": "4444", "alpha_bits": "16", "vendor": "apl0"}  # as editors expect it


def _rate_of(quality: Quality) -> dict[str, str]:
    if quality.bits_per_s is None:
        return {"crf": str(quality.crf)}
    return {"b": str(quality.bits_per_s)}


_MP4_SOUNDS: Final = frozenset({"aac", "mp3", "ac3", "eac3", "alac"})
_MOV_SOUNDS: Final = _MP4_SOUNDS | {"pcm_s16le", "pcm_s24le", "pcm_f32le"}

H264: Final = FilmCodec(
    "libx264", "mp4", ".mp4", "aac", "fltp", _x264,
    copied_sounds=_MP4_SOUNDS, container_options=_MP4,
)  # fmt: skip
H265: Final = FilmCodec(
    "libx265", "mp4", ".mp4", "aac", "fltp", _x265,
    copied_sounds=_MP4_SOUNDS, container_options=_MP4, tag="hvc1",
)  # fmt: skip
VP9: Final = FilmCodec(
    "libvpx-vp9", "webm", ".webm", "libopus", "flt", _vp9,
    copied_sounds=frozenset({"opus", "vorbis"}),
)  # fmt: skip
PRORES: Final = FilmCodec(
    "prores_ks", "mov", ".mov", "pcm_s16le", "s16", _prores,
    pixel_formats=("yuv444p10le", "", "yuva444p10le"), copied_sounds=_MOV_SOUNDS, tag="ap4h",
)  # fmt: skip

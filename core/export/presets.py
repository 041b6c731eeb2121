"""The kinds of output, in the order of the export dialog."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.base.errors import MediaError
from core.media.codec import H264, H265, PRORES, VP9, FilmCodec


class Kind(StrEnum):
    """What an export consists of."""

    FILM = "film"
    PICTURES = "pictures"
    GIF = "gif"
    SOUND = "sound"
    MOTION = "motion"


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of output.

    Attributes:
        name: Stable name, for settings.
        title: For people.
        kind: What it consists of.
        ending: Of the file's name; empty for a folder of pictures.
        codec: Of films only.
        about: One sentence for the tooltip.
    """

    name: str
    title: str
    kind: Kind
    ending: str
    about: str
    codec: FilmCodec | None = None

    @property
    def is_available(self) -> bool:
        """Whether this build of FFmpeg can write it."""
        return self.codec is None or self.codec.is_available

    @property
    def has_pictures(self) -> bool:
        """Whether frames are rendered for it."""
        return self.kind in (Kind.FILM, Kind.PICTURES, Kind.GIF)

    @property
    def has_sound(self) -> bool:
        """Whether it can hold the audio track."""
        return self.kind in (Kind.FILM, Kind.SOUND)

    @property
    def has_alpha(self) -> bool:
        """Whether it can hold a transparent background."""
        return self.kind is Kind.PICTURES or bool(self.codec and self.codec.pixel_formats[2])

    @property
    def has_quality(self) -> bool:
        """Whether quality, bit rate and speed can be chosen."""
        return self.kind is Kind.FILM and self.codec is not PRORES


PRESETS: Final[dict[str, Preset]] = {
    preset.name: preset
    for preset in (
        Preset("mp4", "MP4 · H.264", Kind.FILM, ".mp4", "Plays everywhere.", H264),
        Preset(
            "hevc",
            "MP4 · H.265",
            Kind.FILM,
            ".mp4",
            "Half the size of H.264; slower to write, and older browsers do not play it.",
            H265,
        ),
        Preset("webm", "WebM · VP9", Kind.FILM, ".webm", "For web pages; slow to write.", VP9),
        Preset(
            "prores",
            "ProRes 4444",
            Kind.FILM,
            ".mov",
            "For editing and compositing: large, nearly without loss, and with a transparent "
            "background if you like.",
            PRORES,
        ),
        Preset(
            "png",
            "PNG sequence",
            Kind.PICTURES,
            "",
            "A folder of numbered pictures without loss, for compositing; the sound lies beside "
            "them as a WAV file.",
        ),
        Preset("gif", "Animated GIF", Kind.GIF, ".gif", "256 colours a frame and no sound."),
        Preset("wav", "WAV only", Kind.SOUND, ".wav", "The audio track, 48 kHz stereo, 16 bit."),
        Preset(
            "motion",
            "Motion only",
            Kind.MOTION,
            "",
            "No picture: only the files that are ticked under Motion files.",
        ),
    )
}


def preset_named(name: str) -> Preset:
    """The preset of that name.

    Raises:
        MediaError: there is none, or this build of FFmpeg cannot write it.
    """
    preset = PRESETS.get(name)
    if preset is None or not preset.is_available:
        choices = ", ".join(p.name for p in PRESETS.values() if p.is_available)
        raise MediaError(f"“{name}” is no kind of output here: choose one of {choices}.")
    return preset


def available_presets() -> tuple[Preset, ...]:
    """The presets that this build of FFmpeg can write."""
    return tuple(preset for preset in PRESETS.values() if preset.is_available)

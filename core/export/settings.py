"""What a person chooses in the export dialog. Plain values: they travel between processes."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from core.base.time import MAX_RATE
from core.engines.protocol import Framing, View

MIN_SIDE_PX, MAX_SIDE_PX = 64, 2160
MAX_CRF = 51
MIN_BITS_PER_S, MAX_BITS_PER_S = 100_000, 200_000_000


class Picture(StrEnum):
    """What the frames show."""

    FACE = "face"
    FULL = "full"
    BESIDE_DRIVER = "beside_driver"


class Sidecar(StrEnum):
    """A file with the motion, next to the film."""

    LIVE_LINK = "livelink"
    CURVES = "curves"
    OTIO = "otio"
    RHUBARB = "rhubarb"


class SoundMode(StrEnum):
    """What becomes of the audio track."""

    CODED = "coded"
    COPY = "copy"
    WAV = "wav"
    NONE = "none"


class Corner(StrEnum):
    """Where the visible mark stands."""

    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"


@dataclass(frozen=True, slots=True)
class Mark:
    """A visible note that the film is synthetic. An empty text draws nothing."""

    text: str = ""
    corner: Corner = Corner.BOTTOM_RIGHT


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """How a film is written.

    Attributes:
        preset: Name in `core.export.presets.PRESETS`.
        picture: Face crop, the whole portrait, or the face beside the driving clip.
        size: Side of the face crop, or longest side of the whole portrait, in px; None is the
            portrait's own resolution.
        rate: Frames per second, 1..240; None is the document's.
        crf: The encoder's quality, 0 (lossless) to 51.
        bits_per_s: Average bit rate of the pictures, instead of a constant quality; None for that.
        speed: The encoder's speed, a name of `core.media.codec.PRESETS`.
        full_chroma: 4:4:4 instead of 4:2:0.
        sound: What becomes of the audio track: coded into the film, copied into it as its file
            holds it, in a WAV file beside it, or left out.
        is_cut_out: Whether only the person is shown, on a transparent background.
        sidecars: Files with the motion to write beside it.
        mark: The visible note.

    Raises:
        ValueError: a number is out of range.
    """

    preset: str = "mp4"
    picture: Picture = Picture.FACE
    size: int | None = 512
    rate: Fraction | None = None
    crf: int = 18
    bits_per_s: int | None = None
    speed: str = "medium"
    full_chroma: bool = False
    sound: SoundMode = SoundMode.CODED
    is_cut_out: bool = False
    sidecars: frozenset[Sidecar] = frozenset()
    mark: Mark = Mark()

    def __post_init__(self) -> None:
        if self.size is not None and not MIN_SIDE_PX <= self.size <= MAX_SIDE_PX:
            raise ValueError(f"size {self.size} px is not within {MIN_SIDE_PX}..{MAX_SIDE_PX}")
        if not 0 <= self.crf <= MAX_CRF:
            raise ValueError(f"quality {self.crf} is not within 0..{MAX_CRF}")
        if self.bits_per_s is not None and not MIN_BITS_PER_S <= self.bits_per_s <= MAX_BITS_PER_S:
            raise ValueError(f"{self.bits_per_s} bit/s is out of range")
        if self.rate is not None and not 1 <= self.rate <= MAX_RATE:
            raise ValueError(f"rate {self.rate} is not within 1..{MAX_RATE}")

    @property
    def view(self) -> View:
        """What the engine is asked for."""
        if self.picture is Picture.FULL:
            return View(Framing.FULL, self.size, is_cut_out=self.is_cut_out)
        return View(Framing.FACE, self.size or 512, is_cut_out=self.is_cut_out)

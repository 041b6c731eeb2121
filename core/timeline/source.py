"""Sources: what strips take their sound and motion from, by name only.

A source never holds arrays. Its file is a `MediaReference`; motion without a file (voice,
generators, presets) is described by its parameters alone and made again when it is needed.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar, NamedTuple

from core.motion.generators import BLINK_JITTER, BLINKS_PER_MINUTE
from core.motion.presets import DEFAULT_INTENSITY, TRANSITION_S
from core.speech.cues import SHAPES
from core.timeline.extensible import Extensible


class Generator(StrEnum):
    """What a generator makes: see `core.motion.generators`."""

    BLINKS = "blinks"
    GAZE = "gaze"
    HEAD = "head"


class VoiceMethod(StrEnum):
    """How a voice becomes motion.

    PHONES moves the lips by recognised sounds, without learned weights; head and lids idle. FACIAL
    moves lips, expression, head and lids by a trained network, or as PHONES without its weights.
    """

    PHONES = "phones"
    FACIAL = "facial"


@dataclass(frozen=True, slots=True)
class MediaReference(Extensible):
    """A file (or folder of numbered pictures) that belongs to a session.

    Attributes:
        path: With `/` between the parts; relative to the session folder, or absolute when the
            file is only linked.
        sha256: Hex digest that the file is found again by when it moved; empty until known.
    """

    path: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class CropBox(Extensible):
    """The part of a picture in which a face is looked for, as shares of its width and height.

    Raises:
        ValueError: the box is empty or not within the picture.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        is_inside = min(self.left, self.top) >= 0.0 and max(self.right, self.bottom) <= 1.0
        if not is_inside or self.left >= self.right or self.top >= self.bottom:
            raise ValueError("a crop is empty or not within the picture")

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, for `core.face.crop`."""
        return self.left, self.top, self.right, self.bottom


@dataclass(frozen=True, slots=True)
class PortraitParams(Extensible):
    """A still or a clip that an avatar can be made from.

    Attributes:
        crop: Where its face is looked for; None looks everywhere.
    """

    kind: ClassVar[str] = "portrait"
    crop: CropBox | None = None


class Cue(NamedTuple):
    """The second from which a mouth shape is seen, until the next cue; letters of Rhubarb."""

    start_s: float
    shape: str


@dataclass(frozen=True, slots=True)
class AudioParams(Extensible):
    """A sound file, or a video's sound.

    Attributes:
        cues: The mouth shapes as a person edited them, from second 0 on, ascending; the last one
            is the rest at the end. Empty while they are those that were recognised.

    Raises:
        ValueError: cues that do not ascend, or a shape that there is not.
    """

    kind: ClassVar[str] = "audio"
    cues: tuple[Cue, ...] = ()

    def __post_init__(self) -> None:
        starts = [cue.start_s for cue in self.cues]
        if any(b <= a for a, b in pairwise(starts)):
            raise ValueError("the mouth shapes do not follow each other")
        if not all(cue.shape in SHAPES for cue in self.cues):
            raise ValueError("there is no such mouth shape")


@dataclass(frozen=True, slots=True)
class ClipParams(Extensible):
    """A driving clip.

    Attributes:
        face: Number of the face, largest first from 0; None takes the largest.
        tracker: Name of the face tracker.
        crop: Where the face is looked for, in every frame; None looks everywhere. Faces are
            numbered within it.
    """

    kind: ClassVar[str] = "clip"
    face: int | None = None
    tracker: str = "facemesh"
    crop: CropBox | None = None


@dataclass(frozen=True, slots=True)
class TakeParams(Extensible):
    """Motion recorded live.

    Attributes:
        device: What it was recorded with: mouse, webcam, microphone.
        latency_s: Seconds by which the recording lags behind; taken off when it is used.
        gain: Factor on the recorded motion, 0..2.
    """

    kind: ClassVar[str] = "take"
    device: str = "mouse"
    latency_s: float = 0.0
    gain: float = 1.0


@dataclass(frozen=True, slots=True)
class LiveLinkParams(Extensible):
    """A Live Link Face CSV."""

    kind: ClassVar[str] = "livelink"


@dataclass(frozen=True, slots=True)
class VoiceParams(Extensible):
    """Motion from speech: of the lips, or of every factor.

    Attributes:
        audio_id: The audio source that is heard.
        gate_db: Level in dBFS below which the mouth stays shut; None switches the gate off.
        gate_hold_s: Seconds of silence before it shuts.
        method: How the voice becomes motion.
        seed: Of head motion and blinks; equal seeds give equal motion.
        style_id: Clip source of the person whose liveliness is taken over; empty for none.
    """

    kind: ClassVar[str] = "voice"
    audio_id: str
    gate_db: float | None = -45.0
    gate_hold_s: float = 0.12
    method: VoiceMethod = VoiceMethod.PHONES
    seed: int = 0
    style_id: str = ""


@dataclass(frozen=True, slots=True)
class GeneratorParams(Extensible):
    """Seeded motion for what nothing drives.

    Attributes:
        generator: What it makes.
        seed: Equal seeds give equal motion.
        per_minute: Mean number of blinks per minute.
        jitter: Irregularity of the blinks, 0..1.
        amount: Factor on the generator's usual size, 0..2.
        audio_id: Audio source whose stressed syllables the head nods on; empty for none.
    """

    kind: ClassVar[str] = "generator"
    generator: Generator
    seed: int = 0
    per_minute: float = BLINKS_PER_MINUTE
    jitter: float = BLINK_JITTER
    amount: float = 1.0
    audio_id: str = ""


@dataclass(frozen=True, slots=True)
class Emotion(Extensible):
    """One emotion of `core.motion.presets` and its strength, 0..1."""

    name: str
    intensity: float = DEFAULT_INTENSITY


@dataclass(frozen=True, slots=True)
class PresetParams(Extensible):
    """A held expression: up to three emotions at once.

    Attributes:
        emotions: What is shown.
        transition_s: Seconds over which it comes up.

    Raises:
        ValueError: a transition of less than nothing.
    """

    kind: ClassVar[str] = "preset"
    emotions: tuple[Emotion, ...]
    transition_s: float = TRANSITION_S

    def __post_init__(self) -> None:
        if self.transition_s < 0.0:
            raise ValueError(f"a transition lasts {self.transition_s} s")


@dataclass(frozen=True, slots=True)
class UnknownParams:
    """Parameters that another version of the program wrote; kept as they are, JSON text."""

    kind: ClassVar[str] = "unknown"
    text: str


Params = (
    PortraitParams
    | AudioParams
    | ClipParams
    | TakeParams
    | LiveLinkParams
    | VoiceParams
    | GeneratorParams
    | PresetParams
    | UnknownParams
)


@dataclass(frozen=True, slots=True)
class Source(Extensible):
    """One entry of the library.

    Attributes:
        id: Unique in its document.
        name: For people.
        params: Its kind and how it is used.
        media: Its file, if it has one.
    """

    id: str
    name: str
    params: Params
    media: MediaReference | None = None

    @property
    def kind(self) -> str:
        """portrait, audio, clip, take, livelink, voice, generator, preset or unknown."""
        return self.params.kind

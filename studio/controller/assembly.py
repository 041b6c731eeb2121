"""What happens to the document when media arrive: pure functions `(Document, …) -> Document`."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from core.base.controls import Factor
from core.base.errors import MediaError
from core.base.time import frames_in
from core.session.generate import generate as generate
from core.session.generate import speak as speak
from core.timeline.document import Document
from core.timeline.edits import add_audio_strip, add_strip
from core.timeline.project_edits import add_source, set_avatar, set_length
from core.timeline.source import (
    AudioParams,
    ClipParams,
    CropBox,
    Emotion,
    GeneratorParams,
    LiveLinkParams,
    MediaReference,
    PortraitParams,
    PresetParams,
    Source,
    TakeParams,
    VoiceParams,
)
from core.timeline.strip import AudioStrip, Strip

STILL_S: Final = 2.0
"""Length of a strip that is made of a picture."""
PRESET_S: Final = 3.0
"""Length of a preset that is dropped at a frame."""


_USUAL: Final = Strip("style", "", 0, 1)


@dataclass(frozen=True, slots=True)
class ClipUse:
    """How a clip is used, as its drop dialog asks.

    Attributes:
        face: Number of the face, largest first from 0; None takes the largest.
        crop: Where the face is looked for; None looks everywhere.
        style: A strip whose speed, gain, end, reference, motion, smoothing and mirror are taken.
        with_audio: Whether its sound is laid on the audio track.
    """

    face: int | None = None
    crop: CropBox | None = None
    style: Strip = _USUAL
    with_audio: bool = False


PLAINLY: Final = ClipUse()
"""As it comes: what a drop without a dialog does."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was looked at and taken into the session.

    Attributes:
        path: Where it came from.
        media: Where it lies now.
        is_still: A single picture.
        is_live_link: A Live Link Face CSV.
        has_pictures: Whether it shows something.
        sound_s: Seconds of sound; None without.
        length_s: Seconds of motion; 0 for a picture.
        is_take: A take of another session.
    """

    path: Path
    media: MediaReference
    is_still: bool
    is_live_link: bool
    has_pictures: bool
    sound_s: float | None
    length_s: float
    is_take: bool = False

    @property
    def gives_motion(self) -> bool:
        """Whether strips of factor tracks can be made of it."""
        return self.has_pictures or self.is_live_link or self.is_take


Params = PortraitParams | AudioParams | ClipParams | LiveLinkParams | TakeParams


def with_source(document: Document, arrival: Arrival, params: Params) -> tuple[Document, str]:
    """The document with the file in its library, and the id; the same file is there once."""
    for source in document.sources:
        if source.media == arrival.media and source.params == params:
            return document, source.id
    source_id = next(document.new_ids(params.kind))
    source = Source(source_id, arrival.path.stem or arrival.path.name, params, arrival.media)
    return add_source(document, source), source_id


def clip_params(
    arrival: Arrival, use: ClipUse = PLAINLY
) -> ClipParams | LiveLinkParams | TakeParams:
    """How a file gives motion."""
    if arrival.is_take:
        return TakeParams("import")
    return LiveLinkParams() if arrival.is_live_link else ClipParams(use.face, crop=use.crop)


def used_source(document: Document, source: Source, use: ClipUse) -> tuple[Document, Source]:
    """The source of the same clip that follows this face: the same, an equal one or a new one."""
    if not isinstance(source.params, ClipParams) or use is PLAINLY:
        return document, source
    params = replace(source.params, face=use.face, crop=use.crop)
    for other in document.sources:
        if other.media == source.media and other.params == params:
            return document, other
    new = replace(source, id=next(document.new_ids(params.kind)), params=params)
    return add_source(document, new), new


def with_sound(arrival: Arrival) -> Arrival:
    """The file itself.

    Raises:
        MediaError: it has no sound.
    """
    if arrival.sound_s is None:
        raise MediaError(
            f"“{arrival.path.name}” has no sound: choose a recording, or a clip with sound."
        )
    return arrival


def with_arrival(
    document: Document, arrival: Arrival, factors: Collection[Factor] | None, frame: int
) -> Document:
    """The document with an imported file: laid where it was asked for, or used if it is first."""
    if factors is not None and arrival.gives_motion:
        document, clip_id = with_source(document, arrival, clip_params(arrival))
        return lay_motion(document, clip_id, arrival.length_s, factors, frame)
    if arrival.is_still:
        if not document.avatar.source_id:
            return use_portrait(document, arrival)
        return with_source(document, arrival, PortraitParams())[0]
    if arrival.gives_motion:
        return with_source(document, arrival, clip_params(arrival))[0]
    if not document.audio.strips and not document.audio.is_locked:
        return use_sound(document, arrival)
    return with_source(document, arrival, AudioParams())[0]


def use_portrait(document: Document, arrival: Arrival) -> Document:
    """Animates this picture or clip from now on; engine and view stay."""
    document, source_id = with_source(document, arrival, PortraitParams())
    return replace(document, avatar=replace(document.avatar, source_id=source_id, face=None))


def use_sound(document: Document, arrival: Arrival) -> Document:
    """Puts the recording on the whole audio track; the document gets its length.

    Lips that spoke the sound of before speak this one, and what was generated for the whole
    document reaches over the whole of it again.

    Raises:
        StudioError: the audio track is locked.
    """
    replaced = {strip.source_id for strip in document.audio.strips}
    document, audio_id = with_source(document, arrival, AudioParams())
    before, rate = document.n_frames, document.rate
    n_frames = frames_in(arrival.sound_s or 0.0, rate)
    document = set_length(document, n_frames)
    strip = AudioStrip(next(document.new_ids("strip")), audio_id, 0, n_frames)
    cleared = replace(document, audio=replace(document.audio, strips=()))
    if document.audio.is_locked:
        cleared = document  # refused below
    document = add_audio_strip(cleared, strip)
    sources = tuple(_listening(s, replaced, audio_id) for s in document.sources)
    made = {s.id for s in sources if isinstance(s.params, VoiceParams | GeneratorParams)}
    tracks = tuple(
        replace(
            track,
            strips=tuple(
                replace(s, n_frames=n_frames)
                if s.source_id in made and (s.start, s.stop) == (0, before)
                else s
                for s in track.strips
            ),
        )
        for track in document.tracks
    )
    return replace(document, sources=sources, tracks=tracks)


def lay_sound(document: Document, source_id: str, sound_s: float, frame: int) -> Document:
    """Lays a sound of the library at a frame; the document grows if it has to.

    Raises:
        StudioError: the audio track is locked.
    """
    n_frames = frames_in(sound_s, document.rate)
    strip = AudioStrip(next(document.new_ids("strip")), source_id, max(frame, 0), n_frames)
    document = add_audio_strip(document, strip)
    return set_length(document, max(document.n_frames, strip.stop))


def lay_motion(
    document: Document,
    source_id: str,
    length_s: float,
    factors: Collection[Factor],
    frame: int,
    style: Strip = _USUAL,
) -> Document:
    """Lays a source of the library at a frame of these tracks, and of no others.

    The strips are like `style`. Without a sound that says how long the film is, the document
    grows to hold it.

    Raises:
        StudioError: one of the tracks is locked.
    """
    n_frames = frames_in((length_s or STILL_S) / style.speed, document.rate)
    start = max(frame, 0)
    for factor in Factor:
        if factor in factors:
            strip = replace(
                style,
                id=next(document.new_ids("strip")),
                source_id=source_id,
                start=start,
                n_frames=n_frames,
            )
            document = add_strip(document, factor, strip)
    if document.audio.strips:
        return document
    return set_length(document, max(document.n_frames, start + n_frames))


def with_crop(document: Document, source_id: str, crop: CropBox | None) -> Document:
    """Says where in a clip's or portrait's pictures the face is looked for; None is everywhere.

    Faces are numbered within the crop, so that the largest in it is taken from now on.
    """
    source = document.source(source_id)
    if source is None or not isinstance(source.params, ClipParams | PortraitParams):
        return document
    params = replace(source.params, crop=crop)
    if isinstance(params, ClipParams):
        params = replace(params, face=None)
    document = add_source(document, replace(source, params=params))
    if document.avatar.source_id != source_id:
        return document
    return set_avatar(document, replace(document.avatar, face=None))


def with_clip_face(document: Document, source_id: str, face: int | None) -> Document:
    """Chooses which face of a clip is followed, largest first; None is the largest."""
    source = document.source(source_id)
    if source is None or not isinstance(source.params, ClipParams):
        return document
    return add_source(document, replace(source, params=replace(source.params, face=face)))


def lay_preset(document: Document, emotion: str, frame: int, n_frames: int) -> Document:
    """Lays an emotion on the Expression track.

    Raises:
        StudioError: the track is locked.
    """
    source_id = next(document.new_ids("preset"))
    params = PresetParams((Emotion(emotion),))
    document = add_source(document, Source(source_id, emotion.capitalize(), params))
    strip = Strip(next(document.new_ids("strip")), source_id, frame, n_frames, smoothing=0.0)
    return add_strip(document, Factor.EXPRESSION, strip)


def length_of(source: Source, seconds: float | None, rate: Fraction, n_frames: int) -> float:
    """Seconds that a strip of a source is long at first: its own length, or the document's."""
    if seconds is not None:
        return seconds
    is_endless = isinstance(source.params, GeneratorParams | VoiceParams)
    if isinstance(source.params, PresetParams | TakeParams):
        return PRESET_S
    return float(n_frames / rate) if is_endless else STILL_S


def _listening(source: Source, replaced: set[str], audio_id: str) -> Source:
    params = source.params
    if isinstance(params, VoiceParams | GeneratorParams) and params.audio_id in replaced:
        return replace(source, params=replace(params, audio_id=audio_id))
    return source

"""From a portrait, a voice and driving clips to the document that a new session starts with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from core.base.controls import Factor
from core.base.errors import MediaError, SessionError
from core.base.time import frames_in
from core.media.probe import MediaInfo, probe
from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor, Mode, Reference
from core.motion.smoothing import BLINKS
from core.session.schema import MAX_WHOLE
from core.timeline.document import AvatarSettings, Document, ViewSettings
from core.timeline.source import (
    AudioParams,
    ClipParams,
    Generator,
    GeneratorParams,
    LiveLinkParams,
    MediaReference,
    PortraitParams,
    Source,
    VoiceMethod,
    VoiceParams,
)
from core.timeline.strip import AudioStrip, Strip

DEFAULT_DURATION_S = 10.0
"""Length when neither a voice nor a clip sets one."""
MAX_DURATION_S = 4 * 3600.0
LIVE_LINK_SUFFIX = ".csv"

_EYE_GENERATORS = (Generator.BLINKS, Generator.GAZE)


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a new document is made of. All paths must exist.

    Attributes:
        portrait: A picture, or a clip whose own motion is kept where nothing replaces it.
        audio: Speech that is heard and, unless a clip drives the lips, moves them.
        clips: Driving clip or Live Link Face CSV of each factor that has one.
        engine: Name in the engine registry.
        view: The picture to render.
        rate: Frames per second.
        duration_s: Length; None takes the voice's, else the longest clip's, else
            `DEFAULT_DURATION_S`.
        pose_mode: Whether the head takes the clip's own angles or their change.
        reference: The clip's frame that counts as its rest.
        clip_end: What a clip shows after its last frame.
        seed: Of everything generated.
        face: Number of the portrait's face, largest first from 0; None takes the largest.
        lips_from: How `audio` becomes motion.
        style: A short clip of a person whose liveliness the voice's motion takes over.
    """

    portrait: Path
    audio: Path | None = None
    clips: Mapping[Factor, Path] = field(default_factory=dict)
    engine: str = "mesh"
    view: ViewSettings = field(default_factory=ViewSettings)
    rate: Fraction = Fraction(25)
    duration_s: float | None = None
    pose_mode: Mode = Mode.RELATIVE
    reference: Reference = Anchor.AUTO
    clip_end: ClipEnd = ClipEnd.HOLD
    seed: int = 0
    face: int | None = None
    lips_from: VoiceMethod = VoiceMethod.FACIAL
    style: Path | None = None


def compose(ingredients: Ingredients) -> Document:
    """A document in which every factor is driven.

    Lips follow the voice unless a clip drives them, and so do head, blinks and expression of a
    still with a trained speaker. For a still, blinks, gaze and an idle head are generated where
    nothing else gives them; a source clip keeps its own. Without `audio` the sound
    of the clip that drives the lips is heard, else that of the source clip.

    Raises:
        MediaError: a file cannot be read, or the duration makes no sense.
        SessionError: a session cannot hold the seed.
    """
    _check_seed(ingredients.seed)
    paths = [
        ingredients.portrait, *ingredients.clips.values(), ingredients.audio, ingredients.style
    ]  # fmt: skip
    media = {path: _examine(path) for path in paths if path is not None}
    if ingredients.audio is not None and media[ingredients.audio].audio is None:
        raise MediaError(
            f"“{ingredients.audio.name}” has no sound: choose a recording, or a clip with sound."
        )
    sound = ingredients.audio or _own_sound(ingredients, media)
    n_frames = frames_in(_duration_s(ingredients, media), ingredients.rate)
    document = Document(
        rate=ingredients.rate,
        n_frames=n_frames,
        seed=ingredients.seed,
        avatar=AvatarSettings("portrait", ingredients.face, ingredients.engine, ingredients.view),
        sources=(_source("portrait", PortraitParams(), ingredients.portrait),),
    )
    if sound is not None:
        document = _with_sound(document, sound)
    document = _with_clips(document, ingredients)
    if ingredients.audio is not None and Factor.LIPS not in ingredients.clips:
        document = _with_voice(document, ingredients)
    if is_moving(media[ingredients.portrait]):
        return document
    voice = document.source("voice")
    if voice is not None and ingredients.lips_from is VoiceMethod.FACIAL:
        document = with_spoken_motion(document, voice.id)
    return with_generated_motion(document, "audio" if ingredients.audio is not None else "")


def with_spoken_motion(document: Document, voice_id: str) -> Document:
    """Fills empty expression, head and eye tracks from a voice of a trained speaker; and gaze.

    Args:
        document: Tracks that have strips or curves stay as they are.
        voice_id: A voice that is heard from the first to the last frame.
    """
    was_empty = document.track(Factor.EYES).is_empty
    for factor in (Factor.EXPRESSION, Factor.HEAD_POSE, Factor.EYES):
        track = document.track(factor)
        if track.is_empty:
            strip = Strip(f"spoken-{factor}", voice_id, 0, document.n_frames, smoothing=0.0)
            if factor is Factor.EYES:
                strip = replace(strip, controls=tuple(BLINKS))
            document = document.with_track(replace(track, strips=(strip,)))
    return _with_generator(document, Generator.GAZE, "") if was_empty else document


def with_generated_motion(document: Document, audio_id: str) -> Document:
    """Fills empty eye and head tracks with seeded blinks, gaze and idle motion.

    Args:
        document: Tracks that have strips or curves stay as they are.
        audio_id: The audio source on whose stressed syllables the head nods; empty for none.
    """
    wanted = {Factor.EYES: _EYE_GENERATORS, Factor.HEAD_POSE: (Generator.HEAD,)}
    for factor, generators in wanted.items():
        if document.track(factor).is_empty:
            for generator in generators:
                document = _with_generator(document, generator, audio_id)
    return document


def _with_generator(document: Document, generator: Generator, audio_id: str) -> Document:
    """Adds a generator and a strip of it from the first to the last frame."""
    name = str(generator)
    is_head = generator is Generator.HEAD
    params = GeneratorParams(generator, document.seed, audio_id=audio_id if is_head else "")
    source = Source(name, name.capitalize(), params)
    strip = Strip(
        f"{name}-strip",
        name,
        0,
        document.n_frames,
        smoothing=0.0,
        controls=_driven_by(generator),
    )
    track = document.track(Factor.HEAD_POSE if is_head else Factor.EYES)
    document = replace(document, sources=(*document.sources, source))
    return document.with_track(replace(track, strips=(*track.strips, strip)))


def is_moving(info: MediaInfo) -> bool:
    """Whether a portrait is a clip rather than a picture."""
    return info.video is not None and info.video.n_frames != 1


def _driven_by(generator: Generator) -> tuple[str, ...]:
    return tuple(BLINKS) if generator is Generator.BLINKS else ()


def _check_seed(seed: int) -> None:
    if abs(seed) > MAX_WHOLE:
        raise SessionError(
            f"A seed of {seed} is not possible: give a whole number of at most 15 digits."
        )


def _examine(path: Path) -> MediaInfo:
    if path.suffix.lower() == LIVE_LINK_SUFFIX:
        return MediaInfo(path, None, None)
    return probe(path)


def _own_sound(ingredients: Ingredients, media: Mapping[Path, MediaInfo]) -> Path | None:
    lips = ingredients.clips.get(Factor.LIPS)
    for path in (lips, ingredients.portrait):
        if path is not None and media[path].audio is not None:
            return path
    return None


def _duration_s(ingredients: Ingredients, media: Mapping[Path, MediaInfo]) -> float:
    if ingredients.duration_s is not None:
        if not 0 < ingredients.duration_s <= MAX_DURATION_S:
            raise MediaError(
                f"A duration of {ingredients.duration_s:g} s is not possible: "
                f"give more than 0 and at most {MAX_DURATION_S:g} seconds."
            )
        return ingredients.duration_s
    voice = None if ingredients.audio is None else media[ingredients.audio].audio
    if voice is not None:
        return max(voice.duration, 1.0 / float(ingredients.rate))
    paths = {*ingredients.clips.values(), ingredients.portrait}
    lengths = [_length_s(path, media[path]) for path in paths]
    longest = max(lengths)
    return longest if longest > 1.0 / float(ingredients.rate) else DEFAULT_DURATION_S


def _length_s(path: Path, info: MediaInfo) -> float:
    if path.suffix.lower() == LIVE_LINK_SUFFIX:
        from core.motion.livelink import read_live_link

        tracks = read_live_link(path).tracks
        return max((float(track.duration) for track in tracks.values()), default=0.0)
    return info.video.duration if is_moving(info) and info.video is not None else 0.0


def _source(
    source_id: str, params: PortraitParams | AudioParams | ClipParams | LiveLinkParams, path: Path
) -> Source:
    return Source(source_id, path.name, params, MediaReference(path.absolute().as_posix()))


def _with_sound(document: Document, path: Path) -> Document:
    strip = AudioStrip("audio-strip", "audio", 0, document.n_frames)
    return replace(
        document,
        sources=(*document.sources, _source("audio", AudioParams(), path)),
        audio=replace(document.audio, strips=(strip,)),
    )


def _with_voice(document: Document, ingredients: Ingredients) -> Document:
    params = VoiceParams("audio", method=ingredients.lips_from, seed=ingredients.seed)
    if ingredients.style is not None:
        source = _source("style", ClipParams(), ingredients.style)
        document = replace(document, sources=(*document.sources, source))
        params = replace(params, style_id=source.id)
    voice = Source("voice", "Motion from speech", params)
    strip = Strip("voice-strip", "voice", 0, document.n_frames, smoothing=0.0)
    track = document.track(Factor.LIPS)
    document = replace(document, sources=(*document.sources, voice))
    return document.with_track(replace(track, strips=(strip,)))


def _with_clips(document: Document, ingredients: Ingredients) -> Document:
    ids: dict[Path, str] = {}
    for factor, path in ingredients.clips.items():
        if path not in ids:
            ids[path] = f"clip-{len(ids) + 1}"
            is_csv = path.suffix.lower() == LIVE_LINK_SUFFIX
            params = LiveLinkParams() if is_csv else ClipParams()
            document = replace(
                document, sources=(*document.sources, _source(ids[path], params, path))
            )
        strip = Strip(
            f"{factor}-strip",
            ids[path],
            0,
            document.n_frames,
            clip_end=ingredients.clip_end,
            reference=ingredients.reference,
            motion=ingredients.pose_mode if factor is Factor.HEAD_POSE else Mode.RELATIVE,
        )
        document = document.with_track(replace(document.track(factor), strips=(strip,)))
    return document

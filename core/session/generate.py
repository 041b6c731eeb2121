"""Generated motion for what has none: lips from the sound, blinks, gaze and idle head motion.

The edits behind “Generate preview” and `avatar-studio generate`.
"""

from collections.abc import Iterable
from dataclasses import replace

from core.base.controls import Factor
from core.session.bank import used_ids
from core.session.compose import with_generated_motion, with_spoken_motion
from core.timeline.document import Document
from core.timeline.project_edits import add_source
from core.timeline.source import Generator, Source, VoiceMethod, VoiceParams
from core.timeline.strip import Strip


def generate(document: Document) -> Document:
    """Fills Lips from the sound, and Expression, Head and Eyes from it or with idle motion.

    A voice that is heard throughout moves the whole head. Else blinks, gaze and idle motion are
    generated. Only tracks that are empty and not locked are filled; a moving portrait keeps its
    own motion where nothing is laid, so the caller does not ask for it then.
    """
    document = _without_leftovers(document)
    audio_ids = [strip.source_id for strip in document.audio.strips if not strip.is_muted]
    kept = {t.factor: t for t in document.tracks if t.is_locked}
    if document.track(Factor.LIPS).is_empty and Factor.LIPS not in kept:
        document = _with_lips(document)
    voice_id = _voice_throughout(document)
    if voice_id:
        document = with_spoken_motion(document, voice_id)
    document = with_generated_motion(document, audio_ids[0] if audio_ids else "")
    for track in kept.values():
        document = document.with_track(track)
    return _without_leftovers(document) if kept else document


def speak(document: Document) -> Document:
    """Fills an empty Lips track from the sound, nothing else."""
    lips = document.track(Factor.LIPS)
    return _with_lips(document) if lips.is_empty and not lips.is_locked else document


def _with_lips(document: Document) -> Document:
    """One lips strip under every audio strip, saying what is heard there."""
    strips = []
    for sound in document.audio.strips:
        if sound.is_muted:
            continue
        document, voice_id = _voice_of(document, sound.source_id)
        strips.append(
            Strip(
                "",
                voice_id,
                sound.start,
                sound.n_frames,
                source_in=sound.source_in - sound.offset_s,
                smoothing=0.0,
            )
        )
    ids = document.new_ids("strip")
    named = tuple(replace(strip, id=next(ids)) for strip in strips)
    track = document.track(Factor.LIPS)
    return document.with_track(replace(track, strips=named)) if named else document


def _voice_of(document: Document, audio_id: str) -> tuple[Document, str]:
    for source in document.sources:
        if isinstance(source.params, VoiceParams) and source.params.audio_id == audio_id:
            return document, source.id
    voice_id = next(document.new_ids("voice"))
    params = VoiceParams(audio_id, method=VoiceMethod.FACIAL, seed=document.seed)
    source = Source(voice_id, "Motion from speech", params)
    return add_source(document, source), voice_id


def _voice_throughout(document: Document) -> str:
    """The trained voice of the one sound that is heard from beginning to end; empty for none."""
    sounds = [strip for strip in document.audio.strips if not strip.is_muted]
    if len(sounds) != 1:
        return ""
    sound = sounds[0]
    is_whole = sound.start == 0 and sound.stop >= document.n_frames
    if not is_whole or sound.source_in != 0 or sound.offset_s != 0:
        return ""
    for source in document.sources:
        params = source.params
        if isinstance(params, VoiceParams) and params.audio_id == sound.source_id:
            return source.id if params.method is VoiceMethod.FACIAL else ""
    return ""


def _without_leftovers(document: Document) -> Document:
    """Without generators that no strip uses any more, whose ids would be taken twice."""
    names = {str(generator) for generator in Generator}
    leftovers = names - _all_used(document)
    sources: Iterable[Source] = document.sources
    return replace(document, sources=tuple(s for s in sources if s.id not in leftovers))


def _all_used(document: Document) -> set[str]:
    unmuted = tuple(replace(t, is_muted=False, is_solo=False) for t in document.tracks)
    return used_ids(replace(document, tracks=unmuted))

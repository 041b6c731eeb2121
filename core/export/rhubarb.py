"""Mouth shapes of the sound in the JSON of Rhubarb Lip Sync."""

from collections.abc import Iterable
from pathlib import Path

from core.base.cache import ArrayCache
from core.base.progress import Progress
from core.base.time import FrameRange
from core.motion.voice import listen
from core.session.bank import source_path
from core.session.files import write_text
from core.speech.cues import mouth_cues
from core.speech.direction import direct
from core.speech.phones import Phone
from core.speech.rhubarb import rhubarb_json
from core.timeline.cue_edits import edited_cues
from core.timeline.document import Document
from core.timeline.source import AudioParams, Source


def write_rhubarb(
    path: Path,
    document: Document,
    folder: Path,
    frames: FrameRange,
    cache: ArrayCache,
    progress: Progress,
) -> None:
    """Writes the mouth shapes of what is heard, in seconds from the first of `frames`.

    Raises:
        MediaError: a sound cannot be read.
        SessionError: the file cannot be written.
        Cancelled: the work was cancelled.
    """
    duration_s = float(len(frames) / document.rate)
    phones: list[Phone] = []
    heard = ""
    for strip in sorted(document.audio.strips, key=lambda s: s.start):
        source = document.source(strip.source_id)
        if source is None or strip.is_muted or document.audio.is_muted:
            continue
        sound = source_path(source, folder)
        heard = heard or sound.name
        begin_s = float((strip.start - frames.start) / document.rate) + strip.offset_s
        end_s = begin_s + float(strip.n_frames / document.rate)
        placed = _placed(_spoken(source, sound, cache, progress), begin_s - strip.source_in)
        phones += _within(placed, max(begin_s, 0.0), min(end_s, duration_s))
    phones.sort(key=lambda phone: phone.start_s)
    write_text(path, rhubarb_json(mouth_cues(_apart(phones), duration_s), heard, duration_s))


def _spoken(
    source: Source, sound: Path, cache: ArrayCache, progress: Progress
) -> tuple[Phone, ...]:
    """The phones of a sound, as a person directed them."""
    speech = listen(sound, cache, progress)
    cues = edited_cues(source.params) if isinstance(source.params, AudioParams) else ()
    if not cues:
        return speech.phones
    duration_s, n_ticks = speech.spectrum.duration_s, len(speech.spectrum)
    return direct(speech.phones, cues, duration_s, n_ticks).phones


def _placed(phones: Iterable[Phone], shift_s: float) -> list[Phone]:
    return [Phone(p.start_s + shift_s, p.end_s + shift_s, p.label) for p in phones]


def _within(phones: Iterable[Phone], start_s: float, end_s: float) -> list[Phone]:
    return [
        Phone(max(p.start_s, start_s), min(p.end_s, end_s), p.label)
        for p in phones
        if p.end_s > start_s and p.start_s < end_s
    ]


def _apart(phones: list[Phone]) -> list[Phone]:
    """Phones that overlap, where strips do, are cut at the next one's start."""
    result: list[Phone] = []
    for phone in phones:
        start_s = max(phone.start_s, result[-1].end_s if result else phone.start_s)
        if phone.end_s > start_s:
            result.append(Phone(start_s, phone.end_s, phone.label))
    return result

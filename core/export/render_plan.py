"""What a document needs to become a film: its avatar, its sound, its motion at a film's rate."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.base.errors import MediaError, SessionError
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.protocol import Avatar, Engine, Framing, Source, SourceKind, View
from core.engines.registry import load_engine
from core.media.output import check_output
from core.media.probe import probe
from core.media.soundtrack import Sound
from core.motion.motion import Motion
from core.session.bank import source_path
from core.session.compose import is_moving
from core.timeline.document import Document
from core.timeline.source import ClipParams, PortraitParams


def avatar_source(document: Document, folder: Path) -> Source:
    """The portrait or clip that the document's avatar is made from.

    Raises:
        SessionError: no portrait is chosen.
        MediaError: its file cannot be read.
    """
    source = document.source(document.avatar.source_id)
    if source is None:
        raise SessionError("The session has no portrait: choose one.")
    path = source_path(source, folder)
    kind = SourceKind.VIDEO if is_moving(probe(path)) else SourceKind.STILL
    crop = source.params.crop if isinstance(source.params, PortraitParams | ClipParams) else None
    return Source(path, document.avatar.face, kind, None if crop is None else crop.sides)


def open_avatar(document: Document, folder: Path, progress: Progress) -> tuple[Engine, Avatar]:
    """The document's engine with its avatar prepared.

    Raises:
        EngineError: there is no such engine, or it lacks weights.
        SessionError: no portrait is chosen.
        StudioError: the portrait cannot be used.
    """
    source = avatar_source(document, folder)
    engine = load_engine(document.avatar.engine)
    return engine, engine.prepare(source, progress=progress)


def document_view(document: Document) -> View:
    """The picture that the document asks for."""
    settings = document.avatar.view
    return View(Framing(settings.mode), settings.size)


def sounds_of(document: Document, folder: Path, frames: FrameRange) -> tuple[Sound, ...]:
    """The audio track's strips, in the time of a film that begins at the first of `frames`."""
    track = document.audio
    sounds = []
    for strip in track.strips:
        source = document.source(strip.source_id)
        if track.is_muted or strip.is_muted or source is None:
            continue
        at_s = (strip.start - frames.start) / document.rate
        sounds.append(
            Sound(
                source_path(source, folder),
                at_s=at_s + Fraction(strip.offset_s),
                from_s=strip.source_in,
                length_s=strip.n_frames / document.rate,
                gain_db=strip.gain_db + track.gain_db,
            )
        )
    return tuple(sounds)


def check_target(document: Document, folder: Path, output: Path) -> None:
    """Makes sure that a film can be written to `output`, which is none of the session's files.

    Raises:
        MediaError: it cannot.
    """
    media = [source_path(source, folder) for source in document.sources if source.media is not None]
    check_output(output, media)


def frames_between(document: Document, first: int | None, stop: int | None) -> FrameRange:
    """The document frames `first` ≤ i < `stop`; None is the working range's start or end.

    Raises:
        MediaError: the document has no such frames.
    """
    whole = document.range
    start = whole.start if first is None else first
    end = whole.stop if stop is None else stop
    if not 0 <= start < end <= document.n_frames:
        raise MediaError(
            f"The frames {start} to {end} cannot be rendered: "
            f"choose a range within 0 to {document.n_frames}."
        )
    return FrameRange(start, end)


def at_rate(motion: Motion, rate: Fraction) -> Motion:
    """The same motion with another number of frames per second.

    Between the frames of `motion` the controls run straight; after the last one they hold.
    """
    if rate == motion.rate:
        return motion
    n_frames = max(1, round(len(motion) * rate / motion.rate))
    at = np.arange(n_frames) * float(motion.rate / rate)
    before = np.minimum(at.astype(np.int64), len(motion) - 1)
    after = np.minimum(before + 1, len(motion) - 1)
    share = (at - before)[:, None].astype(np.float32).clip(0, 1)
    controls = motion.controls[before] * (1 - share) + motion.controls[after] * share
    latents = motion.latents and motion.latents.mixed(before, after, share)
    return replace(
        motion,
        controls=controls,
        latents=latents,
        rate=rate,
        start_frame=round(motion.start_frame * rate / motion.rate),
    )

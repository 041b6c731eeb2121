"""Makes the motion of a document's sources: tracks clips, listens to voices, runs generators.

What is extracted from files is kept in the cache by content; the rest is quick to make again.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_SLICE, Factor
from core.base.errors import SessionError, WeightsError
from core.base.progress import Progress
from core.base.time import FrameRange
from core.face.pose import Pose
from core.face.tracker import DEFAULT_TRACKER
from core.media.probe import probe
from core.motion.clip import extract_clip
from core.motion.generators import blinks, gaze, head_idle
from core.motion.latent import LatentExtractor
from core.motion.latent_cache import clip_latents, voice_latents
from core.motion.motion import Motion
from core.motion.presets import emotion_track
from core.motion.track import FactorTrack
from core.motion.voice import PERFORMERS, VoiceRequest, gated, lips_track, stressed_seconds
from core.session.compose import is_moving
from core.session.media import media_path
from core.session.takes import load_take
from core.speech.cues import MouthCue
from core.speech.energy import SilenceGate
from core.timeline.cue_edits import edited_cues
from core.timeline.document import Document
from core.timeline.evaluate import evaluate
from core.timeline.source import (
    AudioParams,
    ClipParams,
    CropBox,
    Generator,
    GeneratorParams,
    LiveLinkParams,
    PortraitParams,
    PresetParams,
    Source,
    TakeParams,
    VoiceMethod,
    VoiceParams,
)

Tracks = Mapping[Factor, FactorTrack]


def gather_motion(
    document: Document,
    folder: Path,
    cache: ArrayCache,
    progress: Progress,
    known: Mapping[str, Tracks] | None = None,
    extractor: LatentExtractor | None = None,
) -> dict[str, Tracks]:
    """The motion of every source that a strip uses, and of a source clip itself, by source id.

    Args:
        document: Its media must have been found (see `core.session.relink`).
        folder: The session folder that relative paths start from.
        cache: Where extracted motion is kept.
        progress: Reports the stages, and notes of the sources.
        known: Motion of sources that need not be made again.
        extractor: Gives latents besides, for an engine that takes them.

    Raises:
        MediaError: a file cannot be read.
        FaceError: a clip shows no face.
        MotionError: a motion file is damaged.
        SessionError: a source names another one that is not there.
        Cancelled: the work was cancelled.
    """
    used = used_ids(document)
    portrait = document.source(document.avatar.source_id)
    if portrait is not None and is_moving(probe(source_path(portrait, folder))):
        used.add(portrait.id)
    maker = _Maker(document, folder, cache, progress, extractor)
    bank = dict(known or {})
    for source in document.sources:
        if source.id in used and source.id not in bank:
            bank[source.id] = maker.tracks(source)
    return {source_id: tracks for source_id, tracks in bank.items() if source_id in used}


def used_ids(document: Document) -> set[str]:
    """The ids of the sources that strips take motion from."""
    return {
        strip.source_id
        for track in document.tracks
        if track.factor not in document.muted_factors
        for strip in track.strips
    }


def origin(source: Source, document: Document) -> tuple[object, ...]:
    """All of a document that a source's motion depends on; equal origins give equal motion."""
    params = source.params
    about: tuple[object, ...] = (params, source.media)
    if isinstance(params, PortraitParams):
        return (*about, document.avatar.face)
    if isinstance(params, VoiceParams | GeneratorParams):
        heard = document.source(params.audio_id)
        about = (*about, heard and heard.media)
    if isinstance(params, VoiceParams):
        style = document.source(params.style_id)
        cues = heard_cues(document, params)
        return (*about, cues, style and style.media, document.rate, document.n_frames)
    if isinstance(params, GeneratorParams | PresetParams):
        return (*about, document.rate, document.n_frames)
    return about


def heard_cues(document: Document, voice: VoiceParams) -> tuple[MouthCue, ...]:
    """The mouth shapes that a person edited of the sound that a voice speaks."""
    heard = document.source(voice.audio_id)
    params = None if heard is None else heard.params
    return edited_cues(params) if isinstance(params, AudioParams) else ()


def final_motion(
    document: Document,
    frames: FrameRange,
    bank: Mapping[str, Tracks],
    rest_pose: Pose,
    *,
    with_latents: bool = False,
) -> Motion:
    """What the engine is given: the evaluated document, relative to the avatar's own motion.

    A source clip moves by itself: of each factor that the document drives, the clip's own motion
    is taken away so that the document's takes its place; the other factors stay the clip's.

    Args:
        document: What to evaluate.
        frames: Document frames.
        bank: From `gather_motion`.
        rest_pose: Head pose of the avatar in degrees.
        with_latents: Whether the engine takes latents.
    """
    motion = evaluate(document, frames, bank, rest_pose, with_latents=with_latents)
    own = bank.get(document.avatar.source_id)
    if own is None:
        return motion
    controls = np.array(motion.controls)
    for track in document.tracks:
        is_driven = track.strips or track.offsets or track.factor in document.muted_factors
        if is_driven and track.factor in own:
            source = own[track.factor]
            values, _ = source.at(np.arange(frames.start, frames.stop) * _pace(source, document))
            controls[:, FACTOR_SLICE[track.factor]] -= values - source.values[source.neutral or 0]
    return replace(motion, controls=controls)


def _pace(source: FactorTrack, document: Document) -> float:
    return float(source.rate / document.rate)


def source_path(source: Source, folder: Path) -> Path:
    """Where a source's file lies.

    Raises:
        SessionError: the source has none.
    """
    if source.media is None:
        raise SessionError(f"“{source.name}” names no file: remove it from the session.")
    return media_path(folder, source.media)


class _Maker:
    def __init__(
        self,
        document: Document,
        folder: Path,
        cache: ArrayCache,
        progress: Progress,
        extractor: LatentExtractor | None,
    ) -> None:
        self._extractor = extractor
        self._document = document
        self._folder = folder
        self._cache = cache
        self._progress = progress

    def tracks(self, source: Source) -> Tracks:
        params = source.params
        if isinstance(params, ClipParams):
            return self._clip(source, params.face, params.tracker, params.crop)
        if isinstance(params, PortraitParams):
            return self._clip(source, self._document.avatar.face, DEFAULT_TRACKER, params.crop)
        if isinstance(params, LiveLinkParams):
            return self._controls(source, None, DEFAULT_TRACKER)
        if isinstance(params, TakeParams):
            take = load_take(source_path(source, self._folder))
            return {factor: _adjusted(track, params) for factor, track in take.items()}
        if isinstance(params, VoiceParams):
            return self._voice(params)
        if isinstance(params, GeneratorParams):
            return self._generated(params)
        if isinstance(params, PresetParams):
            weights = {emotion.name: emotion.intensity for emotion in params.emotions}
            track = emotion_track(weights, self._n_frames, self._rate, params.transition_s)
            return {Factor.EXPRESSION: track}
        return {}

    @property
    def _rate(self) -> Fraction:
        return self._document.rate

    @property
    def _n_frames(self) -> int:
        return self._document.n_frames

    def _clip(self, source: Source, face: int | None, tracker: str, crop: CropBox | None) -> Tracks:
        tracks = self._controls(source, face, tracker, crop)
        if self._extractor is None:
            return tracks
        path = source_path(source, self._folder)
        latents = clip_latents(
            self._extractor,
            path,
            face,
            tracker,
            self._cache,
            self._progress,
            crop=None if crop is None else crop.sides,
        )
        return {f: replace(track, latents=latents.get(f)) for f, track in tracks.items()}

    def _controls(
        self, source: Source, face: int | None, tracker: str, crop: CropBox | None = None
    ) -> Tracks:
        motion = extract_clip(
            source_path(source, self._folder),
            face=face,
            tracker=tracker,
            crop=None if crop is None else crop.sides,
            cache=self._cache,
            progress=self._progress,
        )
        return motion.tracks

    def _voice(self, params: VoiceParams) -> Tracks:
        gate = SilenceGate(is_on=params.gate_db is not None, hold_s=params.gate_hold_s)
        if params.gate_db is not None:
            gate = replace(gate, level_db=params.gate_db)
        path = self._audio_path(params.audio_id)
        if params.method is VoiceMethod.PHONES:
            return self._unlearned(path, gate, params)
        style = self._document.source(params.style_id)
        request = VoiceRequest(
            path,
            self._rate,
            self._n_frames,
            params.seed,
            gate,
            style=None if style is None else source_path(style, self._folder),
        )
        try:
            tracks: Tracks = PERFORMERS.load(params.method)(request, self._progress)
        except WeightsError as error:
            self._progress.note(f"Lips, head and blinks are made without a network: {error}")
            return self._unlearned(path, gate, params)
        if heard_cues(self._document, params):  # a person's word counts more
            return {**tracks, Factor.LIPS: self._lips(path, gate, params)}
        return {**tracks, Factor.LIPS: self._with_latents(tracks[Factor.LIPS], path, gate)}

    def _unlearned(self, path: Path, gate: SilenceGate, params: VoiceParams) -> Tracks:
        """What a trained speaker moves, made without one: expression stays at rest."""
        n_frames, rate = self._n_frames, self._rate
        stressed = stressed_seconds(path, self._cache, self._progress)
        return {
            Factor.LIPS: self._lips(path, gate, params),
            Factor.EXPRESSION: FactorTrack.at_rest(Factor.EXPRESSION, n_frames, rate),
            Factor.HEAD_POSE: head_idle(n_frames, rate, params.seed, stressed_s=stressed),
            Factor.EYES: blinks(n_frames, rate, params.seed),
        }

    def _lips(self, path: Path, gate: SilenceGate, params: VoiceParams) -> FactorTrack:
        track = lips_track(
            path,
            self._rate,
            gate=gate,
            cues=heard_cues(self._document, params),
            cache=self._cache,
            progress=self._progress,
        )
        return self._with_latents(track, path, gate)

    def _with_latents(self, lips: FactorTrack, path: Path, gate: SilenceGate) -> FactorTrack:
        if self._extractor is None:
            return lips
        latents = voice_latents(self._extractor, path, self._cache, self._progress)
        gated_latents = gated(latents, path, gate, self._cache, self._progress)
        return replace(lips, latents=gated_latents)

    def _generated(self, params: GeneratorParams) -> Tracks:
        n_frames, rate, seed = self._n_frames, self._rate, params.seed
        if params.generator is Generator.HEAD:
            stressed: tuple[float, ...] = ()
            if params.audio_id:
                path = self._audio_path(params.audio_id)
                stressed = stressed_seconds(path, self._cache, self._progress)
            track = head_idle(n_frames, rate, seed, stressed_s=stressed, amount=params.amount)
            return {Factor.HEAD_POSE: track}
        if params.generator is Generator.GAZE:
            return {Factor.EYES: gaze(n_frames, rate, seed, amount=params.amount)}
        track = blinks(
            n_frames,
            rate,
            seed,
            per_minute=params.per_minute,
            jitter=params.jitter,
            amount=min(params.amount, 1.0),
        )
        return {Factor.EYES: track}

    def _audio_path(self, audio_id: str) -> Path:
        source = self._document.source(audio_id)
        if source is None:
            raise SessionError(
                f"A voice names the sound “{audio_id}”, which is not in the session."
            )
        return source_path(source, self._folder)


def _adjusted(track: FactorTrack, params: TakeParams) -> FactorTrack:
    """A take without its device's latency, and with its gain."""
    values, valid = track.at(np.arange(len(track)) + params.latency_s * float(track.rate))
    away = track.rest + np.float32(params.gain) * (values - track.rest)
    return replace(track, values=away, valid=valid)

"""The document: everything a person decided, nothing that can be made again from it.

A tree of frozen values; an edit is a function that returns a new tree (`core.timeline.edits`).
It holds no arrays and no pixels. All frames are document frames at `Document.rate`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from itertools import count

from core.base.controls import Factor
from core.base.time import MAX_RATE, FrameRange
from core.timeline.curve import NO_KEYS, Curve
from core.timeline.extensible import Extensible
from core.timeline.lanes import LANES
from core.timeline.source import Source
from core.timeline.strip import AudioStrip, Strip


class Gap(StrEnum):
    """What a track does where no strip lies: hold a moment and ease to rest, or hold for good."""

    EASE = "ease"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class OffsetCurve(Extensible):
    """A curve of one lane, added on top of the base lane.

    Raises:
        ValueError: there is no such lane.
    """

    lane: str
    curve: Curve = NO_KEYS
    is_muted: bool = False

    def __post_init__(self) -> None:
        if self.lane not in LANES:
            raise ValueError(f"there is no lane {self.lane}")


@dataclass(frozen=True, slots=True)
class Track(Extensible):
    """One factor: strips on a base lane, offset curves above it, and how much of it counts.

    Attributes:
        factor: Whose motion.
        strips: The base lane, by start.
        offsets: At most one per lane.
        influence: 0..1 over time, 1 without keys.
        gain: Factor on the base lane's distance from rest, 0..2.
        smoothing: 0..1, for the strips that set none of their own.
        delay_s: Seconds by which the base lane comes later (negative: earlier).
        gap: What happens where no strip lies.
        blink_gain: Eyes only: factor on the base lane's blinks, 0..2.
        look_at_camera: Eyes only: 0..1, how far the gaze makes up for the turn of the head.
        is_muted: The factor stays at the portrait's rest.
        is_solo: Every track that is not solo is muted.
        is_locked: Edits of this track are refused.

    Raises:
        ValueError: a number is out of range, or a lane is not this factor's or there twice.
    """

    factor: Factor
    strips: tuple[Strip, ...] = ()
    offsets: tuple[OffsetCurve, ...] = ()
    influence: Curve = NO_KEYS
    gain: float = 1.0
    smoothing: float = 0.0
    delay_s: float = 0.0
    gap: Gap = Gap.EASE
    blink_gain: float = 1.0
    look_at_camera: float = 0.0
    is_muted: bool = False
    is_solo: bool = False
    is_locked: bool = False

    def __post_init__(self) -> None:
        _check_range("gain", self.gain, 2.0)
        _check_range("smoothing", self.smoothing, 1.0)
        _check_range("blink gain", self.blink_gain, 2.0)
        _check_range("look at camera", self.look_at_camera, 1.0)
        names = [offset.lane for offset in self.offsets]
        if len(set(names)) < len(names):
            raise ValueError(f"track {self.factor} has two curves for one lane")
        for name in names:
            if LANES[name].factor is not self.factor:
                raise ValueError(f"lane {name} is not one of track {self.factor}")

    def offset(self, lane: str) -> Curve:
        """The curve of a lane; without keys where there is none."""
        return next((o.curve for o in self.offsets if o.lane == lane), NO_KEYS)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was laid or drawn on it, so that a generator may fill it."""
        return not self.strips and not any(offset.curve.keys for offset in self.offsets)

    def strip(self, strip_id: str) -> Strip | None:
        """The strip of that id, if it lies here."""
        return next((strip for strip in self.strips if strip.id == strip_id), None)


@dataclass(frozen=True, slots=True)
class AudioTrack(Extensible):
    """The sound: what is heard and, through voice sources, what moves the lips."""

    strips: tuple[AudioStrip, ...] = ()
    gain_db: float = 0.0
    is_muted: bool = False
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class ViewSettings(Extensible):
    """The picture to render.

    Attributes:
        mode: `face` for the crop around the face, `full` for the whole portrait.
        size: Side of the crop (or longest side of the whole picture) in px; None is the
            portrait's own resolution.
    """

    mode: str = "face"
    size: int | None = 512


@dataclass(frozen=True, slots=True)
class AvatarSettings(Extensible):
    """Who is animated, and by which engine.

    Attributes:
        source_id: A portrait or clip; empty while none is chosen.
        face: Number of the face, largest first from 0; None takes the largest.
        engine: Name in the engine registry.
        view: The picture to render.
        switched_off: Names of the engine's own switches (see `core.engines.protocol.Switch`)
            that are off.
    """

    source_id: str = ""
    face: int | None = None
    engine: str = "mesh"
    view: ViewSettings = ViewSettings()
    switched_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marker(Extensible):
    """A named frame."""

    frame: int
    name: str = ""
    color: str = ""


DEFAULT_SMOOTHING = {
    # lips and eyes move too fast for more
    Factor.LIPS: 0.1,
    Factor.HEAD_POSE: 0.2,
    Factor.EYES: 0.15,
    Factor.EXPRESSION: 0.2,
}
"""Smoothing of fresh tracks. Latents are smoothed as published while it is left at this."""


def _fresh_tracks() -> tuple[Track, ...]:
    return tuple(Track(factor, smoothing=DEFAULT_SMOOTHING[factor]) for factor in Factor)


@dataclass(frozen=True, slots=True)
class Document(Extensible):
    """One project.

    Attributes:
        rate: Frames per second, 1..240.
        n_frames: Length, ≥ 1.
        seed: Base of all seeds of what is generated.
        avatar: Who is animated.
        sources: The library, in the order of arrival.
        audio: The sound.
        tracks: Exactly one per factor, in the order of `Factor`.
        markers: By frame.
        in_frame: First frame of the working range; None is the start.
        out_frame: Frame after the working range; None is the end.

    Raises:
        ValueError: a number is out of range, an id is there twice, or the tracks are not one
            per factor.
    """

    rate: Fraction = Fraction(25)
    n_frames: int = 250
    seed: int = 0
    avatar: AvatarSettings = AvatarSettings()
    sources: tuple[Source, ...] = ()
    audio: AudioTrack = AudioTrack()
    tracks: tuple[Track, ...] = field(default_factory=_fresh_tracks)
    markers: tuple[Marker, ...] = ()
    in_frame: int | None = None
    out_frame: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.rate <= MAX_RATE:
            raise ValueError(f"rate {self.rate} is not within 1..{MAX_RATE}")
        if self.n_frames < 1:
            raise ValueError(f"a document has {self.n_frames} frames")
        if tuple(track.factor for track in self.tracks) != tuple(Factor):
            raise ValueError("a document has one track per factor, in their order")
        ids = list(self._ids())
        if len(set(ids)) < len(ids):
            raise ValueError("an id is there twice")

    def track(self, factor: Factor) -> Track:
        """The track of a factor."""
        return self.tracks[tuple(Factor).index(factor)]

    def with_track(self, track: Track) -> "Document":
        """The document with one track exchanged."""
        return replace(
            self, tracks=tuple(track if t.factor is track.factor else t for t in self.tracks)
        )

    def source(self, source_id: str) -> Source | None:
        """The source of that id, if there is one."""
        return next((source for source in self.sources if source.id == source_id), None)

    def find_strip(self, strip_id: str) -> tuple[Track, Strip] | None:
        """The strip of that id with its track, if there is one on a factor track."""
        for track in self.tracks:
            strip = track.strip(strip_id)
            if strip is not None:
                return track, strip
        return None

    @property
    def range(self) -> FrameRange:
        """The working range: in to out, or the whole."""
        start = 0 if self.in_frame is None else min(max(self.in_frame, 0), self.n_frames)
        stop = self.n_frames if self.out_frame is None else min(self.out_frame, self.n_frames)
        return FrameRange(start, stop) if stop > start else FrameRange(0, self.n_frames)

    @property
    def muted_factors(self) -> frozenset[Factor]:
        """The factors at rest: muted ones, and those beside a solo track."""
        has_solo = any(track.is_solo for track in self.tracks)
        return frozenset(
            track.factor
            for track in self.tracks
            if track.is_muted or (has_solo and not track.is_solo)
        )

    def new_ids(self, prefix: str) -> Iterator[str]:
        """Ids `prefix-1`, `prefix-2`, … that no source or strip has; equal for equal documents."""
        taken = set(self._ids())
        return (name for i in count(1) if (name := f"{prefix}-{i}") not in taken)

    def _ids(self) -> Iterator[str]:
        yield from (source.id for source in self.sources)
        yield from (strip.id for strip in self.audio.strips)
        for track in self.tracks:
            yield from (strip.id for strip in track.strips)


def _check_range(name: str, value: float, upper: float) -> None:
    if not 0.0 <= value <= upper:
        raise ValueError(f"{name} {value} is not within 0..{upper:g}")

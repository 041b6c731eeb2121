"""From recorded samples to a take: pure functions, no Qt."""

import wave
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import (
    CONTROLS,
    FACTOR_CONTROLS,
    FACTOR_OF,
    INDEX,
    LOWER,
    REST,
    UPPER,
    Factor,
)
from core.base.time import frames_in
from core.motion.smoothing import smooth
from core.motion.track import FactorTrack, rest_of
from core.timeline.document import Document
from core.timeline.edits import TITLES, add_strip
from core.timeline.fitting import draw
from core.timeline.lane_edits import edit_curve
from core.timeline.lanes import LANES
from core.timeline.project_edits import add_source
from core.timeline.source import MediaReference, Source, TakeParams
from core.timeline.strip import Blend, Strip

RATE: Final = Fraction(60)
"""Frames per second at which takes are kept; devices give 30 to 125 samples."""
_STILL: Final = 0.01  # a control that moves less than this share of its range did not move


@dataclass(frozen=True, slots=True)
class TakeSettings:
    """What can be changed on the take card before the take is kept.

    Attributes:
        smoothing: 0..1.
        simplify: 0..0.05 of the range: tolerance of the keys when it is kept as keys.
        latency_s: −0.5..0.5: seconds by which the device lags behind.
        gain: 0..2.
        excluded: Names of controls that are left out.
    """

    smoothing: float = 0.3
    simplify: float = 0.01
    latency_s: float = 0.0
    gain: float = 1.0
    excluded: frozenset[str] = frozenset()


@dataclass(slots=True)
class Samples:
    """What was fed while recording, by control: times in seconds and values."""

    times: dict[str, list[float]] = field(default_factory=dict)
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, values: Mapping[str, float], time_s: float) -> None:
        """Takes in one sample of some controls."""
        for name, value in values.items():
            self.times.setdefault(name, []).append(time_s)
            self.values.setdefault(name, []).append(value)

    @property
    def n_samples(self) -> int:
        """Samples of the control that has most."""
        return max((len(times) for times in self.times.values()), default=0)


def tracks_of(
    samples: Samples, factors: Collection[Factor], zero_s: float, pace: float, length_s: float
) -> dict[Factor, FactorTrack]:
    """The raw take: one track at `RATE` per factor that got samples.

    Args:
        samples: What was fed.
        factors: The armed tracks.
        zero_s: Time of the take's first moment, on the samples' clock.
        pace: Document seconds per second.
        length_s: Document seconds that the take lasts.
    """
    n_frames = frames_in(length_s, RATE)
    at = np.arange(n_frames) / float(RATE)
    tracks = {}
    for factor in Factor:
        names = [name for name in FACTOR_CONTROLS[factor] if samples.times.get(name)]
        if factor not in factors or not names:
            continue
        values = np.tile(rest_of(factor), (n_frames, 1))
        for name in names:
            when = (np.asarray(samples.times[name]) - zero_s) * pace
            order = np.argsort(when, kind="stable")
            column = np.interp(at, when[order], np.asarray(samples.values[name])[order])
            i = INDEX[name]
            limited = np.clip(column, LOWER[i], UPPER[i])
            values[:, FACTOR_CONTROLS[factor].index(name)] = limited
        valid = np.ones(n_frames, np.bool_)
        tracks[factor] = FactorTrack(factor, values, valid, RATE, "recorded live")
    return tracks


def moved_controls(tracks: Mapping[Factor, FactorTrack]) -> tuple[str, ...]:
    """The controls that a take moves at all, in the order of `CONTROLS`."""
    moved = set()
    for factor, track in tracks.items():
        away = np.abs(track.values - track.rest).max(axis=0)
        for i, name in enumerate(FACTOR_CONTROLS[factor]):
            reach = UPPER[INDEX[name]] - LOWER[INDEX[name]]
            if away[i] > _STILL * reach:
                moved.add(name)
    return tuple(name for name in CONTROLS if name in moved)


def adjusted(
    tracks: Mapping[Factor, FactorTrack], settings: TakeSettings
) -> dict[Factor, FactorTrack]:
    """The take with its settings, at `RATE`: what the curve preview draws."""
    result = {}
    for factor, track in tracks.items():
        at = np.arange(len(track)) + settings.latency_s * float(track.rate)
        values, _ = track.at(at)
        away = settings.gain * (values - track.rest)
        away[:, [name in settings.excluded for name in FACTOR_CONTROLS[factor]]] = 0.0
        shown = track.with_values((track.rest + away).astype(np.float32))
        result[factor] = smooth(shown, 100.0 * settings.smoothing)
    return result


def lay_take(
    document: Document,
    source: Source,
    tracks: Mapping[Factor, FactorTrack],
    settings: TakeSettings,
    start: int,
    *,
    is_layer: bool,
) -> Document:
    """The document with the take in its library and strips of it on its tracks.

    Args:
        document: What it is laid on.
        source: The take.
        tracks: The raw take.
        settings: Of the take card.
        start: First document frame.
        is_layer: Whether it adds to what is there instead of taking its place.

    Raises:
        StudioError: one of the tracks is locked.
    """
    document = add_source(document, source)
    for factor, track in tracks.items():
        names = FACTOR_CONTROLS[factor]
        included = tuple(name for name in names if name not in settings.excluded)
        if not included:
            continue
        n_frames = max(1, round(track.duration * document.rate))
        strip = Strip(
            next(document.new_ids("strip")),
            source.id,
            start,
            min(n_frames, max(1, document.n_frames - start)),
            blend=Blend.ADD if is_layer else Blend.REPLACE,
            smoothing=settings.smoothing,
            controls=() if included == names else included,
        )
        document = add_strip(document, factor, strip)
    return document


def lay_keys(
    document: Document,
    tracks: Mapping[Factor, FactorTrack],
    settings: TakeSettings,
    start: int,
) -> Document:
    """The document with the take drawn into the offset curves, as keys.

    Raises:
        StudioError: one of the tracks is locked.
    """
    for factor, track in adjusted(tracks, settings).items():
        n_frames = max(1, round(track.duration * document.rate))
        at = np.arange(n_frames) * float(track.rate / document.rate)
        values, _ = track.at(at)
        frames = (start + np.arange(n_frames)).astype(np.float64)
        for i, name in enumerate(FACTOR_CONTROLS[factor]):
            if name in settings.excluded or name not in LANES:
                continue
            lane = LANES[name]
            samples = lane.default + (values[:, i] - REST[INDEX[name]]).astype(np.float64)
            tolerance = max(settings.simplify, 1e-4) * (lane.upper - lane.lower)
            stroke = partial(draw, frames=frames, values=samples, tolerance=tolerance)
            document = edit_curve(document, name, stroke)
    return document


def take_name(document: Document, factors: Sequence[Factor]) -> str:
    """`Head pose take 03`: the next number for these tracks."""
    title = f"{TITLES[factors[0]]} take" if len(factors) == 1 else "Take"
    taken = {source.name for source in document.sources}
    number = 1
    while f"{title} {number:02d}" in taken:
        number += 1
    return f"{title} {number:02d}"


def take_source(
    document: Document, name: str, media: MediaReference, device: str, settings: TakeSettings
) -> Source:
    """The library's entry of a take."""
    params = TakeParams(device, settings.latency_s, settings.gain)
    return Source(next(document.new_ids("take")), name, params, media)


def with_lanes(lanes: Mapping[str, float]) -> dict[str, float]:
    """Lane values (`gaze_x`, `open`, `yaw`) as control values relative to rest."""
    totals: dict[str, float] = {}
    for lane_name, value in lanes.items():
        lane = LANES[lane_name]
        amount = value - lane.default
        both = dict.fromkeys((*lane.above, *lane.below), 0.0)
        weights = lane.above if amount >= 0 else lane.below
        for name in both:
            totals[name] = totals.get(name, 0.0) + weights.get(name, 0.0) * abs(amount)
    return {name: float(REST[INDEX[name]]) + value for name, value in totals.items()}


def only_armed(values: Mapping[str, float], armed: Collection[str]) -> dict[str, float]:
    """The values whose track is armed."""
    return {name: value for name, value in values.items() if FACTOR_OF[name] in armed}


def sound_from(
    blocks: Sequence[tuple[float, NDArray[np.float32]]], rate: int, zero_s: float, length_s: float
) -> NDArray[np.float32]:
    """Recorded sound, float32 [n], that begins at `zero_s` on the blocks' clock.

    Args:
        blocks: Time of the first sample, and float32 [n] mono, in order.
        rate: Samples per second.
        zero_s: Where the result begins.
        length_s: How long it is at most.
    """
    if not blocks:
        return np.zeros(0, np.float32)
    sound = np.concatenate([block for _, block in blocks])
    late = round((blocks[0][0] - zero_s) * rate)
    sound = sound[-late:] if late < 0 else np.concatenate([np.zeros(late, np.float32), sound])
    return sound[: max(1, round(length_s * rate))]


def write_take_sound(path: Path, sound: NDArray[np.float32], rate: int) -> None:
    """Writes mono sound float32 [n] −1..1 as 16-bit WAV.

    Raises:
        OSError: it cannot be written.
    """
    samples = (np.clip(sound, -1.0, 1.0) * 32767.0).astype("<i2")
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.tobytes())


def answered(values: Mapping[str, float], response: Mapping[str, float]) -> dict[str, float]:
    """How strongly the values of a camera are taken, relative to rest.

    Args:
        values: Control → value relative to rest.
        response: `gain_FACTOR` → percent, 100 where missing; `deadzone_FACTOR` → percent of the
            control's reach that is taken for rest, 0 where missing.
    """
    result = {}
    for name, value in values.items():
        i, factor = INDEX[name], FACTOR_OF[name]
        away = value - float(REST[i])
        reach = float(UPPER[i] - REST[i] if away >= 0 else REST[i] - LOWER[i])
        still = response.get(f"deadzone_{factor}", 0.0) / 100.0 * reach
        left = max(0.0, abs(away) - still) * response.get(f"gain_{factor}", 100.0) / 100.0
        result[name] = float(REST[i]) + (left if away >= 0 else -left)
    return result


def relative_to(controls: NDArray[np.float32], rest: NDArray[np.float32]) -> dict[str, float]:
    """A tracked face, float32 [58], as values relative to a person's own rest, by name."""
    values = controls - rest + REST
    scale = INDEX["scale"]
    values[scale] = controls[scale] / max(float(rest[scale]), 1e-3)
    return {name: float(values[i]) for i, name in enumerate(CONTROLS)}


def shortened(settings: TakeSettings, moved: Collection[str]) -> TakeSettings:
    """The settings that leave out every control that did not move."""
    return replace(settings, excluded=frozenset(CONTROLS) - frozenset(moved))

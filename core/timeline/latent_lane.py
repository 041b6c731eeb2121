"""The base lane in the space of an engine's encoder: what the strips of one track give as latents.

A strip whose source was encoded gives its latents with the same trim, speed, clip end, gain,
fades, influence and mute as its controls; where two such strips overlap, their latents are mixed
by weight. As with controls, gain and weight act on the distance from rest, which here is the
latent of the avatar itself: value = Σ weight · latent + (1 − Σ weight) · avatar's own.

Latents are taken as the encoder gives them, as the networks were published: a strip's reference
frame and its relative or absolute motion do not count. Where a source has only a share of its
own latents (a silent voice, no face for long), the rest of its weight is the avatar's own too.
What has no latents adds to this as controls: generators, takes, presets, curves, and also mirrored
strips and those that drive only some controls of their factor, because one latent cannot be cut
into left and right. What a blink or a gaze is in a latent only the engine knows, so that a track's
blink gain and its look at the camera travel beside the latents.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.base.controls import BoolArray, Factor, FloatArray
from core.motion.latent import LatentTrack
from core.motion.motion import LatentPart
from core.motion.series import rows_at
from core.motion.smoothing import gaussian
from core.motion.track import FactorTrack
from core.timeline.base_lane import Bank, ordered_strips, placed_strips, sampled, track_gain
from core.timeline.document import DEFAULT_SMOOTHING, Document, Track
from core.timeline.strip import Blend, Strip


def latent_parts(
    document: Document, frames: NDArray[np.int64], bank: Bank
) -> dict[Factor, LatentPart]:
    """What latents give to each factor at document frames [N]; only factors that get some."""
    parts = {}
    for track in document.tracks:
        if track.factor not in document.muted_factors:
            part = _latent_part(track, frames, document, bank)
            if part is not None:
                parts[track.factor] = part
    return parts


def without_latents(document: Document, bank: Bank) -> tuple[Document, Bank]:
    """The document with the strips that latents stand for at rest, and a bank that fits it."""
    resting: dict[str, dict[Factor, FactorTrack]] = {}
    for track in document.tracks:
        strips = list(track.strips)
        for i, strip in enumerate(strips):
            if _latents_of(strip, track.factor, bank) is not None:
                name = f"{strip.source_id} at rest"
                rest = FactorTrack.at_rest(track.factor, 1, document.rate)
                resting.setdefault(name, {})[track.factor] = rest
                strips[i] = replace(strip, source_id=name)
        document = document.with_track(replace(track, strips=tuple(strips)))
    return document, {**bank, **resting}


def _latents_of(strip: Strip, factor: Factor, bank: Bank) -> LatentTrack | None:
    source = bank.get(strip.source_id, {}).get(factor)
    if source is None or strip.is_muted or strip.mirror or strip.controls:
        return None
    return source.latents


def _latent_part(
    track: Track, frames: NDArray[np.int64], document: Document, bank: Bank
) -> LatentPart | None:
    strips = ordered_strips(track, bank)
    found = [_latents_of(strip, track.factor, bank) for strip in strips]
    width = next((latents.width for latents in found if latents is not None), None)
    if width is None:
        return None
    values, own = np.zeros((len(frames), width)), np.ones(len(frames))
    for placed in placed_strips(strips, track, frames, document.rate):
        strip, rows, weight = placed.strip, placed.rows, placed.weight
        latents = _latents_of(strip, track.factor, bank)
        cover = np.zeros(len(rows)) if strip.blend is Blend.ADD else weight
        if latents is not None:
            source = _smoothed(latents, _smoothing(strip, track))
            at = np.minimum(placed.at, strip.stop - 1)
            weighted = sampled(strip, source, at, document.rate, track.delay_s)
            shown, there = weighted[:, :-1], weighted[:, -1]
            share = weight * placed.gain
        elif not strip.controls:
            shown = np.zeros((len(rows), width))
            share = there = np.zeros(len(rows))
        else:
            continue
        # below · (1 − cover) + share · latent + (cover − share · there) · the avatar's own
        values[rows] = (1.0 - cover)[:, None] * values[rows] + share[:, None] * shown
        own[rows] = (1.0 - cover) * own[rows] + cover - share * there
    gain = track_gain(track, frames)
    values *= gain[:, None]
    own = 1.0 + gain * (own - 1.0)
    return LatentPart(values.astype(np.float32), own.astype(np.float32))


def _smoothing(strip: Strip, track: Track) -> float | None:
    """0..1, or None for the published smoothing: while nobody has set another."""
    if strip.smoothing is not None:
        return strip.smoothing
    return None if track.smoothing == DEFAULT_SMOOTHING[track.factor] else track.smoothing


@dataclass(frozen=True, slots=True, eq=False)
class _Weighted:
    """A `Series` of latents and, in the last column, their share: rows float32 [T, D + 1]."""

    rows: FloatArray
    valid: BoolArray
    rate: Fraction

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, positions: ArrayLike) -> tuple[FloatArray, BoolArray]:
        return rows_at(self.rows, self.valid, positions)


@lru_cache(maxsize=64)  # every drag asks for the whole track again
def _smoothed(track: LatentTrack, smoothing: float | None) -> _Weighted:
    values = track.published
    if smoothing is not None:
        smooth = gaussian(track.values, track.valid, track.rate, 100.0 * smoothing)
        values = smooth.astype(np.float32)
    return _Weighted(np.column_stack([values, track.share]), track.valid, track.rate)

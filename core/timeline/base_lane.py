"""The base lane: what the strips of one track show together, before influence and offsets.

Replacing strips lie in layers: one that drives fewer controls above one that drives more, and of
equals the later start above the earlier. Each comes in over its fade, and where strips overlap
that fade is the overlap. After the last of them the track holds for `HOLD_S` and then eases to
rest over `EASE_S`. Adding strips come on top of all of them and fade at both ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, Factor
from core.base.time import FrameRange
from core.face.pose import Pose
from core.motion.clip_end import sample
from core.motion.gaps import EASE_S, HOLD_S, find_gaps
from core.motion.retarget import Retargeting, retarget
from core.motion.series import Series
from core.motion.smoothing import smooth
from core.motion.track import FactorTrack, rest_of
from core.timeline.document import Gap, Track
from core.timeline.strip import CROSSFADE, MAX_CROSSFADE_S, Blend, Strip, continues

Float64 = NDArray[np.float64]
Bank = Mapping[str, Mapping[Factor, FactorTrack]]
"""The motion of every source that has some, by source id."""


@dataclass(frozen=True, slots=True)
class Fades:
    """How a strip comes and goes, in document frames.

    Attributes:
        n_in: Frames of the fade at its start.
        n_out: Frames of the fade at its end.
        has_tail: Whether it holds and eases to rest after its end.
    """

    n_in: int
    n_out: int
    has_tail: bool


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A strip where it counts.

    Attributes:
        strip: The strip.
        rows: intp [M]: which of the wanted frames it reaches.
        at: int64 [M]: those frames; beyond the strip's stop while it holds and eases to rest.
        gain: float64 [M]: factor on its distance from rest.
        weight: float64 [M]: how far it covers (or adds to) what lies below, 0..1.
    """

    strip: Strip
    rows: NDArray[np.intp]
    at: NDArray[np.int64]
    gain: Float64
    weight: Float64


def base_lane(
    track: Track, frames: NDArray[np.int64], rate: Fraction, bank: Bank, rest_pose: Pose
) -> Float64:
    """Values of the track's controls at document frames [N]: float64 [N, D].

    A strip whose source is not in the bank counts as absent.

    Raises:
        MotionError: a strip's reference frame cannot be used.
    """
    rest = rest_of(track.factor).astype(np.float64)
    base = np.tile(rest, (len(frames), 1))
    strips = ordered_strips(track, bank)
    for placed in placed_strips(strips, track, frames, rate):
        strip, rows, at = placed.strip, placed.rows, placed.at
        source = _prepared(
            bank[strip.source_id][track.factor],
            Retargeting(strip.reference, strip.motion, 1.0, strip.mirror),
            track.smoothing if strip.smoothing is None else strip.smoothing,
            rest_pose,
        )
        values = sampled(strip, source, np.minimum(at, strip.stop - 1), rate, track.delay_s)
        away = (values - rest) * placed.gain[:, None]
        weight = placed.weight[:, None]
        columns = _columns(strip, track.factor)
        away, below = away[:, columns], base[rows[:, None], columns]
        change = away if strip.blend is Blend.ADD else rest[columns] + away - below
        base[rows[:, None], columns] = below + weight * change
    return base


def placed_strips(
    strips: Sequence[Strip], track: Track, frames: NDArray[np.int64], rate: Fraction
) -> Iterator[Placed]:
    """Where each of `ordered_strips` counts among document frames [N], and how much."""
    for strip, fades in zip(strips, strip_fades(strips, track, rate), strict=True):
        reach = _tail_frames(track.gap, rate) if fades.has_tail else 0.0
        rows = np.flatnonzero((frames >= strip.start) & (frames < strip.stop + reach))
        if len(rows) > 0:
            at = frames[rows]
            gain = strip.gain * _decay(at - strip.stop, rate, track.gap)
            yield Placed(strip, rows, at, gain, _weight(strip, fades, at))


def track_gain(track: Track, frames: NDArray[np.int64]) -> Float64:
    """Factor on the base lane's distance from rest at document frames [N]: float64 [N]."""
    influence = np.clip(track.influence.evaluate(frames.astype(np.float64), 1.0), 0.0, 1.0)
    gain: Float64 = track.gain * influence
    return gain


def ordered_strips(track: Track, bank: Bank) -> list[Strip]:
    """The strips that count, from the lowest to the topmost."""
    n_all = len(FACTOR_CONTROLS[track.factor])
    present = [
        strip
        for strip in track.strips
        if not strip.is_muted and track.factor in bank.get(strip.source_id, {})
    ]
    return sorted(
        present,
        key=lambda s: (s.blend is Blend.ADD, -(len(s.controls) or n_all), s.start, s.id),
    )


def strip_fades(strips: Sequence[Strip], track: Track, rate: Fraction) -> list[Fades]:
    """The fades of `ordered_strips`, in their order."""
    return [_fades(strip, strips[:i], strips, track, rate) for i, strip in enumerate(strips)]


@lru_cache(maxsize=64)
def strip_gaps(
    strip: Strip, source: FactorTrack, rate: Fraction, delay_s: float = 0.0
) -> tuple[FrameRange, ...]:
    """The document frames of a strip in which its source shows no face and motion rests.

    Gaps that could be bridged are none (see `core.motion.gaps`).
    """
    frames = np.arange(strip.start, strip.stop)
    _, valid = sample(source, _positions(strip, source, frames, rate, delay_s), strip.clip_end)
    return tuple(FrameRange(g.start + strip.start, g.stop + strip.start) for g in find_gaps(valid))


def _fades(
    strip: Strip, lower: Sequence[Strip], strips: Sequence[Strip], track: Track, rate: Fraction
) -> Fades:
    usual = min(CROSSFADE, strip.n_frames // 2)
    goes_on = any(continues(strip, other, rate) for other in strips)
    came_on = any(continues(other, strip, rate) for other in strips)
    if strip.blend is Blend.ADD:
        n_in = 0 if came_on or strip.start <= 0 else usual
        n_out = 0 if goes_on else usual
        return Fades(_chosen(strip.fade_in, n_in), _chosen(strip.fade_out, n_out), False)
    below = [other for other in lower if strip.drives_any_of(other)]
    equal = [o for o in below if strip.drives_all_of(o) and o.drives_all_of(strip)]
    overlap = max((other.stop for other in equal), default=strip.start) - strip.start
    if came_on or strip.start <= 0:
        n_in = 0
    elif overlap > 0:
        n_in = min(overlap, strip.n_frames, round(MAX_CROSSFADE_S * rate))
    else:
        n_in = usual
    end = strip.stop + _tail_frames(track.gap, rate)
    is_covered = any(other.stop > strip.stop and other.start < end for other in below)
    n_out = _chosen(strip.fade_out, usual if is_covered and not goes_on else 0)
    return Fades(_chosen(strip.fade_in, n_in), n_out, not is_covered and n_out == 0)


def _chosen(explicit: int | None, automatic: int) -> int:
    return automatic if explicit is None else explicit


def _tail_frames(gap: Gap, rate: Fraction) -> float:
    return np.inf if gap is Gap.HOLD else float(rate) * (HOLD_S + EASE_S)


def _columns(strip: Strip, factor: Factor) -> NDArray[np.intp]:
    is_driven = [not strip.controls or name in strip.controls for name in FACTOR_CONTROLS[factor]]
    return np.flatnonzero(is_driven)


@lru_cache(maxsize=64)
def _prepared(
    source: FactorTrack, settings: Retargeting, smoothing: float, rest_pose: Pose
) -> FactorTrack:
    """The whole source, retargeted and smoothed; kept because every drag asks for it again."""
    return smooth(retarget(source, settings, rest_pose), 100.0 * smoothing)


def sampled(
    strip: Strip, source: Series, frames: NDArray[np.int64], rate: Fraction, delay_s: float
) -> Float64:
    """What a strip shows of its source at document frames [M]: float64 [M, D]."""
    values, _ = sample(source, _positions(strip, source, frames, rate, delay_s), strip.clip_end)
    return values.astype(np.float64)


def _positions(
    strip: Strip, source: Series, frames: NDArray[np.int64], rate: Fraction, delay_s: float
) -> Float64:
    pace = float(source.rate / rate) * strip.speed
    first = (strip.source_in - delay_s * strip.speed) * float(source.rate)
    # sums of binary fractions miss whole positions by a hair; the source's own frames are meant
    positions: Float64 = np.round((frames - strip.start) * pace + first, 6)
    return positions


def _weight(strip: Strip, fades: Fades, frames: NDArray[np.int64]) -> Float64:
    coming = (frames - strip.start + 1) / (fades.n_in + 1)
    weight = _smoothstep(coming)
    if fades.n_out > 0:
        weight = weight * _smoothstep((strip.stop - frames) / (fades.n_out + 1))
    return weight


def _decay(after: NDArray[np.int64], rate: Fraction, gap: Gap) -> Float64:
    """1 up to the strip's end and while it holds, then down to 0. `after`: frames since then."""
    if gap is Gap.HOLD:
        return np.ones(len(after))
    seconds = (after + 1) / float(rate) - HOLD_S
    return 1.0 - _smoothstep(seconds / EASE_S)


def _smoothstep(x: Float64) -> Float64:
    part = np.clip(x, 0.0, 1.0)
    return part * part * (3.0 - 2.0 * part)

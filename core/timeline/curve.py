"""F-curves: keyframes and their values at any time.

A curve is a frozen value; editing functions are in `core.timeline.keying`. Times are frames of
the owner (fractions allowed), values are in the unit of the lane. Terms as in Blender's
`DNA_anim_types.h`. A bezier segment is a function of time: its handles never leave the segment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.timeline.extensible import Extensible

Float64 = NDArray[np.float64]

_THIRD = 1.0 / 3.0
_SOLVER_STEPS = 48
_SOLVED = 1e-13


class Interpolation(StrEnum):
    """How a curve runs from a key to the next one."""

    HOLD = "hold"
    LINEAR = "linear"
    BEZIER = "bezier"


class Handles(StrEnum):
    """Who sets the two handles of a key.

    `AUTO` is auto-clamped: smooth, level at peaks, and never beyond the neighbouring keys.
    `VECTOR` points straight at the neighbours. `ALIGNED` keeps both handles on one line, `FREE`
    moves each alone.
    """

    AUTO = "auto"
    ALIGNED = "aligned"
    FREE = "free"
    VECTOR = "vector"


class Extend(StrEnum):
    """What a curve does before its first and after its last key."""

    HOLD = "hold"
    LINEAR = "linear"
    LOOP = "loop"


class Handle(NamedTuple):
    """End of a handle, relative to its key: frames and value."""

    d_frame: float = 0.0
    d_value: float = 0.0


class Key(NamedTuple):
    """One keyframe. `interpolation` is that of the segment which starts here.

    `left` (d_frame ≤ 0) and `right` (d_frame ≥ 0) count only for aligned and free handles.
    """

    frame: float
    value: float
    interpolation: Interpolation = Interpolation.BEZIER
    handles: Handles = Handles.AUTO
    left: Handle = Handle()
    right: Handle = Handle()


@dataclass(frozen=True)
class Curve(Extensible):
    """Keys in strictly rising order of frame.

    Raises:
        ValueError: the keys are not in strictly rising order or not finite.
    """

    keys: tuple[Key, ...] = ()
    extend: Extend = Extend.HOLD

    def __post_init__(self) -> None:
        frames = self.frames
        if not (np.isfinite(frames).all() and np.isfinite(self.values).all()):
            raise ValueError("a key is not finite")
        if np.any(frames[1:] <= frames[:-1]):
            raise ValueError("keys are not in rising order of frame")

    def __len__(self) -> int:
        return len(self.keys)

    @cached_property
    def frames(self) -> Float64:
        """Frames of the keys: float64 [K]."""
        return np.array([key[0] for key in self.keys], np.float64)

    @cached_property
    def values(self) -> Float64:
        """Values of the keys: float64 [K]."""
        return np.array([key[1] for key in self.keys], np.float64)

    @cached_property
    def segments(self) -> "Segments":
        """The stretches between the keys, made once per curve."""
        return _segments_of(self)

    def evaluate(self, frames: Float64 | Sequence[float], default: float = 0.0) -> Float64:
        """Values at `frames` (float [N], any order): float64 [N]; `default` without keys.

        The result at a frame depends on nothing but that frame, and it is the key's own value
        at a key.
        """
        at = np.asarray(frames, np.float64)
        if not self.keys:
            return np.full(at.shape, default)
        first, last = self.keys[0], self.keys[-1]
        if len(self.keys) == 1:
            return np.full(at.shape, first.value)
        outside = (at < first.frame) | (at > last.frame)
        if not outside.any():
            return self.segments.evaluate(at)
        if self.extend is Extend.LOOP:
            span = last.frame - first.frame
            return self.segments.evaluate(
                np.where(outside, first.frame + np.mod(at - first.frame, span), at)
            )
        inside = np.clip(at, first.frame, last.frame)
        values = self.segments.evaluate(inside)
        if self.extend is Extend.LINEAR:
            before, after = self.segments.end_slopes()
            slope = np.where(at < first.frame, before, after)
            values = np.where(outside, values + (at - inside) * slope, values)
        return values


NO_KEYS: Final = Curve()
"""The curve that is its default everywhere."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The K−1 segments as arrays: start, span, kind and the four control values of each.

    x1 and x2 are the handles' places in the segment, 0..1.
    """

    start: Float64
    span: Float64
    hold: NDArray[np.bool_]
    is_graph: NDArray[np.bool_]  # handles at the thirds: the parameter is the time itself
    x1: Float64
    x2: Float64
    y: Float64  # [4, K−1]
    end: float

    def evaluate(self, at: Float64) -> Float64:
        """Values at frames within the keyed range: float64 [N]."""
        i = np.clip(np.searchsorted(self.start, at, side="right") - 1, 0, len(self.start) - 1)
        x = (at - self.start[i]) / self.span[i]
        x = np.where(at >= self.end, 1.0, x)
        solve = ~(self.is_graph[i] | self.hold[i])
        if solve.any():
            x[solve] = _solve(x[solve], self.x1[i[solve]], self.x2[i[solve]])
        y0, y1, y2, y3 = self.y[:, i]
        v = 1.0 - x
        value = v * v * v * y0 + 3.0 * v * v * x * y1 + 3.0 * v * x * x * y2 + x * x * x * y3
        low = np.minimum(np.minimum(y0, y1), np.minimum(y2, y3))
        high = np.maximum(np.maximum(y0, y1), np.maximum(y2, y3))
        value = np.clip(value, low, high)  # a bezier lies in its hull, whatever the rounding
        return np.where(self.hold[i], np.where(x >= 1.0, y3, y0), value)

    def end_slopes(self) -> tuple[float, float]:
        """Value per frame at the very first and the very last key."""
        slopes = []
        for i, (x, near, far) in ((0, (self.x1[0], 0, 1)), (-1, (1.0 - self.x2[-1], 3, 2))):
            run = x * self.span[i]
            rise = self.y[far, i] - self.y[near, i]
            flat = self.hold[i] or run == 0.0
            slopes.append(0.0 if flat else float(rise / run) * (1.0 if i == 0 else -1.0))
        return slopes[0], slopes[1]


def _segments_of(curve: Curve) -> Segments:
    frames, values = curve.frames, curve.values
    span = np.diff(frames)
    rise = np.diff(values)
    slope = _auto_slopes(span, rise)
    x1 = np.full(len(span), _THIRD)
    x2 = np.full(len(span), 1.0 - _THIRD)
    y0, y3 = values[:-1], values[1:]
    low, high = np.minimum(y0, y3), np.maximum(y0, y3)
    y1 = np.clip(y0 + slope[:-1] * span * _THIRD, low, high)
    y2 = np.clip(y3 - slope[1:] * span * _THIRD, low, high)
    is_graph = np.ones(len(span), np.bool_)
    hold = np.zeros(len(span), np.bool_)
    last = len(span)
    for i, key in enumerate(curve.keys):
        if i < last and key.interpolation is not Interpolation.BEZIER:
            is_linear = key.interpolation is Interpolation.LINEAR
            hold[i] = not is_linear
        if key.handles is Handles.AUTO:
            continue
        if key.handles is Handles.VECTOR:
            if i < last:
                y1[i] = y0[i] + rise[i] * _THIRD
            if i > 0:
                y2[i - 1] = y3[i - 1] - rise[i - 1] * _THIRD
            continue
        if i < last:
            x1[i], y1[i] = _handle(key.right.d_frame, key.right.d_value, span[i], y0[i])
            is_graph[i] = False
        if i > 0:
            x, y2[i - 1] = _handle(-key.left.d_frame, key.left.d_value, span[i - 1], y3[i - 1])
            x2[i - 1] = 1.0 - x
            is_graph[i - 1] = False
    linear = [i for i, key in enumerate(curve.keys[:-1]) if key[2] is Interpolation.LINEAR]
    y1[linear] = y0[linear] + rise[linear] * _THIRD
    y2[linear] = y3[linear] - rise[linear] * _THIRD
    x1[linear], x2[linear] = _THIRD, 1.0 - _THIRD
    is_graph[linear] = True
    y = np.stack([y0, y1, y2, y3])
    return Segments(frames[:-1], span, hold, is_graph, x1, x2, y, float(frames[-1]))


def _handle(d_frame: float, d_value: float, span: float, value: float) -> tuple[float, float]:
    """Place (0..1 from the key) and value of a handle, shortened to stay within the segment."""
    length = max(d_frame, 0.0) / span
    scale = 1.0 / length if length > 1.0 else 1.0
    return min(length, 1.0), value + d_value * scale


def _auto_slopes(span: Float64, rise: Float64) -> Float64:
    """Slope at each key: level at peaks and ends, else as steep as no handle overshoots."""
    slope = np.zeros(len(span) + 1)
    secant = rise / span
    before, after = secant[:-1], secant[1:]
    mean = (rise[:-1] + rise[1:]) / (span[:-1] + span[1:])
    steepest = 3.0 * np.minimum(np.abs(before), np.abs(after))
    same_way = before * after > 0.0
    slope[1:-1] = np.where(same_way, np.clip(mean, -steepest, steepest), 0.0)
    return slope


def _solve(x: Float64, x1: Float64, x2: Float64) -> Float64:
    """The bezier parameter u in 0..1 with x(u) = x, for handles at x1, x2 in 0..1.

    Newton's steps, and a bisection step wherever Newton would leave the bracket. Each element
    rests once it is solved, so that it does not depend on its neighbours in the array.
    """
    low, high, u = np.zeros_like(x), np.ones_like(x), x.copy()
    for _ in range(_SOLVER_STEPS):
        v = 1.0 - u
        error = 3.0 * v * v * u * x1 + 3.0 * v * u * u * x2 + u * u * u - x
        is_solved = np.abs(error) <= _SOLVED
        if is_solved.all():
            break
        low, high = np.where(error <= 0.0, u, low), np.where(error >= 0.0, u, high)
        slope = 3.0 * (v * v * x1 + 2.0 * v * u * (x2 - x1) + u * u * (1.0 - x2))
        step = u - error / np.maximum(slope, 1e-9)
        step = np.where((step > low) & (step < high), step, 0.5 * (low + high))
        u = np.where(is_solved, u, step)
    return np.where(x <= 0.0, 0.0, np.where(x >= 1.0, 1.0, u))

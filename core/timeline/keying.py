"""Editing of F-curves: pure functions `(Curve, …) -> Curve`.

`selected` are indices of keys. A key that lands on another key's frame replaces it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.timeline.curve import Curve, Handle, Handles, Interpolation, Key


class Side(StrEnum):
    """One of the two handles of a key."""

    LEFT = "left"
    RIGHT = "right"


class Ease(StrEnum):
    """Where a segment is slow: after its first key, before its second, or both."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


def set_key(curve: Curve, key: Key) -> Curve:
    """Adds `key`, or puts it in the place of the key on its frame."""
    i = int(np.searchsorted(curve.frames, key.frame))
    after = i + 1 if i < len(curve) and curve.keys[i].frame == key.frame else i
    return replace(curve, keys=(*curve.keys[:i], key, *curve.keys[after:]))


def insert_key(curve: Curve, frame: float, default: float = 0.0) -> Curve:
    """Adds a key at `frame` on the curve as it is; no change where a key stands already."""
    if frame in curve.frames:
        return curve
    value = float(curve.evaluate([frame], default)[0])
    i = max(int(np.searchsorted(curve.frames, frame)) - 1, 0)
    interpolation = curve.keys[i].interpolation if curve.keys else Interpolation.BEZIER
    return set_key(curve, Key(float(frame), value, interpolation))


def delete_keys(curve: Curve, selected: Collection[int]) -> Curve:
    """Removes the selected keys."""
    gone = set(selected)
    return replace(curve, keys=tuple(k for i, k in enumerate(curve.keys) if i not in gone))


def move_keys(
    curve: Curve, selected: Collection[int], d_frame: float = 0.0, d_value: float = 0.0
) -> Curve:
    """Moves the selected keys by frames and value."""
    return _map(
        curve,
        selected,
        lambda k: k._replace(frame=k.frame + d_frame, value=k.value + d_value),
    )


def scale_keys(
    curve: Curve,
    selected: Collection[int],
    pivot: tuple[float, float],
    time: float = 1.0,
    value: float = 1.0,
) -> Curve:
    """Scales the selected keys and their handles about `pivot` (frame, value).

    Raises:
        ValueError: `time` is not positive.
    """
    if time <= 0.0:
        raise ValueError("keys are scaled in time by a positive factor")

    def scaled(key: Key) -> Key:
        return key._replace(
            frame=pivot[0] + (key.frame - pivot[0]) * time,
            value=pivot[1] + (key.value - pivot[1]) * value,
            left=Handle(key.left.d_frame * time, key.left.d_value * value),
            right=Handle(key.right.d_frame * time, key.right.d_value * value),
        )

    return _map(curve, selected, scaled)


def mirror_values(curve: Curve, selected: Collection[int], about: float = 0.0) -> Curve:
    """Turns the selected keys upside down about the value `about`."""
    return scale_keys(curve, selected, (0.0, about), value=-1.0)


def mirror_time(curve: Curve, selected: Collection[int]) -> Curve:
    """Runs the selected keys backwards within their own span."""
    chosen = sorted(set(selected))
    if len(chosen) < 2:
        return curve
    total = curve.keys[chosen[0]].frame + curve.keys[chosen[-1]].frame
    follows = {
        i: curve.keys[j].interpolation for j, i in zip([chosen[0], *chosen], chosen, strict=False)
    }
    moved = [
        curve.keys[i]._replace(
            frame=total - curve.keys[i].frame,
            interpolation=follows[i],  # the segment before a key becomes the one after it
            left=Handle(-curve.keys[i].right.d_frame, curve.keys[i].right.d_value),
            right=Handle(-curve.keys[i].left.d_frame, curve.keys[i].left.d_value),
        )
        for i in chosen
    ]
    return _merge(curve, chosen, moved)


def set_interpolation(
    curve: Curve, selected: Collection[int], interpolation: Interpolation
) -> Curve:
    """Sets how the curve runs on from the selected keys."""
    return _map(curve, selected, lambda k: k._replace(interpolation=interpolation))


def set_handles(curve: Curve, selected: Collection[int], handles: Handles) -> Curve:
    """Sets the kind of handles; handles that become free start where they were drawn."""
    if handles in (Handles.AUTO, Handles.VECTOR):
        return _map(curve, selected, lambda k: k._replace(handles=handles))
    chosen = set(selected)
    keys = []
    for i, key in enumerate(curve.keys):
        if i not in chosen:
            keys.append(key)
            continue
        left, right = drawn_handles(curve, i)
        keys.append(key._replace(handles=handles, left=left, right=right))
        if handles is Handles.ALIGNED:
            keys[-1] = _aligned(keys[-1], Side.RIGHT)
    return replace(curve, keys=tuple(keys))


def set_handle(curve: Curve, index: int, side: Side, handle: Handle, *, split: bool) -> Curve:
    """Drags one handle of a key; `split` frees it from the other side.

    An automatic handle that is dragged becomes aligned (or free with `split`).
    """
    key = curve.keys[index]
    if key.handles in (Handles.AUTO, Handles.VECTOR):
        left, right = drawn_handles(curve, index)
        key = key._replace(handles=Handles.ALIGNED, left=left, right=right)
    if split:
        key = key._replace(handles=Handles.FREE)
    key = (
        key._replace(left=Handle(min(handle.d_frame, 0.0), handle.d_value))
        if side is Side.LEFT
        else key._replace(right=Handle(max(handle.d_frame, 0.0), handle.d_value))
    )
    if key.handles is Handles.ALIGNED:
        key = _aligned(key, side)
    return replace(curve, keys=(*curve.keys[:index], key, *curve.keys[index + 1 :]))


def drawn_handles(curve: Curve, index: int) -> tuple[Handle, Handle]:
    """Both handles of a key as the curve uses them, relative to the key."""
    key = curve.keys[index]
    left, right = key.left, key.right
    if key.handles in (Handles.AUTO, Handles.VECTOR):
        left, right = Handle(), Handle()
        segments = curve.segments
        if index > 0:
            left = Handle(
                -float((1.0 - segments.x2[index - 1]) * segments.span[index - 1]),
                float(segments.y[2, index - 1]) - key.value,
            )
        if index < len(curve) - 1:
            right = Handle(
                float(segments.x1[index] * segments.span[index]),
                float(segments.y[1, index]) - key.value,
            )
    return left, right


def ease(curve: Curve, selected: Collection[int], kind: Ease) -> Curve:
    """Makes each segment that starts at a selected key slow at its ends as `kind` says."""
    chosen = {i for i in selected if i < len(curve) - 1}
    result = set_interpolation(curve, chosen, Interpolation.BEZIER)
    for i in sorted(chosen):
        first, second = result.keys[i], result.keys[i + 1]
        run, rise = second.frame - first.frame, second.value - first.value
        slow_in, slow_out = kind in (Ease.IN, Ease.BOTH), kind in (Ease.OUT, Ease.BOTH)
        right = Handle(run * 0.42, 0.0) if slow_in else Handle(run / 3.0, rise / 3.0)
        left = Handle(-run * 0.42, 0.0) if slow_out else Handle(-run / 3.0, -rise / 3.0)
        result = set_handle(result, i, Side.RIGHT, right, split=True)
        result = set_handle(result, i + 1, Side.LEFT, left, split=True)
    return result


def smooth(curve: Curve, selected: Collection[int], amount: float) -> Curve:
    """Draws each selected key towards the mean of its neighbours and itself, `amount` 0..1.

    The first and the last key stay.
    """
    values = curve.values
    even = values.copy()
    even[1:-1] = 0.25 * values[:-2] + 0.5 * values[1:-1] + 0.25 * values[2:]
    return _set_values(curve, selected, values + amount * (even - values))


def flatten(curve: Curve, selected: Collection[int], amount: float) -> Curve:
    """Draws the selected keys towards their mean, `amount` 0..1."""
    chosen = sorted(set(selected))
    if not chosen:
        return curve
    mean = curve.values[chosen].mean()
    return _set_values(curve, chosen, curve.values + amount * (mean - curve.values))


def flatten_to(curve: Curve, selected: Collection[int], value: float) -> Curve:
    """Gives the selected keys one value."""
    return _set_values(curve, selected, np.full(len(curve), value))


def clamp_keys(curve: Curve, lower: float, upper: float) -> Curve:
    """Brings every key's value into `lower`..`upper`; the same curve when all are inside."""
    if not len(curve) or (curve.values.min() >= lower and curve.values.max() <= upper):
        return curve
    return _set_values(curve, range(len(curve)), np.clip(curve.values, lower, upper))


def copy_keys(curve: Curve, selected: Collection[int]) -> tuple[Key, ...]:
    """The selected keys with frames counted from the first of them."""
    chosen = [curve.keys[i] for i in sorted(set(selected))]
    return tuple(key._replace(frame=key.frame - chosen[0].frame) for key in chosen)


def paste_keys(curve: Curve, keys: Iterable[Key], frame: float) -> Curve:
    """Puts copied keys at `frame`; those they cover in between are replaced."""
    pasted = [key._replace(frame=key.frame + frame) for key in keys]
    if not pasted:
        return curve
    covered = [
        i for i, k in enumerate(curve.keys) if pasted[0].frame <= k.frame <= pasted[-1].frame
    ]
    return _merge(curve, covered, pasted)


def rescale_keys(
    keys: Iterable[Key], source: tuple[float, float, float], target: tuple[float, float, float]
) -> tuple[Key, ...]:
    """Copied keys for a lane of another range; ranges are (lower, default, upper).

    Defaults map to each other, each half keeps its share of the range.
    """

    def factor(is_above: bool) -> float:
        old = source[2] - source[1] if is_above else source[1] - source[0]
        new = target[2] - target[1] if is_above else target[1] - target[0]
        return new / old if old > 0.0 else 0.0

    result = []
    for key in keys:
        scale = factor(key.value >= source[1])
        result.append(
            key._replace(
                value=target[1] + (key.value - source[1]) * scale,
                left=Handle(key.left.d_frame, key.left.d_value * scale),
                right=Handle(key.right.d_frame, key.right.d_value * scale),
            )
        )
    return tuple(result)


def ripple_delete(curve: Curve, start: float, stop: float) -> Curve:
    """Removes the frames `start` ≤ f < `stop` and moves what follows to the left."""
    keys = tuple(
        key if key.frame < start else key._replace(frame=key.frame - (stop - start))
        for key in curve.keys
        if not start <= key.frame < stop
    )
    return replace(curve, keys=keys)


def _set_values(curve: Curve, selected: Collection[int], values: NDArray[np.float64]) -> Curve:
    chosen = set(selected)
    return replace(
        curve,
        keys=tuple(
            key._replace(value=float(values[i])) if i in chosen else key
            for i, key in enumerate(curve.keys)
        ),
    )


def _map(curve: Curve, selected: Collection[int], change: Callable[[Key], Key]) -> Curve:
    chosen = sorted(set(selected))
    return _merge(curve, chosen, [change(curve.keys[i]) for i in chosen])


def _merge(curve: Curve, gone: Collection[int], arrived: list[Key]) -> Curve:
    """The curve without the keys `gone` and with the keys `arrived`, which win their frames."""
    dropped = set(gone)
    by_frame = {key.frame: key for i, key in enumerate(curve.keys) if i not in dropped}
    by_frame.update((key.frame, key) for key in arrived)
    return replace(curve, keys=tuple(by_frame[frame] for frame in sorted(by_frame)))


def _aligned(key: Key, leader: Side) -> Key:
    """Turns the other handle into line with the leader's, keeping its length in time."""
    lead, other = (key.left, key.right) if leader is Side.LEFT else (key.right, key.left)
    if lead.d_frame == 0.0:
        return key
    turned = Handle(other.d_frame, lead.d_value / lead.d_frame * other.d_frame)
    return key._replace(right=turned) if leader is Side.LEFT else key._replace(left=turned)

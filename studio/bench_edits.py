"""Documents and edits for the studio's bench."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from core.base.controls import Factor
from core.timeline.curve import Curve, Key
from core.timeline.document import Document, Marker
from core.timeline.edits import (
    delete_strip,
    duplicate_strip,
    edit_strip,
    set_muted,
    set_speed,
    slip_strip,
    split_strip,
    trim_strip,
)
from core.timeline.lane_edits import edit_curve, set_value, toggle_key
from core.timeline.lanes import LANES
from core.timeline.project_edits import set_length, set_marker, set_range

Change = Callable[[Document], Document]

N_KEYS: Final = 1000
FOCUSED: Final = (Factor.HEAD_POSE, "yaw")
LANES_USED: Final = (
    "open", "round", "spread", "jawForward", "mouthClose",
    "yaw", "pitch", "roll", "x", "y",
    "gaze_x", "gaze_y", "blink_left", "blink_right", "openness",
    "smile", "brows", "cheekPuff", "browInnerUp", "noseSneerLeft",
)  # fmt: skip
"""Five curves of each track, 20 in all."""


def many_curves(document: Document) -> Document:
    """The document with 1000 keys on each of `LANES_USED`, two frames apart."""
    document = set_length(document, 2 * N_KEYS)
    for i, name in enumerate(LANES_USED):
        lower, default, upper = LANES[name].limits
        reach = 0.4 * min(upper - default, default - lower or upper - default)
        values = default + reach * np.sin(np.arange(N_KEYS) / (15.0 + i))
        keys = tuple(Key(2.0 * k, float(v)) for k, v in enumerate(values))
        document = edit_curve(document, name, lambda c, k=keys: replace(c, keys=k))  # type: ignore[misc]
    return document


def random_edits(rng: np.random.Generator) -> Iterator[tuple[str, Change]]:
    """(name of the step, change) without end: verbs of the timeline with random arguments."""
    kinds: tuple[tuple[str, Callable[[Document, np.random.Generator], Document]], ...] = (
        ("Set value", _set_value),
        ("Toggle key", _toggle_key),
        ("Change curve", _lift),
        ("Change strip", _change_strip),
        ("Mute", _mute),
        ("Set marker", _mark),
        ("Set range", _set_range),
    )
    while True:
        label, change = kinds[int(rng.integers(len(kinds)))]
        yield label, lambda d, c=change: c(d, rng)  # type: ignore[misc]


def _lane(rng: np.random.Generator) -> str:
    return LANES_USED[int(rng.integers(len(LANES_USED)))]


def _frame(document: Document, rng: np.random.Generator) -> int:
    return int(rng.integers(document.n_frames))


def _set_value(document: Document, rng: np.random.Generator) -> Document:
    name = _lane(rng)
    lower, _, upper = LANES[name].limits
    value = float(rng.uniform(lower, upper))
    return set_value(document, name, _frame(document, rng), value)


def _toggle_key(document: Document, rng: np.random.Generator) -> Document:
    return toggle_key(document, _lane(rng), _frame(document, rng))


def _lift(document: Document, rng: np.random.Generator) -> Document:
    by = float(rng.uniform(0.0, 0.1))

    def lift(curve: Curve) -> Curve:
        return replace(curve, keys=tuple(k._replace(value=k.value + by) for k in curve.keys))

    return edit_curve(document, _lane(rng), lift)


def _change_strip(document: Document, rng: np.random.Generator) -> Document:
    strips = [strip for track in document.tracks for strip in track.strips]
    if not strips:
        return document
    strip = strips[int(rng.integers(len(strips)))]
    middle = (strip.start + strip.stop) // 2
    kinds: tuple[Change, ...] = (
        lambda d: split_strip(d, strip.id, middle),
        lambda d: trim_strip(d, strip.id, strip.start, max(strip.start + 1, strip.stop - 5)),
        lambda d: slip_strip(d, strip.id, 0.2),
        lambda d: set_speed(d, strip.id, 1.25),
        lambda d: edit_strip(d, strip.id, lambda s: replace(s, gain=float(rng.uniform(0.0, 2.0)))),
        lambda d: duplicate_strip(d, strip.id),
        lambda d: delete_strip(d, strip.id),
    )
    return kinds[int(rng.integers(len(kinds)))](document)


def _mute(document: Document, rng: np.random.Generator) -> Document:
    factor = list(Factor)[int(rng.integers(len(Factor)))]
    return set_muted(document, factor, not document.track(factor).is_muted)


def _mark(document: Document, rng: np.random.Generator) -> Document:
    return set_marker(document, Marker(_frame(document, rng)))


def _set_range(document: Document, rng: np.random.Generator) -> Document:
    first, last = sorted(int(f) for f in rng.choice(document.n_frames, 2, replace=False))
    return set_range(document, first, last)

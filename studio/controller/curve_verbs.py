"""What a person does to the keys of the focused curve: each call is one undoable step."""

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.timeline import keying, lane_edits
from core.timeline.curve import Curve, Handles, Interpolation
from core.timeline.document import Document
from core.timeline.fitting import simplify
from core.timeline.keying import Ease
from core.timeline.lanes import LANES
from studio.controller.playhead import Playhead
from studio.controller.project import Project
from studio.controller.selection import INFLUENCE, Mode, Selection

_LINKED: Final = {"blink_left": "blink_right", "blink_right": "blink_left"}
_INTERPOLATIONS: Final = tuple(Interpolation)
_HANDLES: Final = (Handles.AUTO, Handles.ALIGNED, Handles.FREE, Handles.VECTOR)
_PASSES: Final = 10
"""How often the largest amount of smoothing averages each key with its neighbours."""


class Pivot(StrEnum):
    """What keys are scaled about."""

    PLAYHEAD = "playhead"
    CENTRE = "centre of the keys"
    FIRST = "first key"


class Shaping(StrEnum):
    """What an amount slider does to a curve."""

    SMOOTH = "Smooth"
    SIMPLIFY = "Simplify"
    FLATTEN = "Flatten"

    @property
    def usual(self) -> float:
        """The amount to begin with; of simplify a share of the curve's range."""
        return {"Smooth": 0.3, "Simplify": 0.01, "Flatten": 0.5}[self.value]

    @property
    def largest(self) -> float:
        """The largest amount."""
        return 0.1 if self is Shaping.SIMPLIFY else 1.0

    @property
    def decimals(self) -> int:
        """Digits of the amount in percent that are worth reading."""
        return 1 if self is Shaping.SIMPLIFY else 0


class CurveVerbs(QObject):
    """Edits of curves. Main thread only; they do nothing where no curve has focus."""

    links_changed = Signal()

    def __init__(
        self,
        project: Project,
        selection: Selection,
        playhead: Playhead,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._selection = selection
        self._playhead = playhead
        self._is_blink_linked = True
        self.pivot_kind = Pivot.PLAYHEAD

    @property
    def is_blink_linked(self) -> bool:
        """Whether edits of one eye's blink curve go to the other eye's as well."""
        return self._is_blink_linked

    def toggle_blink_link(self) -> None:
        """Links or unlinks the two blink curves."""
        self._is_blink_linked = not self._is_blink_linked
        self.links_changed.emit()

    def with_curve(
        self, document: Document, factor: Factor, lane: str, change: Callable[[Curve], Curve]
    ) -> Document:
        """The document with one curve changed: a lane or `INFLUENCE`, the linked one with it.

        Raises:
            StudioError: the track is locked.
        """
        if lane == INFLUENCE:
            return lane_edits.edit_influence(document, factor, change)
        document = lane_edits.edit_curve(document, lane, change)
        if self._is_blink_linked and lane in _LINKED:
            curve = document.track(factor).offset(lane)
            document = lane_edits.edit_curve(document, _LINKED[lane], lambda _: curve)
        return document

    def edit_curve(self, label: str, change: Callable[[Curve], Curve]) -> bool:
        """One step on the focused curve."""
        factor, lane = self._selection.factor, self._selection.lane
        if factor is None or lane is None:
            return False
        return self._project.edit(label, lambda d: self.with_curve(d, factor, lane, change))

    def set_value(self, lane: str, frame: int, value: float) -> bool:
        """Sets a lane's value at a frame by a key there; one step."""
        factor = LANES[lane].factor

        def put(curve: Curve) -> Curve:
            at = keying.insert_key(curve, frame, LANES[lane].default)
            key = next(k for k in at.keys if k.frame == frame)
            return keying.set_key(at, key._replace(value=value))

        return self._project.edit("Set value", lambda d: self.with_curve(d, factor, lane, put))

    def toggle_key(self) -> None:
        """Adds a key at the playhead on the focused curve, or removes the one that is there."""
        frame, default = self._playhead.frame, self._selection.limits[1]

        def toggle(curve: Curve) -> Curve:
            here = [i for i, key in enumerate(curve.keys) if key.frame == frame]
            if here:
                return keying.delete_keys(curve, here)
            return keying.insert_key(curve, frame, default)

        if self.edit_curve("Toggle key", toggle):
            self._selection.select_keys_at((frame,))

    def set_key(self, index: int, frame: float, value: float) -> None:
        """Types a key's frame and value; the curve's range limits the value."""
        keys = self._selection.curve.keys
        if not 0 <= index < len(keys):
            return
        old = keys[index]

        def put(curve: Curve) -> Curve:
            return keying.move_keys(curve, (index,), frame - old.frame, value - old.value)

        if self.edit_curve("Set key", put):
            self._selection.select_keys_at((frame,))

    def nudge_keys(self, d_frame: float, percent: float) -> None:
        """Moves the selected keys by frames, and by a share of the curve's range in %."""
        lower, _, upper = self._selection.limits
        chosen, curve = self._selection.keys, self._selection.curve
        if not chosen:
            return
        frames = [curve.keys[i].frame + d_frame for i in chosen]
        d_value = percent / 100.0 * (upper - lower)
        if self.edit_curve("Nudge", lambda c: keying.move_keys(c, chosen, d_frame, d_value)):
            self._selection.select_keys_at(frames)

    def set_interpolation(self, interpolation: Interpolation) -> None:
        """Sets how the curve runs on from the selected keys."""
        self._on_keys("Interpolation", lambda c, k: keying.set_interpolation(c, k, interpolation))

    def cycle_interpolation(self) -> None:
        """Hold, linear, bezier: the next one for the selected keys."""
        curve, chosen = self._selection.curve, self._selection.keys
        if chosen:
            now = _INTERPOLATIONS.index(curve.keys[chosen[0]].interpolation)
            self.set_interpolation(_INTERPOLATIONS[(now + 1) % len(_INTERPOLATIONS)])

    def set_handles(self, handles: Handles) -> None:
        """Sets the kind of the selected keys' handles."""
        self._on_keys("Handles", lambda c, k: keying.set_handles(c, k, handles))

    def cycle_handles(self) -> None:
        """Auto, aligned, free, vector: the next one for the selected keys."""
        curve, chosen = self._selection.curve, self._selection.keys
        if chosen:
            now = _HANDLES.index(curve.keys[chosen[0]].handles)
            self.set_handles(_HANDLES[(now + 1) % len(_HANDLES)])

    def ease(self, kind: Ease = Ease.BOTH) -> None:
        """Makes the segments that start at the selected keys slow at their ends."""
        self._on_keys("Ease", lambda c, k: keying.ease(c, k, kind))

    def shaped(self, shaping: Shaping, amount: float) -> Callable[[Curve], Curve]:
        """What smooth, simplify or flatten does to the focused curve, 0 to the largest amount.

        The selected keys are shaped, or all where none is selected; simplify spares any key.
        """
        lower, _, upper = self._selection.limits
        chosen = self._selection.keys or tuple(range(len(self._selection.curve)))
        if shaping is Shaping.SIMPLIFY:
            return lambda c: simplify(c, amount * (upper - lower)) if amount else c
        if shaping is Shaping.FLATTEN:
            return lambda c: keying.flatten(c, chosen, amount)
        return lambda c: _smoothed(c, chosen, amount)

    def cycle_pivot(self) -> None:
        """Playhead, centre of the keys, first key: the next one is what keys are scaled about."""
        kinds = tuple(Pivot)
        self.pivot_kind = kinds[(kinds.index(self.pivot_kind) + 1) % len(kinds)]
        self._project.message.emit(f"Keys are scaled about the {self.pivot_kind}.")

    @property
    def pivot(self) -> tuple[float, float]:
        """Frame and value that the selected keys are scaled about."""
        keys = [self._selection.curve.keys[i] for i in self._selection.keys]
        if not keys or self.pivot_kind is Pivot.PLAYHEAD:
            return float(self._playhead.frame), self._selection.limits[1]
        if self.pivot_kind is Pivot.FIRST:
            return keys[0].frame, keys[0].value
        return (
            (keys[0].frame + keys[-1].frame) / 2.0,
            (min(k.value for k in keys) + max(k.value for k in keys)) / 2.0,
        )

    def select_key(self, step: int, is_adding: bool = False) -> None:
        """Selects the next (1) or previous (−1) key of the focused curve and goes there."""
        frames, chosen = self._selection.curve.frames, self._selection.keys
        if not len(frames):
            return
        if chosen:
            index = chosen[-1] + 1 if step > 0 else chosen[0] - 1
        else:
            at = self._playhead.frame
            index = int(np.searchsorted(frames, at, "left" if step > 0 else "right"))
            index -= 0 if step > 0 else 1
        index = min(max(index, 0), len(frames) - 1)
        self._selection.select_keys((index,), Mode.ADD if is_adding else Mode.REPLACE)
        self._playhead.set_frame(round(float(frames[index])))

    def mirror_values(self) -> None:
        """Turns the selected keys upside down about the curve's default."""
        default = self._selection.limits[1]
        self._on_keys("Mirror", lambda c, k: keying.mirror_values(c, k, default), whole=True)

    def mirror_time(self) -> None:
        """Runs the selected keys backwards within their own span."""
        self._on_keys("Mirror time", keying.mirror_time, whole=True)

    def reset(self) -> None:
        """Brings the selected keys to the curve's default; without any, takes the curve away."""
        default = self._selection.limits[1]
        if self._selection.keys:
            self._on_keys("Reset keys", lambda c, k: keying.flatten_to(c, k, default))
        else:
            self.reset_lane()

    def reset_lane(self) -> None:
        """Takes the focused curve away."""
        self.edit_curve("Reset curve", lambda _: Curve())

    def _on_keys(
        self,
        label: str,
        change: Callable[[Curve, tuple[int, ...]], Curve],
        *,
        whole: bool = False,
    ) -> None:
        """One step on the selected keys; with `whole`, on all keys when none is selected."""
        chosen = self._selection.keys
        if not chosen and whole:
            chosen = tuple(range(len(self._selection.curve)))
        if chosen:
            self.edit_curve(label, lambda curve: change(curve, chosen))


def _smoothed(curve: Curve, chosen: Collection[int], amount: float) -> Curve:
    passes = amount * _PASSES
    for _ in range(int(passes)):
        curve = keying.smooth(curve, chosen, 1.0)
    return keying.smooth(curve, chosen, passes - int(passes))

"""What keys and menus do with the focused curve. Every verb is one undo step."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.timeline.curve import Curve, Handles, Interpolation, Key
from core.timeline.fitting import simplify
from core.timeline.keying import (
    Ease,
    copy_keys,
    delete_keys,
    ease,
    flatten,
    mirror_time,
    mirror_values,
    move_keys,
    paste_keys,
    ripple_delete,
    set_handles,
    set_interpolation,
    smooth,
)
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.lane_access import (
    clear_lane,
    curve_of,
    edit_lane,
    limits_of,
    paste_into,
    tolerance_of,
    with_key,
)

_INTERPOLATIONS: Final = tuple(Interpolation)
_HANDLES: Final = (Handles.AUTO, Handles.ALIGNED, Handles.FREE, Handles.VECTOR)
_EASES: Final = (Ease.BOTH, Ease.IN, Ease.OUT)


@dataclass(frozen=True, slots=True)
class Clipboard:
    """Copied keys, frames counted from the first, and the curve they are from."""

    keys: tuple[Key, ...]
    lane: str


class KeyVerbs(QObject):
    """Edits the selected keys of the focused curve; without a selection, all or at the playhead.

    Args:
        desk: What it works on.
    """

    told = Signal(str)
    """What a cycling verb chose, for the status bar."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._clipboard: Clipboard | None = None
        self._next_ease = 0

    @property
    def focus(self) -> tuple[Factor, str] | None:
        """The focused curve: its track and lane."""
        selection = self._desk.selection
        if selection.factor is None or selection.lane is None:
            return None
        return selection.factor, selection.lane

    @property
    def can_paste(self) -> bool:
        """Whether keys were copied and a curve has the focus."""
        return self._clipboard is not None and self.focus is not None

    def toggle_key(self) -> None:
        """Adds a key at the playhead on the curve as it is, or removes the one there."""
        focus, frame = self.focus, self._desk.playhead.frame
        if focus is None:
            return
        here = np.flatnonzero(self._desk.selection.curve.frames == frame).tolist()
        if here:
            self._edit("Delete key", lambda c: delete_keys(c, here))
        else:
            put_key(self._desk, *focus, frame, None)

    def delete(self) -> None:
        """Removes the selected keys."""
        keys = self._desk.selection.keys
        if keys:
            self._edit("Delete keys", lambda c: delete_keys(c, keys))
            self._desk.selection.clear()

    def ripple_delete(self) -> None:
        """Removes the stretch from the first to the last selected key and closes the gap."""
        keys, curve = self._desk.selection.keys, self._desk.selection.curve
        if keys:
            start, stop = curve.keys[keys[0]].frame, curve.keys[keys[-1]].frame + 1.0
            self._edit("Ripple delete keys", lambda c: ripple_delete(c, start, stop))
            self._desk.selection.clear()

    def select_all(self) -> None:
        """Selects every key of the focused curve."""
        self._desk.selection.select_keys(range(len(self._desk.selection.curve)))

    def select_next(self, direction: int) -> None:
        """Selects the next (1) or previous (−1) key; the first one from the playhead on."""
        selection = self._desk.selection
        frames = selection.curve.frames
        if len(frames) == 0:
            return
        if selection.keys:
            index = (selection.keys[-1] if direction > 0 else selection.keys[0]) + direction
        else:
            index = int(np.searchsorted(frames, self._desk.playhead.frame))
            index -= direction < 0
        index = min(max(index, 0), len(frames) - 1)
        selection.select_keys((index,))
        self._desk.playhead.scrub(round(float(frames[index])))

    def nudge(self, d_frame: float, share: float) -> None:
        """Moves the selected keys by frames and by a share of the lane's range."""
        focus, keys = self.focus, self._desk.selection.keys
        if focus is None or not keys:
            return
        lower, _, upper = limits_of(focus[1])
        frames = self._desk.selection.curve.frames[list(keys)]
        d_frame = max(d_frame, -float(frames.min()))
        d_value = share * (upper - lower)
        if self._edit("Nudge keys", lambda c: move_keys(c, keys, d_frame, d_value)):
            self._desk.selection.select_keys_at((frames + d_frame).tolist())

    def set_key_value(self, index: int, frame: float, value: float) -> None:
        """Puts a key on a frame and value that were typed."""
        key = self._desk.selection.curve.keys[index]
        d_frame, d_value = frame - key.frame, value - key.value
        if self._edit("Set key", lambda c: move_keys(c, (index,), d_frame, d_value)):
            self._desk.selection.select_keys_at((frame,))

    def cycle_interpolation(self) -> None:
        """Hold, linear, bezier in turn."""
        key = self._first_selected()
        if key is not None:
            at = _INTERPOLATIONS.index(key.interpolation)
            self.set_interpolation(_INTERPOLATIONS[(at + 1) % len(_INTERPOLATIONS)])

    def set_interpolation(self, interpolation: Interpolation) -> None:
        """Sets how the curve runs on from the selected keys."""
        self._edit_selected("Interpolation", lambda c, s: set_interpolation(c, s, interpolation))
        self.told.emit(f"Interpolation: {interpolation}")

    def cycle_handles(self) -> None:
        """Auto-clamped, aligned, free, vector in turn."""
        key = self._first_selected()
        if key is not None:
            self.set_handles(_HANDLES[(_HANDLES.index(key.handles) + 1) % len(_HANDLES)])

    def set_handles(self, handles: Handles) -> None:
        """Sets the kind of handles of the selected keys."""
        self._edit_selected("Handles", lambda c, s: set_handles(c, s, handles))
        self.told.emit(f"Handles: {handles}")

    def cycle_ease(self) -> None:
        """Ease both, in, out in turn."""
        self.ease(_EASES[self._next_ease])
        self._next_ease = (self._next_ease + 1) % len(_EASES)

    def ease(self, kind: Ease) -> None:
        """Makes the segments after the selected keys slow at their ends."""
        self._edit_selected("Ease", lambda c, s: ease(c, s, kind))
        self.told.emit(f"Ease: {kind}")

    def smooth(self, amount: float = 0.5) -> None:
        """Draws keys towards the mean of their neighbours; `amount` 0..1."""
        self._edit_selected("Smooth keys", lambda c, s: smooth(c, s, amount))

    def flatten(self, amount: float = 1.0) -> None:
        """Draws keys towards their mean; `amount` 0..1."""
        self._edit_selected("Flatten keys", lambda c, s: flatten(c, s, amount))

    def simplify(self, factor: float = 1.0) -> None:
        """Spares keys that change the curve by less than `factor` % of its range."""
        focus = self.focus
        if focus is not None:
            tolerance = factor * tolerance_of(focus[1])
            self._edit("Simplify curve", lambda c: simplify(c, tolerance))

    def preview_amount(self, verb: str, amount: float) -> None:
        """Shows smooth, flatten or simplify with an amount (0..1) within an open gesture."""
        focus, project = self.focus, self._desk.project
        if focus is None:
            return
        changes: dict[str, Callable[[Curve], Curve]] = {
            "smooth": lambda c: smooth(c, self._targets(c), amount),
            "flatten": lambda c: flatten(c, self._targets(c), amount),
            "simplify": lambda c: simplify(c, 5.0 * amount * tolerance_of(focus[1])),
        }
        project.cancel()
        base = project.document
        project.begin(f"{verb.capitalize()} curve")
        project.preview(edit_lane(base, *focus, changes[verb]))

    def mirror_values(self) -> None:
        """Turns the keys upside down about the lane's default."""
        focus = self.focus
        if focus is not None:
            _, default, _ = limits_of(focus[1])
            self._edit_selected("Mirror values", lambda c, s: mirror_values(c, s, default))

    def mirror_time(self) -> None:
        """Runs the keys backwards within their own span."""
        self._edit_selected("Mirror time", mirror_time)

    def copy(self) -> None:
        """Copies the selected keys."""
        focus, keys = self.focus, self._desk.selection.keys
        if focus is not None and keys:
            self._clipboard = Clipboard(copy_keys(self._desk.selection.curve, keys), focus[1])

    def cut(self) -> None:
        """Copies the selected keys and removes them."""
        self.copy()
        self.delete()

    def paste(self) -> None:
        """Puts the copied keys at the playhead of the focused curve, scaled to its range."""
        focus, clipboard, frame = self.focus, self._clipboard, self._desk.playhead.frame
        if focus is None or clipboard is None:
            return
        keys, lane = clipboard.keys, clipboard.lane
        if self._desk.project.edit(
            "Paste keys", lambda d: paste_into(d, *focus, keys, lane, frame)
        ):
            self._desk.selection.select_keys_at([key.frame + frame for key in keys])

    def duplicate(self) -> None:
        """Puts a copy of the selected keys at the playhead; on their own place, after them."""
        keys, curve = self._desk.selection.keys, self._desk.selection.curve
        if not keys:
            return
        copied, frame = copy_keys(curve, keys), float(self._desk.playhead.frame)
        if frame == curve.keys[keys[0]].frame:
            frame = curve.keys[keys[-1]].frame + 1.0
        if self._edit("Duplicate keys", lambda c: paste_keys(c, copied, frame)):
            self._desk.selection.select_keys_at([key.frame + frame for key in copied])

    def reset(self, factor: Factor | None = None, lane: str | None = None) -> None:
        """Takes all keys of a curve away: of the given one, else of the focused one."""
        focus = (factor, lane) if factor is not None and lane is not None else self.focus
        if focus is not None:
            self._desk.project.edit("Reset curve", lambda d: clear_lane(d, *focus))

    def _first_selected(self) -> Key | None:
        keys, curve = self._desk.selection.keys, self._desk.selection.curve
        return curve.keys[keys[0]] if keys else None

    def _targets(self, curve: Curve) -> Collection[int]:
        return self._desk.selection.keys or range(len(curve))

    def _edit_selected(self, label: str, change: Callable[[Curve, Collection[int]], Curve]) -> None:
        frames = [self._desk.selection.curve.keys[i].frame for i in self._desk.selection.keys]
        if self._edit(label, lambda c: change(c, self._targets(c))) and frames:
            self._desk.selection.select_keys_at(frames)

    def _edit(self, label: str, change: Callable[[Curve], Curve]) -> bool:
        focus = self.focus
        if focus is None:
            return False
        return self._desk.project.edit(label, lambda d: edit_lane(d, *focus, change))


def put_key(desk: Desk, factor: Factor, lane: str, frame: float, value: float | None) -> int | None:
    """Adds a key and selects it; `value` None takes the curve's own. Returns its index."""
    _, default, _ = limits_of(lane)

    def put(curve: Curve) -> Curve:
        return with_key(curve, frame, value, default)

    if not desk.project.edit("Add key", lambda d: edit_lane(d, factor, lane, put)):
        return None
    desk.selection.focus_lane(factor, lane)
    desk.selection.select_keys_at((float(frame),))
    curve = curve_of(desk.project.document.track(factor), lane)
    return int(np.searchsorted(curve.frames, frame))

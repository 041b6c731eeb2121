"""Direct manipulation: a drag on the face becomes keys on a track, as one gesture."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.base.controls import Factor
from core.base.errors import StudioError
from core.timeline.document import Document
from core.timeline.edits import TITLES
from core.timeline.lane_edits import set_value
from core.timeline.lanes import LANES
from studio.controller.studio import Studio
from studio.panels.viewer_grips import (
    FINE,
    GRIPS,
    ROLL_DEG_PER_NOTCH,
    Grip,
    drag_lanes,
    grip_at,
)

_WHEEL_PAUSE_MS = 400  # notches closer than this are one gesture


class ViewerGesture(QObject):
    """Turns drags of the viewer into edits. Only armed tracks move, or all while none is armed."""

    refused = Signal(str)
    """One sentence: why nothing moves."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._grip: Grip | None = None
        self._start = (0.0, 0.0)
        self._last = (0.0, 0.0)
        self._moved = np.zeros(2)
        self._points: NDArray[np.float64] | None = None
        self._document: Document | None = None
        self._roll = 0.0
        self._wheel_timer = QTimer(self)
        self._wheel_timer.setSingleShot(True)
        self._wheel_timer.setInterval(_WHEEL_PAUSE_MS)
        self._wheel_timer.timeout.connect(self.end_roll)

    @property
    def is_active(self) -> bool:
        """Whether a drag is under way."""
        return self._document is not None

    def grip_at(self, x: float, y: float) -> Grip | None:
        """What can be dragged at a point of the picture, px."""
        preview = self._studio.preview
        if preview.size == (0, 0):
            return None
        return grip_at(preview.landmarks(self._studio.playhead.frame), x, y)

    def grab(self, x: float, y: float) -> None:
        """Begins a drag at a point of the picture, px."""
        self.end_roll()
        grip = self.grip_at(x, y)
        if grip is None or not self._may_move(GRIPS[grip].factor):
            return
        self._studio.playback.pause()
        self._grip = grip
        self._start = self._last = (x, y)
        self._moved = np.zeros(2)
        self._points = self._studio.preview.landmarks(self._studio.playhead.frame)
        self._begin(GRIPS[grip].label, GRIPS[grip].factor)

    def drag(self, x: float, y: float, *, is_fine: bool) -> None:
        """Goes on with a drag; `is_fine` takes small steps from here on."""
        if self._grip is None or self._points is None:
            return
        step = np.subtract((x, y), self._last)
        self._last = (x, y)
        self._moved += step * (FINE if is_fine else 1.0)
        d_x, d_y = self._moved.tolist()
        self._show(drag_lanes(self._points, self._grip, self._start, d_x, d_y))

    def drop(self, *, is_kept: bool) -> None:
        """Ends a drag: one step, or the very document of before."""
        if self._grip is not None:
            self._grip = None
            self._end(is_kept=is_kept)

    def roll(self, notches: float, *, is_fine: bool) -> None:
        """Rolls the head by the wheel; notches that follow each other are one gesture."""
        if self._grip is not None:
            return
        if not self._wheel_timer.isActive():
            if not self._may_move(Factor.HEAD_POSE):
                return
            self._studio.playback.pause()
            self._roll = 0.0
            self._begin("Roll head", Factor.HEAD_POSE)
        self._roll += notches * ROLL_DEG_PER_NOTCH * (FINE if is_fine else 1.0)
        self._show({"roll": self._roll})
        self._wheel_timer.start()

    def end_roll(self) -> None:
        """Ends the gesture of the wheel, if there is one."""
        if self._wheel_timer.isActive() or (self._document is not None and self._grip is None):
            self._wheel_timer.stop()
            self._end(is_kept=True)

    def _may_move(self, factor: Factor) -> bool:
        armed = {name for name in self._studio.selection.armed if name in tuple(Factor)}
        title = TITLES[factor]
        if armed and factor not in armed:
            self.refused.emit(f"{title} is not armed: arm its track, or none, to drag it here.")
            return False
        if self._studio.project.document.track(factor).is_locked:
            self.refused.emit(f"The track {title} is locked: unlock it to drag it here.")
            return False
        return True

    def _begin(self, label: str, factor: Factor) -> None:
        self._studio.selection.focus_track(str(factor))
        self._document = self._studio.project.document
        self._studio.project.begin(label)

    def _show(self, added: dict[str, float]) -> None:
        if self._document is None:
            return
        frame, document = self._studio.playhead.frame, self._document
        try:
            for name, amount in added.items():
                lane = LANES[name]
                curve = self._document.track(lane.factor).offset(name)
                value = float(curve.evaluate([float(frame)], lane.default)[0]) + amount
                document = set_value(document, name, frame, min(max(value, lane.lower), lane.upper))
        except StudioError as error:
            self.refused.emit(str(error))
            return
        self._studio.project.preview(document)

    def _end(self, *, is_kept: bool) -> None:
        self._document = None
        if not self._studio.project.in_gesture:
            return
        if is_kept:
            self._studio.project.commit()
        else:
            self._studio.project.cancel()

"""Gestures: a drag from press to release. One undo step each, and Esc takes it back exactly."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from core.base.errors import StudioError
from core.timeline.document import Document
from studio.panels.timeline.desk import Desk
from studio.widgets.timeline_colors import Shades, faded

Modifiers = Qt.KeyboardModifier
_START_PX = 3.0


class Gesture:
    """A drag. `move`, then `finish` or `cancel`.

    Args:
        desk: What it works on.
        start: Where the button went down, px in the body.
        label: Name of the step.
    """

    def __init__(self, desk: Desk, start: QPointF, label: str) -> None:
        self.desk = desk
        self.start = start
        self.label = label
        self.base = desk.project.document
        self.snapped: float | None = None
        """The frame that a guide line is drawn at."""
        self.text = ""
        """What is written beside the pointer."""
        self._is_shown = False
        self._is_refused = False
        self._has_moved = False

    def move(self, point: QPointF, modifiers: Modifiers) -> None:
        """Follows the pointer; the first few px do nothing, so that a click moves nothing."""
        if not self._has_moved and (point - self.start).manhattanLength() < _START_PX:
            return
        self._has_moved = True
        self.drag(point, modifiers)

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """What the gesture does when the pointer moves."""

    def finish(self) -> None:
        """Makes the step."""
        if self._is_shown:
            self.desk.project.commit()

    def cancel(self) -> None:
        """Brings everything back to what it was."""
        if self._is_shown:
            self.desk.project.cancel()

    def paint(self, painter: QPainter, shades: Shades) -> None:
        """Draws what belongs to the gesture alone."""

    @property
    def has_moved(self) -> bool:
        """Whether it was more than a click."""
        return self._has_moved

    def show(self, change: Callable[[Document], Document]) -> None:
        """Shows `change(base)`. A refused edit is told once and changes nothing."""
        is_ended = self._is_shown and not self.desk.project.in_gesture  # by undo, in mid-drag
        if self._is_refused or is_ended:
            return
        try:
            document = change(self.base)
        except StudioError as error:
            self._is_refused = True
            self.desk.project.message.emit(str(error))
            return
        if not self._is_shown:
            self._is_shown = True
            self.desk.project.begin(self.label)
        self.desk.project.preview(document)

    def is_snapping(self, modifiers: Modifiers) -> bool:
        """Whether drags snap now: the magnet, turned round by Ctrl."""
        is_inverted = bool(modifiers & Modifiers.ControlModifier)
        return bool(self.desk.settings.get("snap")) != is_inverted


class BoxSelect(Gesture):
    """Draws a box; what lies in it is selected at the end.

    Args:
        modifiers: Those of the press.
        select: Is given the box and the modifiers.
    """

    def __init__(
        self,
        desk: Desk,
        start: QPointF,
        modifiers: Modifiers,
        select: Callable[[QRectF, Modifiers], None],
    ) -> None:
        super().__init__(desk, start, "Select")
        self._select = select
        self._box = QRectF(start, start)
        self._modifiers = modifiers

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Stretches the box."""
        self._box = QRectF(self.start, point).normalized()

    def finish(self) -> None:
        """Selects; a mere click on nothing selects nothing."""
        if self.has_moved:
            self._select(self._box, self._modifiers)
        else:
            self.desk.selection.clear()

    def paint(self, painter: QPainter, shades: Shades) -> None:
        """Draws the box."""
        if self.has_moved:
            painter.setPen(shades.accent)
            painter.setBrush(faded(shades.accent, 0.15))
            painter.drawRect(self._box)

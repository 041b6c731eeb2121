"""The rows of the timeline, one per track: header and body side by side, of common height."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.controller.selection import AUDIO, TRACKS
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.header import TrackHeader
from studio.panels.timeline.strip_area import StripArea
from studio.panels.timeline.track_body import TrackBody
from studio.widgets.timeline_ruler import wheel_axis

COLLAPSED_PX, EXPANDED_PX, FOCUSED_PX = 28, 96, 180


class TrackRow(QWidget):
    """One track.

    Args:
        desk: What it works on.
        track: `AUDIO` or a factor.
        strips: Its strips; the usual ones when None.
    """

    def __init__(
        self, desk: Desk, track: str, strips: StripArea | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.track = track
        self.header = TrackHeader(desk, track)
        self.body = TrackBody(desk, track, strips)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.header)
        line.addWidget(self.body, 1)

    def set_height(self, height: int, is_expanded: bool) -> None:
        """Makes header and body as high as said."""
        self.header.set_expanded(is_expanded, height)
        self.body.setFixedHeight(height)
        self.setFixedHeight(height)


class TrackRows(QScrollArea):
    """All rows. The focused factor is higher than the others that are expanded.

    Args:
        desk: What it works on.
        strips: Strips of the audio track.
    """

    body_resized = Signal(int)
    """Width of the bodies in px."""

    def __init__(self, desk: Desk, sound: StripArea, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._expanded: set[str] = {AUDIO}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        self._column = column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.rows = {
            track: TrackRow(desk, track, sound if track == AUDIO else None) for track in TRACKS
        }
        for row in self.rows.values():
            column.addWidget(row)
            row.header.expand_wanted.connect(
                lambda is_on, track=row.track: self.set_expanded(track, is_on)
            )
            row.body.installEventFilter(self)
        column.addStretch(1)
        self.setWidget(holder)
        desk.selection.changed.connect(self._on_selection_changed)
        self._apply_heights()

    @property
    def bodies(self) -> Iterable[TrackBody]:
        """The bodies of all rows."""
        return [row.body for row in self.rows.values()]

    def set_expanded(self, track: str, is_expanded: bool) -> None:
        """Shows or hides the curves of a track."""
        if is_expanded:
            self._expanded.add(track)
        else:
            self._expanded.discard(track)
            if self._desk.selection.track == track and self._desk.selection.factor is not None:
                self._desk.selection.focus_lane(self._desk.selection.factor, None)
        self._apply_heights()

    def height_of(self, track: str) -> int:
        """How high a row is, px."""
        if track not in self._expanded:
            return COLLAPSED_PX
        selection = self._desk.selection
        is_focused = selection.track == track and selection.lane is not None
        return FOCUSED_PX if is_focused else EXPANDED_PX

    def _apply_heights(self) -> None:
        for track, row in self.rows.items():
            if row.height() != self.height_of(track) or row.header.expand.isChecked() != (
                track in self._expanded
            ):
                row.set_height(self.height_of(track), track in self._expanded)

    def _on_selection_changed(self) -> None:
        selection = self._desk.selection
        if selection.lane is not None:
            self._expanded.add(selection.track)
        before = self._heights()
        self._apply_heights()
        if selection.lane is not None and before != self._heights():
            self._column.activate()
            self.ensureWidgetVisible(self.rows[selection.track], 0, 0)

    def _heights(self) -> list[int]:
        return [row.height() for row in self.rows.values()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tells the width of the bodies, and what the wheel does over them."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, TrackBody):
            self.body_resized.emit(watched.width())
        elif isinstance(event, QWheelEvent) and isinstance(watched, TrackBody):
            return self._wheel(watched, event)
        return False

    def _wheel(self, body: TrackBody, event: QWheelEvent) -> bool:
        """Zooms; with Shift pans; with Ctrl+Shift zooms values. Alt scrolls the tracks."""
        modifiers = event.modifiers()
        is_ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            bar = self.verticalScrollBar()
            delta = event.angleDelta().y() or event.angleDelta().x()
            bar.setValue(bar.value() - delta // 2)
        elif is_ctrl and modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._zoom_values(body, event.position(), event.angleDelta().y() / 120.0)
        else:
            wheel_axis(self._desk.axis, event)
        event.accept()
        return True

    def _zoom_values(self, body: TrackBody, point: QPointF, steps: float) -> None:
        curves = body.curves
        if curves is None or not body.has_curves:
            return
        view = curves.view
        share = 1.0 - (point.y() - curves.rect.top()) / curves.rect.height()
        at = view.low + share * (view.high - view.low)
        curves.view = view.zoomed(1.25**steps, at)
        body.redraw()

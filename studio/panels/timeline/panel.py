"""The timeline panel: tools and ruler above the rows, and a scroll bar below them."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QScrollBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import SessionError
from core.session.bank import source_path
from core.timeline.project_edits import set_marker, set_range
from studio.controller.curve_verbs import Shaping
from studio.controller.selection import AUDIO
from studio.controller.studio import Studio
from studio.panels.timeline.amount_popup import AmountPopup
from studio.panels.timeline.clip_dialog import ClipDialog
from studio.panels.timeline.context_menus import ContextMenus
from studio.panels.timeline.cue_files import CueFiles
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.drops import Drop, TrackDrops, lay_drop, shown_clip
from studio.panels.timeline.header import WIDTH_PX
from studio.panels.timeline.keyboard import TimelineKeys
from studio.panels.timeline.rows import TrackRow, TrackRows
from studio.panels.timeline.sound_area import SoundArea
from studio.panels.timeline.strip_gestures import strips_of
from studio.panels.timeline.track_body import TrackBody
from studio.panels.timeline.value_popup import KeyPopup
from studio.services.waveform import Waveforms
from studio.widgets.icons import dress
from studio.widgets.timeline_axis import TimeAxis
from studio.widgets.timeline_ruler import HEIGHT_PX, TimeRuler

_SCROLL_STEPS = 16  # scroll bar units per frame, so that it moves smoothly
_COMMANDS = (
    "type_value",
    "move_keys",
    "scale_keys",
    "smooth",
    "simplify",
    "flatten",
    "zoom_in",
    "zoom_out",
    "zoom_fit",
    "zoom_selected",
)


class TimelinePanel(QWidget):
    """Shows and edits all tracks.

    Args:
        studio: The controllers.
    """

    factors_wanted = Signal(object)
    """A `Drop` whose factors are asked for now."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.setObjectName("timeline")
        self.axis = TimeAxis(studio.project.document.n_frames, self)
        self.desk = Desk(
            studio.project,
            studio.selection,
            studio.playhead,
            studio.verbs,
            studio.settings,
            self.axis,
            studio.preview,
        )
        self.waveforms = Waveforms(studio.pool, self)
        self.ruler = TimeRuler(self.axis)
        self.sounds = SoundArea(self.desk, self.waveforms, self._path_of)
        self.cue_files = CueFiles(studio, self.sounds, self)
        self.rows = TrackRows(self.desk, self.sounds)
        self.time_bar = QScrollBar(Qt.Orientation.Horizontal)
        self.snap = self._tool("snap", "Snap (N) · hold Ctrl while dragging to turn it round")
        self.snap.setCheckable(True)
        self._keys = TimelineKeys(self)
        self.menus = ContextMenus(self)
        self._lay_out()
        self._connect()
        for name in _COMMANDS:
            studio.actions.bind(f"timeline.{name}", getattr(self, name))
        self._on_document_changed()

    # --- commands (`timeline.…` in the command table) ------------------------------------------

    @property
    def focused_body(self) -> TrackBody:
        """The body of the focused track."""
        return self.rows.rows[self.studio.selection.track].body

    def zoom_in(self) -> None:
        """Zooms in at the playhead."""
        self._zoom(2.0)

    def zoom_out(self) -> None:
        """Zooms out at the playhead."""
        self._zoom(-2.0)

    def zoom_fit(self) -> None:
        """Shows the whole document."""
        self.axis.fit(0, self.studio.project.document.n_frames)

    def zoom_selected(self) -> None:
        """Shows what is selected: keys, strips, else the working range."""
        selection, document = self.studio.selection, self.studio.project.document
        frames = [selection.curve.keys[i].frame for i in selection.keys]
        strips = strips_of(document)
        for strip_id in selection.strips:
            frames += [strips[strip_id].start, strips[strip_id].stop]
        shown = document.range
        frames = frames or [shown.start, shown.stop]
        self.axis.fit(min(frames), max(frames))

    def move_keys(self) -> None:
        """Moves the selected keys with the pointer until a click (G)."""
        self.focused_body.begin_modal(is_scale=False)

    def scale_keys(self) -> None:
        """Scales the selected keys with the pointer until a click (S)."""
        self.focused_body.begin_modal(is_scale=True)

    def type_value(self) -> None:
        """Asks for frame and value of the first selected key."""
        selection, body = self.studio.selection, self.focused_body
        if not selection.keys or selection.lane is None or body.curves is None:
            return
        index = selection.keys[0]
        key = selection.curve.keys[index]
        scale = body.curves.scale(selection.lane)
        popup = KeyPopup(selection.lane, key, self)
        popup.accepted.connect(lambda f, v: self.studio.verbs.set_key(index, f, v))
        at = QPoint(round(self.axis.to_x(key.frame)) + 10, round(scale.to_y(key.value)))
        popup.open_at(body.mapToGlobal(at))

    def smooth(self) -> None:
        """Smooths the focused curve by an amount that a slider sets."""
        self.shape(Shaping.SMOOTH)

    def simplify(self) -> None:
        """Spares keys of the focused curve by an amount that a slider sets."""
        self.shape(Shaping.SIMPLIFY)

    def flatten(self) -> None:
        """Flattens the focused curve by an amount that a slider sets."""
        self.shape(Shaping.FLATTEN)

    def shape(self, shaping: Shaping) -> None:
        """Shapes the focused curve by an amount that a slider sets."""
        selection, body = self.studio.selection, self.focused_body
        factor, lane = selection.factor, selection.lane
        if factor is None or lane is None or body.curves is None or not selection.curve.keys:
            return
        popup = AmountPopup(self.studio.project, self.studio.verbs, shaping, factor, lane, self)
        rect = body.curves.rect
        at = QPoint(round(max(rect.left(), 0.0)) + 16, round(rect.top()) + 8)
        popup.open_at(body.mapToGlobal(at))

    # --- set up --------------------------------------------------------------------------------

    def _tool(self, icon: str, tooltip: str) -> QToolButton:
        button = QToolButton()
        button.setFixedSize(26, 26)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(tooltip)
        button.setAccessibleName(tooltip)
        dress(button, icon)
        return button

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setContentsMargins(6, 0, 6, 0)
        tools.setSpacing(2)
        tools.addWidget(self.snap)
        for icon, tooltip, run in (
            ("key", "Add or remove a key at the playhead (;)", self.studio.verbs.toggle_key),
            ("split", "Split at the playhead (Ctrl+K)", self.studio.verbs.split),
            ("marker", "Set or remove a marker (M)", self.studio.verbs.toggle_marker),
        ):
            button = self._tool(icon, tooltip)
            button.clicked.connect(lambda _=False, verb=run: verb())
            tools.addWidget(button)
        tools.addStretch(1)
        for icon, tooltip, run in (
            ("zoom-out", "Zoom out (-)", self.zoom_out),
            ("zoom-in", "Zoom in (=)", self.zoom_in),
            ("fit", "Fit the whole project (\\)", self.zoom_fit),
        ):
            button = self._tool(icon, tooltip)
            button.clicked.connect(lambda _=False, verb=run: verb())
            tools.addWidget(button)
        corner = QWidget()
        corner.setFixedSize(WIDTH_PX, HEIGHT_PX)
        corner.setLayout(tools)
        top = QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(corner)
        top.addWidget(self.ruler, 1)
        top.addSpacing(self.rows.verticalScrollBar().sizeHint().width())
        bottom = QHBoxLayout()
        bottom.setSpacing(0)
        bottom.addSpacing(WIDTH_PX)
        bottom.addWidget(self.time_bar, 1)
        bottom.addSpacing(self.rows.verticalScrollBar().sizeHint().width())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.rows, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        studio = self.studio
        studio.project.document_changed.connect(self._on_document_changed)
        studio.project.opened.connect(self.zoom_fit)
        studio.playhead.frame_changed.connect(self._on_frame_changed)
        studio.preview.cache_changed.connect(self._on_cache_changed)
        studio.settings.changed.connect(self._on_setting_changed)
        self.snap.setChecked(bool(studio.settings.get("snap")))
        self.snap.toggled.connect(lambda is_on: studio.settings.set("snap", is_on))
        studio.preview.avatar.bank_changed.connect(self._on_bank_changed)
        self.waveforms.ready.connect(lambda _: self.rows.rows[AUDIO].body.redraw())
        self.axis.changed.connect(self._on_axis_changed)
        self.time_bar.valueChanged.connect(lambda v: self.axis.show_from(v / _SCROLL_STEPS))
        self.rows.body_resized.connect(self._on_body_resized)
        self.ruler.scrubbed.connect(studio.playhead.scrub)
        self.ruler.drag_began.connect(lambda end: studio.project.begin(f"Set {end}"))
        self.ruler.in_dragged.connect(lambda frame: self._drag_range(frame, None))
        self.ruler.out_dragged.connect(lambda frame: self._drag_range(None, frame))
        self.ruler.drag_ended.connect(
            lambda is_kept: studio.project.commit() if is_kept else studio.project.cancel()
        )
        self.ruler.marker_activated.connect(self._rename_marker)
        self.ruler.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.ruler.customContextMenuRequested.connect(self.menus.open_ruler)
        for row in self.rows.rows.values():
            self._connect_row(row)

    def _connect_row(self, row: TrackRow) -> None:
        row.body.menu_wanted.connect(
            lambda at, point, body=row.body: self.menus.open_body(body, at, point)
        )
        row.header.add_wanted.connect(lambda at, r=row: self.menus.open_add(r, at))
        row.header.menu_wanted.connect(lambda at, r=row: self.menus.open_header(r, at))
        for target, is_header in ((row.body, False), (row.header, True)):
            drops = TrackDrops(self.studio, self.desk, row.track, target, is_header=is_header)
            drops.factors_wanted.connect(self._ask_factors)

    # --- following -----------------------------------------------------------------------------

    def _on_document_changed(self) -> None:
        document = self.studio.project.document
        self.axis.set_length(document.n_frames)
        shown = document.range
        marks = tuple((m.frame, m.name, m.color) for m in document.markers)
        self.ruler.set_document(document.rate, (shown.start, shown.stop), marks)

    def _on_frame_changed(self, frame: int) -> None:
        self.ruler.set_frame(frame)
        self.axis.reveal(frame)

    def _on_cache_changed(self) -> None:
        self.ruler.set_cache(self.studio.preview.statuses())

    def _on_bank_changed(self) -> None:
        """Clips were tracked: their gaps are known now."""
        for body in self.rows.bodies:
            body.redraw()

    def _on_setting_changed(self, name: str) -> None:
        if name == "snap":
            self.snap.setChecked(bool(self.studio.settings.get("snap")))

    def _on_axis_changed(self) -> None:
        with QSignalBlocker(self.time_bar):
            self.time_bar.setRange(0, round(self.axis.last_first * _SCROLL_STEPS))
            self.time_bar.setPageStep(max(1, round(self.axis.n_visible * _SCROLL_STEPS)))
            self.time_bar.setSingleStep(_SCROLL_STEPS)
            self.time_bar.setValue(round(self.axis.first * _SCROLL_STEPS))

    def _on_body_resized(self, width: int) -> None:
        is_first = not self.property("was_fitted")
        self.axis.set_width(width)
        if is_first and self.isVisible():
            self.setProperty("was_fitted", True)
            self.zoom_fit()

    # --- doing ---------------------------------------------------------------------------------

    def _zoom(self, steps: float) -> None:
        x = self.axis.to_x(self.studio.playhead.frame)
        self.axis.zoom(steps, x if 0 <= x <= self.axis.width else self.axis.width / 2.0)

    def _drag_range(self, in_frame: int | None, out_frame: int | None) -> None:
        project = self.studio.project
        shown = project.document.range
        start = shown.start if in_frame is None else min(in_frame, shown.stop - 1)
        stop = shown.stop if out_frame is None else max(out_frame, shown.start + 1)
        n_frames = project.document.n_frames
        if project.in_gesture:
            ends = (start or None, stop if stop < n_frames else None)
            project.preview(set_range(project.document, *ends))

    def _ask_factors(self, drop: Drop) -> None:
        self.factors_wanted.emit(drop)
        path, use, has_sound = shown_clip(self.studio, drop)
        dialog = ClipDialog(self.studio.faces, path, use, has_sound=has_sound, parent=self)
        dialog.chosen.connect(lambda factors, how: lay_drop(self.studio, drop, factors, how))
        dialog.open()

    def _rename_marker(self, frame: int) -> None:
        marker = next(m for m in self.studio.project.document.markers if m.frame == frame)
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Marker")
        dialog.setLabelText("Name")
        dialog.setTextValue(marker.name)
        dialog.textValueSelected.connect(
            lambda name: self.studio.project.edit(
                "Rename marker", lambda d: set_marker(d, replace(marker, name=name))
            )
        )
        dialog.open()

    def _path_of(self, source_id: str) -> Path | None:
        project = self.studio.project
        source = project.document.source(source_id)
        if source is None or source.media is None:
            return None
        try:
            return source_path(source, project.folder)
        except SessionError:
            return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Runs the commands that count only here."""
        if not self._keys.run(QKeySequence(event.keyCombination())):
            super().keyPressEvent(event)

"""Opens the menu of what lies under the pointer: strips, curves, mouth shapes, headers, ruler."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtWidgets import QFileDialog, QMenu

from core.base.controls import Factor
from studio.controller.selection import AUDIO, Mode
from studio.panels.timeline.cue_lane import CueHit
from studio.panels.timeline.curve_area import CurveArea
from studio.panels.timeline.menus import (
    add_menu,
    cue_menu,
    curve_menu,
    ruler_menu,
    strip_menu,
    track_menu,
)
from studio.panels.timeline.rows import TrackRow
from studio.panels.timeline.track_body import TrackBody

if TYPE_CHECKING:
    from studio.panels.timeline.panel import TimelinePanel


class ContextMenus(QObject):
    """The menus of one timeline.

    Args:
        panel: The timeline, their parent.
    """

    def __init__(self, panel: "TimelinePanel") -> None:
        super().__init__(panel)
        self._panel = panel
        self._studio = panel.studio

    def open_body(self, body: TrackBody, at: QPoint, point: QPointF) -> None:
        """Opens the menu of what lies at a point of a track, at a place on the screen."""
        curves, selection = body.curves, self._studio.selection
        hit = body.strips.strip_at(point)
        cue = self._panel.sounds.cue_at(point) if body.track == AUDIO else None
        if cue is not None:
            menu = self._of_cue(cue)
        elif hit is not None:
            if hit[0].id not in selection.strips:
                selection.select_strips((hit[0].id,), Mode.REPLACE)
            menu = strip_menu(self._studio.verbs, body.track == AUDIO, self._panel)
        elif curves is not None and body.has_curves and curves.rect.contains(point):
            self._take_curve(curves, point)
            panel = self._panel
            menu = curve_menu(self._studio.verbs, panel.type_value, panel.shape, panel)
        else:
            selection.focus_track(body.track)
            menu = self._of_track(body.track, max(round(self._panel.axis.to_frame(point.x())), 0))
        self._show(menu, at)

    def open_header(self, row: TrackRow, at: QPoint) -> None:
        """Opens the menu of a whole track."""
        self._studio.selection.focus_track(row.track)
        menu = track_menu(self._studio, row.track, self._panel)
        expand = menu.addAction("Show curves" if row.track != AUDIO else "Show waveform")
        expand.setCheckable(True)
        expand.setChecked(row.header.expand.isChecked())
        expand.toggled.connect(row.header.expand.setChecked)
        self._show(menu, at)

    def open_add(self, row: TrackRow, at: QPoint) -> None:
        """Opens what can be laid on a track at the playhead."""
        self._show(self._of_track(row.track, self._studio.playhead.frame), at)

    def open_ruler(self, point: QPoint) -> None:
        """Goes to a point of the ruler and opens what can be done there."""
        ruler = self._panel.ruler
        self._studio.playhead.scrub(max(round(self._panel.axis.to_frame(point.x())), 0))
        self._show(ruler_menu(self._studio.verbs, self._panel), ruler.mapToGlobal(point))

    def _show(self, menu: QMenu, at: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _take_curve(self, curves: CurveArea, point: QPointF) -> None:
        """Gives the focus to the curve under the pointer, and selects the key there."""
        selection, lane = self._studio.selection, curves.lane_at(point)
        if lane is None:
            return
        selection.focus_lane(curves.factor, lane)
        index = curves.key_at(point, lane)
        if index is not None and index not in selection.keys:
            selection.select_keys((index,))

    def _of_cue(self, hit: CueHit) -> QMenu:
        files = self._panel.cue_files
        return cue_menu(
            self._panel.sounds.cues,
            hit,
            lambda: files.ask_import(hit.strip),
            lambda: files.ask_export(hit.strip),
            self._panel,
        )

    def _of_track(self, track: str, frame: int) -> QMenu:
        return add_menu(
            self._studio, track, frame, lambda: self._ask_import(track, frame), self._panel
        )

    def _ask_import(self, track: str, frame: int) -> None:
        dialog = QFileDialog(self._panel, "Import a file")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)

        def take(name: str) -> None:
            if track == AUDIO:
                self._studio.drop_audio(Path(name), frame)
            else:
                self._studio.drop_clip(Path(name), (Factor(track),), frame)

        dialog.fileSelected.connect(take)
        dialog.open()

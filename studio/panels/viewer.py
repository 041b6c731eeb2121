"""The viewer: the picture of the playhead, compared, outlined, and grabbed to direct the face."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.session.bank import source_path
from core.timeline.source import ClipParams, PortraitParams
from studio.controller.last_export import LastExport
from studio.controller.preview import State
from studio.controller.studio import Studio
from studio.panels.crop_dialog import CropDialog
from studio.panels.viewer_drop import DropTarget
from studio.panels.viewer_empty import EmptyView
from studio.panels.viewer_gesture import ViewerGesture
from studio.panels.viewer_grips import GRIPS, Grip, outlines
from studio.widgets.icons import dress
from studio.widgets.picture_view import Mode, PictureView
from studio.widgets.theme import TRACK_COLORS

_MODES: Final = (
    (Mode.RESULT, "Result", "The picture as it is exported (F1)"),
    (Mode.WIPE, "Wipe A|B", "Result and another picture behind a bar that you drag (F2)"),
    (Mode.SIDE, "Side by side", "Result and another picture side by side (F3)"),
    (Mode.ONION, "Onion", "The previous and the next key over the picture (F4)"),
    (Mode.LANDMARKS, "Landmarks", "Outlines of the face; works without an engine (F5)"),
)
_OTHERS: Final = ("Portrait", "Snapshot A", "Snapshot B", "Last export")
_LAST_EXPORT: Final = _OTHERS.index("Last export")
_NAMES_FROM_PX: Final = 860
"""Width of the bar from which on the modes show their names."""
_VIEWS: Final = (("Face", "face"), ("Full picture", "full"))
_CURSORS: Final = {
    Grip.HEAD: Qt.CursorShape.OpenHandCursor,
    Grip.GAZE: Qt.CursorShape.CrossCursor,
    Grip.LIPS: Qt.CursorShape.SizeAllCursor,
    Grip.BROWS: Qt.CursorShape.SizeVerCursor,
}


class ViewerPanel(QWidget):
    """Shows the playhead's picture. Files and library entries may be dropped on it."""

    refused = Signal(str)
    """One sentence: why a drag did nothing."""
    portrait_wanted = Signal()
    audio_wanted = Signal()
    sample_wanted = Signal()
    mode_changed = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.view = PictureView(self)
        self.gesture = ViewerGesture(studio, self)
        self.empty = EmptyView(self.view)
        self.drops = DropTarget(studio, self)
        self.film = LastExport(studio.jobs, studio.project, studio.pool, self)
        self._modes = QButtonGroup(self)
        self._buttons: dict[Mode, QToolButton] = {}
        self._other = QComboBox(self)
        self._framing = QComboBox(self)
        self._size_label = QLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_bar())
        layout.addWidget(self.view, 1)
        self.setAcceptDrops(True)
        self._connect()
        self._on_status()

    @property
    def mode(self) -> Mode:
        """How the pictures are shown."""
        return self.view.mode

    def set_mode(self, mode: str) -> None:
        """Chooses how the pictures are shown: a value of `Mode`."""
        mode = Mode(mode)
        self._buttons[mode].setChecked(True)
        self.view.set_mode(mode)
        self._other.setEnabled(mode in (Mode.WIPE, Mode.SIDE))
        if mode is not Mode.ONION:
            self._studio.preview.want_also(())
        self._show_extras()
        self.mode_changed.emit(str(mode))

    def compare_with(self, slot: int) -> None:
        """Compares with snapshot 1 or 2, the portrait (0) or the last export (3)."""
        self._other.setCurrentIndex(slot)
        if self.mode not in (Mode.WIPE, Mode.SIDE):
            self.set_mode(Mode.WIPE)
        self._show_other()

    # --- building ------------------------------------------------------------------------------

    def _make_bar(self) -> QWidget:
        bar = QWidget(self)
        bar.setProperty("role", "bar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(2)
        self._modes.setExclusive(True)
        for mode, title, tip in _MODES:
            button = QToolButton(bar)
            button.setText(title)
            button.setAccessibleName(title)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            dress(button, str(mode), "muted")
            button.clicked.connect(lambda _, m=mode: self.set_mode(m))
            self._modes.addButton(button)
            self._buttons[mode] = button
            row.addWidget(button)
        self._buttons[Mode.RESULT].setChecked(True)
        row.addSpacing(8)
        bar.installEventFilter(self)
        self._other.addItems(_OTHERS)
        self._other.setToolTip("What the result is compared with")
        self._other.setAccessibleName("Compare with")
        self._other.setEnabled(False)
        row.addWidget(self._other)
        row.addStretch(1)
        for title, mode_name in _VIEWS:
            self._framing.addItem(title, mode_name)
        self._framing.setToolTip("The picture to render: the crop around the face, or all of it")
        self._framing.setAccessibleName("Framing")
        self._size_label.setProperty("role", "muted")
        row.addWidget(self._size_label)
        row.addSpacing(6)
        row.addWidget(self._framing)
        return bar

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Leaves only icons on the modes where their names find no room."""
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            is_wide = watched.width() >= _NAMES_FROM_PX
            styles = Qt.ToolButtonStyle
            style = styles.ToolButtonTextBesideIcon if is_wide else styles.ToolButtonIconOnly
            for button in self._buttons.values():
                button.setToolButtonStyle(style)
        return False

    def _connect(self) -> None:
        studio, view = self._studio, self.view
        studio.preview.picture_ready.connect(self._on_picture)
        studio.preview.status_changed.connect(self._on_status)
        studio.preview.motion_changed.connect(self._show_extras)
        studio.preview.cache_changed.connect(self._on_cache)
        studio.preview.snapshots_changed.connect(self._show_other)
        studio.preview.source_ready.connect(self._show_other)
        self.film.changed.connect(self._show_other)
        studio.playhead.frame_changed.connect(self._show_extras)
        studio.selection.changed.connect(self._on_cache)
        studio.project.document_changed.connect(self._on_document)
        studio.project.opened.connect(self._on_opened)
        view.grabbed.connect(lambda at: self.gesture.grab(at.x(), at.y()))
        view.dragged.connect(lambda at, is_fine: self.gesture.drag(at.x(), at.y(), is_fine=is_fine))
        view.dropped.connect(lambda is_kept: self.gesture.drop(is_kept=is_kept))
        view.rolled.connect(lambda n, is_fine: self.gesture.roll(n, is_fine=is_fine))
        view.hovered.connect(self._on_hovered)
        self.gesture.refused.connect(self.refused)
        self.drops.hint_changed.connect(self.empty.set_drop_hint)
        self.empty.portrait_wanted.connect(self.portrait_wanted)
        self.empty.audio_wanted.connect(self.audio_wanted)
        self.empty.sample_wanted.connect(self.sample_wanted)
        self.empty.crop_wanted.connect(self._on_crop_wanted)
        self._other.activated.connect(self._show_other)
        self._framing.activated.connect(self._on_framing)

    # --- what comes in -------------------------------------------------------------------------

    def _on_picture(self, _: int, picture: NDArray[np.uint8]) -> None:
        self.view.set_result(picture)
        self._show_other()
        self.empty.set_has_picture(has_picture=True)

    def _on_opened(self) -> None:
        self.view.set_result(None)
        self._on_status()

    def _on_document(self) -> None:
        view = self._studio.project.document.avatar.view
        self._framing.setCurrentIndex(self._framing.findData(view.mode))

    def _on_status(self) -> None:
        preview = self._studio.preview
        width, height = preview.size
        self.view.set_size(width, height)
        self._size_label.setText(f"{width} × {height}" if width else "")
        is_empty = preview.state is State.EMPTY
        if is_empty:
            self.view.set_result(None)
        has_picture = self.view.has_picture and preview.state is not State.FAILED
        self.empty.show_state(
            preview.state, preview.reason, has_picture=has_picture, faceless=self._faceless()
        )
        self._on_document()
        self._show_extras()

    def _faceless(self) -> str:
        """The file name of a portrait in which no usable face was found; else nothing."""
        document = self._studio.project.document
        portrait = document.source(document.avatar.source_id)
        if not self._studio.preview.avatar.lacks_face or portrait is None or not portrait.media:
            return ""
        return Path(portrait.media.path).name

    def _on_crop_wanted(self) -> None:
        project = self._studio.project
        portrait = project.document.source(project.document.avatar.source_id)
        if portrait is None or not isinstance(portrait.params, PortraitParams | ClipParams):
            return
        path = source_path(portrait, project.folder)
        dialog = CropDialog(self._studio.faces, path, portrait.params.crop, self)
        dialog.chosen.connect(lambda crop: self._studio.set_crop(portrait.id, crop))
        dialog.open()

    def _on_cache(self) -> None:
        if self.mode is Mode.ONION:
            self._show_ghosts()

    def _on_hovered(self, at: QPointF) -> None:
        grip = self.gesture.grip_at(at.x(), at.y())
        if grip is None:
            self.view.unsetCursor()
            self.view.setToolTip("")
        else:
            self.view.setCursor(_CURSORS[grip])
            self.view.setToolTip(GRIPS[grip].hint)

    def _on_framing(self) -> None:
        size = self._studio.project.document.avatar.view.size
        self._studio.set_view(str(self._framing.currentData()), size)

    # --- what is shown beside the picture ------------------------------------------------------

    def _show_extras(self) -> None:
        if self.mode is Mode.ONION:
            self._show_ghosts()
        elif self.mode is Mode.LANDMARKS and self._studio.preview.size != (0, 0):
            frame = self._studio.playhead.frame
            self.view.set_lines(outlines(self._studio.preview.landmarks(frame)))
        elif self.mode in (Mode.WIPE, Mode.SIDE):
            self._show_other()

    def _show_other(self) -> None:
        if self.mode not in (Mode.WIPE, Mode.SIDE):
            return
        index, preview = self._other.currentIndex(), self._studio.preview
        name = self._other.currentText()
        if index == _LAST_EXPORT:
            other = self.film.picture(self._studio.playhead.frame)
            if other is None and self.film.has_film:
                return  # on its way, or beyond the film's end: what was there stays
        else:
            other = preview.source_picture if index == 0 else preview.snapshot(index)
        self.view.set_other(other, name if other is not None else f"{name} (none yet)")

    def _show_ghosts(self) -> None:
        """The pictures of the keys around the playhead, or their outlines until those are ready."""
        preview, pictures, lines = self._studio.preview, [], []
        if preview.size == (0, 0):
            return
        tones = (TRACK_COLORS["lips"], TRACK_COLORS["eyes"])
        frames = self._key_frames()
        preview.want_also([frame for frame in frames if frame is not None])
        for frame, tone in zip(frames, tones, strict=True):
            if frame is None:
                continue
            picture = preview.picture(frame)
            if picture is not None:
                pictures.append(picture)
            lines.append((tone, outlines(preview.landmarks(frame))))
        self.view.set_ghosts(pictures, lines)

    def _key_frames(self) -> tuple[int | None, int | None]:
        """Frames of the last key before and the first one after the playhead.

        Those of the focused curve count, without one those of all.
        """
        now = self._studio.playhead.frame
        document = self._studio.project.document
        curves = [self._studio.selection.curve]
        if not curves[0].keys:
            curves = [offset.curve for track in document.tracks for offset in track.offsets]
        frames = {round(key.frame) for curve in curves for key in curve.keys}
        before = max((f for f in frames if f < now), default=None)
        after = min((f for f in frames if f > now), default=None)
        return before, after

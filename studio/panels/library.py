"""The library: portraits, audio, clips, takes and presets, used by double click or by dragging."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.motion.presets import EMOTIONS
from core.timeline.source import PresetParams
from studio.controller.library import PRESET_PREFIX, Item
from studio.controller.library import Section as Group
from studio.controller.studio import Studio
from studio.panels.library_use import Use, uses_of
from studio.widgets.drag_data import dragged_files
from studio.widgets.emotion_face import draw_face
from studio.widgets.fields import Section
from studio.widgets.icons import dress
from studio.widgets.theme import TRACK_COLORS, colors, theme_signal
from studio.widgets.thumbnail_list import PICTURE_PX, ThumbnailList, Tile

MIN_WIDTH_PX: Final = 260
_LOOKS: Final = {
    Group.PORTRAITS: ("portrait", "#7c6cf2"),
    Group.AUDIO: ("audio", TRACK_COLORS["audio"]),
    Group.CLIPS: ("clip", TRACK_COLORS["head_pose"]),
    Group.TAKES: ("take", TRACK_COLORS["eyes"]),
    Group.GENERATED: ("generate", TRACK_COLORS["lips"]),
    Group.PRESETS: ("preset", TRACK_COLORS["expression"]),
}
_EMPTY: Final = {
    Group.PORTRAITS: "Drop a portrait here, or press Import.",
    Group.AUDIO: "Drop a recording of a voice here.",
    Group.CLIPS: "Drop a video of a face here: each track can take its motion from another one.",
    Group.TAKES: "Recorded takes are kept here.",
}
_FILTER: Final = (
    "Media (*.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.gif *.mp4 *.mov *.mkv *.webm *.avi "
    "*.wav *.mp3 *.m4a *.ogg *.flac *.csv *.safetensors *.safetensors);;All files (*)"
)


class LibraryPanel(QWidget):
    """What the project is made from and what may be added."""

    relink_wanted = Signal()
    """A person asks for files that were not found."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._library = studio.library
        self._dialog: QFileDialog | None = None
        self.menu = QMenu(self)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Show only entries whose name holds these words")
        self.search.setAccessibleName("Search the library")
        self.search.textChanged.connect(self.refresh)
        self.import_button = QPushButton("Import", self)
        self.import_button.setToolTip("Add portraits, recordings, clips and motion files (Ctrl+I)")
        dress(self.import_button, "import")
        self.import_button.clicked.connect(self.choose_files)
        self.lists: dict[Group, ThumbnailList] = {}
        self._sections: dict[Group, Section] = {}
        self._hints: dict[Group, QLabel] = {}
        self._drop_hint = QLabel("Drop to add to the library", self)
        self._drop_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop_hint.hide()
        self._lay_out()
        self.setAcceptDrops(True)
        self.setMinimumWidth(MIN_WIDTH_PX)
        studio.library.changed.connect(self.refresh)
        studio.library.thumbnail_ready.connect(self._on_thumbnail_ready)
        studio.selection.changed.connect(self._show_current)
        theme_signal().changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows the library as it is."""
        search = self.search.text()
        for group, view in self.lists.items():
            items = self._library.items(group, search)
            view.set_tiles([self._tile(item) for item in items])
            has_items = bool(items)
            hint = _EMPTY.get(group, "")
            view.setVisible(has_items)
            self._hints[group].setVisible(not has_items and bool(hint) and not search)
            self._sections[group].setVisible(has_items or (bool(hint) and not search))
        self._show_current()

    def use(self, item_id: str) -> None:
        """Does what a double click does."""
        item = self._library.item(item_id)
        if item is not None:
            uses_of(self._studio, item)[0].run()

    def choose_files(self) -> None:
        """Asks for files to add."""
        dialog = QFileDialog(self, "Import media", self._studio.settings.get("last_folder"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(_FILTER.split(";;"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.import_files([Path(n) for n in names]))
        self._dialog = dialog
        dialog.open()

    def import_files(self, paths: list[Path]) -> None:
        """Adds files; the next file dialog begins where they lie."""
        if paths:
            self._studio.settings.set("last_folder", str(paths[0].parent))
            self._studio.import_media(paths)

    def show_menu(self, item_id: str, at: QPoint) -> QMenu | None:
        """Opens the menu of an entry at a place on the screen."""
        item = self._library.item(item_id)
        if item is None:
            return None
        menu = self.menu
        menu.clear()
        self._add_uses(menu, uses_of(self._studio, item))
        menu.addSeparator()
        if item.is_missing:
            menu.addAction("Find file…").triggered.connect(self.relink_wanted)
        if item.path is not None:
            folder = QUrl.fromLocalFile(str(item.path.parent))
            menu.addAction("Reveal in folder").triggered.connect(
                lambda: QDesktopServices.openUrl(folder)
            )
        if self._library.source(item_id) is not None:
            rename = menu.addAction("Rename")
            rename.triggered.connect(lambda: self.lists[item.section].start_renaming(item_id))
            text = f"Remove with {_strips(item.n_uses)}" if item.n_uses else "Remove"
            remove = menu.addAction(text)
            remove.triggered.connect(lambda: self._library.remove(item_id))
            unused = menu.addAction("Remove all that is unused")
            unused.triggered.connect(self._library.remove_unused)
        menu.popup(at)
        return menu

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes files from outside."""
        if dragged_files(event.mimeData()):
            self._drop_hint.show()
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Takes files from outside."""
        if dragged_files(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Forgets the drag."""
        self._drop_hint.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Imports what was dropped."""
        self._drop_hint.hide()
        paths = dragged_files(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.import_files(paths)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.search, 1)
        top.addWidget(self.import_button)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(2)
        for group in Group:
            view = ThumbnailList(body)
            view.setAccessibleName(group.value)
            view.used.connect(self.use)
            view.chosen.connect(self._studio.selection.select_source)
            view.renamed.connect(self._library.rename)
            view.remove_wanted.connect(self._on_remove_wanted)
            view.menu_wanted.connect(self.show_menu)
            hint = QLabel(_EMPTY.get(group, ""), body)
            hint.setWordWrap(True)
            hint.setProperty("role", "muted")
            hint.setContentsMargins(6, 2, 6, 4)
            section = Section(group.value, [view, hint], body)
            column.addWidget(section)
            self.lists[group], self._sections[group], self._hints[group] = view, section, hint
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self._drop_hint)
        layout.addWidget(scroll, 1)

    def _tile(self, item: Item) -> Tile:
        icon, tint = _LOOKS[item.section]
        image = self._library.thumbnail(item.id)
        emotions = self._emotions(item)
        if image is None and emotions:
            size = (2 * PICTURE_PX.width(), 2 * PICTURE_PX.height())
            image = draw_face(emotions, tint, colors().field, size)
        if item.section is Group.PORTRAITS:
            badge = "in use" if item.n_uses else ""
        else:
            badge = f"{item.n_uses}×" if item.n_uses else ""
        is_fixed = self._library.source(item.id) is None
        return Tile(
            item.id,
            item.title,
            item.subtitle,
            icon,
            tint,
            image,
            badge,
            item.is_missing,
            is_fixed,
        )

    def _emotions(self, item: Item) -> dict[str, float]:
        """The controls of a preset; a calm face for the neutral one; empty for other entries."""
        if item.id.startswith(PRESET_PREFIX):
            return {"neutral": 0.0} | dict(EMOTIONS.get(item.id.removeprefix(PRESET_PREFIX), {}))
        source = self._library.source(item.id)
        values: dict[str, float] = {}
        if source is not None and isinstance(source.params, PresetParams):
            values["neutral"] = 0.0
            for emotion in source.params.emotions:
                for control, value in EMOTIONS.get(emotion.name, {}).items():
                    values[control] = values.get(control, 0.0) + value * emotion.intensity
        return values

    def _add_uses(self, menu: QMenu, uses: list[Use]) -> None:
        for use in uses:
            action = menu.addAction(use.title)
            action.setEnabled(use.is_possible)
            action.triggered.connect(use.run)
        if uses:
            menu.setDefaultAction(menu.actions()[0])

    def _show_current(self) -> None:
        current = self._studio.selection.source_id
        for view in self.lists.values():
            has_it = any(tile.id == current for tile in view.tiles)
            view.set_current(current if has_it else None)

    def _on_thumbnail_ready(self, item_id: str) -> None:
        item, image = self._library.item(item_id), self._library.thumbnail(item_id)
        if item is not None and image is not None:
            self.lists[item.section].set_image(item_id, image)

    def _on_remove_wanted(self, item_id: str) -> None:
        if self._library.source(item_id) is not None:
            self._library.remove(item_id)


def _strips(n_uses: int) -> str:
    return "its strip" if n_uses == 1 else f"its {n_uses} strips"

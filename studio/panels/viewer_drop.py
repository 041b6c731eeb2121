"""What files do that are dropped on the viewer or the window."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from studio.controller.studio import Studio
from studio.panels.library_use import uses_of
from studio.widgets.drag_data import dragged_files, dragged_source

_PICTURES: Final = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif"}
)
_SOUNDS: Final = frozenset({".wav", ".mp3", ".m4a", ".ogg", ".flac", ".aac", ".opus", ".wma"})


class Kind(StrEnum):
    """What a dropped file is, by its ending."""

    SESSION = "session"
    PICTURE = "picture"
    SOUND = "sound"
    OTHER = "other"


_HINTS: Final = {
    Kind.SESSION: "Drop to open the session",
    Kind.PICTURE: "Drop to animate this portrait",
    Kind.SOUND: "Drop to let it speak this",
    Kind.OTHER: "Drop to add to the library",
}


def kind_of(path: Path) -> Kind:
    """What a file is, by its ending alone; reading it later may find otherwise."""
    suffix = path.suffix.lower()
    if suffix in (".avatar", ".zip") or path.name == "project.json":
        return Kind.SESSION
    if suffix in _PICTURES:
        return Kind.PICTURE
    return Kind.SOUND if suffix in _SOUNDS else Kind.OTHER


class DropTarget(QObject):
    """Takes the drops of one widget: a portrait is animated, a sound is spoken, the rest kept."""

    hint_changed = Signal(str)
    session_dropped = Signal(object)
    """Path of a session folder or a shared zip."""

    def __init__(self, studio: Studio, target: QWidget) -> None:
        super().__init__(target)
        self._studio = studio
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Answers drags over the widget."""
        kind = event.type()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove):
            return self._on_drag(event) if isinstance(event, QDragEnterEvent) else False
        if kind is QEvent.Type.DragLeave:
            self.hint_changed.emit("")
        elif kind is QEvent.Type.Drop and isinstance(event, QDropEvent):
            paths = dragged_files(event.mimeData())
            item_id = dragged_source(event.mimeData())
            self.hint_changed.emit("")
            if item_id is not None and self.use(item_id):
                event.acceptProposedAction()
                return True
            if paths:
                event.acceptProposedAction()
                self.take(paths)
                return True
        return False

    def take(self, paths: list[Path]) -> None:
        """Does what a drop of these files does."""
        kinds = [kind_of(path) for path in paths]
        if Kind.SESSION in kinds:
            self.session_dropped.emit(paths[kinds.index(Kind.SESSION)])
        elif kinds == [Kind.PICTURE]:
            self._studio.set_portrait(paths[0])
        elif kinds == [Kind.SOUND]:
            self._studio.set_audio(paths[0])
        else:
            self._studio.import_media(paths)

    def use(self, item_id: str) -> bool:
        """Does with an entry of the library what a double click on it does."""
        item = self._studio.library.item(item_id)
        first = uses_of(self._studio, item)[0] if item is not None else None
        if first is None or not first.is_possible:
            return False
        first.run()
        return True

    def _on_drag(self, event: QDragEnterEvent) -> bool:
        paths = dragged_files(event.mimeData())
        item_id = dragged_source(event.mimeData())
        item = None if item_id is None else self._studio.library.item(item_id)
        if item is not None:
            self.hint_changed.emit(f"Drop: {uses_of(self._studio, item)[0].title.lower()}")
            event.acceptProposedAction()
            return True
        if not paths:
            return False
        kinds = {kind_of(path) for path in paths}
        one = next(iter(kinds)) if len(kinds) == 1 else Kind.OTHER
        self.hint_changed.emit(_HINTS[Kind.SESSION if Kind.SESSION in kinds else one])
        event.acceptProposedAction()
        return True

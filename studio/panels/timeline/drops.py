"""What is dropped on the tracks: a file or a library entry on one track feeds that factor only."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QWidget

from core.base.controls import Factor
from core.session.bank import source_path
from core.session.compose import LIVE_LINK_SUFFIX
from core.session.takes import TAKE_SUFFIX
from core.timeline.edits import TITLES
from core.timeline.source import ClipParams
from studio.controller.assembly import PLAINLY, ClipUse
from studio.controller.selection import AUDIO
from studio.controller.studio import Studio
from studio.panels.timeline.desk import Desk
from studio.widgets.drag_data import dragged_files, dragged_source

_SOUNDS: Final = frozenset({".wav", ".mp3", ".m4a", ".ogg", ".flac", ".aac", ".opus", ".wma"})


@dataclass(frozen=True, slots=True)
class Drop:
    """What was dropped and where.

    Attributes:
        paths: Files.
        item: Id of a library entry, or None.
        frame: Document frame.
    """

    paths: tuple[Path, ...]
    item: str | None
    frame: int


class TrackDrops(QObject):
    """Takes the drops on one row of the timeline.

    Args:
        studio: Does what is asked.
        desk: What the timeline works on.
        track: `AUDIO` or a factor.
        target: Body or header of the row.
        is_header: Whether factors are asked for instead of taking the track's own.
    """

    factors_wanted = Signal(object)
    """A `Drop` whose factors are to be chosen first (Shift, or on a header)."""

    def __init__(
        self, studio: Studio, desk: Desk, track: str, target: QWidget, *, is_header: bool = False
    ) -> None:
        super().__init__(target)
        self._studio = studio
        self._desk = desk
        self._track = track
        self._target = target
        self._is_header = is_header
        self._hint = QLabel(target)
        self._hint.setProperty("role", "muted")
        self._hint.setAutoFillBackground(True)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._hint.hide()
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows what a drop would do, and does it."""
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._hint.hide()
            drop = self._drop_of(event)
            if drop is None:
                return False
            event.acceptProposedAction()
            self._take(drop, event.modifiers())
            return True
        if isinstance(event, QDragEnterEvent | QDragMoveEvent):
            if self._drop_of(event) is None:
                return False
            self._show_hint(event)
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.DragLeave:
            self._hint.hide()
        return False

    def _drop_of(self, event: QDropEvent) -> Drop | None:
        data: QMimeData = event.mimeData()
        paths, item = tuple(dragged_files(data)), dragged_source(data)
        if not paths and item is None:
            return None
        frame = self._desk.playhead.frame
        if not self._is_header:
            frame = max(round(self._desk.axis.to_frame(event.position().x())), 0)
        return Drop(() if item else paths, item, frame)

    def _asks(self, modifiers: Qt.KeyboardModifier) -> bool:
        return self._is_header or bool(modifiers & Qt.KeyboardModifier.ShiftModifier)

    def _take(self, drop: Drop, modifiers: Qt.KeyboardModifier) -> None:
        if self._asks(modifiers):
            self.factors_wanted.emit(drop)
            return
        factors = () if self._track == AUDIO else (Factor(self._track),)
        lay_drop(self._studio, drop, factors)

    def _show_hint(self, event: QDropEvent) -> None:
        title = "Audio" if self._track == AUDIO else TITLES[Factor(self._track)]
        text = f"{title} only · Shift chooses factors"
        if self._asks(event.modifiers()):
            text = "Choose which factors it drives"
        self._hint.setText(f" {text} ")
        self._hint.adjustSize()
        x = min(int(event.position().x()) + 12, self._target.width() - self._hint.width())
        self._hint.move(max(x, 0), 2)
        self._hint.show()
        self._hint.raise_()


def lay_drop(
    studio: Studio, drop: Drop, factors: Collection[Factor], use: ClipUse = PLAINLY
) -> None:
    """Lays what was dropped on the tracks of `factors`; sound goes to the audio track."""
    if drop.item is not None:
        studio.drop_source(drop.item, factors, drop.frame, use)
    for path in drop.paths:
        if path.suffix.lower() in _SOUNDS or not factors:
            studio.drop_audio(path, drop.frame)
        else:
            studio.drop_clip(path, factors, drop.frame, use)


def shown_clip(studio: Studio, drop: Drop) -> tuple[Path | None, ClipUse, bool]:
    """What a dialog asks about a drop: the clip whose faces it shows, its use, whether it sounds.

    The sound of what is in the library already is laid from there.
    """
    if drop.item is not None:
        source = studio.project.document.source(drop.item)
        if source is None or source.media is None or not isinstance(source.params, ClipParams):
            return None, PLAINLY, False
        params = source.params
        path = source_path(source, studio.project.folder)
        return path, ClipUse(params.face, params.crop), False
    blind = {*_SOUNDS, LIVE_LINK_SUFFIX, TAKE_SUFFIX}
    pictures = [p for p in drop.paths if p.suffix.lower() not in blind]
    return (pictures[0] if len(pictures) == 1 else None), PLAINLY, bool(pictures)

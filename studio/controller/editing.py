"""The document with its history: steps, gestures, undo, and whether it is what was saved."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from core.base.errors import StudioError
from core.timeline.document import Document
from core.timeline.history import History


class Editing(QObject):
    """One document that is edited. Main thread only.

    Args:
        document: What it begins with, which counts as saved.
    """

    document_changed = Signal()
    """The document is another one, in the middle of a gesture as well."""
    history_changed = Signal()
    """A step was made, undone or redone."""
    session_changed = Signal()
    """Title, folder, modified or read-only changed."""
    message = Signal(str)
    """One sentence for the status bar."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._restart(document)

    @property
    def document(self) -> Document:
        """The document as it is shown, in the middle of a gesture as well."""
        return self._history.document

    @property
    def is_modified(self) -> bool:
        """Whether closing it would lose something."""
        document = self.document
        return document is not self._saved and document != self._saved

    def apply(self, label: str, document: Document) -> None:
        """Makes one undoable step; none when nothing changed."""
        self._history.apply(label, document)
        self._tell_step()

    def edit(self, label: str, change: Callable[[Document], Document]) -> bool:
        """Makes one undoable step of `change(document)`, or says why not.

        A refused edit (a locked track) is told by `message`.

        Returns:
            Whether the document changed.
        """
        before = self.document
        try:
            after = change(before)
        except StudioError as error:
            self.message.emit(str(error))
            return False
        self.apply(label, after)
        return self.document is not before

    def begin(self, label: str) -> None:
        """Starts a gesture: many previews, one step. One under way is committed first."""
        was_open = self._history.in_gesture
        self._history.begin(label)
        if was_open:
            self._tell_step()

    def preview(self, document: Document) -> None:
        """Shows a document within a gesture.

        Raises:
            RuntimeError: no gesture is under way.
        """
        if document is not self.document:
            self._history.preview(document)
            self.document_changed.emit()

    def commit(self) -> None:
        """Ends the gesture as one step."""
        if self._history.in_gesture:
            self._history.commit()
            self._tell_step()

    def cancel(self) -> None:
        """Ends the gesture; the document is exactly the one of before."""
        if self._history.in_gesture:
            self._history.cancel()
            self.document_changed.emit()

    @property
    def in_gesture(self) -> bool:
        """Whether a gesture is under way."""
        return self._history.in_gesture

    def undo(self) -> None:
        """One step back; a gesture under way is cancelled instead."""
        self._history.undo()
        self._tell_step()

    def redo(self) -> None:
        """One step forth."""
        self._history.redo()
        self._tell_step()

    def jump(self, position: int) -> None:
        """Shows the step at an index of `history_labels`."""
        self._history.jump(position)
        self._tell_step()

    @property
    def history_labels(self) -> tuple[str, ...]:
        """Names of all steps, oldest first, those that were undone included."""
        return self._history.labels

    @property
    def history_position(self) -> int:
        """Index in `history_labels` of what is shown."""
        return self._history.position

    @property
    def undo_label(self) -> str | None:
        """Name of what `undo` takes back, or None."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str | None:
        """Name of what `redo` brings back, or None."""
        return self._history.redo_label

    # --- inside --------------------------------------------------------------------------------

    def _restart(self, document: Document) -> None:
        """Begins anew with another document, which counts as saved."""
        self._history = History(document)
        self._saved = document
        self._was_modified = False

    def _set_saved(self, document: Document) -> None:
        """This document is the saved one from now on."""
        self._saved = document
        self._was_modified = self.is_modified
        self.session_changed.emit()

    def _tell_step(self) -> None:
        self.document_changed.emit()
        self.history_changed.emit()
        is_modified = self.is_modified
        if is_modified != self._was_modified:
            self._was_modified = is_modified
            self.session_changed.emit()

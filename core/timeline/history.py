"""Undo: the roots of the document, one step per gesture.

A drag is one gesture: `begin`, many `preview`s, then `commit` (one step) or `cancel` (the very
document of before). Main thread only.
"""

from dataclasses import dataclass
from typing import Final

from core.timeline.document import Document

N_STEPS: Final = 200


@dataclass(frozen=True, slots=True)
class Step:
    """A document and the name of the edit that made it."""

    label: str
    document: Document


class History:
    """The document as it is, what it was, and what it was before an undo."""

    def __init__(self, document: Document, n_steps: int = N_STEPS) -> None:
        self._steps = [Step("Open", document)]
        self._now = 0
        self._n_steps = n_steps
        self._saved = document
        self._gesture: tuple[str, Document] | None = None

    @property
    def document(self) -> Document:
        """The document to show, in the middle of a gesture as well."""
        return self._steps[self._now].document if self._gesture is None else self._gesture[1]

    @property
    def is_modified(self) -> bool:
        """Whether the document differs from the one that was saved last."""
        return self.document is not self._saved and self.document != self._saved

    @property
    def in_gesture(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of all steps, oldest first, those that were undone included."""
        return tuple(step.label for step in self._steps)

    @property
    def position(self) -> int:
        """Index in `labels` of the step that is shown."""
        return self._now

    @property
    def undo_label(self) -> str | None:
        """Name of what `undo` takes back, or None."""
        return self._steps[self._now].label if self._now > 0 else None

    @property
    def redo_label(self) -> str | None:
        """Name of what `redo` brings back, or None."""
        ahead = self._now + 1
        return self._steps[ahead].label if ahead < len(self._steps) else None

    def apply(self, label: str, document: Document) -> None:
        """Makes one step; no step when nothing changed."""
        self.begin(label)
        self.preview(document)
        self.commit()

    def begin(self, label: str) -> None:
        """Starts a gesture; one that is under way is committed first."""
        self.commit()
        self._gesture = (label, self.document)

    def preview(self, document: Document) -> None:
        """Shows `document` without making a step.

        Raises:
            RuntimeError: no gesture is under way.
        """
        if self._gesture is None:
            raise RuntimeError("preview outside a gesture")
        self._gesture = (self._gesture[0], document)

    def commit(self) -> None:
        """Ends the gesture as one step; what had been undone is gone. No gesture: nothing."""
        if self._gesture is None:
            return
        label, document = self._gesture
        self._gesture = None
        before = self._steps[self._now].document
        if document is before or document == before:
            return
        del self._steps[self._now + 1 :]
        self._steps.append(Step(label, document))
        del self._steps[: -self._n_steps - 1]
        self._now = len(self._steps) - 1

    def cancel(self) -> None:
        """Ends the gesture and shows exactly what was there before it."""
        self._gesture = None

    def undo(self) -> Document:
        """One step back (or stays at the oldest); a gesture under way is cancelled instead."""
        if self._gesture is not None:
            self.cancel()
        elif self._now > 0:
            self._now -= 1
        return self.document

    def redo(self) -> Document:
        """One step forth, or stays at the newest."""
        self.cancel()
        self._now = min(self._now + 1, len(self._steps) - 1)
        return self.document

    def jump(self, position: int) -> Document:
        """Shows the step at an index of `labels`.

        Raises:
            IndexError: there is no such step.
        """
        if not 0 <= position < len(self._steps):
            raise IndexError(f"no step {position} among {len(self._steps)}")
        self.cancel()
        self._now = position
        return self.document

    def mark_saved(self) -> None:
        """The document as it is shown now is what lies on disk."""
        self._saved = self.document

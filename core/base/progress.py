"""Progress and cancellation of one piece of long work. Safe to use from several threads."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from core.base.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Step:
    """How far a stage has come: `done` of `total` units (`total` is None while unknown)."""

    stage: str
    done: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence for the user that does not stop the work."""

    text: str


class Progress:
    """Reports steps and notes to a listener and carries the cancel flag.

    Long work calls `report` (or `check`) at least every 0.2 s; both raise `Cancelled` once
    `cancel` was called from any thread.
    """

    def __init__(
        self,
        listener: Callable[[Step | Note], None] | None = None,
        parent: "Progress | None" = None,
    ) -> None:
        self._listener = listener
        self._parent = parent
        self._cancelled = threading.Event()

    def fork(self) -> "Progress":
        """A part of this work that can be cancelled alone, and is cancelled with the whole."""
        return Progress(self._listener, self)

    def report(self, stage: str, done: int, total: int | None = None) -> None:
        """Tells the listener that `done` of `total` units of `stage` are finished."""
        self.check()
        if self._listener is not None:
            self._listener(Step(stage, done, total))

    def note(self, text: str) -> None:
        """Passes one sentence to the user."""
        if self._listener is not None:
            self._listener(Note(text))

    @property
    def is_cancelled(self) -> bool:
        """Whether the work is asked to stop."""
        is_parent_cancelled = self._parent is not None and self._parent.is_cancelled
        return self._cancelled.is_set() or is_parent_cancelled

    def check(self) -> None:
        """Raises `Cancelled` when the work was cancelled."""
        if self.is_cancelled:
            raise Cancelled("Cancelled.")

    def cancel(self) -> None:
        """Asks the work to stop at its next report."""
        self._cancelled.set()

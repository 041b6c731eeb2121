"""What is going on: every piece of long work, with stage, n of N, time left and cancel."""

import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.base.progress import Note, Progress, Step


@dataclass(frozen=True, slots=True)
class Status:
    """How far a task has come.

    Attributes:
        title: What the task is for.
        stage: What it does now.
        done: Finished units of the stage.
        total: All units; None while unknown.
        left_s: Seconds until the stage ends at its pace; None while unknown.
    """

    title: str
    stage: str = ""
    done: int = 0
    total: int | None = None
    left_s: float | None = None

    @property
    def text(self) -> str:
        """One line: `Rendering 120/250 · 00:14 left`."""
        parts = [self.stage or self.title]
        if self.total:
            parts[0] += f" {self.done}/{self.total}"
        if self.left_s is not None:
            seconds = round(self.left_s)
            parts.append(f"{seconds // 60:02d}:{seconds % 60:02d} left")
        return " · ".join(parts)


class Task(QObject):
    """One piece of long work. Its `progress` may be used in any thread.

    Args:
        title: What it is for.
    """

    changed = Signal()
    noted = Signal(str)
    finished = Signal()
    cancelled = Signal()
    """Emitted when somebody asks it to stop; it goes on until its work notices."""

    _heard = Signal(object)

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = Status(title)
        self.progress = Progress(self._heard.emit)
        self._stage_began = time.monotonic()
        self._heard.connect(self._on_heard, Qt.ConnectionType.AutoConnection)

    def report(self, stage: str, done: int, total: int | None) -> None:
        """Sets how far it has come. Main thread only."""
        now = time.monotonic()
        if stage != self.status.stage:
            self._stage_began = now
        elapsed = now - self._stage_began
        left_s = elapsed * (total - done) / done if total and done else None
        self.status = Status(self.status.title, stage, done, total, left_s)
        self.changed.emit()

    def cancel(self) -> None:
        """Asks the work to stop."""
        self.progress.cancel()
        self.cancelled.emit()

    def finish(self) -> None:
        """Says that it is over, however it ended. Main thread only."""
        self.finished.emit()

    @Slot(object)
    def _on_heard(self, event: Step | Note) -> None:
        if isinstance(event, Note):
            self.noted.emit(event.text)
        else:
            self.report(event.stage, event.done, event.total)


class Activity(QObject):
    """The running tasks, in the order in which they began, for the status bar."""

    changed = Signal()
    noted = Signal(str)
    """One sentence of a task for the user."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: list[Task] = []

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All running tasks."""
        return tuple(self._tasks)

    @property
    def current(self) -> Task | None:
        """The task that the status bar shows: the newest one."""
        return self._tasks[-1] if self._tasks else None

    def begin(self, title: str) -> Task:
        """Starts a task; call its `finish` in the end."""
        task = Task(title, self)
        self._tasks.append(task)
        task.changed.connect(self.changed)
        task.noted.connect(self.noted)
        task.finished.connect(lambda: self._remove(task))
        self.changed.emit()
        return task

    def _remove(self, task: Task) -> None:
        if task in self._tasks:
            self._tasks.remove(task)
            task.deleteLater()
            self.changed.emit()

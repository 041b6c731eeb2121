"""What is going on: every piece of long work, with stage, n of N, time left and cancel."""

import time
from collections.abc import Callable
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


class Task:
    """One piece of long work; made by `Activity.begin`. Main thread only, but for `progress`.

    Attributes:
        status: How far it has come.
        progress: For the work itself, in any thread.
    """

    def __init__(self, title: str, activity: "Activity", on_cancel: Callable[[], object]) -> None:
        self.status = Status(title)
        self.progress = Progress(lambda event: activity.hear(self, event))
        self._activity = activity
        self._on_cancel = on_cancel
        self._stage_began = time.monotonic()

    def report(self, stage: str, done: int, total: int | None) -> None:
        """Sets how far it has come."""
        now = time.monotonic()
        if stage != self.status.stage:
            self._stage_began = now
        elapsed = now - self._stage_began
        left_s = elapsed * (total - done) / done if total and done else None
        self.status = Status(self.status.title, stage, done, total, left_s)
        self._activity.changed.emit()

    def cancel(self) -> None:
        """Asks the work to stop; it goes on until it notices."""
        self.progress.cancel()
        self._on_cancel()

    def finish(self) -> None:
        """Says that it is over, however it ended."""
        self._activity.end(self)


class Activity(QObject):
    """The running tasks, in the order in which they began, for the status bar."""

    changed = Signal()
    noted = Signal(str)
    """One sentence of a task for the user."""
    _heard = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks: list[Task] = []
        self._heard.connect(self._on_heard, Qt.ConnectionType.AutoConnection)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All running tasks."""
        return tuple(self._tasks)

    @property
    def current(self) -> Task | None:
        """The task that the status bar shows: the newest one."""
        return self._tasks[-1] if self._tasks else None

    def begin(self, title: str, on_cancel: Callable[[], object] = lambda: None) -> Task:
        """Starts a task; call its `finish` in the end.

        Args:
            title: What it is for.
            on_cancel: Called when somebody asks it to stop, besides cancelling its `progress`.
        """
        task = Task(title, self, on_cancel)
        self._tasks.append(task)
        self.changed.emit()
        return task

    def end(self, task: Task) -> None:
        """Takes a task off the list."""
        if task in self._tasks:
            self._tasks.remove(task)
            self.changed.emit()

    def hear(self, task: Task, event: Step | Note) -> None:
        """Takes in what a task's progress tells, from any thread."""
        self._heard.emit(task, event)

    @Slot(object, object)
    def _on_heard(self, task: Task, event: Step | Note) -> None:
        if isinstance(event, Note):
            self.noted.emit(event.text)
        elif task in self._tasks:
            task.report(event.stage, event.done, event.total)

"""Work on the session folder, one piece after the other, so that none sees it half changed."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.base.errors import Cancelled
from core.base.progress import Progress
from studio.controller.activity import Activity, Task
from studio.services.pool import Pool, sentence_of

Work = Callable[[Progress], Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    title: str
    work: Work
    on_done: Callable[[Any], None]
    on_error: Callable[[BaseException], None] | None


class DiskQueue(QObject):
    """Runs jobs in the pool. The next begins when the last one's result has been taken in."""

    failed = Signal(str)
    """One sentence: a job failed. Not emitted for cancelled ones."""
    idle = Signal()
    """Emitted when the last job is done."""

    def __init__(self, pool: Pool, activity: Activity, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._activity = activity
        self._waiting: deque[_Job] = deque()
        self._task: Task | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs or waits."""
        return self._task is None and not self._waiting

    def run(
        self,
        title: str,
        work: Work,
        on_done: Callable[[Any], None],
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Queues a job.

        Args:
            title: For the status bar.
            work: Runs in a thread; reads what it needs of the project when it begins.
            on_done: Runs on the main thread with the result.
            on_error: Runs on the main thread instead when it failed or was cancelled, before
                `failed` is emitted.
        """
        self._waiting.append(_Job(title, work, on_done, on_error))
        self._start()

    def cancel(self) -> None:
        """Drops what waits and asks the running job to stop."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        if self._task is not None or not self._waiting:
            return
        job = self._waiting.popleft()
        task = self._task = self._activity.begin(job.title)
        self._pool.run(
            lambda: job.work(task.progress),
            lambda result: self._end(lambda: job.on_done(result)),
            lambda error: self._end(lambda: self._fail(job, error)),
        )

    def _fail(self, job: _Job, error: BaseException) -> None:
        if job.on_error is not None:
            job.on_error(error)
        if not isinstance(error, Cancelled):
            self.failed.emit(sentence_of(error))

    def _end(self, react: Callable[[], None]) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.finish()
        react()
        if self.is_idle:
            self.idle.emit()
        else:
            # from the event loop, because `react` may have queued a job and started it
            QTimer.singleShot(0, self, self._start)

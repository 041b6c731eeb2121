"""Blocking work beside the main thread; its results arrive on the main thread again.

A function given to the pool captures all that it needs and changes nothing that others see.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from core.base.errors import Cancelled, StudioError

_log = logging.getLogger(__name__)
T = TypeVar("T")

UNEXPECTED = "Something went wrong in Avatar Studio itself: see the log for the details."


def sentence_of(error: BaseException) -> str:
    """What a person is told about an error; one that is our own fault goes to the log."""
    if isinstance(error, StudioError):
        return str(error)
    _log.error("unexpected error", exc_info=error)
    return UNEXPECTED


class Pool(QObject):
    """A few threads for disk work, thumbnails and sound analysis. Main thread only; close it.

    Args:
        n_threads: How many pieces of work run at once.
    """

    _finished = Signal(object, object, object)

    def __init__(self, n_threads: int = 2, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(n_threads, "studio-pool")
        self._n_pending = 0
        self._is_closed = False
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[], T],
        on_done: Callable[[T], None] | None = None,
        on_error: Callable[[BaseException], None] | None = None,
    ) -> "Future[T]":
        """Runs `work` in a thread and then one of the two callbacks on the main thread.

        After `close` neither is called. An error without `on_error` goes to the log.
        """
        self._n_pending += 1
        future = self._executor.submit(work)
        future.add_done_callback(lambda done: self._post(done, on_done, on_error))
        return future

    @property
    def is_idle(self) -> bool:
        """Whether no work is under way and no result waits to be delivered."""
        return self._n_pending == 0

    def close(self) -> None:
        """Waits for running work, drops what has not begun, and delivers nothing more."""
        self._is_closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _post(
        self,
        future: "Future[Any]",
        on_done: Callable[[Any], None] | None,
        on_error: Callable[[BaseException], None] | None,
    ) -> None:
        if not self._is_closed:
            self._finished.emit(future, on_done, on_error)

    @Slot(object, object, object)
    def _on_finished(
        self,
        future: "Future[Any]",
        on_done: Callable[[Any], None] | None,
        on_error: Callable[[BaseException], None] | None,
    ) -> None:
        self._n_pending -= 1
        if self._is_closed or future.cancelled():
            return
        error = future.exception()
        if error is None:
            if on_done is not None:
                on_done(future.result())
        elif on_error is not None:
            on_error(error)
        elif not isinstance(error, Cancelled):
            sentence_of(error)

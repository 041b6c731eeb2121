"""The requests that are not answered yet: their progress, and the one reply that ends each."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import cv2

from core.base.errors import Cancelled, FaceError, StudioError
from core.base.progress import Note, Progress, Step
from core.jobs.messages import ENDINGS, CancelledReply, Failed, Noted, Progressed, Refined, Reply

_REPORT_EVERY_S: Final = 0.05
_TORCH_NAME: Final = "OutOfMemoryError"
_OUT_OF_MEMORY: Final = (
    "There is too little memory for it, because the picture is large or other programs need it: "
    "choose a smaller size, or close them and try again."
)

_log = logging.getLogger(__name__)


class Tickets:
    """Keeps the promise that every ticket ends once. May be used from any thread."""

    def __init__(self, tell: Callable[[Reply], None]) -> None:
        """Passes replies to `tell`, one at a time."""
        self._tell = tell
        self._lock = threading.RLock()
        self._open: dict[int, Progress] = {}

    def open(self, ticket: int) -> None:
        """Begins a request."""
        with self._lock:
            self._open[ticket] = Progress(_Listener(ticket, self.tell))

    def progress(self, ticket: int) -> Progress:
        """What a request reports to and is cancelled by; a request that has ended is cancelled."""
        with self._lock:
            progress = self._open.get(ticket)
        if progress is None:
            progress = Progress()
            progress.cancel()
        return progress

    def cancel(self, ticket: int) -> None:
        """Asks a request to stop; nothing happens when it has ended."""
        self.progress(ticket).cancel()

    def tell(self, reply: Reply) -> None:
        """Passes a reply on, unless its ticket has ended; an end also stops what still works."""
        with self._lock:
            if isinstance(reply, Refined):
                self._tell(reply)
            elif reply.ticket in self._open:
                if isinstance(reply, ENDINGS):
                    self._open.pop(reply.ticket).cancel()
                self._tell(reply)

    @contextmanager
    def ending(self, ticket: int) -> Iterator[None]:
        """The border of all work: whatever it raises becomes the end of its ticket."""
        try:
            yield
        except Cancelled:
            self.tell(CancelledReply(ticket))
        except StudioError as error:
            lacks_face = isinstance(error, FaceError)
            self.tell(Failed(ticket, str(error), is_user_error=True, lacks_face=lacks_face))
        except Exception as error:  # noqa: BLE001  (the border: the engine must outlive any job)
            _log.exception("a job of the engine failed")
            if _is_out_of_memory(error):
                self.tell(Failed(ticket, _OUT_OF_MEMORY, is_user_error=True))
                return
            message = f"Something went wrong that is our fault ({type(error).__name__}: {error})."
            self.tell(Failed(ticket, message, is_user_error=False))

    def cancel_all(self) -> None:
        """Asks every request to stop."""
        with self._lock:
            for progress in self._open.values():
                progress.cancel()

    def end_all(self) -> None:
        """Ends what has not ended by itself."""
        with self._lock:
            for ticket in tuple(self._open):
                self.tell(CancelledReply(ticket))


def _is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out: the machine's, OpenCV's or, without importing torch, a device's."""
    is_opencv = isinstance(error, cv2.error) and error.code == cv2.Error.STS_NO_MEM
    return isinstance(error, MemoryError) or is_opencv or type(error).__name__ == _TORCH_NAME


class _Listener:
    """Makes replies of what a job reports; of many steps in a short time it passes on the last."""

    def __init__(self, ticket: int, tell: Callable[[Reply], None]) -> None:
        self._ticket = ticket
        self._tell = tell
        self._stage = ""
        self._told_at = 0.0

    def __call__(self, event: Step | Note) -> None:
        if isinstance(event, Note):
            self._tell(Noted(self._ticket, event.text))
            return
        now = time.monotonic()
        is_news = event.stage != self._stage or event.done == event.total
        if is_news or now - self._told_at >= _REPORT_EVERY_S:
            self._stage, self._told_at = event.stage, now
            self._tell(Progressed(self._ticket, event.stage, event.done, event.total))

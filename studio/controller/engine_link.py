"""The wire to the engine: sends requests, and brings each reply to the one who asked."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from core.jobs.host import Host
from core.jobs.messages import ENDINGS, Cancel, FrameReady, Prepare, Prepared, Reply, Request
from core.jobs.process import ProcessHost
from core.jobs.ring import Picture

HostFactory = Callable[[Callable[[], None]], Host]
"""Makes a host, given what it calls from any thread whenever `poll` would give something."""

_BUSY_MS: Final = 4
_IDLE_MS: Final = 200

Handler = Callable[[Reply], None]


class EngineLink(QObject):
    """Owns the host. Main thread only."""

    restarted = Signal()
    """The engine process died and was started again; open requests have failed."""
    died = Signal()
    """The engine process died and is given up until the next `Prepare`."""
    _woken = Signal()

    def __init__(
        self, host_factory: HostFactory = ProcessHost, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._handlers: dict[int, Handler] = {}
        self._pending: set[int] = set()
        self._is_closed = False
        self._woken.connect(self._poll, Qt.ConnectionType.QueuedConnection)
        self._host = host_factory(self._woken.emit)
        self._restarts = self._host.restarts
        self._was_alive = True
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._poll)
        self._timer.start(_IDLE_MS)

    def send(self, request: Request, handler: Handler) -> int:
        """Sends a request; `handler` gets all its replies. Returns the ticket, 0 once closed."""
        if self._is_closed:
            return 0
        ticket = self._host.submit(request)
        self._handlers[ticket] = handler
        self._pending.add(ticket)
        if isinstance(request, Prepare):
            self._was_alive = True
        self._timer.setInterval(_BUSY_MS)
        return ticket

    def cancel(self, ticket: int) -> None:
        """Asks the engine to stop; the handler still hears how it ended."""
        if ticket in self._pending and not self._is_closed:
            self._host.submit(Cancel(target=ticket))

    def forget(self, ticket: int) -> None:
        """Lets nobody hear of a ticket any more."""
        self._handlers.pop(ticket, None)
        self._pending.discard(ticket)

    def frame(self, reply: FrameReady) -> Picture:
        """The picture of a reply, within its handler."""
        return self._host.frame(reply)

    @property
    def host(self) -> Host:
        """The host itself, for what only tests and tours do to it."""
        return self._host

    @property
    def is_idle(self) -> bool:
        """Whether no request waits for its end."""
        return not self._pending

    def close(self) -> None:
        """Ends the engine; no handler is called any more."""
        if not self._is_closed:
            self._is_closed = True
            self._timer.stop()
            self._handlers.clear()
            self._pending.clear()
            self._host.close()

    @Slot()
    def _poll(self) -> None:
        if self._is_closed:
            return
        replies = self._host.poll()
        # a new process answers old tickets again: say first that it is new
        self._notice_death()
        for reply in replies:
            handler = self._handlers.get(reply.ticket)
            if isinstance(reply, ENDINGS):
                self._pending.discard(reply.ticket)
                # `Refined` follows `Prepared`, and a new process prepares the avatar again
                if not isinstance(reply, Prepared):
                    self._handlers.pop(reply.ticket, None)
            if handler is not None:
                handler(reply)
        if not self._is_closed:
            self._timer.setInterval(_BUSY_MS if self._pending else _IDLE_MS)

    def _notice_death(self) -> None:
        if self._host.restarts != self._restarts:
            self._restarts = self._host.restarts
            self.restarted.emit()
        elif self._was_alive and not self._host.is_alive:
            self._was_alive = False
            self.died.emit()

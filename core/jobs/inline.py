"""The engine in the calling thread: it works while it is polled. For tests and for debugging."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from core.jobs.loop import EngineLoop
from core.jobs.messages import FrameReady, Reply, Request
from core.jobs.ring import Picture


class _Desk:
    """Implements `Pictures` where nothing has to be carried."""

    def __init__(self) -> None:
        self.pictures: dict[int, Picture] = {}

    def put(self, ticket: int, picture: Picture) -> int:
        self.pictures[ticket] = picture.copy()
        return 0


class InlineHost:
    """Implements `Host`. Each `poll` does at most one thing: a frame, a preparation."""

    restarts = 0

    def __init__(self, on_reply: Callable[[], None] | None = None) -> None:
        """Begins without any thread.

        Args:
            on_reply: Called at every reply, also from the threads that work in the background.
        """
        self._replies: deque[Reply] = deque()
        self._on_reply = on_reply
        self._desk = _Desk()
        self._loop = EngineLoop(self._tell, self._desk)
        self._last_ticket = 0
        self._is_open = True

    @property
    def is_alive(self) -> bool:
        """Whether the host is open."""
        return self._is_open

    def submit(self, request: Request) -> int:
        """Queues a request and returns its ticket."""
        self._last_ticket += 1
        if self._is_open:
            self._loop.post(replace(request, ticket=self._last_ticket))
        return self._last_ticket

    def poll(self, timeout_s: float = 0.0) -> list[Reply]:
        """Works on one request and gives the replies since the last call.

        Args:
            timeout_s: How long to work and to wait for the first reply.
        """
        if not self._is_open:
            return []
        self._desk.pictures.clear()
        deadline = monotonic() + timeout_s
        self._loop.turn()
        while not self._replies and (left_s := deadline - monotonic()) > 0:
            self._loop.turn(left_s)
        return [self._replies.popleft() for _ in range(len(self._replies))]

    def frame(self, reply: FrameReady) -> Picture:
        """The picture of a reply of the last `poll`."""
        return self._desk.pictures[reply.ticket]

    def close(self) -> None:
        """Cancels everything and ends the loop's threads."""
        if self._is_open:
            self._is_open = False
            self._loop.close()
            self._desk.pictures.clear()

    def _tell(self, reply: Reply) -> None:
        self._replies.append(reply)
        if self._on_reply is not None:
            self._on_reply()

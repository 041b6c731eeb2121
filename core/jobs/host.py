"""What the window knows of the engine, wherever it runs."""

from typing import Protocol

from core.jobs.messages import FrameReady, Reply, Request
from core.jobs.ring import Picture


class Host(Protocol):
    """Takes requests and gives replies. Belongs to one thread."""

    def submit(self, request: Request) -> int:
        """Queues a request and returns its ticket (1, 2, …); never waits, never raises."""
        ...

    def poll(self, timeout_s: float = 0.0) -> list[Reply]:
        """The replies since the last call, in order.

        Args:
            timeout_s: How long to wait for the first one.
        """
        ...

    def frame(self, reply: FrameReady) -> Picture:
        """The picture of a reply of the last `poll`: uint8 RGB [H, W, 3], the caller's own."""
        ...

    def close(self) -> None:
        """Cancels everything and ends; closing again does nothing."""
        ...

    @property
    def is_alive(self) -> bool:
        """Whether requests can be served; a dead engine is started anew by a `Prepare`."""
        ...

    @property
    def restarts(self) -> int:
        """How often the engine died and was started again."""
        ...

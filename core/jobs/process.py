"""The engine in a process of its own, which may die without taking anything with it."""

import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Final

from core.jobs.loop import EngineLoop
from core.jobs.messages import (
    ENDINGS,
    Cancel,
    CancelledReply,
    Failed,
    FrameReady,
    Prepare,
    Prepared,
    Reply,
    Request,
    Shutdown,
)
from core.jobs.ring import FrameRing, Picture

_LEAVE_S: Final = 5.0
"""How long the engine may take to leave before it is killed: a prepared step is not broken off."""
_DIE_S: Final = 1.0
"""How long a process may take to die that has fallen silent."""


class ProcessHost:
    """Implements `Host` with a spawned process.

    When the process dies, its open tickets fail, it is started again and the avatar that was
    ready is prepared again. A process that dies before it has done anything is given up until
    the next `Prepare`.
    """

    def __init__(self, on_reply: Callable[[], None] | None = None) -> None:
        """Starts the process.

        Args:
            on_reply: Called from a thread of the host whenever `poll` would give something.

        Raises:
            EngineError: there is not enough shared memory.
        """
        self._on_reply = on_reply or _do_nothing
        self._ring = FrameRing()
        self._pictures: dict[int, Picture] = {}
        self._pending: dict[int, Request] = {}
        self._ready: Prepare | None = None  # the avatar that a new process prepares again
        self._last_ticket = 0
        self._restarts = 0
        self._unsent: list[Reply] = []
        self._is_open = True
        self._engine: _Engine | None = None
        try:
            self._engine = _Engine(self._ring.name, self._on_reply)
        except BaseException:
            self._ring.close()
            raise

    @property
    def is_alive(self) -> bool:
        """Whether there is a process that serves."""
        return self._engine is not None

    @property
    def restarts(self) -> int:
        """How often the process died and was started again."""
        return self._restarts

    @property
    def process_id(self) -> int | None:
        """The system's number of the process, if there is one."""
        return None if self._engine is None else self._engine.process.pid

    def submit(self, request: Request) -> int:
        """Sends a request and returns its ticket."""
        self._last_ticket += 1
        request = replace(request, ticket=self._last_ticket)
        if not self._is_open:
            return request.ticket
        if self._engine is None and isinstance(request, Prepare):
            self._restart()
        self._send(request)
        return request.ticket

    def poll(self, timeout_s: float = 0.0) -> list[Reply]:
        """The replies since the last call, in order.

        Args:
            timeout_s: How long to wait for the first one.
        """
        self._pictures.clear()
        replies, self._unsent = self._unsent, []
        if self._engine is not None:
            heard = self._engine.hear(0.0 if replies else timeout_s)
            replies += [self._checked(reply) for reply in heard]
            if self._engine.is_dead:
                replies += self._bury(self._engine)
        return replies

    def frame(self, reply: FrameReady) -> Picture:
        """The picture of a reply of the last `poll`."""
        return self._pictures[reply.ticket]

    def close(self) -> None:
        """Ends the process and frees the shared memory."""
        if not self._is_open:
            return
        self._is_open = False
        if self._engine is not None:
            self._engine.send(Shutdown())
            self._engine.close(_LEAVE_S)
            self._engine = None
        self._pictures.clear()
        self._pending.clear()
        self._ring.close()

    def _send(self, request: Request) -> None:
        if not isinstance(request, Cancel | Shutdown):
            if self._engine is None:
                sentence = "The engine is not running: choose the portrait again to start it."
                self._unsent.append(Failed(request.ticket, sentence, is_user_error=False))
                self._on_reply()
                return
            self._pending[request.ticket] = request
        if self._engine is not None:
            self._engine.send(request)

    def _checked(self, reply: Reply) -> Reply:
        """Takes note of what is answered, and takes the picture out of the ring."""
        if isinstance(reply, ENDINGS):
            request = self._pending.pop(reply.ticket, None)
            if isinstance(reply, Prepared) and isinstance(request, Prepare):
                self._ready = request
        if isinstance(reply, FrameReady):
            picture = self._ring.take(reply.slot, reply.ticket, reply.height, reply.width)
            if picture is None:  # this window slept, and newer pictures wait
                return CancelledReply(reply.ticket)
            self._pictures[reply.ticket] = picture
        return reply

    def _bury(self, engine: "_Engine") -> list[Reply]:
        """Fails what a dead process leaves open, and starts the next one."""
        engine.close(_DIE_S)
        self._engine = None
        how = _ways_of_death(engine.process.exitcode)
        what = "it was started again, try once more"
        if not engine.has_served:
            what = "choose the portrait again to start it, or another engine"
        sentence = f"The engine stopped unexpectedly ({how}): {what}."
        replies: list[Reply] = [
            Failed(ticket, sentence, is_user_error=False) for ticket in self._pending
        ]
        self._pending.clear()
        if engine.has_served:
            self._restart()
            if self._ready is not None:
                self._send(self._ready)
        return replies

    def _restart(self) -> None:
        self._restarts += 1
        self._engine = _Engine(self._ring.name, self._on_reply)


class _Engine:
    """One process, the pipe to it and the thread that listens to it."""

    def __init__(self, ring_name: str, on_reply: Callable[[], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs, ring_name), name="engine", daemon=True
        )
        self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self._heard: queue.SimpleQueue[Reply | None] = queue.SimpleQueue()
        self._on_reply = on_reply
        self._listener = threading.Thread(target=self._listen, name="engine-replies", daemon=True)
        self._listener.start()
        self.is_dead = False
        self.has_served = False

    def send(self, request: Request) -> None:
        """Sends a request; that the process is dead is heard, not said."""
        with suppress(OSError):
            self._pipe.send(request)

    def hear(self, timeout_s: float) -> list[Reply]:
        """What was replied since the last call; notices the death of the process."""
        replies: list[Reply] = []
        try:
            reply = self._heard.get(timeout_s > 0, timeout_s)
            while reply is not None:
                replies.append(reply)
                self.has_served = self.has_served or isinstance(reply, ENDINGS)
                reply = self._heard.get_nowait()
        except queue.Empty:
            return replies
        self.is_dead = True
        return replies

    def close(self, patience_s: float) -> None:
        """Waits for the process to end, makes it, and frees what belongs to it."""
        self.process.join(patience_s)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self._listener.join()
        self._pipe.close()

    def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._heard.put(self._pipe.recv())
                self._on_reply()
        self._heard.put(None)
        self._on_reply()


def _serve(pipe: Connection, ring_name: str) -> None:
    """The process: a thread reads requests, the main thread serves them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the window ends this process, not the terminal
    ring = FrameRing(ring_name)

    def tell(reply: Reply) -> None:
        with suppress(OSError):  # the window is gone, which `read` notices too
            pipe.send(reply)

    def read() -> None:
        with suppress(EOFError, OSError):
            while True:
                loop.post(pipe.recv())
        loop.post(Shutdown())

    loop = EngineLoop(tell, ring)
    threading.Thread(target=read, name="requests", daemon=True).start()
    loop.run()
    ring.close()
    pipe.close()


def _ways_of_death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return signal.Signals(-exit_code).name
    return f"exit code {exit_code}"


def _do_nothing() -> None:
    """What happens at a reply when nobody wants to hear of it."""

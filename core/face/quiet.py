"""Keeps the C++ chatter of the face models off the user's terminal."""

import contextlib
import os
import threading
from collections.abc import Iterator

_STDERR = 2

_lock = threading.Lock()
_blocks = 0  # that are open now, over all threads
_saved: int | None = None  # the real stderr while any block is open


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Sends file descriptor 2 of the whole process to nowhere for the length of the block.

    The models' runtime writes there without asking and ignores every log level. Python exceptions
    are not affected. Keep the block short: other threads are muted as well. Blocks of several
    threads may overlap; the last one to end brings stderr back.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _blocks, _saved
    with _lock:
        _blocks += 1
        if _blocks > 1:
            return
        try:
            _saved = os.dup(_STDERR)
        except OSError:  # a process without a stderr has nothing to silence
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)


def _leave() -> None:
    global _blocks, _saved
    with _lock:
        _blocks -= 1
        if _blocks or _saved is None:
            return
        os.dup2(_saved, _STDERR)
        os.close(_saved)
        _saved = None

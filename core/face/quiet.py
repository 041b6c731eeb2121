"""Keeps the C++ chatter of the face models off the user's terminal."""

import contextlib
import os
from collections.abc import Iterator

_STDERR = 2


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Sends file descriptor 2 of the whole process to nowhere for the length of the block.

    The models' runtime writes there without asking and ignores every log level. Python exceptions
    are not affected. Keep the block short: other threads are muted as well.
    """
    try:
        saved = os.dup(_STDERR)
    except OSError:  # a process without a stderr has nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(saved, _STDERR)
        os.close(saved)

"""The lock of a folder: whoever holds it may write there, everyone else leaves it alone.

It is the operating system's own file lock, so it ends with its process, however that ends.
"""

import errno
import os
import sys
from pathlib import Path
from types import TracebackType

NAME = ".lock"

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Takes the lock of a folder if it is free; `is_held` says whether it was."""

    def __init__(self, folder: Path) -> None:
        self._handle: int | None = None
        self._is_taken = False
        try:
            handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:  # a folder that cannot be written is read-only for everyone
            return
        try:
            _lock(handle)
        except OSError as error:  # where files cannot be locked at all, nobody holds it
            self._is_taken = error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
            os.close(handle)
        else:
            self._handle = handle

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

    @property
    def is_taken(self) -> bool:
        """Whether somebody else held it when this object asked."""
        return self._is_taken

    def release(self) -> None:
        """Lets others save."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

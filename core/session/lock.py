"""The lock of a session folder: whoever holds it may save, everyone else reads.

It is the operating system's own file lock, so it ends with its process, however that ends.
"""

import os
import sys
from pathlib import Path
from types import TracebackType

NAME = ".lock"

if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class FolderLock:
    """Takes the lock of a folder if it is free; `is_held` says whether it was."""

    def __init__(self, folder: Path) -> None:
        self._handle: int | None = None
        try:
            handle = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:  # a folder that cannot be written is read-only for everyone
            return
        if _try_lock(handle):
            self._handle = handle
        else:
            os.close(handle)

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

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

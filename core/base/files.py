"""Files that are whole or not there: written to a temporary sibling, synced, then renamed."""

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PART: Final = ".part"
"""Ending of a temporary sibling; its name begins with a dot."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives an empty temporary sibling to write; it becomes `path` when the block ends well.

    After an error or a kill `path` is what it was before; after an error the sibling is gone. The
    file gets the permissions that the user's new files have.

    Raises:
        OSError: the folder cannot be written or the disk is full.
    """
    part = path.parent / f".{uuid.uuid4().hex[:12]}{PART}"
    try:
        part.open("xb").close()
        yield part
        sync_file(part)
        os.replace(part, path)
        sync_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Waits until a file's content is on the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Waits until a folder's names are on the disk; Windows does so by itself."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

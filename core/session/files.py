"""Files that are whole or not there: written to a temporary sibling, synced, then renamed."""

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.base.errors import SessionError
from core.base.progress import Progress

PART = ".part"
_BLOCK = 1 << 20


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Gives a temporary sibling to write; it becomes `path` when the block ends well.

    After an error or a kill `path` is what it was before; after an error the sibling is gone.

    Raises:
        SessionError: the folder cannot be written or the disk is full.
    """
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=PART)
        os.close(handle)
        part = Path(name)
        yield part
        sync_file(part)
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise SessionError(_explain(path, error)) from error
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes UTF-8 text, whole or not at all.

    Raises:
        SessionError: as `writing`.
    """
    with writing(path) as part:
        part.write_bytes(text.encode())


def copy_file(source: Path, target: Path, progress: Progress) -> None:
    """Copies one file, whole or not at all.

    Raises:
        SessionError: as `writing`.
        Cancelled: the work was cancelled.
    """
    total = source.stat().st_size
    done = 0
    with writing(target) as part, source.open("rb") as reader, part.open("wb") as writer:
        while block := reader.read(_BLOCK):
            writer.write(block)
            done += len(block)
            progress.report(f"Copying {source.name}", done, total)


def make_folder(path: Path) -> None:
    """Makes a folder and its parents.

    Raises:
        SessionError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(_explain(path, error)) from error


def remove_parts(folder: Path) -> None:
    """Removes what a killed program left half written."""
    for part in folder.glob(f".*{PART}"):
        with contextlib.suppress(OSError):
            part.unlink()


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


def _explain(path: Path, error: OSError) -> str:
    reasons = {
        errno.ENOSPC: "the disk is full: free some space and try again",
        errno.EDQUOT: "the disk is full: free some space and try again",
        errno.EACCES: "writing is not allowed there: choose another folder",
        errno.EPERM: "writing is not allowed there: choose another folder",
        errno.EROFS: "the folder is read-only: choose another one",
        errno.ENAMETOOLONG: "its name is too long: choose a shorter one",
        errno.ENOTDIR: "part of its path is a file: choose another folder",
        errno.EEXIST: "a file of that name is in the way: choose another name",
        errno.ENOENT: "its folder is no longer there: choose another one",
    }
    reason = reasons.get(error.errno or 0, f"{error.strerror or error}: choose another folder")
    return f"“{path}” could not be written, because {reason}."

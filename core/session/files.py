"""The files of a session, whole or not there, with failures as one-sentence errors."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.base.errors import SessionError
from core.base.files import PART, replacing
from core.base.progress import Progress

_BLOCK = 1 << 20


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Gives a temporary sibling to write; it becomes `path` when the block ends well.

    After an error or a kill `path` is what it was before; after an error the sibling is gone.

    Raises:
        SessionError: the folder cannot be written or the disk is full.
    """
    try:
        with replacing(path) as part:
            yield part
    except OSError as error:
        raise SessionError(_explain(path, error)) from error


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


@contextlib.contextmanager
def undoing_folder(folder: Path) -> Iterator[None]:
    """Takes a new folder away again when the block fails, with the parents made for it.

    A folder that was there and empty is emptied; one that held something is left alone.

    Raises:
        SessionError: the path cannot be a folder.
    """
    try:
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        is_ours = bool(missing) or (folder.is_dir() and not any(folder.iterdir()))
    except OSError as error:
        raise SessionError(_explain(folder, error)) from error
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for path in folder.iterdir() if is_ours else ():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for path in missing:
                path.rmdir()
        raise


def remove_parts(folder: Path) -> None:
    """Removes the files that a killed program left half written; the folder must be locked."""
    for part in folder.glob(f".*{PART}"):
        with contextlib.suppress(OSError):  # a folder is an export's, see `core.base.parts`
            part.unlink()


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

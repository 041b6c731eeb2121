"""Where a film goes: checked before the work, and given its name after it."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av

from core.base.errors import MediaError


def check_output(path: Path, inputs: Sequence[Path], ending: str = ".mp4") -> None:
    """Makes sure that a file can be written to `path` before any work is done for it.

    Args:
        path: the file to write; an existing one is going to be replaced.
        inputs: files that the work reads, none of which may be `path`.
        ending: what the name must end in, lower case.

    Raises:
        MediaError: wrong ending, missing or read-only folder, a folder or an input of that name.
    """
    if path.suffix.lower() != ending:
        kind = ending[1:].upper()
        raise MediaError(f"“{path.name}” is no {kind} name: let the output end in {ending}.")
    folder = path.parent
    try:
        if path.is_dir():
            raise MediaError(f"“{path}” is a folder: give the output another name.")
        if not folder.is_dir():
            raise MediaError(f"The folder “{folder}” does not exist: create it first.")
        replaces_something = path.exists()
    except OSError as error:
        raise MediaError(
            f"“{path.name[:40]}…” cannot be the output ({error.strerror}): choose a shorter path."
        ) from error
    if replaces_something and any(_is_same_file(path, source) for source in inputs):
        raise MediaError(
            f"“{path.name}” is also an input and would be overwritten: "
            "give the output another name."
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MediaError(
            f"The folder “{folder}” cannot be written to ({error.strerror}): choose another one."
        ) from error


def _is_same_file(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except OSError:  # whoever reads the source says what is wrong with it
        return False


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a failure to write inside the block into a MediaError that names `path`."""
    try:
        yield
    except (av.error.FFmpegError, OSError) as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            why = "the disk is full: free some space or choose another folder."
        else:
            why = f"{error.strerror or error}: choose another folder."
        raise MediaError(f"“{path.name}” cannot be written, {why}") from error


def publish(part: Path, path: Path) -> None:
    """Gives the finished file its name once all of it is on the disk."""
    handle = os.open(part, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(part, path)

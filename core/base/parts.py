"""Unfinished output that says whose it is: hidden folders, each locked as long as its maker lives.

A program that is killed cannot tidy up. What it leaves is known by its free lock, so whoever comes
next takes it away, and never what another instance is still working on.
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.base.files import PART
from core.base.lock import NAME, FolderLock

_TRIES: Final = 3


def part_folder(output: Path) -> Path:
    """Where `output` is made: a hidden folder beside it."""
    return output.with_name(f".{output.name}{PART}")


class PartFolder:
    """A hidden folder for one output, made or taken over, and locked.

    Attributes:
        path: The folder.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        for _ in range(_TRIES):
            path.mkdir(exist_ok=True)
            self._lock = FolderLock(path)
            if self._lock.is_taken or (path / NAME).exists():
                break
            self._lock.release()  # somebody tidied up between the two calls

    @property
    def is_held(self) -> bool:
        """Whether the folder is ours."""
        return self._lock.is_held

    @property
    def is_taken(self) -> bool:
        """Whether somebody else works in it."""
        return self._lock.is_taken

    def names(self) -> list[str]:
        """What lies in it, in order."""
        return sorted(entry.name for entry in self.path.iterdir() if entry.name != NAME)

    def clear(self) -> None:
        """Empties it."""
        for name in self.names():
            _remove(self.path / name)

    def release(self) -> None:
        """Leaves the folder as it is to whoever comes next."""
        self._lock.release()

    def remove(self) -> None:
        """Takes the folder away with all that lies in it."""
        self._lock.release()  # some systems remove no open file
        shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


def remove_abandoned(folder: Path, spare: Path | None = None) -> None:
    """Removes the part folders in `folder` whose maker is gone, but for `spare`."""
    for path in _part_folders(folder):
        if path == spare:
            continue
        with contextlib.suppress(OSError):
            part = PartFolder(path)
            if part.is_held:
                part.remove()
            else:
                part.release()


def _part_folders(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob(f".*{PART}")):
            if path.is_dir():
                yield path


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

"""The session folder `name.avatar/`: create, open, save, save as, autosave.

project.json    the document, versioned per object
media/          copies of what it is made from (or links outside)
takes/          recorded motion, safetensors
cache/          can be deleted at any time
autosave/       the last 20 states
exports/        finished films
"""

import contextlib
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from core.base.errors import SessionError
from core.base.lock import FolderLock
from core.base.parts import remove_abandoned
from core.base.progress import Progress
from core.session.files import (
    copy_file,
    make_folder,
    remove_parts,
    undoing_folder,
    write_text,
)
from core.session.schema import DamagedError, Project, from_text, to_text
from core.timeline.document import Document

SUFFIX: Final = ".avatar"
PROJECT: Final = "project.json"
MEDIA: Final = "media"
TAKES: Final = "takes"
CACHE: Final = "cache"
AUTOSAVE: Final = "autosave"
EXPORTS: Final = "exports"
FOLDERS: Final = (MEDIA, TAKES, CACHE, AUTOSAVE, EXPORTS)
KEEP_AUTOSAVES: Final = 20


@dataclass(frozen=True, slots=True)
class Autosave:
    """A state that was saved by itself: where and when (local time zone aware, UTC)."""

    path: Path
    time: datetime


class Session:
    """An open session folder. Made by `create_session` and `open_session`; close it after use.

    Attributes:
        folder: Where it lies.
        is_read_only: Whether another program has it open, or the folder cannot be written.
    """

    def __init__(self, folder: Path, project: Project, lock: FolderLock) -> None:
        self.folder = folder
        self._project = project
        self._lock = lock

    @property
    def document(self) -> Document:
        """The document as it lies on disk."""
        return self._project.document

    @property
    def is_read_only(self) -> bool:
        """Whether saving here is refused."""
        return not self._lock.is_held

    def save(self, document: Document) -> None:
        """Replaces `project.json`; until that is done the old one stands.

        Raises:
            SessionError: the session is read-only, or it cannot be written.
        """
        if self.is_read_only:
            raise SessionError(
                f"“{self.folder.name}” is open in another window or cannot be written: save it "
                "under another name."
            )
        project = replace(self._project, document=document)
        write_text(self.folder / PROJECT, to_text(project))
        self._project = project

    def save_as(
        self, folder: Path, document: Document, progress: Progress | None = None
    ) -> "Session":
        """Saves everything but cache, autosaves and exports to a new folder, which is opened.

        This session stays open and as it is.

        Raises:
            SessionError: the folder is in use or cannot be written.
            Cancelled: the work was cancelled; the new folder is gone.
        """
        session = create_session(folder, document)
        session._project = replace(self._project, document=document)
        try:
            for name in (MEDIA, TAKES):
                _copy_tree(self.folder / name, folder / name, progress or Progress())
            session.save(document)
        except BaseException:
            session.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return session

    def autosave(self, document: Document, now: datetime | None = None) -> Autosave:
        """Keeps a state aside, and the newest 20 of them.

        Raises:
            SessionError: it cannot be written.
        """
        time = now or datetime.now(UTC)
        path = self.folder / AUTOSAVE / f"{time:%Y%m%d-%H%M%S-%f}.json"
        make_folder(path.parent)
        write_text(path, to_text(replace(self._project, document=document)))
        for old in self.autosaves()[KEEP_AUTOSAVES:]:
            with contextlib.suppress(OSError):
                old.path.unlink()
        return Autosave(path, time)

    def autosaves(self) -> list[Autosave]:
        """The kept states, newest first."""
        found = []
        for path in (self.folder / AUTOSAVE).glob("*.json"):
            with contextlib.suppress(ValueError):
                time = datetime.strptime(path.stem, "%Y%m%d-%H%M%S-%f").replace(tzinfo=UTC)
                found.append(Autosave(path, time))
        return sorted(found, key=lambda autosave: autosave.time, reverse=True)

    def recoverable(self) -> Autosave | None:
        """The newest state that was kept aside after the last save and can be read, if any."""
        saved = datetime.fromtimestamp((self.folder / PROJECT).stat().st_mtime, UTC)
        for autosave in self.autosaves():
            if autosave.time <= saved:
                return None
            with contextlib.suppress(SessionError):
                if load_project(autosave.path).document != self.document:
                    return autosave
        return None

    def close(self) -> None:
        """Lets others save here."""
        self._lock.release()

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def create_session(folder: Path, document: Document) -> Session:
    """Makes a new session folder and opens it. An empty folder may be there already.

    Raises:
        SessionError: something else is there, or it cannot be written.
    """
    with undoing_folder(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise SessionError(
                f"“{folder}” is not empty: choose a new folder for the session, or remove it first."
            )
        for name in ("", *FOLDERS):
            make_folder(folder / name)
        session = Session(folder, Project(document=document), FolderLock(folder))
        session.save(document)
    return session


def session_folder(path: Path) -> Path:
    """The folder of a session that is named by itself or by its `project.json`.

    It always has a name and a parent, `.` included, for messages and for searches around it.
    """
    folder = path.parent if path.name == PROJECT else path
    return folder if folder.name not in ("", "..") else folder.resolve()


def open_session(folder: Path) -> Session:
    """Opens a session folder (or the `project.json` in it), read-only if it is open elsewhere.

    Raises:
        SessionError: it is no session, damaged, or from a newer version.
    """
    folder = session_folder(folder)
    project = load_project(folder / PROJECT)
    lock = FolderLock(folder)
    if lock.is_held:
        for name in ("", *FOLDERS):
            remove_parts(folder / name)
        remove_abandoned(folder / EXPORTS)
    return Session(folder, project, lock)


def load_project(path: Path) -> Project:
    """Reads a `project.json` or an autosave.

    Raises:
        SessionError: it cannot be read, is damaged, or from a newer version.
    """
    name = path.parent.name
    try:
        text = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        raise SessionError(
            f"“{path.parent}” is no session: choose a folder that holds {PROJECT}."
        ) from None
    except OSError as error:
        raise SessionError(
            f"“{path}” cannot be read ({error.strerror}): check the disk and its permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise _damaged(name, "it is no text") from error
    try:
        return from_text(text)
    except DamagedError as error:
        raise _damaged(name, str(error)) from error


def _damaged(name: str, reason: str) -> SessionError:
    return SessionError(
        f"“{name}” is damaged, because {reason}: open one of the copies in its folder "
        f"{AUTOSAVE} instead."
    )


def _copy_tree(source: Path, target: Path, progress: Progress) -> None:
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if path.is_dir():
            make_folder(to)
        elif path.is_file():
            copy_file(path, to, progress)

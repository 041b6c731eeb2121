"""The project: the document, and the session folder that it lives in.

A new project lies in a folder of its own among the unsaved ones until it is saved under a name.
Everything that touches the disk runs beside the main thread, one job after the other; the
signals tell when it is done.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.base.paths import unsaved_dir
from core.base.progress import Progress
from core.session.archive import share, unpack
from core.session.media import anchor_media, collect_media
from core.session.relink import Relinked, missing_media, relink
from core.session.store import (
    PROJECT,
    SUFFIX,
    Session,
    create_session,
    load_project,
    open_session,
)
from core.timeline.document import Document
from core.timeline.source import Source
from studio.controller.activity import Activity
from studio.controller.disk_queue import DiskQueue
from studio.controller.editing import Editing
from studio.controller.recovery import (
    Recovery,
    find_recoveries,
    has_work,
    load_state,
    remove_orphans,
    write_thumbnail,
)
from studio.services.pool import Pool, sentence_of
from studio.services.settings import Settings

T = TypeVar("T")
AUTOSAVE_MS: Final = 60_000
UNTITLED: Final = "Untitled"


class Project(Editing):
    """The one document of the window, and where it is kept. Main thread only.

    Args:
        settings: Remembers the recent sessions.
        pool: Threads for the disk.
        activity: Shows what the disk work does.
        unsaved: Folder of the sessions without a name; the user's own when None.
    """

    opened = Signal()
    """Another document took the place of the old one: new, open or recover."""
    saved = Signal()
    autosaved = Signal()
    media_missing = Signal(object)
    """tuple[Source, …]: files that were not found when the session was opened or relinked."""
    recoverable_found = Signal(object)
    """list[Recovery]: answer to `look_for_recoverable`; never emitted empty."""
    failed = Signal(str)
    """One sentence: something that was asked for could not be done."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        activity: Activity,
        unsaved: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        self._unsaved = unsaved or unsaved_dir()
        self._session = self._new_session(Document())
        super().__init__(self._session.document, parent)
        self._settings = settings
        self._kept = self.document
        self._is_copy = False
        self.disk = DiskQueue(pool, activity, self)
        self.disk.failed.connect(self.failed)
        self.picture: Callable[[], NDArray[np.uint8] | None] = lambda: None
        """Gives the picture that stands for the document now, for thumbnails of saved states."""
        self.is_folder_held: Callable[[Path], bool] = lambda _: False
        """Says whether a folder without a name must stay until `close`, because a film needs it."""
        self._left_behind: list[Path] = []
        self._timer = QTimer(self)
        self._timer.setInterval(AUTOSAVE_MS)
        self._timer.timeout.connect(self.autosave)
        self._timer.start()

    # --- what it is ----------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The session folder that the document's relative paths start from."""
        return self._session.folder

    @property
    def title(self) -> str:
        """What the title bar shows, without the star."""
        return UNTITLED if self.is_unsaved else self.folder.stem

    @property
    def is_unsaved(self) -> bool:
        """Whether it was never saved under a name."""
        return self.folder.parent == self._unsaved

    @property
    def is_copy(self) -> bool:
        """Whether it is a copy made by `open_copy` that nobody has changed or saved yet."""
        return self._is_copy and self.is_unsaved and not self.is_modified

    @property
    def is_read_only(self) -> bool:
        """Whether another window has it open, or its folder cannot be written."""
        return self._session.is_read_only

    @property
    def recent(self) -> tuple[Path, ...]:
        """The sessions opened last, newest first."""
        return self._settings.recent

    @property
    def missing_media(self) -> tuple[Source, ...]:
        """The sources whose file does not exist; looks at the disk."""
        return missing_media(self.document, self.folder)

    # --- sessions ------------------------------------------------------------------------------

    def new(self) -> None:
        """Starts an empty project. What is not saved is lost: ask before."""
        self.disk.run(
            "New project",
            lambda _: self._new_session(Document()),
            lambda session: self._take(session, session.document),
        )

    def open(self, folder: Path) -> None:
        """Opens a session folder or a shared zip. What is not saved is lost: ask before.

        `opened` follows, and `media_missing` when files were not found; on failure `failed`,
        and all stays as it was.
        """
        if folder.suffix == ".zip":
            self._open_shared(folder)
            return

        def work(progress: Progress) -> tuple[Session, Relinked]:
            session = open_session(folder)
            try:
                return session, relink(session.document, session.folder, (), progress)
            except BaseException:
                session.close()
                raise

        def done(result: tuple[Session, Relinked]) -> None:
            session, relinked = self._own(result[0]), result[1]
            self._take(session, session.document)
            self._settings.add_recent(session.folder)
            if session.is_read_only:
                self.message.emit(
                    f"“{session.folder.name}” is open in another window or cannot be written: "
                    "changes can be saved under another name."
                )
            self._relinked(relinked)

        self.disk.run(f"Opening {folder.name}", work, done)

    def open_copy(self, folder: Path) -> None:
        """Opens a copy of a session, with its media, as a project without a name.

        Nothing is written into `folder`. `opened` follows, or `failed`. What is not saved is
        lost: ask before.
        """

        def work(progress: Progress) -> Session:
            document = load_project(folder / PROJECT).document
            session = self._new_session(Document())
            try:
                session.save(collect_media(document, folder, session.folder, progress))
            except BaseException:
                session.close()
                shutil.rmtree(session.folder, ignore_errors=True)
                raise
            return session

        self.disk.run(
            f"Opening {folder.name}",
            work,
            lambda session: self._take(session, session.document, is_copy=True),
        )

    def save(self) -> None:
        """Saves in place; `saved` or `failed` follows.

        An unsaved project has no place yet: `failed` asks for a name.
        """
        if self.is_unsaved:
            self.failed.emit("The project has no name yet: choose where to save it.")
            return
        document, picture = self.document, self.picture()

        def work(_: Progress) -> None:
            self._session.save(document)
            self._keep_picture(self._session.folder / PROJECT, picture)

        self.disk.run("Saving", work, lambda _: self._mark_saved(document))

    def save_as(self, folder: Path) -> None:
        """Saves to a new folder and goes on there; `saved` or `failed` follows."""
        folder = folder if folder.suffix == SUFFIX else folder.with_name(folder.name + SUFFIX)
        document, picture = self.document, self.picture()

        def work(progress: Progress) -> Session:
            session = self._session.save_as(folder, document, progress)
            self._keep_picture(session.folder / PROJECT, picture)
            return session

        def done(session: Session) -> None:
            self._leave_session()
            self._session = session
            self._settings.add_recent(folder)
            self._mark_saved(document)
            self.document_changed.emit()  # relative paths now start from another folder

        self.disk.run("Saving", work, done)

    def share(self, output: Path) -> None:
        """Packs the session with all its media into one zip; `message` or `failed` follows."""
        document = self.document

        def work(progress: Progress) -> None:
            share(self.folder, document, output, progress)

        self.disk.run(
            "Packing", work, lambda _: self.message.emit(f"“{output.name}” is ready to share.")
        )

    def autosave(self) -> None:
        """Keeps the present state aside if it changed since the last time. Never in the way."""
        document = self.document
        if self.is_read_only or self.in_gesture or document is self._kept:
            return
        self._kept = document
        picture = self.picture()

        def work(_: Progress) -> None:
            autosave = self._session.autosave(document)
            self._keep_picture(autosave.path, picture)
            remove_orphans(self._session)

        self.disk.run("Autosave", work, lambda _: self.autosaved.emit(), self._on_unkept)

    def look_for_recoverable(self) -> None:
        """Looks for what a crash left behind; `recoverable_found` follows if there is any."""
        recent = self._settings.recent

        def done(found: list[Recovery]) -> None:
            if found:
                self.recoverable_found.emit(found)

        self.disk.run("Looking back", lambda _: find_recoveries(self._unsaved, recent), done)

    def recover(self, recovery: Recovery) -> None:
        """Opens a state that a crash left behind; undo leads to what was saved last."""

        def work(_: Progress) -> tuple[Session, Document]:
            document = load_state(recovery)
            return open_session(recovery.folder), document

        def done(result: tuple[Session, Document]) -> None:
            session, document = self._own(result[0]), result[1]
            self._take(session, session.document)
            document = anchor_media(document, session.folder)
            self.apply("Recover", document)
            self._relinked(Relinked(document, (), missing_media(document, session.folder)))

        self.disk.run("Recovering", work, done)

    def dismiss(self, recovery: Recovery) -> None:
        """Throws a state away that a crash left behind."""

        def work(_: Progress) -> None:
            if recovery.is_unsaved:
                shutil.rmtree(recovery.folder, ignore_errors=True)
            else:
                recovery.state.unlink(missing_ok=True)

        self.disk.run("Tidying", work, lambda _: None)

    def relink(self, search: Sequence[Path]) -> None:
        """Looks for missing files in more folders, by content; what is found is one step."""
        document, folder = self.document, self.folder
        self.disk.run(
            "Looking for files",
            lambda progress: relink(document, folder, search, progress),
            self._relinked,
        )

    def close(self) -> None:
        """Ends disk work and lets the session go. A project without a name is thrown away."""
        self._timer.stop()
        self.disk.cancel()
        self.is_folder_held = lambda _: False
        self._leave_session()
        for folder in self._left_behind:
            shutil.rmtree(folder, ignore_errors=True)

    # --- inside --------------------------------------------------------------------------------

    def _new_session(self, document: Document) -> Session:
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}{SUFFIX}"
        return create_session(self._unsaved / name, document)

    def _own(self, session: Session) -> Session:
        """A session that was opened, with the lock taken over if it is the one open here."""
        if not session.is_read_only or session.folder.resolve() != self.folder.resolve():
            return session
        session.close()
        self._session.close()
        return open_session(session.folder)

    def _open_shared(self, archive: Path) -> None:
        folder = archive.with_suffix(SUFFIX)

        def work(progress: Progress) -> Session:
            unpack(archive, folder, progress)
            return open_session(folder)

        def done(session: Session) -> None:
            self._take(session, session.document)
            self._settings.add_recent(folder)

        self.disk.run(f"Unpacking {archive.name}", work, done)

    def _take(self, session: Session, document: Document, *, is_copy: bool = False) -> None:
        self._leave_session()
        self._session, self._is_copy = session, is_copy
        document = anchor_media(document, session.folder)
        self._kept = document
        self._restart(document)
        self.opened.emit()
        self.document_changed.emit()
        self.history_changed.emit()
        self.session_changed.emit()

    def _leave_session(self) -> None:
        folder, is_unsaved = self.folder, self.is_unsaved
        self._session.close()
        if is_unsaved and self.is_folder_held(folder):
            self._left_behind.append(folder)
        elif is_unsaved:
            shutil.rmtree(folder, ignore_errors=True)

    def _relinked(self, result: Relinked) -> None:
        if result.found:
            places = {source.id: source.media for source in result.found}
            document = self.document
            sources = tuple(
                replace(source, media=places.get(source.id, source.media))
                for source in document.sources
            )
            self.apply("Relink media", replace(document, sources=sources))
        if result.missing:
            self.media_missing.emit(result.missing)

    def _mark_saved(self, document: Document) -> None:
        self._kept = document
        self._set_saved(document)
        self.saved.emit()

    def _on_unkept(self, error: BaseException) -> None:
        """The state could not be kept aside: it is tried again at the next turn."""
        self._kept = self._saved
        self.message.emit(sentence_of(error))

    def _keep_picture(self, state: Path, picture: NDArray[np.uint8] | None) -> None:
        if not self._session.is_read_only:
            write_thumbnail(state, picture)


def is_worth_keeping(project: Project) -> bool:
    """Whether a project holds something that is nowhere saved: ask before it goes."""
    if not project.is_unsaved:
        return project.is_modified
    return has_work(project.document) and not project.is_copy

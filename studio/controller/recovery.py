"""What a crash left behind: sessions that were never saved, and states newer than the last save."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.errors import SessionError
from core.base.lock import FolderLock
from core.media.image import write_png
from core.session.store import CACHE, PROJECT, SUFFIX, Session, load_project, open_session
from core.timeline.document import Document

THUMBNAIL = "thumbnail.png"
_SIDE_PX = 192


@dataclass(frozen=True, slots=True)
class Recovery:
    """A state that can be brought back.

    Attributes:
        folder: Its session folder.
        state: The autosave (or `project.json`) that holds it.
        time: When it was kept, UTC.
        is_unsaved: Whether the session was never saved under a name.
        thumbnail: Picture of that state, if one was kept.
        saved_thumbnail: Picture of what was saved last, if one was kept.
    """

    folder: Path
    state: Path
    time: datetime
    is_unsaved: bool
    thumbnail: Path | None
    saved_thumbnail: Path | None


def find_recoveries(unsaved: Path, recent: Iterable[Path]) -> list[Recovery]:
    """What can be brought back, newest first; sessions that are open elsewhere are left alone.

    Empty leftovers in `unsaved` are removed.
    """
    found = []
    for folder in sorted(unsaved.glob(f"*{SUFFIX}")):
        recovery = _of_folder(folder, is_unsaved=True)
        if recovery is not None:
            found.append(recovery)
    for folder in recent:
        if not folder.is_relative_to(unsaved):
            recovery = _of_folder(folder, is_unsaved=False)
            if recovery is not None:
                found.append(recovery)
    return sorted(found, key=lambda recovery: recovery.time, reverse=True)


def thumbnail_of(state: Path) -> Path:
    """Where the picture of a saved state lies: in the cache for `project.json`, else beside it."""
    if state.name == PROJECT:
        return state.parent / CACHE / THUMBNAIL
    return state.with_suffix(".png")


def write_thumbnail(state: Path, rgb: NDArray[np.uint8] | None) -> None:
    """Keeps a picture of a state; uint8 RGB [H, W, 3], or None for no picture."""
    path = thumbnail_of(state)
    if rgb is None:
        return
    scale = _SIDE_PX / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8))


def remove_orphans(session: Session) -> None:
    """Removes pictures of autosaves that are gone."""
    kept = {thumbnail_of(autosave.path) for autosave in session.autosaves()}
    for picture in (session.folder / "autosave").glob("*.png"):
        if picture not in kept:
            picture.unlink(missing_ok=True)


def _of_folder(folder: Path, is_unsaved: bool) -> Recovery | None:
    lock = FolderLock(folder)
    if not lock.is_held:
        return None
    lock.release()
    try:
        with open_session(folder) as session:
            recovery = _of_session(session, is_unsaved)
    except SessionError:
        return None
    if recovery is None and is_unsaved:
        shutil.rmtree(folder, ignore_errors=True)
    return recovery


def _of_session(session: Session, is_unsaved: bool) -> Recovery | None:
    autosave = session.recoverable()
    if autosave is not None:
        state, time = autosave.path, autosave.time
    elif is_unsaved and has_work(session.document):
        state = session.folder / PROJECT
        time = datetime.fromtimestamp(state.stat().st_mtime, UTC)
    else:
        return None
    saved = session.folder / PROJECT
    return Recovery(
        session.folder,
        state,
        time,
        is_unsaved,
        _existing(thumbnail_of(state)),
        None if is_unsaved else _existing(thumbnail_of(saved)),
    )


def has_work(document: Document) -> bool:
    """Whether a document holds anything that a person put there."""
    is_drawn = any(track.offsets or track.strips for track in document.tracks)
    return bool(document.sources) or bool(document.markers) or is_drawn


def load_state(recovery: Recovery) -> Document:
    """The document of a state that can be brought back.

    Raises:
        SessionError: it cannot be read.
    """
    return load_project(recovery.state).document


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None

"""Media of a session: copied into its folder (the usual way) or linked where they are."""

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

from core.base.content import sha256_file
from core.base.errors import SessionError
from core.base.progress import Progress
from core.session.files import copy_file, make_folder
from core.session.store import MEDIA
from core.timeline.document import Document
from core.timeline.source import MediaReference, Source


def media_path(folder: Path, media: MediaReference) -> Path:
    """Where a session's file lies now; it may not exist."""
    return folder / Path(media.path)


def copy_media(
    folder: Path, path: Path, progress: Progress | None = None, into: str = MEDIA
) -> MediaReference:
    """Copies a file (or a folder of numbered pictures) into the session and refers to the copy.

    A file that the session has already is not copied again; another one of the same name gets
    a number.

    Raises:
        SessionError: it cannot be read or written.
        Cancelled: the work was cancelled; nothing is left behind.
    """
    digest = _digest(path)
    target = _free_place(folder / into, path, digest)
    if not target.exists():
        steps = progress or Progress()
        make_folder(target if path.is_dir() else target.parent)
        files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        for file in files:
            copy_file(file, target / file.name if path.is_dir() else target, steps)
    return MediaReference(target.relative_to(folder).as_posix(), digest)


def link_media(path: Path) -> MediaReference:
    """Refers to a file where it lies.

    Raises:
        SessionError: it cannot be read.
    """
    return MediaReference(path.absolute().as_posix(), _digest(path))


def collect_media(
    document: Document,
    base: Path,
    folder: Path,
    progress: Progress | None = None,
    into: str = MEDIA,
) -> Document:
    """Copies every file that does not lie in `folder` yet into it.

    Args:
        document: What refers to the files.
        base: Folder that the document's relative paths are counted from now.
        folder: The session folder they go to.
        progress: Reports and cancels.
        into: Where in that folder.

    Raises:
        SessionError: a file cannot be read or written.
        Cancelled: the work was cancelled.
    """

    def collected(source: Source) -> Source:
        if source.media is None:
            return source
        path = media_path(base, source.media)
        if is_inside(path, folder):
            relative = Path(os.path.relpath(path, folder)).as_posix()
            return replace(source, media=replace(source.media, path=relative))
        return replace(source, media=copy_media(folder, path, progress, into))

    return replace(document, sources=tuple(collected(source) for source in document.sources))


def anchor_media(document: Document, folder: Path) -> Document:
    """Refers to files beside a session folder by their whole path.

    The document can then be saved to any other folder; what lies in `folder` keeps its place in it.
    """

    def anchored(source: Source) -> Source:
        if source.media is None or is_inside(path := media_path(folder, source.media), folder):
            return source
        place = os.path.normpath(path.absolute())
        return replace(source, media=replace(source.media, path=Path(place).as_posix()))

    return replace(document, sources=tuple(anchored(source) for source in document.sources))


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path leads into a folder, links resolved."""
    return path.resolve().is_relative_to(folder.resolve())


def portable_name(name: str) -> str:
    """A file name that every platform takes, its ending kept."""
    clean = "".join("_" if c in '<>:"/\\|?*' or ord(c) < 32 else c for c in name)
    stem, ending = os.path.splitext(clean.rstrip(" .") or "media")
    while len((stem + ending).encode()) > 200:
        stem = stem[:-1]
    return stem + ending


def _digest(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise SessionError(
            f"“{path}” cannot be read ({error.strerror}): check that it is still there."
        ) from error


def _free_place(folder: Path, path: Path, digest: str) -> Path:
    """The first of `name`, `name-2`, … that is free or holds the same content."""
    name = PurePosixPath(portable_name(path.name))
    target = folder / name
    number = 2
    while target.exists() and _digest(target) != digest:
        target = folder / f"{name.stem}-{number}{name.suffix}"
        number += 1
    return target

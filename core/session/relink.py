"""Media that moved: found again by content, or named."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from core.base.content import sha256_file
from core.base.errors import SessionError
from core.base.progress import Progress
from core.session.media import is_inside, media_path
from core.timeline.document import Document
from core.timeline.source import MediaReference, Source

MAX_FILES: Final = 20_000
"""How many files a search looks at, so that a whole disk is not read by mistake."""


@dataclass(frozen=True, slots=True)
class Relinked:
    """What a search for missing media came to.

    Attributes:
        document: The document with the new places.
        found: The sources that were found again.
        missing: The sources whose file is still unknown.
    """

    document: Document
    found: tuple[Source, ...]
    missing: tuple[Source, ...]


def missing_media(document: Document, folder: Path) -> tuple[Source, ...]:
    """The sources whose file does not exist."""
    return tuple(
        source
        for source in document.sources
        if source.media is not None and not media_path(folder, source.media).exists()
    )


def relink(
    document: Document,
    folder: Path,
    search: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Relinked:
    """Looks for missing media in the session folder, where they were, beside it and in `search`.

    A file counts as found when its content is the same, whatever its name. Where the content
    was never noted, the name has to do.

    Raises:
        Cancelled: the work was cancelled.
    """
    steps = progress or Progress()
    found: list[Source] = []
    missing: list[Source] = []
    for source in missing_media(document, folder):
        assert source.media is not None
        old = media_path(folder, source.media)
        places = [folder, old.parent, folder.parent, *search]
        path = _find(source.media, old, places, steps)
        if path is None:
            missing.append(source)
        else:
            found.append(replace(source, media=replace(source.media, path=_path_in(path, folder))))
    by_id = {source.id: source for source in found}
    sources = tuple(by_id.get(source.id, source) for source in document.sources)
    return Relinked(replace(document, sources=sources), tuple(found), tuple(missing))


def require_media(
    document: Document,
    folder: Path,
    search: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Document:
    """The document with every file in its place.

    Raises:
        SessionError: a file is not to be found; the message names all of them.
        Cancelled: the work was cancelled.
    """
    result = relink(document, folder, search, progress)
    if not result.missing:
        return result.document
    names = ", ".join(
        f"“{media_path(folder, source.media)}”" for source in result.missing if source.media
    )
    raise SessionError(
        f"“{folder.name}” cannot be opened in full, because {names} moved or is gone: put it back, "
        f"or into the session's folder media, under any name."
    )


def _find(
    media: MediaReference, old: Path, places: Iterable[Path], progress: Progress
) -> Path | None:
    named: list[Path] = []
    others: list[Path] = []
    for path in _files(places, old.suffix.lower(), progress):
        (named if path.name == old.name else others).append(path)
    if not media.sha256:
        return named[0] if named else None
    for path in (*named, *others):
        progress.check()
        try:
            if sha256_file(path) == media.sha256:
                return path
        except OSError:
            continue
    return None


def _files(places: Iterable[Path], suffix: str, progress: Progress) -> Iterator[Path]:
    """Files (and folders, for numbered pictures) with an ending; each place two levels deep."""
    seen: set[Path] = set()
    for place in places:
        for pattern in ("*", "*/*"):
            for path in _listed(place, pattern):
                if len(seen) >= MAX_FILES:
                    return
                progress.check()
                if path in seen or path.suffix.lower() != suffix:
                    continue
                seen.add(path)
                yield path


def _listed(place: Path, pattern: str) -> list[Path]:
    try:
        return sorted(place.glob(pattern))
    except OSError:
        return []


def _path_in(path: Path, folder: Path) -> str:
    if is_inside(path, folder):
        return path.resolve().relative_to(folder.resolve()).as_posix()
    return path.resolve().as_posix()

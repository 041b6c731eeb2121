"""Sharing: a session as one zip file, and back."""

import shutil
import stat
import zipfile
from dataclasses import replace
from itertools import count
from pathlib import Path, PurePosixPath

from core.base.errors import SessionError
from core.base.parts import PartFolder, part_folder, remove_abandoned
from core.base.progress import Progress
from core.session.files import make_folder, writing
from core.session.media import collect_media, is_inside, media_path
from core.session.schema import to_text
from core.session.store import MEDIA, PROJECT, TAKES, load_project
from core.timeline.document import Document

_STORED = {".mp4", ".mov", ".mkv", ".webm", ".mp3", ".m4a", ".ogg", ".flac", ".jpg", ".png"}
_BLOCK = 1 << 20


def share(folder: Path, document: Document, output: Path, progress: Progress | None = None) -> None:
    """Writes a session with all its media and takes to a zip file, whole or not at all.

    Files that are only linked are packed too, so the result opens on any machine.

    Raises:
        SessionError: media are missing, or the file cannot be written.
        Cancelled: the work was cancelled; nothing is left behind.
    """
    steps = progress or Progress()
    make_folder(output.parent)
    remove_abandoned(output.parent)
    with _room(output) as room:
        linked = room.path
        packed = _with_links(document, folder, linked, steps)
        text = to_text(replace(load_project(folder / PROJECT), document=packed))
        files = {
            path.relative_to(root).as_posix(): path
            for root in (folder, linked)
            for part in (MEDIA, TAKES)
            for path in sorted((root / part).rglob("*"))
            if path.is_file() and not path.name.endswith(".part")
        }
        with writing(output) as part, zipfile.ZipFile(part, "w") as archive:
            archive.writestr(PROJECT, text, zipfile.ZIP_DEFLATED)
            for done, (inner, path) in enumerate(files.items(), 1):
                is_packed = path.suffix.lower() in _STORED
                method = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
                _write(archive, inner, path, method, steps)
                steps.report("Packing", done, len(files))


def unpack(archive_path: Path, folder: Path, progress: Progress | None = None) -> None:
    """Unpacks a shared session into a new folder, whole or not at all.

    Raises:
        SessionError: it is no shared session, would write outside the folder, or does not fit.
        Cancelled: the work was cancelled; nothing is left behind.
    """
    if folder.exists():
        raise SessionError(f"“{folder}” is there already: choose a new folder for the session.")
    steps = progress or Progress()
    make_folder(folder.parent)
    try:
        remove_abandoned(folder.parent)
        with _room(folder) as room, zipfile.ZipFile(archive_path) as archive:
            inner = room.path / folder.name
            _extract(archive, inner, archive_path, steps)
            document = load_project(inner / PROJECT).document
            for source in document.sources:
                if source.media and not is_inside(media_path(inner, source.media), inner):
                    raise _unsafe(archive_path, source.media.path)
            inner.rename(folder)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SessionError(
            f"“{archive_path}” is no shared session, or is damaged: ask for a new copy of it."
        ) from error
    except OSError as error:
        raise SessionError(
            f"“{archive_path}” cannot be unpacked to “{folder}” ({error.strerror or error}): "
            "check the file, and the room on the disk."
        ) from error


def _room(output: Path) -> PartFolder:
    """Where to work; the folder must be there.

    Raises:
        SessionError: it cannot be written, or another window makes the same.
    """
    try:
        room = PartFolder(part_folder(output))
    except OSError as error:
        raise SessionError(
            f"The folder “{output.parent}” cannot be written to ({error.strerror or error}): "
            "choose another one."
        ) from error
    if room.is_taken:
        raise SessionError(f"“{output.name}” is being made already: choose another name.")
    return room


def _with_links(document: Document, folder: Path, linked: Path, progress: Progress) -> Document:
    """The document with linked files copied to `linked`, and paths as they are in the zip."""
    inside = [s for s in document.sources if s.media and _is_own(folder, s.media.path)]
    others = tuple(source for source in document.sources if source not in inside)
    places = (f"{MEDIA}/linked-{i}" for i in count(1))
    place = next(name for name in places if not (folder / name).exists())
    copied = collect_media(replace(document, sources=others), folder, linked, progress, place)
    by_id = {source.id: source for source in copied.sources}
    sources = tuple(by_id.get(source.id, source) for source in document.sources)
    return replace(document, sources=sources)


def _is_own(folder: Path, path: str) -> bool:
    return any(is_inside(folder / path, folder / name) for name in (MEDIA, TAKES))


def _write(
    archive: zipfile.ZipFile, inner: str, path: Path, method: int, progress: Progress
) -> None:
    info = zipfile.ZipInfo.from_file(path, inner, strict_timestamps=False)
    info.compress_type = method
    with path.open("rb") as reader, archive.open(info, "w", force_zip64=True) as writer:
        while block := reader.read(_BLOCK):
            writer.write(block)
            progress.check()


def _extract(
    archive: zipfile.ZipFile, folder: Path, archive_path: Path, progress: Progress
) -> None:
    entries = [info for info in archive.infolist() if not info.is_dir()]
    for info in entries:
        if not _is_safe(info):
            raise _unsafe(archive_path, info.filename)
    if sum(info.file_size for info in entries) > shutil.disk_usage(folder.parent).free:
        raise SessionError(f"“{archive_path}” does not fit on the disk: free some space first.")
    folder.mkdir()
    for done, info in enumerate(entries, 1):
        target = folder / info.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        left = info.file_size
        with archive.open(info) as reader, target.open("xb") as writer:
            while block := reader.read(_BLOCK):
                left -= len(block)
                if left < 0:
                    raise zipfile.BadZipFile(f"{info.filename} is longer than it says")
                writer.write(block)
                progress.check()
        progress.report("Unpacking", done, len(entries))


def _is_safe(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is a plain file at a relative path that stays below its folder."""
    path = PurePosixPath(info.filename)
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    has_odd_part = any(part in ("..", ".") or ":" in part or "\\" in part for part in path.parts)
    return not (path.is_absolute() or is_link or has_odd_part)


def _unsafe(archive_path: Path, name: str) -> SessionError:
    return SessionError(
        f"“{archive_path}” was not opened, because its entry “{name}” leads out of its folder: "
        "ask the sender for a proper copy."
    )

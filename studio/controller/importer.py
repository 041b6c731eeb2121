"""Looks at dropped files and copies them into the session. Runs in a thread of the pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.base.errors import Cancelled, MediaError, StudioError
from core.base.progress import Progress
from core.media.probe import probe
from core.motion.livelink import read_live_link
from core.session.compose import LIVE_LINK_SUFFIX, is_moving
from core.session.media import copy_media, link_media
from core.session.store import SUFFIX
from core.session.takes import TAKE_SUFFIX, load_take
from studio.controller.assembly import Arrival

SESSION_SUFFIXES: Final = (SUFFIX, ".zip")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        arrivals: The files that can be used.
        failures: One sentence for each of the others.
    """

    arrivals: tuple[Arrival, ...]
    failures: tuple[str, ...]


def take_in(paths: Sequence[Path], folder: Path, *, link: bool, progress: Progress) -> Imported:
    """Looks at every file and brings the good ones into the session folder.

    Args:
        paths: Files, or folders of numbered pictures.
        folder: The session folder.
        link: Refer to the files where they lie instead of copying them.
        progress: Reports and cancels.

    Raises:
        Cancelled: the work was cancelled.
    """
    arrivals, failures = [], []
    for path in paths:
        try:
            arrivals.append(_arrival(path, folder, link=link, progress=progress))
        except Cancelled:
            raise
        except StudioError as error:
            failures.append(str(error))
    return Imported(tuple(arrivals), tuple(failures))


def is_session(path: Path) -> bool:
    """Whether a dropped path is a session or a shared one, to be opened rather than imported."""
    return path.suffix.lower() in SESSION_SUFFIXES


def _arrival(path: Path, folder: Path, *, link: bool, progress: Progress) -> Arrival:
    if not path.exists():
        raise MediaError(f"“{path.name}” is not there: choose another file.")
    is_take = path.suffix.lower() == TAKE_SUFFIX
    is_csv = path.suffix.lower() == LIVE_LINK_SUFFIX
    if is_csv:
        tracks = read_live_link(path).tracks
        length_s = max((float(track.duration) for track in tracks.values()), default=0.0)
        has_pictures, is_still, sound_s = False, False, None
    elif is_take:
        takes = load_take(path)
        length_s = max(float(track.duration) for track in takes.values())
        has_pictures, is_still, sound_s = False, False, None
    else:
        info = probe(path)
        has_pictures = info.video is not None
        is_still = has_pictures and not is_moving(info)
        sound_s = None if info.audio is None else info.audio.duration
        length_s = 0.0 if info.video is None or is_still else info.video.duration
    media = link_media(path) if link else copy_media(folder, path, progress)
    return Arrival(path, media, is_still, is_csv, has_pictures, sound_s, length_s, is_take)

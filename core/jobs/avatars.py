"""The avatars that the engine process holds, and the thread that refines them. One thread asks."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from core.base.errors import Cancelled, StudioError
from core.base.progress import Progress
from core.engines.protocol import Avatar, Engine, Framing, Rehearsing, SourceKind, View
from core.engines.registry import load_engine
from core.engines.wanted_device import wanted_device
from core.export.render_plan import avatar_source
from core.jobs.ring import MAX_SIDE_PX
from core.timeline.document import Document

_HELD: Final = 2  # the one that is looked at, and the one that is filmed

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A prepared avatar.

    Attributes:
        engine: What made it.
        avatar: The avatar itself.
        is_moving: Whether it was made of a clip.
        refining: Ends with whether the avatar is refined.
        progress: Stops the refining.
    """

    engine: Engine
    avatar: Avatar
    is_moving: bool
    refining: Future[bool]
    progress: Progress

    @property
    def is_refined(self) -> bool:
        """Whether its pictures are those of an export."""
        return self.refining.done() and not self.refining.cancelled() and self.refining.result()


class Avatars:
    """Prepares avatars, refines them in the background and forgets the one that is least used."""

    def __init__(self, on_refined: Callable[[], None]) -> None:
        """Calls `on_refined` from the refining thread whenever it is done with an avatar."""
        self._on_refined = on_refined
        self._sitters: dict[object, Sitter] = {}
        self._refiner = ThreadPoolExecutor(1, "refine")

    def sitter(self, document: Document, folder: Path, progress: Progress) -> Sitter:
        """The document's avatar, prepared now unless that was done.

        Raises:
            StudioError: the portrait or the engine cannot be used.
            Cancelled: the work was cancelled.
        """
        key = _key(document, folder)
        sitter = self._sitters.pop(key, None) or self._prepare(document, folder, progress)
        self._sitters[key] = sitter  # the last one is the one used last
        for old in list(self._sitters)[:-_HELD]:
            self._sitters.pop(old).progress.cancel()
        return sitter

    def close(self) -> None:
        """Forgets all avatars and ends the thread."""
        for sitter in self._sitters.values():
            sitter.progress.cancel()
        self._refiner.shutdown(cancel_futures=True)
        self._sitters.clear()

    def _prepare(self, document: Document, folder: Path, progress: Progress) -> Sitter:
        source = avatar_source(document, folder)
        engine = load_engine(document.avatar.engine)
        avatar = engine.prepare(source, progress=progress)
        background = Progress()
        refining = self._refiner.submit(_refine, avatar, background)
        refining.add_done_callback(lambda _: self._on_refined())
        if isinstance(avatar, Rehearsing):
            self._refiner.submit(_rehearse, avatar, background)
        return Sitter(engine, avatar, source.kind is SourceKind.VIDEO, refining, background)


def preview_view(avatar: Avatar, document: Document, side: int | None) -> View:
    """The document's picture at another size, and no larger than previews may be."""
    settings = document.avatar.view
    view = View(Framing(settings.mode), side or settings.size, is_draft=side is not None)
    if max(avatar.output_size(view)) > MAX_SIDE_PX:
        view = replace(view, size=MAX_SIDE_PX)
    return view


def _refine(avatar: Avatar, progress: Progress) -> bool:
    """Refines and says whether it came to an end; who exports will hear why it did not."""
    try:
        avatar.refine(progress)
    except Cancelled:
        return False
    except StudioError as error:
        _log.warning("the avatar stays a draft: %s", error)
        return False
    return True


def _rehearse(avatar: Rehearsing, progress: Progress) -> None:
    """Rehearses as long as the avatar is looked at; without it drafts only take longer."""
    try:
        avatar.rehearse(progress)
    except Cancelled:
        return
    except StudioError as error:
        _log.warning("drafts stay slow: %s", error)


def _key(document: Document, folder: Path) -> object:
    """Equal as long as the same avatar would be made."""
    settings = document.avatar
    source = document.source(settings.source_id)
    if source is None or source.media is None:
        return None
    path = folder / source.media.path
    try:
        stamp = path.stat()
    except OSError:  # `_prepare` says what is wrong with it
        return None
    made_by = settings.engine, wanted_device()
    return *made_by, settings.face, source.params, path, stamp.st_mtime_ns, stamp.st_size

"""The motion that was gathered last, for previews of documents that have changed since."""

from collections.abc import Mapping
from pathlib import Path

from core.base.cache import ArrayCache
from core.base.paths import cache_dir
from core.base.progress import Progress
from core.engines.registry import latent_extractor, spec_of
from core.session.bank import Tracks, gather_motion, origin, used_ids
from core.timeline.document import Document
from core.timeline.source import Source

_Known = Mapping[str, tuple[Source, object, Tracks]]
"""Source id → the source, its origin with the space of its latents, and its motion."""


class MotionMemory:
    """Remembers motion by source. `gather` may run in another thread than `recall`."""

    def __init__(self) -> None:
        self._memory: tuple[Path, _Known] = Path(), {}  # exchanged as one, for the other thread
        self._spaces: dict[str, str] = {}  # engine → space of the latents gathered last

    def gather(self, document: Document, folder: Path, progress: Progress) -> dict[str, Tracks]:
        """The motion of all sources that the document uses; only what is new is made.

        Raises:
            StudioError: a source cannot be used.
            Cancelled: the work was cancelled.
        """
        progress.check()
        remembered = self._of(folder)
        extractor = latent_extractor(document.avatar.engine)
        self._spaces[document.avatar.engine] = "" if extractor is None else extractor.space
        same = {
            source.id: remembered[source.id][2]
            for source in document.sources
            if source.id in remembered
            and remembered[source.id][1] == self._origin(source, document)
        }
        cache = ArrayCache(cache_dir())
        bank = gather_motion(document, folder, cache, progress, same, extractor)
        known = {
            source.id: (source, self._origin(source, document), bank[source.id])
            for source in document.sources
            if source.id in bank
        }
        self._memory = folder, {**remembered, **known}
        return bank

    def recall(
        self, document: Document, folder: Path, *, is_moving: bool
    ) -> tuple[dict[str, Tracks], bool]:
        """What is known of the document's motion, and whether that is all of it and up to date.

        Motion that was made of the same file in another way serves until it is gathered again.

        Args:
            document: Whose motion.
            folder: Its session folder.
            is_moving: Whether the avatar is a clip, whose own motion then belongs to it.
        """
        known = self._of(folder)
        wanted = used_ids(document)
        if is_moving:
            wanted.add(document.avatar.source_id)
        bank: dict[str, Tracks] = {}
        is_complete = True
        for source in document.sources:
            if source.id not in wanted:
                continue
            old = known.get(source.id)
            is_complete &= old is not None and old[1] == self._origin(source, document)
            if old is not None and _is_like(old[0], source):
                bank[source.id] = old[2]
        return bank, is_complete

    def _origin(self, source: Source, document: Document) -> object:
        """All that the motion depends on, latents included."""
        engine = document.avatar.engine
        space = self._spaces.get(engine) if spec_of(engine).takes_latents else ""
        return origin(source, document), space

    def _of(self, folder: Path) -> _Known:
        remembered_folder, known = self._memory
        return known if folder == remembered_folder else {}


def _is_like(old: Source, new: Source) -> bool:
    return type(old.params) is type(new.params) and old.media == new.media

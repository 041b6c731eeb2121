"""The library: what the document is made from, and what may be added, with small pictures."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.timeline.source import Source


class Section(StrEnum):
    """The groups of the library, in their order."""

    PORTRAITS = "Portraits"
    AUDIO = "Audio"
    CLIPS = "Clips"
    TAKES = "Takes"
    GENERATED = "Generated"
    PRESETS = "Presets"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry.

    Attributes:
        id: The source's id; for a preset that is not in the document, `preset:<emotion>`.
        section: Where it is listed.
        title: For people.
        subtitle: Kind and length in words; empty while unknown.
        path: Its file, if it has one.
        n_uses: How many strips use it (1 for the portrait in use).
        is_missing: Whether its file was not found.
    """

    id: str
    section: Section
    title: str
    subtitle: str
    path: Path | None
    n_uses: int
    is_missing: bool


class Library(QObject):
    """Lists the document's sources and the built-in presets. Main thread only."""

    changed = Signal()
    thumbnail_ready = Signal(str)
    """Id of an item whose thumbnail can now be had."""

    def items(self, section: Section | None = None, search: str = "") -> list[Item]:
        """The entries of a section (or all), filtered by words in title or file name."""
        raise NotImplementedError

    def item(self, item_id: str) -> Item | None:
        """The entry of that id."""
        raise NotImplementedError

    def source(self, item_id: str) -> Source | None:
        """The document's source behind an entry; None for a preset that is not used yet."""
        raise NotImplementedError

    def thumbnail(self, item_id: str) -> QImage | None:
        """A small picture, or None until `thumbnail_ready` (or for ever, for what has none)."""
        raise NotImplementedError

    def rename(self, item_id: str, name: str) -> None:
        """Gives a source another name; one step."""
        raise NotImplementedError

    def remove(self, item_id: str) -> None:
        """Takes a source out of the document with the strips that use it; one step."""
        raise NotImplementedError

    def remove_unused(self) -> None:
        """Takes out all sources that nothing uses; one step."""
        raise NotImplementedError

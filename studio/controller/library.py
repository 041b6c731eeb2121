"""The library: what the document is made from, and what may be added, with small pictures."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.base.errors import StudioError
from core.media.probe import probe
from core.motion.livelink import read_live_link
from core.motion.presets import EMOTIONS
from core.session.media import media_path
from core.session.takes import load_take
from core.timeline.document import Document
from core.timeline.project_edits import add_source, remove_source
from core.timeline.source import (
    AudioParams,
    ClipParams,
    GeneratorParams,
    LiveLinkParams,
    PortraitParams,
    PresetParams,
    Source,
    TakeParams,
    VoiceParams,
)
from studio.controller.project import Project
from studio.services.pool import Pool
from studio.services.thumbnails import Thumbnails

PRESET_PREFIX: Final = "preset:"
"""What the id of a built-in preset begins with; its emotion follows."""


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


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was found out about a file: seconds of motion or sound, and words about it."""

    seconds: float | None
    text: str
    is_missing: bool = False


class Library(QObject):
    """Lists the document's sources and the built-in presets. Main thread only."""

    changed = Signal()
    thumbnail_ready = Signal(str)
    """Id of an item whose thumbnail can now be had."""

    def __init__(self, project: Project, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._pool = pool
        self._thumbnails = Thumbnails(pool, self)
        self._thumbnails.ready.connect(self._on_thumbnail)
        self._facts: dict[tuple[str, Path], _Facts | None] = {}
        self._listed: object = None
        project.document_changed.connect(self._on_document_changed)
        project.opened.connect(self._facts.clear)
        project.media_missing.connect(lambda _: self._look_again())

    def items(self, section: Section | None = None, search: str = "") -> list[Item]:
        """The entries of a section (or all), filtered by words in title or file name."""
        words = search.lower().split()
        found = [
            item
            for item in self._all()
            if (section is None or item.section is section)
            and all(word in f"{item.title} {item.path or ''}".lower() for word in words)
        ]
        order = tuple(Section)
        return sorted(found, key=lambda item: order.index(item.section))

    def item(self, item_id: str) -> Item | None:
        """The entry of that id."""
        return next((item for item in self._all() if item.id == item_id), None)

    def source(self, item_id: str) -> Source | None:
        """The document's source behind an entry; None for a preset that is not used yet."""
        return self._project.document.source(item_id)

    def seconds(self, item_id: str) -> float | None:
        """Length of an entry in seconds; None for what has none of its own, or is not known yet."""
        source = self.source(item_id)
        facts = None if source is None else self._facts_of(source)
        return None if facts is None else facts.seconds

    @property
    def has_missing(self) -> bool:
        """Whether the file of an entry was not found."""
        return any(facts is not None and facts.is_missing for facts in self._facts.values())

    def thumbnail(self, item_id: str) -> QImage | None:
        """A small picture, or None until `thumbnail_ready` (or for ever, for what has none)."""
        source = self.source(item_id)
        if source is None or source.media is None:
            return None
        if not isinstance(source.params, PortraitParams | ClipParams):
            return None
        return self._thumbnails.image(media_path(self._project.folder, source.media))

    def rename(self, item_id: str, name: str) -> None:
        """Gives a source another name; one step."""
        source, clean = self.source(item_id), name.strip()
        if source is not None and clean and clean != source.name:
            self._project.edit("Rename", lambda d: add_source(d, _renamed(source, clean)))

    def remove(self, item_id: str) -> None:
        """Takes a source out of the document with the strips that use it; one step."""
        if self.source(item_id) is not None:
            self._project.edit("Remove from library", lambda d: remove_source(d, item_id))

    def remove_unused(self) -> None:
        """Takes out all sources that nothing uses; one step."""

        def change(document: Document) -> Document:
            used = _uses(document)
            for source in document.sources:
                if not used[source.id]:
                    document = remove_source(document, source.id)
            return document

        self._project.edit("Remove unused media", change)

    # --- inside --------------------------------------------------------------------------------

    def _all(self) -> list[Item]:
        document, folder = self._project.document, self._project.folder
        uses = _uses(document)
        items = []
        for source in document.sources:
            facts = self._facts_of(source)
            path = None if source.media is None else media_path(folder, source.media)
            text, is_missing = ("", False) if facts is None else (facts.text, facts.is_missing)
            section = _section_of(source)
            items.append(
                Item(source.id, section, source.name, text, path, uses[source.id], is_missing)
            )
        for emotion in EMOTIONS:
            title = emotion.capitalize()
            items.append(
                Item(PRESET_PREFIX + emotion, Section.PRESETS, title, "Emotion", None, 0, False)
            )
        return items

    def _facts_of(self, source: Source) -> _Facts | None:
        """What is known of a source; its file is looked at in a thread the first time."""
        if source.media is None:
            return _Facts(None, _words(source))
        path = media_path(self._project.folder, source.media)
        key = source.kind, path
        if key not in self._facts:
            self._facts[key] = None
            self._pool.run(
                lambda: _examine(source, path), lambda facts: self._on_facts(key, facts), _silently
            )
        return self._facts[key]

    def _on_facts(self, key: tuple[str, Path], facts: _Facts) -> None:
        self._facts[key] = facts
        self.changed.emit()

    def _on_thumbnail(self, path: Path) -> None:
        folder = self._project.folder
        for source in self._project.document.sources:
            if source.media is not None and media_path(folder, source.media) == path:
                self.thumbnail_ready.emit(source.id)

    def _look_again(self) -> None:
        self._facts.clear()
        self.changed.emit()

    def _on_document_changed(self) -> None:
        document = self._project.document
        listed = (document.sources, document.avatar.source_id, _uses(document))
        if listed != self._listed:
            self._listed = listed
            self.changed.emit()


def _uses(document: Document) -> Counter[str]:
    uses = Counter(strip.source_id for strip in document.audio.strips)
    for track in document.tracks:
        uses.update(strip.source_id for strip in track.strips)
    if document.avatar.source_id:
        uses[document.avatar.source_id] += 1
    for source in document.sources:
        params = source.params
        if isinstance(params, VoiceParams | GeneratorParams) and uses[source.id]:
            uses[params.audio_id] += 1
    return uses


def _section_of(source: Source) -> Section:
    sections: dict[type, Section] = {
        PortraitParams: Section.PORTRAITS,
        AudioParams: Section.AUDIO,
        ClipParams: Section.CLIPS,
        LiveLinkParams: Section.CLIPS,
        TakeParams: Section.TAKES,
    }
    return sections.get(type(source.params), Section.GENERATED)


def _words(source: Source) -> str:
    """About a source without a file."""
    params = source.params
    if isinstance(params, PresetParams):
        return " + ".join(f"{e.name} {e.intensity:.0%}" for e in params.emotions)
    if isinstance(params, GeneratorParams):
        return f"Seed {params.seed}"
    return "From the sound" if isinstance(params, VoiceParams) else ""


def _examine(source: Source, path: Path) -> _Facts:
    """Looks into a source's file. Runs in any thread."""
    if not path.exists():
        return _Facts(None, "Not found", is_missing=True)
    try:
        return _Facts(*_length_and_words(source, path))
    except StudioError as error:
        return _Facts(None, str(error))


def _length_and_words(source: Source, path: Path) -> tuple[float | None, str]:
    if isinstance(source.params, TakeParams):
        tracks = load_take(path)
        seconds = max(float(track.duration) for track in tracks.values())
        return seconds, f"{source.params.device.capitalize()} · {seconds:.1f} s"
    if isinstance(source.params, LiveLinkParams):
        tracks = dict(read_live_link(path).tracks)
        seconds = max((float(track.duration) for track in tracks.values()), default=0.0)
        return seconds, f"Live Link Face · {seconds:.1f} s"
    info = probe(path)
    if isinstance(source.params, AudioParams) and info.audio is not None:
        return info.audio.duration, f"{info.audio.duration:.1f} s · {info.audio.rate} Hz"
    if info.video is None:
        return None, ""
    size = f"{info.video.width} × {info.video.height}"
    if info.video.n_frames == 1:
        return None, size
    seconds = info.video.duration
    return seconds, f"{size} · {seconds:.1f} s · {float(info.video.rate):.4g} fps"


def _renamed(source: Source, name: str) -> Source:
    return Source(source.id, name, source.params, source.media, extra=source.extra)


def _silently(_: BaseException) -> None:
    """What cannot be found out is left out."""

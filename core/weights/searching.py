"""Looks through files and folders for weights that can be taken in; writes nothing.

Three kinds are found, each by its content: files that lie with their card, files whose digest is
known, and published checkpoints.
"""

import filecmp
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.base.content import sha256_file
from core.base.errors import WeightsError
from core.base.paths import weights_dirs
from core.base.progress import Progress
from core.weights.card import SUFFIX, Card, read_card
from core.weights.catalogue import Weights, verify
from core.weights.checkpoint_file import ENDINGS, UnreadableError, is_checkpoint, read_states
from core.weights.loading import load_state
from core.weights.published import FAMILIES, Family
from core.weights.store import Entry, WeightsState, find_one

if TYPE_CHECKING:
    from core.weights.published import State

MAX_FILES: Final = 20_000
"""How many files are looked at, so that a whole disk is not read by mistake."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that can be taken in.

    Attributes:
        name: Of the weights.
        path: The file.
        licence: Under which it may be used.
        origin: Where it comes from.
        family: Whose layout it is translated from; None when it is taken as it is.
        target: Where it is copied to when it is taken as it is.
        card: Its card, copied with it.
    """

    name: str
    path: Path
    licence: str
    origin: str
    family: Family | None = None
    target: Path | None = None
    card: Path | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken, and why, as a clause."""

    path: Path
    reason: str


@dataclass(slots=True)
class Findings:
    """What a search came to.

    Attributes:
        candidates: What can be taken in.
        present: Names of the weights that are there already.
        refused: Files that claim to be weights and cannot be taken.
        n_files: How many files were looked at.
    """

    candidates: list[Candidate] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    n_files: int = 0


def find_candidates(
    paths: Sequence[Path],
    destination: Path,
    progress: Progress,
    *,
    known: Sequence[Weights] = (),
    families: Sequence[Family] = FAMILIES,
) -> Findings:
    """Looks through `paths`: files, and folders with all below.

    Args:
        paths: Where to look.
        destination: The folder that weights are to be taken into.
        progress: Hears of the files and carries the cancel flag.
        known: Files that are recognised by their digest.
        families: Published checkpoints that are recognised.

    Raises:
        Cancelled: the work was cancelled.
    """
    return _Search(paths, destination, progress, known, families).run()


class _Search:
    """One look through files and folders; each file is settled once."""

    def __init__(
        self,
        paths: Sequence[Path],
        destination: Path,
        progress: Progress,
        known: Sequence[Weights],
        families: Sequence[Family],
    ) -> None:
        self._named = {path for path in paths if not path.is_dir()}
        self._files = list(_files_below(paths))
        self._destination = destination
        self._places = weights_dirs(destination)
        self._progress = progress
        self._known = [row for row in known if row.sha256]
        self._families = families
        self._findings = Findings(n_files=len(self._files))
        self._settled: set[Path] = set()

    def run(self) -> Findings:
        cards = [path for path in self._files if path.name.endswith(SUFFIX)]
        others = [path for path in self._files if not path.name.endswith(SUFFIX)]
        for path in cards:
            self._guard(path, self._look_at_card)
        for i, path in enumerate(others):
            self._progress.report("Looking for weights", i, len(others))
            if path not in self._settled:
                self._guard(path, self._look_at)
        self._progress.report("Looking for weights", len(others), len(others))
        return self._findings

    def _guard(self, path: Path, look: Callable[[Path], None]) -> None:
        """What goes wrong with one file does not stop the search."""
        try:
            look(path)
        except OSError as error:
            if path in self._named or _claims(path):
                self._refuse(path, f"it cannot be read ({error.strerror})")
        except (UnreadableError, WeightsError) as error:
            self._refuse(path, str(error))

    def _look_at_card(self, path: Path) -> None:
        """A card and its file, which may bear any name."""
        card = read_card(path)
        named = path.parent / card.file
        for file in [named, *self._files]:
            if _size(file) == card.n_bytes and self._digest(file) == card.sha256:
                self._settled.add(file)
                self._found_with_card(card, path, file)
                return
        if named.is_file():
            self._settled.add(named)
            self._refuse(named, "its content is not what its card says: it is damaged")

    def _found_with_card(self, card: Card, path: Path, file: Path) -> None:
        present = self._present(card.name)
        if present is None:
            target = self._destination / card.file
            self._take(Candidate(card.name, file, card.licence, card.origin, None, target, path))
        elif present.card.sha256 == card.sha256:
            self._already(card.name)
        else:
            self._refuse(file, _other_weights(present))

    def _look_at(self, path: Path) -> None:
        looks_right = is_checkpoint(path)
        if self._look_up(path, looks_right=looks_right):
            return
        is_named = path in self._named
        if not (looks_right or is_named or _claims(path)):
            return
        states = read_states(path, self._progress)
        for family in self._families:
            for state in states:
                self._progress.check()
                if (name := family.recognise(state)) is not None:
                    self._found_published(path, family, name, state)
                    return
        if is_named:
            self._refuse(path, "it holds no network that the studio knows")

    def _look_up(self, path: Path, *, looks_right: bool) -> bool:
        """Whether the file is one whose digest is known."""
        size = _size(path)
        rows = [
            row
            for row in self._known
            if row.n_bytes == size or (row.n_bytes is None and looks_right)
        ]
        digest = self._digest(path) if rows else ""
        for row in rows:
            if not digest.startswith(row.sha256):
                continue
            if verify(row, self._progress) is WeightsState.READY:
                self._already(row.name)
            else:
                self._take(Candidate(row.name, path, row.licence, row.origin, None, row.path))
            return True
        return False

    def _found_published(self, path: Path, family: Family, name: str, state: "State") -> None:
        self._progress.check()
        try:
            translated = family.translate(name, state)
        except ValueError as error:
            raise UnreadableError(f"it looks like “{name}”, but {error}") from error
        self._progress.check()
        present = self._present(name)
        if present is None:
            self._take(Candidate(name, path, family.licence, family.origin, family))
        elif _is_same(translated, load_state(name, self._places)[0]):
            self._already(name)
        else:
            self._refuse(path, _other_weights(present))

    def _present(self, name: str) -> Entry | None:
        """The weights of this name, when they are whole; damaged ones may be replaced."""
        try:
            load_state(name, self._places)
            return find_one(name, self._places)
        except WeightsError:
            return None

    def _digest(self, path: Path) -> str:
        return sha256_file(path, self._progress)

    def _take(self, candidate: Candidate) -> None:
        """Adds a candidate; of several of one name, the first."""
        for other in self._findings.candidates:
            if other.name == candidate.name:
                if not filecmp.cmp(other.path, candidate.path, shallow=False):
                    self._refuse(candidate.path, f"“{other.name}” was found in {other.path} too")
                return
        self._findings.candidates.append(candidate)

    def _already(self, name: str) -> None:
        if name not in self._findings.present:
            self._findings.present.append(name)

    def _refuse(self, path: Path, reason: str) -> None:
        self._findings.refused.append(Refusal(path, reason))


def _is_same(one: "State", other: "State") -> bool:
    import torch

    return one.keys() == other.keys() and all(
        torch.equal(tensor, other[name]) for name, tensor in one.items()
    )


def _other_weights(present: Entry) -> str:
    name = present.card.name
    return f"other weights called “{name}” are there already: delete {present.path} first"


def _claims(path: Path) -> bool:
    return path.name.lower().endswith(ENDINGS)


def _files_below(paths: Iterable[Path]) -> Iterator[Path]:
    """At most `MAX_FILES` files, each folder's in the order of their names."""
    everything = (file for path in paths for file in _files_of(path))
    return itertools.islice(everything, MAX_FILES)


def _files_of(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (Path(folder) / name for name in sorted(names))


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None

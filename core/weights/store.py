"""Finds weights in the folders that hold them, and says how their files stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.base.content import sha256_file
from core.base.errors import WeightsError
from core.base.progress import Progress
from core.weights.card import SUFFIX, Card, read_card


class WeightsState(StrEnum):
    """How a file stands; its content is only known once it was read."""

    READY = "ready"
    MISSING = "missing"
    WRONG_SIZE = "wrong size"
    WRONG_CONTENT = "wrong content"


@dataclass(frozen=True, slots=True)
class Entry:
    """A card, where its file lies or belongs, and how that file stands."""

    card: Card
    path: Path
    state: WeightsState


def find_weights(places: Iterable[Path]) -> list[Entry]:
    """The cards in `places` (files, or folders with all below), one per name.

    Where a name repeats the first place wins whose file is there.

    Raises:
        WeightsError: a card is unreadable.
    """
    found: dict[str, Entry] = {}
    for path in _cards(places):
        _keep_better(found, _entry(path))
    return sorted(found.values(), key=lambda entry: entry.card.name)


def find_one(name: str, places: Iterable[Path]) -> Entry | None:
    """The entry of one name; what is wrong with other cards does not matter.

    Raises:
        WeightsError: there is no such card, but an unreadable one that could be it.
    """
    found: dict[str, Entry] = {}
    damage: WeightsError | None = None
    for path in _cards(places):
        try:
            entry = _entry(path)
        except WeightsError as error:
            damage = damage or error
            continue
        if entry.card.name == name:
            _keep_better(found, entry)
    if name not in found and damage is not None:
        raise damage
    return found.get(name)


def check_file(
    path: Path, sha256: str, n_bytes: int | None, progress: Progress | None = None
) -> WeightsState:
    """Reads a whole file and compares it with what it must be.

    Args:
        path: The file.
        sha256: Its hex digest, or the first digits of it.
        n_bytes: Its length; None while unknown.
        progress: Carries the cancel flag.

    Raises:
        WeightsError: it cannot be read.
        Cancelled: the work was cancelled.
    """
    if not path.is_file():
        return WeightsState.MISSING
    try:
        if n_bytes is not None and path.stat().st_size != n_bytes:
            return WeightsState.WRONG_SIZE
        digest = sha256_file(path, progress)
    except OSError as error:
        raise WeightsError(
            f"“{path.name}” cannot be read ({error.strerror}): check the disk and its permissions."
        ) from error
    return WeightsState.READY if digest.startswith(sha256) else WeightsState.WRONG_CONTENT


def _cards(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            own = place.name.endswith(SUFFIX)
            yield from [place] if own else _cards_of(place)
        else:
            yield from sorted(place.rglob("*" + SUFFIX))


def _cards_of(weights: Path) -> list[Path]:
    """The cards beside a file that name it."""
    beside = sorted(weights.parent.glob("*" + SUFFIX))
    return [path for path in beside if read_card(path).file == weights.name]


def _entry(path: Path) -> Entry:
    card = read_card(path)
    file = path.parent / card.file
    if not file.is_file():
        return Entry(card, file, WeightsState.MISSING)
    is_whole = file.stat().st_size == card.n_bytes
    return Entry(card, file, WeightsState.READY if is_whole else WeightsState.WRONG_SIZE)


def _keep_better(found: dict[str, Entry], entry: Entry) -> None:
    known = found.get(entry.card.name)
    if known is None or (known.state is WeightsState.MISSING is not entry.state):
        found[entry.card.name] = entry

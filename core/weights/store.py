"""Finds weights in the folders that hold them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.weights.card import SUFFIX, Card, read_card


@dataclass(frozen=True, slots=True)
class Entry:
    """A card and the state of its file: `ready`, `missing` or `wrong size`."""

    card: Card
    path: Path
    state: str


def find_weights(folders: Iterable[Path]) -> list[Entry]:
    """The cards in `folders` and below, the first folder winning where a name repeats.

    Raises:
        WeightsError: a card is unreadable.
    """
    found: dict[str, Entry] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*" + SUFFIX)):
            card = read_card(path)
            found.setdefault(card.name, Entry(card, path.parent / card.file, _state(path, card)))
    return sorted(found.values(), key=lambda entry: entry.card.name)


def _state(card_path: Path, card: Card) -> str:
    file = card_path.parent / card.file
    if not file.is_file():
        return "missing"
    return "ready" if file.stat().st_size == card.n_bytes else "wrong size"

"""The card that lies beside every weights file and says what the file is."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import WeightsError

SUFFIX = ".card.json"


@dataclass(frozen=True, slots=True)
class Card:
    """Facts of one safetensors file; `sha256` is of the whole file, `n_bytes` its length."""

    name: str
    file: str
    sha256: str
    n_bytes: int
    needed_for: str
    licence: str
    origin: str


def read_card(path: Path) -> Card:
    """Reads `*.card.json`.

    Raises:
        WeightsError: the card is unreadable or lacks a field.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Card(
            name=str(fields["name"]),
            file=str(fields["file"]),
            sha256=str(fields["sha256"]),
            n_bytes=int(fields["bytes"]),
            needed_for=str(fields["needed_for"]),
            licence=str(fields["licence"]),
            origin=str(fields["origin"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"The weights card {path} cannot be read ({error}); import the weights again."
        ) from error

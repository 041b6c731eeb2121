"""The card that lies beside every weights file and says what the file is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core.base.errors import WeightsError

SUFFIX: Final = ".card.json"

Json = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Card:
    """Facts of one safetensors file.

    Attributes:
        name: What the weights are asked for by.
        file: Name of the file beside the card.
        sha256: Hex digest of the whole file.
        n_bytes: Its length.
        needed_for: The feature that uses it.
        licence: Under which it may be used.
        origin: Where it comes from.
        config: The network's configuration, its arrays as tuples, so that
            `Config(**card.config)` is the configuration it was made from; empty where the
            network's defaults hold.
        preprocessing: What the network's input must have gone through; empty while unsaid.
    """

    name: str
    file: str
    sha256: str
    n_bytes: int
    needed_for: str
    licence: str
    origin: str
    config: Json = field(default_factory=dict, hash=False)
    preprocessing: Json | str = field(default="", hash=False)


def card_path(weights: Path, name: str) -> Path:
    """Where the card of `name` lies: beside its file `weights`."""
    return weights.parent / f"{name}{SUFFIX}"


def read_card(path: Path) -> Card:
    """Reads `*.card.json`; cards without configuration or preprocessing are complete too.

    Raises:
        WeightsError: the card is unreadable or lacks a field.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        preprocessing = fields.get("preprocessing", "")
        return Card(
            name=str(fields["name"]),
            file=_plain_name(fields["file"]),
            sha256=str(fields["sha256"]),
            n_bytes=int(fields["bytes"]),
            needed_for=str(fields["needed_for"]),
            licence=str(fields["licence"]),
            origin=str(fields["origin"]),
            config={key: _frozen(value) for key, value in fields.get("config", {}).items()},
            preprocessing=preprocessing if isinstance(preprocessing, str) else dict(preprocessing),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"The weights card {path} cannot be read ({error}); import the weights again."
        ) from error


def write_card(path: Path, card: Card) -> None:
    """Writes `card` as JSON.

    Raises:
        OSError: the file cannot be written.
    """
    fields = {
        "name": card.name,
        "file": card.file,
        "sha256": card.sha256,
        "bytes": card.n_bytes,
        "needed_for": card.needed_for,
        "licence": card.licence,
        "origin": card.origin,
        "config": dict(card.config),
        "preprocessing": card.preprocessing
        if isinstance(card.preprocessing, str)
        else dict(card.preprocessing),
    }
    path.write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _frozen(value: Any) -> Any:  # noqa: ANN401  (JSON)
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _plain_name(value: object) -> str:
    """A file name that cannot lead out of the card's folder."""
    name = str(value)
    if Path(name).name != name or "\\" in name:
        raise ValueError(f"“{name}” is no file name")
    return name

"""Loads a network's weights by name: found, checked against the card, and read without pickle.

The one way by which networks get their weights. Any thread may call it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import WeightsError
from core.base.paths import weights_dirs
from core.weights.card import Card
from core.weights.published import where_to_get
from core.weights.store import Entry, WeightsState, check_file, find_one

if TYPE_CHECKING:
    import torch

_checked: set[tuple[Path, int, int, str]] = set()  # path, size, time and digest of checked files


def load_state(
    name: str, folders: Sequence[Path] | None = None
) -> "tuple[dict[str, torch.Tensor], Card]":
    """The tensors called `name` and their card, checked against its size and SHA-256.

    A file is hashed once per process, until it changes. Give the state to
    `Module.load_state_dict(state, strict=True)`.

    Args:
        name: Of the card.
        folders: Where to look, the first match wins; None for `weights_dirs()`.

    Raises:
        WeightsError: it is missing or damaged; says where to get it and how to import it.
    """
    entry = find_one(name, weights_dirs() if folders is None else folders)
    if entry is None or entry.state is WeightsState.MISSING:
        raise WeightsError(missing_sentence(name))
    state: WeightsState = entry.state
    if state is WeightsState.READY and _stamp(entry) not in _checked:
        stamp = _stamp(entry)
        state = check_file(entry.path, entry.card.sha256, entry.card.n_bytes)
        if state is WeightsState.READY:
            _checked.add(stamp)
    if state is not WeightsState.READY:
        raise WeightsError(_damaged_sentence(entry, str(state)))
    return _read(entry), entry.card


def missing_sentence(name: str) -> str:
    """Says that weights are missing, where to get them and how to import them."""
    source = where_to_get(name)
    get = f"get {source} and" if source else "get the file and its card and"
    return (
        f"The weights “{name}” are missing: {get} take them in with "
        "“avatar-studio weights import FOLDER” or Tools ▸ Weights."
    )


def _damaged_sentence(entry: Entry, what: str) -> str:
    source = where_to_get(entry.card.name)
    get = f"get {source} again and" if source else "get the file again and"
    return (
        f"The weights “{entry.card.name}” are damaged ({entry.path}: {what}): delete that file, "
        f"{get} take it in with “avatar-studio weights import FOLDER” or Tools ▸ Weights."
    )


def _stamp(entry: Entry) -> tuple[Path, int, int, str]:
    try:
        facts = entry.path.stat()
    except OSError as error:
        raise WeightsError(_damaged_sentence(entry, str(error.strerror))) from error
    return entry.path.absolute(), facts.st_size, facts.st_mtime_ns, entry.card.sha256


def _read(entry: Entry) -> "dict[str, torch.Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(entry.path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(_damaged_sentence(entry, str(error))) from error

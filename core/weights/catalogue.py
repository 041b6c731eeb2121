"""All weights that are known: those with a card, the published ones, and what else is wanted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.base.paths import imported_weights_dir, weights_dirs
from core.base.progress import Progress
from core.weights.published import FAMILIES, Family
from core.weights.store import Entry, WeightsState, check_file, find_weights


@dataclass(frozen=True, slots=True)
class Weights:
    """One file that some part of the studio can use.

    Attributes:
        name: Of the card, or of the file where there is none.
        purpose: What it is needed for.
        n_bytes: Its size; None while unknown.
        licence: Under which it may be used.
        origin: Where to get it.
        state: How it stands.
        path: Where it lies, or belongs.
        sha256: The hex digest it must have, or the first digits of it; empty while unknown.
    """

    name: str
    purpose: str
    n_bytes: int | None
    licence: str
    origin: str
    state: WeightsState
    path: Path
    sha256: str


def list_weights(needs: Mapping[str, str], places: Iterable[Path] | None = None) -> list[Weights]:
    """One row per name.

    Args:
        needs: Who asks for which name, in words.
        places: Where to look; None for `weights_dirs()`.

    Raises:
        WeightsError: a card is unreadable.
    """
    found = find_weights(weights_dirs() if places is None else places)
    rows = {entry.card.name: _of_entry(entry) for entry in found}
    for family in FAMILIES:
        for row in _of_family(family):
            rows.setdefault(row.name, row)
    for name, who in needs.items():
        known = rows.get(name) or _missing(name, "", "", "")
        purpose = f"{known.purpose} ({who})" if known.purpose else who
        rows[name] = replace(known, purpose=purpose)
    return list(rows.values())


def verify(row: Weights, progress: Progress) -> WeightsState:
    """Reads the whole file and compares its content with what it must be.

    Raises:
        WeightsError: it cannot be read.
        Cancelled: the work was cancelled.
    """
    progress.check()
    return check_file(row.path, row.sha256, row.n_bytes, progress)


def summary(rows: Sequence[Weights]) -> str:
    """What is missing and what that means, in words."""
    missing = [row for row in rows if row.state is not WeightsState.READY]
    basis = "The embedded engine needs no weights, so everything can be edited and exported now."
    if not missing:
        return f"{basis} All {len(rows)} optional files are ready."
    names = ", ".join(f"{row.name} ({row.state})" for row in missing)
    return f"{basis} Not ready: {names}."


def missing_list(rows: Iterable[Weights]) -> str:
    """One line per file that is not ready, to copy."""
    return "\n".join(
        f"{row.name}\t{row.purpose}\t{row.state}\tget {row.origin or 'the file and its card'}"
        f"\tsha256 {row.sha256 or 'unknown'}\t{row.path}"
        for row in rows
        if row.state is not WeightsState.READY
    )


def _of_entry(entry: Entry) -> Weights:
    card = entry.card
    return Weights(
        card.name,
        card.needed_for,
        card.n_bytes,
        card.licence,
        card.origin,
        entry.state,
        entry.path,
        card.sha256,
    )


def _of_family(family: Family) -> list[Weights]:
    return [
        _missing(member.name, member.purpose, family.licence, f"{member.file} from {family.origin}")
        for member in family.members
    ]


def _missing(name: str, purpose: str, licence: str, origin: str) -> Weights:
    path = imported_weights_dir() / f"{name}.safetensors"
    return Weights(name, purpose, None, licence, origin, WeightsState.MISSING, path, "")

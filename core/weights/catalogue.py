"""All weights that are known: those with a card, the published ones, and what else is wanted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.base.paths import imported_weights_dir, weights_dirs
from core.base.progress import Progress
from core.weights.published import FAMILIES, Family, family_of
from core.weights.store import Entry, WeightsState, check_file, find_weights


@dataclass(frozen=True, slots=True)
class Weights:
    """One file that some part of the studio can use.

    Attributes:
        name: Of the card, or of the file where there is none.
        purpose: What it is needed for.
        n_bytes: Its size; None while unknown.
        licence: Under which it may be used.
        origin: Where it comes from.
        published_as: What its authors call the file; empty where it was never published.
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
    published_as: str = ""

    def where(self) -> str:
        """Where to get it, in words."""
        return where_to_get([self])


def list_weights(needs: Mapping[str, str], places: Iterable[Path] | None = None) -> list[Weights]:
    """One row per name.

    Args:
        needs: Who asks for which name, in words.
        places: Where to look; None for `weights_dirs()`.

    Raises:
        WeightsError: a card is unreadable.
    """
    rows = {row.name: row for family in FAMILIES for row in _of_family(family)}
    for entry in find_weights(weights_dirs() if places is None else places):
        rows[entry.card.name] = _of_entry(entry)
    for name, who in needs.items():
        known = rows.get(name) or _missing(name)
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


def where_to_get(rows: Iterable[Weights]) -> str:
    """Which files to get from which pages, in words."""
    files: dict[str, list[str]] = {}
    for row in rows:
        files.setdefault(row.origin, []).append(row.published_as or f"{row.name} with its card")
    parts = [
        f"{', '.join(names)} from {origin}" if origin else ", ".join(names)
        for origin, names in files.items()
    ]
    return "; ".join(parts)


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
        f"{row.name}\t{row.purpose}\t{row.state}\tget {row.where()}"
        f"\tsha256 {row.sha256 or 'unknown'}\t{row.path}"
        for row in rows
        if row.state is not WeightsState.READY
    )


def _of_entry(entry: Entry) -> Weights:
    card = entry.card
    family = family_of(card.name)
    return Weights(
        name=card.name,
        purpose=card.needed_for,
        n_bytes=card.n_bytes,
        licence=card.licence,
        origin=card.origin,
        state=entry.state,
        path=entry.path,
        sha256=card.sha256,
        published_as=family.member(card.name).file if family is not None else "",
    )


def _of_family(family: Family) -> list[Weights]:
    return [
        replace(
            _missing(member.name, member.purpose),
            licence=family.licence,
            origin=family.origin,
            published_as=member.file,
        )
        for member in family.members
    ]


def _missing(name: str, purpose: str = "") -> Weights:
    return Weights(
        name=name,
        purpose=purpose,
        n_bytes=None,
        licence="",
        origin="",
        state=WeightsState.MISSING,
        path=imported_weights_dir() / f"{name}.safetensors",
        sha256="",
    )

"""The command line's `weights`: list, import and verify network weights."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.base.errors import Cancelled, WeightsError
from core.base.progress import Progress
from core.cli_options import Commands
from core.console import Cell, Console

if TYPE_CHECKING:
    from core.weights.catalogue import Weights
    from core.weights.searching import Candidate

_YES: Final = ("y", "yes")


def add_weights(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Adds `weights list`, `weights import` and `weights verify`."""
    weights = commands.add_parser("weights", help="network weights")
    own = weights.add_subparsers(required=True, metavar="COMMAND")
    listing = own.add_parser(
        "list", parents=[common], help="list what is there, what is missing and where to get it"
    )
    listing.set_defaults(run=_list)
    importing = own.add_parser(
        "import", parents=[common], help="take in published checkpoints, whatever their names"
    )
    importing.add_argument(
        "paths", type=Path, nargs="+", metavar="FOLDER|FILE", help="where to look, with all below"
    )
    importing.add_argument("--yes", action="store_true", help="accept the licences that it shows")
    importing.set_defaults(run=_import)
    verifying = own.add_parser(
        "verify", parents=[common], help="read files through and compare them with their cards"
    )
    verifying.add_argument("name", nargs="?", metavar="NAME", help="see list (default: all)")
    verifying.set_defaults(run=_verify)


def _list(_arguments: argparse.Namespace, _progress: Progress, console: Console) -> None:
    from core.engines.needs import list_weights
    from core.weights.catalogue import summary

    rows = list_weights()
    console.table("weights", [_row(row) for row in rows])
    console.say(summary(rows))


def _row(row: "Weights") -> dict[str, Cell]:
    from core.weights.store import WeightsState

    is_missing = row.state is WeightsState.MISSING
    return {
        "name": row.name,
        "state": str(row.state),
        "MB": None if row.n_bytes is None else row.n_bytes / 1e6,
        "needed for": row.purpose,
        "licence": row.licence or None,
        "where": f"get {row.where()}" if is_missing else str(row.path),
    }


def _import(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core.engines.needs import import_weights
    from core.weights.importing import require_success

    def accept(candidates: Sequence["Candidate"]) -> bool:
        console.table(
            "licence",
            [
                {"name": c.name, "licence": c.licence, "from": c.origin, "file": str(c.path)}
                for c in candidates
            ],
        )
        return arguments.yes or _ask(is_json=arguments.json)

    imported = import_weights(arguments.paths, progress, accept)
    rows: list[dict[str, Cell]] = [
        {"name": name, "outcome": outcome}
        for outcome, names in (("taken", imported.taken), ("already there", imported.present))
        for name in names
    ]
    rows += [
        {"name": str(refusal.path), "outcome": "refused", "why": refusal.reason}
        for refusal in imported.refused
    ]
    console.table("weights", rows)
    require_success(imported)


def _ask(*, is_json: bool) -> bool:
    """Asks at the terminal whether the licences are accepted.

    Raises:
        WeightsError: there is nobody to ask.
        Cancelled: the answer was Ctrl+C, or the program was asked to end.
    """
    if is_json or not sys.stdin.isatty():
        raise WeightsError(
            "Nothing was imported because nobody could be asked about the licences: "
            "read them, and accept them with --yes."
        )
    # what only sets a flag would not end the waiting
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, signal.default_int_handler) for kind in kinds}
    try:
        return input("Use these files under these licences? [y/N] ").strip().lower() in _YES
    except (KeyboardInterrupt, EOFError):
        raise Cancelled("Cancelled.") from None
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _verify(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core.engines.needs import list_weights
    from core.weights.catalogue import verify
    from core.weights.loading import missing_sentence
    from core.weights.store import WeightsState

    everything = list_weights()
    rows = [row for row in everything if row.name == (arguments.name or row.name)]
    if not rows:
        known = ", ".join(row.name for row in everything)
        raise WeightsError(f"There are no weights “{arguments.name}”: choose among {known}.")
    there = [row for row in rows if row.state is not WeightsState.MISSING]
    if arguments.name and not there:
        raise WeightsError(missing_sentence(arguments.name))
    if not there:
        console.say("No weights are there yet; the mesh engine needs none.")
        return
    states = []
    for i, row in enumerate(there):
        progress.report("Verifying weights", i, len(there))
        states.append(verify(row, progress))
    progress.report("Verifying weights", len(there), len(there))
    table = zip(there, states, strict=True)
    console.table("weights", [{**_row(row), "state": str(state)} for row, state in table])
    wrong = [
        f"{row.name} ({state}, {row.path})"
        for row, state in zip(there, states, strict=True)
        if state is not WeightsState.READY
    ]
    if wrong:
        raise WeightsError(
            f"Damaged: {', '.join(wrong)}; import them again with “avatar-studio weights import”."
        )

"""Network weights: which are wanted, which are there, and taking in files that a person brings.

Nothing here touches a network, and no file is ever loaded: files are recognised by their content,
so a wrong name does no harm. Runs in any thread.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from core.base.content import sha256_file
from core.base.errors import WeightsError
from core.base.files import replacing
from core.base.paths import weights_dirs
from core.base.progress import Progress
from core.engines.registry import list_engines
from core.face.alignment import WEIGHTS as TRACKER_FILE
from core.face.alignment import weights_path
from core.weights.card import SUFFIX, read_card
from core.weights.store import find_weights

MAX_FILES: Final = 20_000
"""How many files an import looks at, so that a whole disk is not read by mistake."""
_TRACKER: Final = "Face tracker “face-alignment”"
_BLOCK = 1 << 20


class WeightsState(StrEnum):
    """How a file stands."""

    READY = "ready"
    MISSING = "missing"
    WRONG_SIZE = "wrong size"
    WRONG_CONTENT = "wrong content"


@dataclass(frozen=True, slots=True)
class Weights:
    """One file that some part of the studio can use.

    Attributes:
        name: Of the card, or of the file where there is none.
        purpose: What it is needed for.
        n_bytes: Its size; None while unknown.
        licence: Under which it may be used.
        state: How it stands.
        path: Where it lies, or belongs.
        sha256: The hex digest it must have, or the first digits of it; empty while unknown.
    """

    name: str
    purpose: str
    n_bytes: int | None
    licence: str
    state: WeightsState
    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Attributes:
        taken: Names of the weights that are ready now.
        n_files: How many files were looked at.
    """

    taken: tuple[str, ...]
    n_files: int


def list_weights() -> list[Weights]:
    """All weights that are known: those with a card, those engines ask for, and the tracker's.

    Raises:
        WeightsError: a card is unreadable.
    """
    rows = [
        Weights(
            entry.card.name,
            entry.card.needed_for,
            entry.card.n_bytes,
            entry.card.licence,
            WeightsState(entry.state),
            entry.path,
            entry.card.sha256,
        )
        for entry in find_weights(weights_dirs())
    ]
    known = {row.name for row in rows}
    for spec in list_engines():
        for name in spec.needs:
            if name not in known:
                known.add(name)
                path = weights_dirs()[0] / f"{name}.safetensors"
                purpose = f"Engine “{spec.name}”"
                rows.append(Weights(name, purpose, None, "", WeightsState.MISSING, path, ""))
    return [*rows, _tracker_weights()]


def summary(rows: Sequence[Weights]) -> str:
    """What is missing and what that means, in words."""
    missing = [row for row in rows if row.state is not WeightsState.READY]
    basis = "The embedded engine needs no weights, so everything can be edited and exported now."
    if not missing:
        return f"{basis} All {len(rows)} optional files are ready."
    names = ", ".join(f"{row.name} ({row.purpose}: {row.state})" for row in missing)
    return f"{basis} Not ready: {names}."


def missing_list(rows: Iterable[Weights]) -> str:
    """One line per file that is not ready, to copy."""
    return "\n".join(
        f"{row.name}\t{row.purpose}\t{row.state}\tsha256 {row.sha256 or 'unknown'}\t{row.path}"
        for row in rows
        if row.state is not WeightsState.READY
    )


def verify(row: Weights, progress: Progress) -> WeightsState:
    """Reads the whole file and compares its content with what it must be.

    Raises:
        WeightsError: it cannot be read.
        Cancelled: the work was cancelled.
    """
    progress.check()
    if not row.path.is_file():
        return WeightsState.MISSING
    try:
        if row.n_bytes is not None and row.path.stat().st_size != row.n_bytes:
            return WeightsState.WRONG_SIZE
        digest = sha256_file(row.path)
    except OSError as error:
        raise WeightsError(
            f"“{row.path.name}” cannot be read ({error.strerror}): check the disk."
        ) from error
    return WeightsState.READY if digest.startswith(row.sha256) else WeightsState.WRONG_CONTENT


def import_weights(paths: Sequence[Path], progress: Progress) -> Imported:
    """Copies the wanted files among `paths` (files, or folders with all below) to their places.

    A file with a card beside it is taken in with its card. Others are recognised by content.

    Raises:
        WeightsError: nothing could be read or written, or nothing among it is wanted.
        Cancelled: the work was cancelled; what was copied whole stays.
    """
    files = list(_files_below(paths))
    taken = _import_cards(files, progress)
    wanted = {
        row.sha256: row
        for row in list_weights()
        if row.sha256 and row.state is not WeightsState.READY
    }
    sizes = {row.n_bytes for row in wanted.values()}
    for i, path in enumerate(files):
        if not wanted:
            break
        progress.report("Looking for weights", i, len(files))
        if None not in sizes and _size(path) not in sizes:
            continue
        digest = _digest(path)
        for sha256, row in list(wanted.items()):
            if digest.startswith(sha256):
                _copy(path, row.path, progress)
                taken.append(row.name)
                del wanted[sha256]
    if not taken:
        raise WeightsError(
            f"None of {len(files)} files is one that the studio can use: choose the file that the "
            "list names; its name does not matter."
        )
    return Imported(tuple(taken), len(files))


def remove_weights(row: Weights) -> None:
    """Deletes a file; its card stays, so that it can be asked for again.

    Raises:
        WeightsError: it cannot be deleted.
    """
    try:
        row.path.unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(
            f"“{row.path.name}” cannot be removed ({error.strerror}): check its permissions."
        ) from error


def _tracker_weights() -> Weights:
    path = weights_path()
    digits = TRACKER_FILE.split("-")[1].split(".")[0]  # torch's habit: first digits of the sha256
    state = WeightsState.READY if path.is_file() else WeightsState.MISSING
    size = path.stat().st_size if path.is_file() else None
    return Weights(TRACKER_FILE, _TRACKER, size, "BSD-3-Clause", state, path, digits)


def _import_cards(files: Sequence[Path], progress: Progress) -> list[str]:
    """Takes in cards whose file lies among `files`, under whatever name."""
    taken: list[str] = []
    for card_path in (path for path in files if path.name.endswith(SUFFIX)):
        card = read_card(card_path)
        target = weights_dirs()[0] / Path(card.file).name
        if target.exists():
            continue
        progress.check()
        named = card_path.parent / Path(card.file).name
        others = [path for path in files if _size(path) == card.n_bytes]
        for path in [named, *others]:
            if path.is_file() and _digest(path) == card.sha256:
                _copy(path, target, progress)
                _copy(card_path, target.parent / card_path.name, progress)
                taken.append(card.name)
                break
    return taken


def _files_below(paths: Iterable[Path]) -> Iterator[Path]:
    n_files = 0
    for path in paths:
        if path.is_file():
            yield path
            n_files += 1
            continue
        for folder, names, files in os.walk(path):
            names.sort()
            for name in sorted(files):
                n_files += 1
                if n_files > MAX_FILES:
                    return
                yield Path(folder) / name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _digest(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError:
        return "unreadable"


def _copy(source: Path, target: Path, progress: Progress) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as part, source.open("rb") as old, part.open("wb") as new:
            while block := old.read(_BLOCK):
                progress.check()
                new.write(block)
    except OSError as error:
        raise WeightsError(
            f"“{target}” cannot be written ({error.strerror}): free some space, or check the "
            "permissions of its folder."
        ) from error

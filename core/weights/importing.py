"""Takes weights in: translated to safetensors with a card, or copied as they are.

No file is ever run, none is downloaded, and each one is whole at its place or not there.
"""

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.base.errors import Cancelled, WeightsError
from core.base.files import replacing
from core.base.progress import Progress
from core.weights.card import Card, card_path
from core.weights.catalogue import Weights
from core.weights.checkpoint_file import UnreadableError, read_states
from core.weights.published import FAMILIES, Family
from core.weights.searching import Candidate, Findings, Refusal, find_candidates
from core.weights.writing import write_weights

_BLOCK: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Attributes:
        taken: Names of the weights that were taken in.
        present: Names of those that were there already.
        refused: Files that could not be taken, and why.
        n_files: How many files were looked at.
    """

    taken: tuple[str, ...]
    present: tuple[str, ...]
    refused: tuple[Refusal, ...]
    n_files: int

    def sentence(self) -> str:
        """What came of it, in words."""
        parts = [f"Taken in: {', '.join(self.taken)}."] if self.taken else []
        if self.present:
            parts.append(f"Already there: {', '.join(self.present)}.")
        parts += [f"Refused {refusal.path.name}: {refusal.reason}." for refusal in self.refused]
        return " ".join(parts) or (
            f"None of {self.n_files} files is one that the studio can use: choose the file that "
            "the list of weights names; its own name does not matter."
        )


def import_checkpoints(
    paths: Sequence[Path],
    destination: Path,
    progress: Progress,
    accept_licence: Callable[[Sequence[Candidate]], bool],
    *,
    known: Sequence[Weights] = (),
    families: Sequence[Family] = FAMILIES,
) -> Imported:
    """Looks through files and folders and takes in what the studio can use.

    Args:
        paths: Files, and folders with all below.
        destination: The folder that weights are taken into.
        progress: Hears of files and MiB, and carries the cancel flag.
        accept_licence: Is asked once, before anything is written, whether the licences of what
            was found are accepted; not when nothing new was found.
        known: Files that are recognised by their digest.
        families: Published checkpoints that are recognised.

    Raises:
        Cancelled: the work was cancelled, or the licences were not accepted; nothing is left of
            what was written.
    """
    findings = find_candidates(paths, destination, progress, known=known, families=families)
    if findings.candidates and not accept_licence(findings.candidates):
        raise Cancelled("Cancelled: the licences were not accepted.")
    return take(findings, destination, progress)


def take(findings: Findings, destination: Path, progress: Progress) -> Imported:
    """Takes in what `find_candidates` found; whoever calls this has accepted the licences.

    Raises:
        Cancelled: the work was cancelled; see `import_checkpoints`.
    """
    taken: list[str] = []
    refused = list(findings.refused)
    written: list[Path] = []
    for candidate in findings.candidates:
        try:
            if candidate.family is None:
                written += _copy(candidate, progress)
            else:
                written += _translate(candidate, candidate.family, destination, progress)
            taken.append(candidate.name)
        except Cancelled:
            for path in written:
                path.unlink(missing_ok=True)
            raise
        except (UnreadableError, ValueError) as error:
            refused.append(Refusal(candidate.path, str(error)))
        except OSError as error:
            place = (candidate.target or destination / candidate.name).parent
            reason = f"it cannot be copied to {place} ({error.strerror})"
            refused.append(Refusal(candidate.path, reason))
    return Imported(tuple(taken), tuple(findings.present), tuple(refused), findings.n_files)


def require_success(imported: Imported) -> None:
    """Fails unless every file was taken in or there already.

    Raises:
        WeightsError: a file was refused, or nothing was found.
    """
    if imported.refused or not (imported.taken or imported.present):
        raise WeightsError(imported.sentence())


def _translate(
    candidate: Candidate, family: Family, destination: Path, progress: Progress
) -> list[Path]:
    """Writes our network's weights and their card; returns both."""
    states = read_states(candidate.path, progress)
    state = next((s for s in states if family.recognise(s) == candidate.name), None)
    if state is None:
        raise UnreadableError("it changed while it was read")
    member = family.member(candidate.name)
    card = Card(
        name=candidate.name,
        file=f"{candidate.name}.safetensors",
        sha256="",
        n_bytes=0,
        needed_for=member.purpose,
        licence=family.licence,
        origin=family.origin,
        config=member.configuration(),
        preprocessing=family.preprocessing,
    )
    path = destination / card.file
    write_weights(path, card, family.translate(candidate.name, state), progress)
    return [path, card_path(path, card.name)]


def _copy(candidate: Candidate, progress: Progress) -> list[Path]:
    """Copies a file as it is, and its card where it has one; returns the copies."""
    target = candidate.target
    assert target is not None, "what is not translated has a place"
    target.parent.mkdir(parents=True, exist_ok=True)
    n_mib = -(-candidate.path.stat().st_size >> 20)
    written = [target]
    with ExitStack() as stack:
        if candidate.card is not None:
            written.append(target.parent / candidate.card.name)
            card_part = stack.enter_context(replacing(written[-1]))
            shutil.copyfile(candidate.card, card_part)
        part = stack.enter_context(replacing(target))
        with candidate.path.open("rb") as old, part.open("wb") as new:
            while block := old.read(_BLOCK):
                progress.report(f"Importing {candidate.name}", old.tell() >> 20, n_mib)
                new.write(block)
    return written

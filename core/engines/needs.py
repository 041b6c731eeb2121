"""What the engines and the face tracker need on disk: the whole list of weights, and importing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from core.base.errors import WeightsError
from core.base.paths import imported_weights_dir
from core.base.progress import Progress
from core.engines.protocol import EngineSpec
from core.engines.registry import list_engines
from core.face.alignment import WEIGHTS as TRACKER_FILE
from core.face.alignment import weights_path
from core.weights.catalogue import Weights
from core.weights.catalogue import list_weights as list_known
from core.weights.importing import Imported, import_checkpoints
from core.weights.searching import Candidate, Findings, find_candidates
from core.weights.store import WeightsState

_TRACKER_ORIGIN: Final = "face-alignment, github.com/1adrianb/face-alignment"


def list_weights() -> list[Weights]:
    """All weights: those with a card, the published ones, the engines' and the tracker's.

    Raises:
        WeightsError: a card is unreadable.
    """
    engines: dict[str, list[str]] = {}
    for spec in list_engines():
        for name in spec.needs:
            engines.setdefault(name, []).append(spec.name)
    needs = {
        name: f"{'engine' if len(users) == 1 else 'engines'} {', '.join(users)}"
        for name, users in engines.items()
    }
    return [*list_known(needs), _tracker_weights()]


def missing_weights(spec: EngineSpec) -> tuple[Weights, ...]:
    """What an engine asks for and is not ready.

    Raises:
        WeightsError: a card is unreadable.
    """
    if not spec.needs:
        return ()
    rows = {row.name: row for row in list_weights()}
    return tuple(rows[name] for name in spec.needs if rows[name].state is not WeightsState.READY)


def find_weights_in(paths: Sequence[Path], progress: Progress) -> Findings:
    """Looks through files and folders for what can be taken in; see `find_candidates`."""
    return find_candidates(paths, imported_weights_dir(), progress, known=_known())


def import_weights(
    paths: Sequence[Path],
    progress: Progress,
    accept_licence: Callable[[Sequence[Candidate]], bool],
) -> Imported:
    """Takes in what the studio can use; see `import_checkpoints`."""
    return import_checkpoints(
        paths, imported_weights_dir(), progress, accept_licence, known=_known()
    )


def _known() -> list[Weights]:
    """What is recognised by its digest; a damaged card must not stop the import that mends it."""
    try:
        return list_weights()
    except WeightsError:
        return [_tracker_weights()]


def _tracker_weights() -> Weights:
    path = weights_path()
    is_there = path.is_file()
    return Weights(
        name=TRACKER_FILE,
        purpose="Face tracker “face-alignment”",
        n_bytes=path.stat().st_size if is_there else None,
        licence="BSD-3-Clause",
        origin=_TRACKER_ORIGIN,
        state=WeightsState.READY if is_there else WeightsState.MISSING,
        path=path,
        sha256=TRACKER_FILE.split("-")[1].split(".")[0],  # torch's habit: its first digits
        published_as=TRACKER_FILE,
    )

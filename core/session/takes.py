"""Recorded motion on disk: one safetensors file per take, a track for each factor it holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from core.base.content import sha256_file
from core.base.controls import Factor
from core.base.errors import SessionError
from core.motion.track import FactorTrack
from core.session.files import make_folder, writing
from core.session.media import portable_name
from core.session.store import TAKES
from core.timeline.source import MediaReference

TAKE_SUFFIX: Final = ".safetensors"


def save_take(folder: Path, name: str, tracks: Mapping[Factor, FactorTrack]) -> MediaReference:
    """Writes a take into the session's `takes/` under the first free name.

    Raises:
        SessionError: it cannot be written.
    """
    arrays = {}
    for factor, track in tracks.items():
        arrays.update(track.to_arrays(f"{factor}."))
    make_folder(folder / TAKES)
    stem, number = portable_name(name), 1
    path = folder / TAKES / f"{stem}{TAKE_SUFFIX}"
    while path.exists():
        number += 1
        path = folder / TAKES / f"{stem}-{number}{TAKE_SUFFIX}"
    with writing(path) as part:
        part.write_bytes(save(arrays))
    return MediaReference(path.relative_to(folder).as_posix(), sha256_file(path))


def load_take(path: Path) -> dict[Factor, FactorTrack]:
    """Reads a take.

    Raises:
        SessionError: it cannot be read or is no take.
    """
    try:
        arrays = load_file(path)
    except (OSError, SafetensorError) as error:
        raise SessionError(f"The take “{path.name}” cannot be read: record it again.") from error
    tracks = {factor: FactorTrack.from_arrays(arrays, f"{factor}.") for factor in Factor}
    found = {factor: track for factor, track in tracks.items() if track is not None}
    if not found:
        raise SessionError(f"“{path.name}” holds no recorded motion: choose a take.")
    return found

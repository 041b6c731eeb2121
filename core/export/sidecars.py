"""Files with the motion beside a film: each named after it, each whole or not there."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.base.cache import ArrayCache
from core.base.paths import cache_dir
from core.base.progress import Progress
from core.base.time import FrameRange
from core.export.curves_json import write_curves
from core.export.otio import write_otio
from core.export.presets import PRESETS
from core.export.rhubarb import write_rhubarb
from core.export.settings import Sidecar
from core.motion.livelink_writer import write_live_link
from core.motion.motion import Motion
from core.timeline.document import Document

ENDINGS: Final = {
    Sidecar.LIVE_LINK: ".csv",
    Sidecar.CURVES: ".curves.json",
    Sidecar.OTIO: ".otio",
    Sidecar.RHUBARB: ".mouth.json",
}
"""What follows the film's name."""

_FILM_ENDINGS: Final = frozenset(p.ending for p in PRESETS.values() if p.ending)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is exported.

    Attributes:
        document: The project.
        folder: Its session folder.
        frames: Document frames.
        motion: Their motion at the film's rate.
    """

    document: Document
    folder: Path
    frames: FrameRange
    motion: Motion


def sidecar_path(output: Path, sidecar: Sidecar) -> Path:
    """Where a sidecar of `output` lies."""
    is_file = output.suffix in _FILM_ENDINGS
    return output.with_name((output.stem if is_file else output.name) + ENDINGS[sidecar])


def write_sidecars(
    scene: Scene, output: Path, film: Path | None, chosen: Collection[Sidecar], progress: Progress
) -> tuple[Path, ...]:
    """Writes the chosen files and returns where they lie; on failure none is left.

    Args:
        scene: What is exported.
        output: The film's path; the sidecars are named after it.
        film: The film, or None when none is written.
        chosen: Which.
        progress: Reports and cancels.

    Raises:
        StudioError: a file cannot be written, or a sound not be read.
        Cancelled: the work was cancelled.
    """
    written: list[Path] = []
    try:
        for sidecar in sorted(chosen):
            progress.report("Writing motion files", len(written), len(chosen))
            path = sidecar_path(output, sidecar)
            _write(sidecar, path, scene, film, progress)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return tuple(written)


def _write(
    sidecar: Sidecar, path: Path, scene: Scene, film: Path | None, progress: Progress
) -> None:
    if sidecar is Sidecar.LIVE_LINK:
        write_live_link(path, scene.motion, progress=progress)
    elif sidecar is Sidecar.CURVES:
        write_curves(path, scene.document, scene.motion, progress)
    elif sidecar is Sidecar.OTIO:
        write_otio(path, scene.document, scene.folder, film, scene.frames)
    else:
        cache = ArrayCache(cache_dir())
        write_rhubarb(path, scene.document, scene.folder, scene.frames, cache, progress)

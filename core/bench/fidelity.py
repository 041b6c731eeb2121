"""The fidelity bench: portraits × driving clips → films → tracked again → compared.

The judge sees the finished MP4 and the clip, never the numbers in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.base.controls import Factor
from core.base.errors import FaceError
from core.base.progress import Progress
from core.bench.figure import Figure
from core.bench.film import RATE, copying, drive
from core.bench.observe import Observation, observe_film, observe_still
from core.bench.sweep import natural_ranges, run_sweeps
from core.bench.transfer import (
    Comparison,
    in_range,
    leakage,
    picture_figures,
    pooled_transfer,
    transfer,
)
from core.engines.protocol import Avatar, Engine, Source
from core.engines.registry import load_engine
from core.face.measures import Measures

MIXED_CASES: Final = 3
"""Films per portrait whose four factors come from different clips."""

Clips = Mapping[Factor, Path]


@dataclass(frozen=True, slots=True, eq=False)
class _Sitter:
    """A portrait that is being measured."""

    path: Path
    engine: Engine
    avatar: Avatar
    measures: Measures
    sharpness: float

    @property
    def name(self) -> str:
        return self.path.name


def bench_fidelity(
    portraits: Sequence[Path],
    clips: Sequence[Path],
    seconds: float,
    progress: Progress,
    *,
    keep: Path | None = None,
) -> list[Figure]:
    """Every figure of FIDELITY for every portrait with every clip, and the control sweep.

    Args:
        portraits: stills.
        clips: driving clips; each drives all factors, and different clips drive the factors.
        seconds: how much of each clip counts.
        progress: reports, and carries the cancel flag.
        keep: folder that keeps the films, or None.

    Raises:
        MediaError: a file cannot be read.
        FaceError: a clip shows no face; portraits without one are left out with a note.
    """
    seen = {}
    for done, clip in enumerate(clips):
        progress.report("Watching the clips", done, len(clips))
        seen[clip] = observe_film(clip, RATE, seconds, progress)
    ranges = natural_ranges(list(seen.values()))
    engine = load_engine()
    figures = []
    with TemporaryDirectory(prefix="avatar-studio-bench-") as folder:
        films = keep or Path(folder)
        for portrait in portraits:
            try:
                avatar = engine.prepare(Source(portrait), progress=progress)
            except FaceError as error:
                progress.note(f"“{portrait.name}” is left out. {error}")
                continue
            sitter = _Sitter(portrait, engine, avatar, *observe_still(portrait))
            compared = []
            for clip in clips:
                comparison = _driven_by_one(sitter, clip, seen[clip], films, seconds, progress)
                compared.append(comparison)
                figures += comparison_figures(comparison, sitter.sharpness)
            figures += pooled_transfer(sitter.name, compared)
            for mixed in mixtures(clips):
                figures += _driven_by_many(sitter, mixed, seen, films, seconds, progress)
            figures += run_sweeps(sitter.name, engine, avatar, ranges, progress)
    return figures


def mixtures(clips: Sequence[Path]) -> list[dict[Factor, Path]]:
    """Up to `MIXED_CASES` ways to give each factor a clip of its own; none below two clips."""
    if len(clips) < 2:
        return []
    n_cases = min(MIXED_CASES, len(clips))
    return [
        {factor: clips[(case + i) % len(clips)] for i, factor in enumerate(Factor)}
        for case in range(n_cases)
    ]


def comparison_figures(comparison: Comparison, portrait_sharpness: float) -> list[Figure]:
    """Everything that is said of one portrait driven by one clip."""
    case, film, driver = comparison.case, comparison.film, comparison.driver
    chosen = comparison.chosen
    share = float(chosen.mean())
    return [
        Figure(case, "frames within natural pose", share, "of frames"),
        *transfer(case, film, dict.fromkeys(Factor, driver), chosen),
        *picture_figures(case, film, portrait_sharpness, driver, chosen),
    ]


def _driven_by_one(
    sitter: _Sitter,
    clip: Path,
    driver: Observation,
    films: Path,
    seconds: float,
    progress: Progress,
) -> Comparison:
    case = f"{sitter.name} × {clip.stem}"
    film = _film(sitter, dict.fromkeys(Factor, clip), films / f"{case}.mp4", seconds, progress)
    n = min(len(film), len(driver))
    return Comparison(case, film, driver, in_range(driver, sitter.measures, n))


def _driven_by_many(
    sitter: _Sitter,
    clips: Clips,
    seen: Mapping[Path, Observation],
    films: Path,
    seconds: float,
    progress: Progress,
) -> list[Figure]:
    case = f"{sitter.name} × " + " ".join(clip.stem for clip in clips.values())
    film = _film(sitter, clips, films / f"{case}.mp4", seconds, progress)
    drivers = {factor: seen[clip] for factor, clip in clips.items()}
    n = min(len(film), *(len(driver) for driver in drivers.values()))
    chosen = in_range(drivers[Factor.HEAD_POSE], sitter.measures, n)
    mixed = [
        Figure(f.case, f"mixed clips: {f.measure}", f.value, f.unit)
        for f in transfer(case, film, drivers, chosen)
    ]
    return mixed + leakage(case, film, drivers, chosen)


def _film(
    sitter: _Sitter, clips: Clips, output: Path, seconds: float, progress: Progress
) -> Observation:
    wanted = copying(sitter.path, clips, seconds)
    drive(sitter.engine, sitter.avatar, wanted, output, progress)
    return observe_film(output, RATE, None, progress)

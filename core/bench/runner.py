"""What `avatar-studio bench` runs: finds the portraits and clips, measures, returns table rows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.base.errors import MediaError
from core.base.progress import Progress
from core.bench.figure import Cell, Figure

SAMPLE: Final = Path(__file__).parents[2] / "assets" / "sample"
FIDELITY_S: Final = 4.0
TRACK_S: Final = 8.0
NETWORK_S: Final = 10.0
BENCHES: Final = ("render", "track", "export", "fidelity", "speech", "pdfgc")
INSTALLED: Final = "avatar_studio.benches"
"""Entry-point group of benches that other packages add: (seconds or None, progress) → figures."""
_CLIP_ENDINGS: Final = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif"})
_STILL_ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})


def run_bench(
    what: str,
    *,
    portraits: Path | None,
    drivers: Sequence[Path],
    seconds: float | None,
    progress: Progress,
) -> list[dict[str, Cell]]:
    """Runs one bench and returns its figures as rows that share their columns.

    Args:
        what: one of `bench_names()`.
        portraits: a still or a folder of stills; the bundled sample when None.
        drivers: clips or folders of clips; where a bench needs a clip and none is given, it makes
            one from the sample.
        seconds: how much of each clip counts; each bench has its own default.
        progress: reports, and carries the cancel flag.

    Raises:
        MediaError: a folder holds nothing to measure on, or a file cannot be read.
        FaceError: a portrait or clip shows no face.
    """
    benches: dict[str, Callable[[list[Path], list[Path]], list[Figure]]] = {
        "render": lambda stills, _: _render(stills, progress),
        "track": lambda _, clips: _track(clips, seconds or TRACK_S, progress),
        "export": lambda stills, clips: _export(stills, clips, progress),
        "fidelity": lambda stills, clips: _fidelity(stills, clips, seconds or FIDELITY_S, progress),
        "speech": lambda _, clips: _speech(clips, seconds, progress),
        "pdfgc": lambda *_: _pdfgc(seconds or NETWORK_S, progress),
    }
    for point in entry_points(group=INSTALLED, name=what):
        measure: Callable[[float | None, Progress], list[Figure]] = point.load()
        return [figure.row() for figure in measure(seconds, progress)]
    stills = [SAMPLE / "portrait.jpg"]
    if portraits is not None:
        stills = files_in([portraits], _STILL_ENDINGS, "portrait")
    clips = files_in(drivers, _CLIP_ENDINGS, "clip") if drivers else []
    return [figure.row() for figure in benches[what](stills, clips)]


def bench_names() -> tuple[str, ...]:
    """All benches, those of other packages last."""
    return (*BENCHES, *sorted(entry_points(group=INSTALLED).names))


def files_in(places: Sequence[Path], endings: frozenset[str], kind: str) -> list[Path]:
    """The files among `places` and directly inside those that are folders, by name.

    Raises:
        MediaError: a place does not exist or holds no file of the kind.
    """
    found = []
    for place in places:
        inside = sorted(place.iterdir()) if place.is_dir() else [place]
        files = [file for file in inside if file.is_file() and file.suffix.lower() in endings]
        if not files:
            raise MediaError(f"There is no {kind} in {place}: give a file or a folder with some.")
        found += files
    return found


def _render(stills: list[Path], progress: Progress) -> list[Figure]:
    from core.bench.render import bench_render

    return [figure for still in stills for figure in bench_render(still, progress)]


def _track(clips: list[Path], seconds: float, progress: Progress) -> list[Figure]:
    from core.bench.track import bench_track

    with _some_clips(clips, seconds, progress) as found:
        return [figure for clip in found for figure in bench_track(clip, seconds, progress)]


def _export(stills: list[Path], clips: list[Path], progress: Progress) -> list[Figure]:
    from core.bench.export import bench_export

    with _some_clips(clips, FIDELITY_S, progress) as found:
        return bench_export(stills[0], SAMPLE / "speech.wav", found[0], progress)


def _fidelity(
    stills: list[Path], clips: list[Path], seconds: float, progress: Progress
) -> list[Figure]:
    from core.bench.fidelity import bench_fidelity
    from core.bench.transfer import summarise

    with _some_clips(clips, seconds, progress) as found:
        return summarise(bench_fidelity(stills, found, seconds, progress))


def _speech(clips: list[Path], seconds: float | None, progress: Progress) -> list[Figure]:
    from core.bench.speech import bench_speech

    return bench_speech(clips, seconds, progress)


def _pdfgc(seconds: float, progress: Progress) -> list[Figure]:
    from core.bench.pdfgc import bench_pdfgc

    return bench_pdfgc(seconds, progress)


@contextmanager
def _some_clips(clips: list[Path], seconds: float, progress: Progress) -> Iterator[list[Path]]:
    """The clips, or for want of any one that the sample portrait acts."""
    if clips:
        yield clips
        return
    from core.bench.film import act

    with TemporaryDirectory(prefix="avatar-studio-bench-") as folder:
        clip = Path(folder) / "acted.mp4"
        act(SAMPLE / "portrait.jpg", clip, seconds, progress)
        yield [clip]

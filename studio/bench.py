"""What `avatar-studio bench studio` measures: the real window with its engine process, off screen.

Wall times are those of a person who waits, so the engine, the window and this clock share the
machine as they do at work.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from core.base.errors import EngineError
from core.base.progress import Progress
from core.bench.figure import Figure, at_most

LOOP_S: Final = 20.0
START_GOAL: Final = at_most(3.0)
_START_LIMIT_S: Final = 60.0
_SAMPLE: Final = Path(__file__).parents[1] / "assets" / "sample"
_STARTER: Final = "from studio.bench_start import tell_when_usable; tell_when_usable()"


def bench_studio(seconds: float | None, progress: Progress) -> list[Figure]:
    """Every figure of the studio on the sample session at 512 px.

    Args:
        seconds: how long playback loops while memory is weighed; 20 when None.
        progress: reports, and carries the cancel flag.

    Raises:
        EngineError: the window did not come up, or showed no picture.
    """
    with TemporaryDirectory(prefix="avatar-studio-bench-") as name, _off_screen():
        shutil.copytree(_SAMPLE, Path(name) / "sample")
        session = Path(name) / "sample" / "sample.avatar"
        progress.report("Starting the window", 0)
        figures = [_start_up(session)]
        from studio.bench_work import bench_work

        return figures + bench_work(session, seconds or LOOP_S, progress)


@contextmanager
def _off_screen() -> Iterator[None]:
    before = os.environ.get("QT_QPA_PLATFORM")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    try:
        yield
    finally:
        if before is None:
            del os.environ["QT_QPA_PLATFORM"]
        else:
            os.environ["QT_QPA_PLATFORM"] = before


def _start_up(session: Path) -> Figure:
    """From the start of a fresh process to the window that shows the session and answers."""
    command: Sequence[str] = (sys.executable, "-c", _STARTER, str(session))
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            seconds = time.perf_counter() - started
            _, said = process.communicate(timeout=_START_LIMIT_S)
        except BaseException:
            process.kill()
            raise
    if line.strip() != "usable":
        raise EngineError(f"The window did not start: {said.strip().rpartition(chr(10))[2]}")
    return Figure("fresh process", "window usable after", seconds, "s", START_GOAL)

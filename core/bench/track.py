"""How fast a clip is tracked."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

from core.base.progress import Progress
from core.bench.figure import Figure, at_least
from core.face.tracker import Picture, create_tracker
from core.media.video import read_frames

TRACKING_GOAL: Final = at_least(60.0)
_RATE: Final = Fraction(25)


def bench_track(clip: Path, seconds: float, progress: Progress) -> list[Figure]:
    """Frames per second of the tracker alone and with decoding, on the start of a clip.

    The first frame, which loads the models, is not timed.

    Raises:
        MediaError: the clip cannot be read.
    """
    decoding = 0.0

    def timed() -> Iterator[Picture]:
        nonlocal decoding
        frames = read_frames(clip, _RATE, duration=seconds)
        while True:
            before = time.perf_counter()
            frame = next(frames, None)
            decoding += time.perf_counter() - before
            if frame is None:
                return
            yield frame

    tracker = create_tracker()
    started = time.perf_counter()
    n_frames = n_found = 0
    for face in tracker.track(timed(), progress):
        if n_frames == 0:  # the first frame loads the models and searches the whole picture
            started, decoding = time.perf_counter(), 0.0
        n_frames += 1
        n_found += face is not None
        progress.report(f"Tracking {clip.name}", n_frames)
    spent = time.perf_counter() - started
    n_timed = n_frames - 1
    case = clip.name
    return [
        Figure(case, "tracking", n_timed / (spent - decoding), "frames/s", TRACKING_GOAL),
        Figure(case, "tracking and decoding", n_timed / spent, "frames/s"),
        Figure(case, "face found", n_found / n_frames, "of frames"),
    ]

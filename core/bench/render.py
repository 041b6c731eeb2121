"""How fast an engine is: preparation, first frame, milliseconds a frame."""

import time
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from core.base.controls import FACTOR_SLICE, INDEX, LOWER, REST, UPPER, Factor, FloatArray
from core.base.progress import Progress
from core.bench.figure import Figure, Goal, at_most
from core.engines.protocol import Avatar, Engine, Source, View
from core.engines.registry import DEFAULT, load_engine
from core.motion.motion import Motion

_SIZES_PX: Final = (512, 1080)
_GOALS: Final[dict[tuple[int, str], Goal]] = {
    (512, "all controls"): at_most(15.0),
    (1080, "all controls"): at_most(50.0),
}
FIRST_FRAME_GOAL: Final = at_most(2.0)
_N_WARM: Final = 3
_RATE: Final = Fraction(25)
_REACH: Final = 0.35  # share of each control's range that the test motion uses


def lively_motion(factors: frozenset[Factor], n_frames: int) -> Motion:
    """Smooth motion in which every control of `factors` moves on its own, the same every time."""
    rng = np.random.default_rng(0)
    hertz = rng.uniform(0.3, 1.2, len(REST))
    phase = rng.uniform(0.0, 2 * np.pi, len(REST))
    t = np.arange(n_frames)[:, None] / float(_RATE)
    wave = np.sin(2 * np.pi * hertz * t + phase)
    amplitude: FloatArray = _REACH * (UPPER - LOWER) / 2
    controls = np.tile(REST, (n_frames, 1))
    for factor in factors:
        part = FACTOR_SLICE[factor]
        if factor is Factor.HEAD_POSE:
            controls[:, part] += (amplitude * wave)[:, part]
        else:
            controls[:, part] = (amplitude * (1 + wave))[:, part]
    # a head that comes nearer and leaves the picture is another test
    for name in ("x", "y", "scale"):
        column = INDEX[name]
        controls[:, column] = REST[column] + 0.2 * (controls[:, column] - REST[column])
    return Motion(np.clip(controls, LOWER, UPPER).astype(np.float32), _RATE)


CASES: Final[dict[str, frozenset[Factor]]] = {
    "all controls": frozenset(Factor),
    "pose only": frozenset({Factor.HEAD_POSE}),
    "talk only": frozenset({Factor.LIPS}),
}


def bench_render(
    portrait: Path, progress: Progress, *, engine_name: str = DEFAULT, n_frames: int = 60
) -> list[Figure]:
    """Times an engine on one portrait.

    Args:
        portrait: a still.
        progress: checked once per frame.
        engine_name: name of the engine.
        n_frames: how many frames are timed in each case; the figures are medians.

    Raises:
        EngineError: there is no such engine.
        MediaError: the portrait cannot be read.
        FaceError: it shows no usable face.
    """
    engine = load_engine(engine_name)
    started = time.perf_counter()
    avatar = engine.prepare(Source(portrait), progress=progress)
    prepared = time.perf_counter()
    next(engine.render(avatar, Motion.rest(1, _RATE), View()))
    shown = time.perf_counter()
    avatar.refine(progress)
    refined = time.perf_counter()
    case = portrait.name
    figures = [
        Figure(case, "preparation", prepared - started, "s"),
        Figure(case, "first frame after choosing", shown - started, "s", FIRST_FRAME_GOAL),
        Figure(case, "refinement in the background", refined - shown, "s"),
    ]
    for size in _SIZES_PX:
        for name, factors in CASES.items():
            spent = _ms_per_frame(
                engine,
                avatar,
                lively_motion(factors, _N_WARM + n_frames),
                View(size=size),
                progress,
            )
            label = f"{name}, {size} px"
            figures.append(Figure(case, label, spent, "ms/frame", _GOALS.get((size, name))))
    return figures


def _ms_per_frame(
    engine: Engine, avatar: Avatar, motion: Motion, view: View, progress: Progress
) -> float:
    times = []
    last = time.perf_counter()
    for done, _ in enumerate(engine.render(avatar, motion, view), 1):
        now = time.perf_counter()
        times.append((now - last) * 1e3)
        progress.report("Timing frames", done, len(motion))
        last = time.perf_counter()
    return median(times[_N_WARM:])

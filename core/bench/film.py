"""Makes the films that the benches look at, the way `animate --pose-mode absolute` does."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from core.base.cache import ArrayCache
from core.base.controls import FACTOR_SLICE, LOWER, REST, UPPER, Factor
from core.base.paths import cache_dir
from core.base.progress import Progress
from core.base.time import frames_in
from core.bench.render import lively_motion
from core.engines.protocol import Avatar, Engine, Source, View
from core.engines.registry import load_engine
from core.export.runner import ExportPlan, export_motion
from core.motion.clip import extract_clip
from core.motion.motion import Motion
from core.motion.retarget import Mode, Retargeting, retarget

RATE: Final = Fraction(25)


def absolute_motion(
    clips: Mapping[Factor, Path], avatar: Avatar, seconds: float, progress: Progress
) -> Motion:
    """The start of clips as motion of an avatar that turns its head to the same angles.

    Raises:
        MediaError: a clip cannot be read.
        FaceError: a clip shows no face.
    """
    cache = ArrayCache(cache_dir())
    settings = Retargeting(mode=Mode.ABSOLUTE)
    tracks = {
        factor: retarget(
            extract_clip(clip, RATE, face=0, cache=cache, progress=progress).track(factor),
            settings,
            avatar.rest_pose,
        )
        for factor, clip in clips.items()
    }
    n_frames = min(frames_in(seconds, RATE), *(len(track) for track in tracks.values()))
    controls = np.tile(REST, (n_frames, 1))
    for factor, track in tracks.items():
        controls[:, FACTOR_SLICE[factor]] = track.values[:n_frames]
    return Motion(np.clip(controls, LOWER, UPPER).astype(np.float32), RATE)


def drive(
    engine: Engine,
    avatar: Avatar,
    clips: Mapping[Factor, Path],
    output: Path,
    seconds: float,
    progress: Progress,
) -> int:
    """Writes the film of an avatar that does what the clips do; returns its number of frames.

    Raises:
        MediaError: a clip cannot be read, or the film cannot be written.
        FaceError: a clip shows no face.
    """
    motion = absolute_motion(clips, avatar, seconds, progress)
    return export_motion(engine, avatar, motion, ExportPlan(output, View()), progress)


def act(portrait: Path, output: Path, seconds: float, progress: Progress) -> None:
    """Writes a film in which every control of the portrait moves.

    Raises:
        FaceError: the portrait shows no usable face.
    """
    engine = load_engine()
    avatar = engine.prepare(Source(portrait), progress=progress)
    motion = lively_motion(frozenset(Factor), frames_in(seconds, RATE))
    export_motion(engine, avatar, motion, ExportPlan(output, View()), progress)

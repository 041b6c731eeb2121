"""Makes the films that the benches look at: the document that `animate --pose-mode absolute` makes.

Portraits are prepared once and used for many films.
"""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

from core.base.cache import ArrayCache
from core.base.controls import Factor
from core.base.paths import cache_dir
from core.base.progress import Progress
from core.base.time import frames_in
from core.bench.render import lively_motion
from core.engines.protocol import Avatar, Engine, Source, View
from core.engines.registry import load_engine
from core.export.runner import ExportPlan, export_motion
from core.motion.retarget import Mode
from core.session.bank import final_motion, gather_motion
from core.session.compose import Ingredients, compose

RATE: Final = Fraction(25)


def drive(
    engine: Engine,
    avatar: Avatar,
    ingredients: Ingredients,
    output: Path,
    progress: Progress,
) -> int:
    """Writes the silent film of an avatar that does what the clips do; returns its frames.

    Args:
        engine: the engine that made `avatar`.
        avatar: the portrait of `ingredients`, prepared.
        ingredients: what `animate` would be given.
        output: the MP4 file.
        progress: reports, and carries the cancel flag.

    Raises:
        MediaError: a clip cannot be read, or the film cannot be written.
        FaceError: a clip shows no face.
    """
    document = compose(ingredients)
    bank = gather_motion(document, Path(), ArrayCache(cache_dir()), progress)
    motion = final_motion(document, document.range, bank, avatar.rest_pose)
    return export_motion(engine, avatar, motion, ExportPlan(output, View()), progress)


def copying(portrait: Path, clips: Mapping[Factor, Path], seconds: float) -> Ingredients:
    """What `animate` is given to copy clips, head angles and all."""
    return Ingredients(
        portrait, clips=clips, rate=RATE, duration_s=seconds, pose_mode=Mode.ABSOLUTE, face=0
    )


def act(portrait: Path, output: Path, seconds: float, progress: Progress) -> None:
    """Writes a film in which every control of the portrait moves.

    Raises:
        FaceError: the portrait shows no usable face.
    """
    engine = load_engine()
    avatar = engine.prepare(Source(portrait), progress=progress)
    motion = lively_motion(frozenset(Factor), frames_in(seconds, RATE))
    export_motion(engine, avatar, motion, ExportPlan(output, View()), progress)

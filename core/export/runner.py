"""Renders motion onto an avatar and writes the film. Streams: one frame in memory at a time."""

from dataclasses import dataclass
from pathlib import Path

from core.base.progress import Progress
from core.engines.protocol import Avatar, Engine, View
from core.export.workplace import Workplace
from core.media.encode import Mp4Writer
from core.media.soundtrack import Sound
from core.motion.motion import Motion

STAGE = "Rendering"


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to write and where.

    Attributes:
        output: The MP4 file.
        view: Face crop or full portrait, and its size.
        sounds: What is heard, and when; a silent film when empty.
    """

    output: Path
    view: View
    sounds: tuple[Sound, ...] = ()


def export_motion(
    engine: Engine, avatar: Avatar, motion: Motion, plan: ExportPlan, progress: Progress
) -> int:
    """Writes every frame of `motion` to `plan.output` and returns their number.

    The avatar is refined first, so that the film never shows a draft. The file appears only when
    it is complete.

    Raises:
        MediaError: the output cannot be written or the sound cannot be read.
        Cancelled: the work was cancelled; nothing is left behind.
    """
    avatar.refine(progress)
    width, height = avatar.output_size(plan.view)
    n_frames = len(motion.controls)
    progress.report(STAGE, 0, n_frames)
    with Workplace(plan.output) as place:
        with Mp4Writer(
            place.path(plan.output),
            width,
            height,
            motion.rate,
            sounds=plan.sounds,
            duration_s=n_frames / motion.rate,
        ) as writer:
            for done, frame in enumerate(engine.render(avatar, motion, plan.view), 1):
                writer.write(frame)
                progress.report(STAGE, done, n_frames)
        place.publish([plan.output])
    return n_frames

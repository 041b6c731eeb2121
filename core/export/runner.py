"""Renders motion onto an avatar and writes the film. Streams: one frame in memory at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.base.progress import Progress
from core.engines.protocol import Avatar, Engine, View
from core.media.encode import DEFAULT_PRESET, Mp4Writer
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
        crf: Quality of the encoder: 0 (lossless) to 51; 18 looks the same as the original.
        preset: Effort of the encoder, `ultrafast` to `veryslow`.
    """

    output: Path
    view: View
    sounds: tuple[Sound, ...] = ()
    crf: int = 18
    preset: str = DEFAULT_PRESET


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
    n_frames = 0
    for n_frames in export_steps(engine, avatar, motion, plan, progress):  # noqa: B007
        pass
    return n_frames


def export_steps(
    engine: Engine, avatar: Avatar, motion: Motion, plan: ExportPlan, progress: Progress
) -> Iterator[int]:
    """`export_motion` frame by frame: yields the number of frames written so far.

    Closing the iterator early leaves nothing behind, as cancelling does.
    """
    avatar.refine(progress)
    width, height = avatar.output_size(plan.view)
    n_frames = len(motion.controls)
    progress.report(STAGE, 0, n_frames)
    with Mp4Writer(
        plan.output,
        width,
        height,
        motion.rate,
        sounds=plan.sounds,
        duration_s=n_frames / motion.rate,
        crf=plan.crf,
        preset=plan.preset,
    ) as writer:
        for done, frame in enumerate(engine.render(avatar, motion, plan.view), 1):
            writer.write(frame)
            progress.report(STAGE, done, n_frames)
            yield done

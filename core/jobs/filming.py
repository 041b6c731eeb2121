"""An export as a chain of short steps, between which the loop serves previews."""

from collections.abc import Generator
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.base.progress import Progress
from core.export.job import ExportJob, check_job, job_steps
from core.export.render_plan import (
    at_rate,
    check_target,
    document_view,
    frames_between,
    sounds_of,
)
from core.export.runner import ExportPlan, export_steps
from core.jobs.avatars import Avatars
from core.jobs.document import read_document
from core.jobs.memory import MotionMemory
from core.jobs.messages import Export
from core.media.encode import DEFAULT_PRESET
from core.session.bank import final_motion
from core.session.relink import require_media

Steps = Generator[Future[Any] | None, None, int]
"""Yields what the next step waits for, or None; returns the number of frames."""


def film(
    request: Export,
    avatars: Avatars,
    memory: MotionMemory,
    background: Executor,
    progress: Progress,
) -> Steps:
    """Writes the film that was asked for. Closing the generator leaves nothing behind.

    Args:
        request: What to write.
        avatars: Where the avatar comes from.
        memory: What motion is known.
        background: Gathers what is not known.
        progress: Reports, and carries the cancel flag.

    Raises:
        StudioError: something in it cannot be used; nothing is written.
        Cancelled: the work was cancelled; nothing is written.
    """
    folder, output = Path(request.folder), Path(request.output)
    document = read_document(request.document_text)
    if request.view is not None:
        document = replace(document, avatar=replace(document.avatar, view=request.view))
    document = require_media(document, folder, (), progress)
    frames = frames_between(document, request.first, request.stop)
    job = None
    if request.settings is not None:
        job = ExportJob(document, folder, frames, output, request.settings)
        check_job(job)
    else:
        check_target(document, folder, output)
    gathering = background.submit(memory.gather, document, folder, progress)
    sitter = avatars.sitter(document, folder, progress)
    yield sitter.refining
    yield gathering
    motion = final_motion(document, frames, gathering.result(), sitter.avatar.rest_pose)
    if job is not None:
        for _ in job_steps(job, sitter.engine, sitter.avatar, motion, progress):
            yield None
        return job.n_frames
    motion = at_rate(motion, request.rate or motion.rate)
    plan = ExportPlan(
        output,
        document_view(document),
        sounds_of(document, folder, frames),
        request.crf,
        request.preset or DEFAULT_PRESET,
    )
    for _ in export_steps(sitter.engine, sitter.avatar, motion, plan, progress):
        yield None
    return len(motion)

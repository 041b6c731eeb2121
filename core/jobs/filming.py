"""An export as a chain of short steps, between which the loop serves previews."""

from collections.abc import Generator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from core.base.progress import Progress
from core.export.job import ExportJob, check_job, job_steps
from core.export.render_plan import frames_between
from core.jobs.avatars import Avatars
from core.jobs.document import read_document
from core.jobs.memory import MotionMemory
from core.jobs.messages import Export
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
    """Writes what was asked for. Closing the generator leaves nothing behind.

    A failure leaves what is finished in the output's part folder, for another attempt.

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
    folder = Path(request.folder)
    document = require_media(read_document(request.document_text), folder, (), progress)
    frames = frames_between(document, request.first, request.stop)
    job = ExportJob(document, folder, frames, Path(request.output), request.settings)
    check_job(job)
    gathering = background.submit(memory.gather, document, folder, progress)
    sitter = avatars.sitter(document, folder, progress)
    yield sitter.refining
    yield gathering
    motion = final_motion(
        document,
        frames,
        gathering.result(),
        sitter.avatar.rest_pose,
        with_latents=sitter.engine.spec.takes_latents,
    )
    for _ in job_steps(job, sitter.engine, sitter.avatar, motion, progress, keeps=True):
        yield None
    return job.n_frames

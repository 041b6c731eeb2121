"""The queue of films that are written in the background while editing goes on."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.base.parts import PartFolder, part_folder
from core.export.estimate import Estimate, estimate
from core.export.job import ExportJob, check_job
from core.export.names import DEFAULT_PATTERN, output_path
from core.export.presets import preset_named
from core.export.render_plan import frames_between
from core.export.settings import ExportSettings as Options
from core.export.settings import Picture
from core.jobs.document import write_document
from core.jobs.messages import (
    CancelledReply,
    Export,
    Exported,
    Failed,
    Noted,
    Progressed,
    Reply,
)
from core.session.store import EXPORTS
from core.timeline.document import Document
from studio.controller.activity import Activity, Task
from studio.controller.engine_link import EngineLink
from studio.controller.preview import Preview
from studio.controller.project import Project


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What is to be written.

    Attributes:
        output: The file; a folder for pictures.
        first: First document frame; None is the start of the working range.
        stop: Frame after the last; None is the end of the working range.
        options: How it is written; None is an MP4 film of the document's own picture.
    """

    output: Path
    first: int | None = None
    stop: int | None = None
    options: Options | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One export of the queue.

    Attributes:
        id: Unique in this run of the program.
        settings: What was asked for.
        state: Where it stands.
        stage: What it does now, in words.
        done: Finished units of the stage.
        total: All units of the stage; None while unknown.
        left_s: Seconds left; None while unknown.
        message: Why it failed, or a note.
    """

    id: int
    settings: ExportSettings
    state: JobState
    stage: str = ""
    done: int = 0
    total: int | None = None
    left_s: float | None = None
    message: str = ""


class ExportQueue(QObject):
    """Exports in the order in which they were asked for, one at a time. Main thread only."""

    changed = Signal()
    """A job was added, removed, or came further."""
    finished = Signal(int)
    """Id of a job that ended well."""
    failed = Signal(int, str)
    """Id of a job that failed, and why."""

    def __init__(
        self,
        project: Project,
        link: EngineLink,
        preview: Preview,
        activity: Activity,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._link = link
        self._preview = preview
        self._activity = activity
        self._jobs: dict[int, Job] = {}
        self._documents: dict[int, Document] = {}
        self._kept: dict[int, PartFolder] = {}  # what failed jobs can go on from
        self._last_id = 0
        self._running: tuple[int, int] | None = None  # job id, ticket
        self._task: Task | None = None
        project.is_folder_held = lambda folder: self.is_running

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, oldest first."""
        return tuple(self._jobs.values())

    @property
    def is_running(self) -> bool:
        """Whether something is being written or waits for it."""
        return any(job.state not in OVER for job in self._jobs.values())

    @property
    def promised(self) -> tuple[Path, ...]:
        """Outputs that are being written, wait for it, or may be tried again."""
        over = (JobState.DONE, JobState.CANCELLED)
        return tuple(job.settings.output for job in self.jobs if job.state not in over)

    def job(self, job_id: int) -> Job | None:
        """The job of that id, if it is on the list."""
        return self._jobs.get(job_id)

    def add(self, settings: ExportSettings) -> int:
        """Queues an export of the document as it is now, after an autosave; returns the job's id.

        Raises:
            StudioError: the output cannot be written there.
        """
        document = self._project.document
        check_job(self._plan(settings, document))
        self._project.autosave()
        self._last_id += 1
        self._jobs[self._last_id] = Job(self._last_id, settings, JobState.WAITING)
        self._documents[self._last_id] = document
        self.changed.emit()
        self._start_next()
        return self._last_id

    def cancel(self, job_id: int) -> None:
        """Stops a job; nothing is left behind."""
        job = self._jobs.get(job_id)
        if job is None or job.state in OVER:
            return
        if self._running is not None and self._running[0] == job_id:
            self._change(job_id, stage="Cancelling")
            self._link.cancel(self._running[1])
        else:
            self._change(job_id, state=JobState.CANCELLED)

    def retry(self, job_id: int) -> None:
        """Starts a failed or cancelled job again, with the document it was asked for.

        A failed one goes on where it stopped, as far as its kind of file allows.
        """
        job = self._jobs.get(job_id)
        if job is not None and job.state in (JobState.FAILED, JobState.CANCELLED):
            if job_id in self._kept:
                self._kept.pop(job_id).release()
            self._jobs[job_id] = Job(job_id, job.settings, JobState.WAITING)
            self.changed.emit()
            self._start_next()

    def remove(self, job_id: int) -> None:
        """Takes a job that is over off the list."""
        job = self._jobs.get(job_id)
        if job is not None and job.state in OVER:
            del self._jobs[job_id], self._documents[job_id]
            if job_id in self._kept:
                kept = self._kept.pop(job_id)
                self._project.disk.run("Tidying", lambda _: kept.remove(), lambda _: None)
            self.changed.emit()

    def clear_finished(self) -> None:
        """Takes all jobs that are over off the list."""
        for job in self.jobs:
            self.remove(job.id)

    def estimate(self, settings: ExportSettings) -> Estimate:
        """Time, size and room on the disk, from the pace of the preview.

        Raises:
            StudioError: the document has no such frames.
        """
        plan = self._plan(settings, self._project.document)
        shown = self._preview.size
        size = _size_of(plan.settings, shown)
        frame_s = None
        if self._preview.ms_per_frame and shown[0]:
            share = size[0] * size[1] / (shown[0] * shown[1])
            frame_s = self._preview.ms_per_frame / 1000.0 * share
        folder = settings.output.parent
        return estimate(plan.settings, plan.n_frames, float(plan.duration_s), size, folder, frame_s)

    def suggest_output(self, preset: str = "mp4", pattern: str = DEFAULT_PATTERN) -> Path:
        """A free name in the session's `exports/`, or in the home of unsaved projects' films."""
        folder = self._project.folder / EXPORTS
        if self._project.is_unsaved:
            folder = Path.home()
        avatar, rate = self._project.document.avatar, self._project.document.rate
        values = {
            "project": self._project.title,
            "preset": preset,
            "size": str(avatar.view.size or max(self._preview.size)),
            "rate": f"{float(rate):g}",
        }
        ending = preset_named(preset).ending
        return output_path(folder, pattern, ending, values, date.today(), self.promised)

    def close(self) -> None:
        """Asks running work to stop; the engine is closed after this."""
        if self._running is not None:
            self._link.cancel(self._running[1])
        for kept in self._kept.values():
            kept.remove()
        self._kept.clear()
        self._jobs = {
            job.id: job if job.state in OVER else replace(job, state=JobState.CANCELLED)
            for job in self.jobs
        }

    # --- inside --------------------------------------------------------------------------------

    def _plan(self, settings: ExportSettings, document: Document) -> ExportJob:
        frames = frames_between(document, settings.first, settings.stop)
        options = settings.options or _own_options(document)
        return ExportJob(document, self._project.folder, frames, settings.output, options)

    def _start_next(self) -> None:
        waiting = [job for job in self.jobs if job.state is JobState.WAITING]
        if self._running is not None or not waiting:
            return
        job = waiting[0]
        document = self._documents[job.id]
        request = Export(
            write_document(document),
            str(self._project.folder),
            str(job.settings.output),
            job.settings.first,
            job.settings.stop,
            settings=job.settings.options or _own_options(document),
        )
        ticket = self._link.send(request, self._on_reply)
        self._running = job.id, ticket
        self._task = self._activity.begin(
            f"Writing {job.settings.output.name}", lambda: self.cancel(job.id)
        )
        self._change(job.id, state=JobState.RUNNING, stage="Preparing")

    def _on_reply(self, reply: Reply) -> None:
        if self._running is None or self._running[1] != reply.ticket:
            return
        job_id = self._running[0]
        if isinstance(reply, Progressed):
            self._report(job_id, reply)
        elif isinstance(reply, Noted):
            self._change(job_id, message=reply.text)
        elif isinstance(reply, Exported):
            self._end(job_id, JobState.DONE, "")
            self.finished.emit(job_id)
        elif isinstance(reply, Failed):
            self._keep(job_id)
            self._end(job_id, JobState.FAILED, reply.message)
            self.failed.emit(job_id, reply.message)
        elif isinstance(reply, CancelledReply):
            self._end(job_id, JobState.CANCELLED, "")

    def _keep(self, job_id: int) -> None:
        """Sees to it that nobody takes away what a failed job has finished."""
        folder = part_folder(self._jobs[job_id].settings.output)
        with suppress(OSError):
            if folder.is_dir():
                self._kept[job_id] = PartFolder(folder)

    def _report(self, job_id: int, reply: Progressed) -> None:
        left_s = None
        if self._task is not None:
            self._task.report(reply.stage, reply.done, reply.total)
            left_s = self._task.status.left_s
        self._change(job_id, stage=reply.stage, done=reply.done, total=reply.total, left_s=left_s)

    def _end(self, job_id: int, state: JobState, message: str) -> None:
        self._running = None
        if self._task is not None:
            self._task.finish()
            self._task = None
        self._change(job_id, state=state, message=message, left_s=None)
        self._start_next()

    def _change(self, job_id: int, **changes: object) -> None:
        job = self._jobs.get(job_id)
        if job is not None:
            self._jobs[job_id] = replace(job, **changes)  # type: ignore[arg-type]
            self.changed.emit()


def _own_options(document: Document) -> Options:
    """An MP4 film of the document's own picture."""
    view = document.avatar.view
    return Options(picture=Picture(view.mode), size=view.size)


def _size_of(options: Options, shown: tuple[int, int]) -> tuple[int, int]:
    """About how large a rendered frame is, from the size of the shown picture."""
    if options.size is None:
        return shown
    if options.picture is Picture.FULL and shown[0]:
        scale = options.size / max(shown)
        return round(shown[0] * scale), round(shown[1] * scale)
    return options.size, options.size

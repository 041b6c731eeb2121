"""The queue of films that are written in the background while editing goes on."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.export.settings import ExportSettings as Options
from core.timeline.document import ViewSettings


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What the export dialog asks for.

    Attributes:
        output: The MP4 file.
        first: First document frame; None is the start of the working range.
        stop: Frame after the last; None is the end of the working range.
        view: Another picture than the document's own.
        rate: Other frames per second than the document's own.
        crf: 0..51, smaller is better.
        preset: Effort of the encoder, `ultrafast` to `veryslow`.
        sidecars: Motion files to write beside it: `livelink`, `curves`, `otio`.
        options: The dialog's choices in the words of the core; when given, it alone says how the
            output is written (`view`, `rate`, `crf`, `preset` and `sidecars` do not count).
    """

    output: Path
    first: int | None = None
    stop: int | None = None
    view: ViewSettings | None = None
    rate: Fraction | None = None
    crf: int = 18
    preset: str = "medium"
    sidecars: tuple[str, ...] = ()
    options: Options | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an export will come to: seconds of work, bytes on disk, bytes free there."""

    seconds: float | None
    n_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Job:
    """One film of the queue.

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
    """Films in the order in which they were asked for. Main thread only."""

    changed = Signal()
    """A job was added, removed, or came further."""
    finished = Signal(int)
    """Id of a job that ended well."""
    failed = Signal(int, str)
    """Id of a job that failed, and why."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, oldest first."""
        raise NotImplementedError

    def add(self, settings: ExportSettings) -> int:
        """Queues a film of the document as it is now, after an autosave; returns the job's id.

        Raises:
            StudioError: the output cannot be written there.
        """
        raise NotImplementedError

    def cancel(self, job_id: int) -> None:
        """Stops a job; nothing is left behind."""
        raise NotImplementedError

    def retry(self, job_id: int) -> None:
        """Starts a failed or cancelled job again, with the document it was asked for."""
        raise NotImplementedError

    def remove(self, job_id: int) -> None:
        """Takes a job that is over off the list."""
        raise NotImplementedError

    def clear_finished(self) -> None:
        """Takes all jobs that are over off the list."""
        raise NotImplementedError

    def estimate(self, settings: ExportSettings) -> Estimate:
        """Time, size and room on the disk, from the pace of the preview."""
        raise NotImplementedError

    def suggest_output(self) -> Path:
        """`<session>/exports/<project>_<date>_<n>.mp4`, a name that is free."""
        raise NotImplementedError

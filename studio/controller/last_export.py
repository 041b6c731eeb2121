"""The frames of the film that was exported last, to compare the document of now with."""

from collections import OrderedDict
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.base.errors import MediaError
from core.media.video import read_frames
from studio.controller.exports import ExportQueue
from studio.controller.project import Project
from studio.services.pool import Pool

_N_KEPT: Final = 32
_MAX_SIDE: Final = 1280
_Picture = NDArray[np.uint8]


class LastExport(QObject):
    """Reads single frames beside the main thread. Main thread only."""

    changed = Signal()
    """A frame that was asked for is there, or there is another film."""

    def __init__(
        self, jobs: ExportQueue, project: Project, pool: Pool, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._project = project
        self._pool = pool
        self._film: tuple[Path, int, Fraction] | None = None  # first document frame, its rate
        self._frames: OrderedDict[int, _Picture | None] = OrderedDict()
        self._wanted: int | None = None
        self._is_reading = False
        jobs.finished.connect(self._on_finished)
        project.opened.connect(self._forget)

    @property
    def has_film(self) -> bool:
        """Whether anything was exported since the session was opened."""
        return self._film is not None

    def picture(self, frame: int) -> _Picture | None:
        """What the film shows at a document frame; None until `changed`, and beyond its ends."""
        if self._film is None or frame < self._film[1]:
            return None
        if frame not in self._frames:
            self._wanted = frame
            self._read_next()
        return self._frames.get(frame)

    def _read_next(self) -> None:
        """Reads the frame that was asked for last; those in between are left out."""
        if self._is_reading or self._wanted is None or self._film is None:
            return
        film, frame, self._wanted = self._film, self._wanted, None
        self._is_reading = True

        def done(picture: _Picture | None) -> None:
            self._is_reading = False
            if film == self._film:
                self._frames[frame] = picture
                while len(self._frames) > _N_KEPT:
                    self._frames.popitem(last=False)
            self.changed.emit()
            self._read_next()

        self._pool.run(lambda: _read(*film, frame), done, lambda _: done(None))

    def _on_finished(self, job_id: int) -> None:
        job = self._jobs.job(job_id)
        if job is None:
            return
        document = self._project.document
        first = document.range.start if job.settings.first is None else job.settings.first
        self._frames.clear()
        self._film = job.settings.output, first, document.rate
        self.changed.emit()

    def _forget(self) -> None:
        self._film = None
        self._frames.clear()
        self.changed.emit()


def _read(path: Path, first: int, rate: Fraction, frame: int) -> _Picture | None:
    """One frame of a film, by time. Runs in any thread."""
    start = (frame - first) / rate
    try:
        frames = read_frames(path, rate, start=start, duration=1 / rate, max_side=_MAX_SIDE)
        return next(frames, None)
    except MediaError:  # sound or motion only, or it was moved since
        return None

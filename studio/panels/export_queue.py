"""The export queue: what is being written, what waits, what is done."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.export.presets import PRESETS, Kind
from core.export.sidecars import sidecar_path
from studio.controller.exports import Job, JobState
from studio.controller.studio import Studio
from studio.widgets.icons import dress

_TITLES: Final = {
    JobState.WAITING: "Waiting",
    JobState.RUNNING: "Writing",
    JobState.DONE: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}
_OVER: Final = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
_STEPS: Final = 1000


class JobCard(QFrame):
    """One job: name, state, bar, and what can be done with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.name = QLabel(self)
        self.name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.state = QLabel(self)
        self.state.setWordWrap(True)
        self.state.setProperty("role", "caption")
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.cancel_button = self._button("stop", "Cancel", "Stop it; no half file is left")
        self.retry_button = self._button(
            "reset", "Retry", "Try again; what failed goes on where it stopped"
        )
        self.reveal_button = self._button("reveal", "Show in folder", "Show the file in its folder")
        self.remove_button = self._button("close", "Remove", "Take it off this list")
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self.name, 1)
        for button in (
            self.cancel_button,
            self.retry_button,
            self.reveal_button,
            self.remove_button,
        ):
            top.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 10)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.bar)
        layout.addWidget(self.state)

    def show_job(self, job: Job) -> None:
        """Shows where a job stands."""
        self.name.setText(job.settings.output.name)
        self.name.setToolTip(str(job.settings.output))
        self.state.setText(state_text(job))
        role = "error" if job.state is JobState.FAILED else "caption"
        if self.state.property("role") != role:
            self.state.setProperty("role", role)
            self.state.style().polish(self.state)
        self.bar.setVisible(job.state in (JobState.RUNNING, JobState.WAITING))
        is_busy = job.state is JobState.RUNNING and not job.total
        self.bar.setRange(0, 0 if is_busy else _STEPS)
        if job.total:
            self.bar.setValue(round(_STEPS * job.done / job.total))
        self.cancel_button.setVisible(job.state not in _OVER)
        self.retry_button.setVisible(job.state in (JobState.FAILED, JobState.CANCELLED))
        self.reveal_button.setVisible(job.state is JobState.DONE)
        self.remove_button.setVisible(job.state in _OVER)

    def _button(self, icon: str, name: str, tooltip: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tooltip)
        button.setAccessibleName(name)
        button.setAutoRaise(True)
        dress(button, icon)
        return button


class ExportQueuePanel(QWidget):
    """All jobs, newest at the top. Closing it stops nothing."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._jobs = studio.jobs
        self.cards: dict[int, JobCard] = {}
        self.empty = QLabel("Nothing to export yet: press Ctrl+M.", self)
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.clear_button = QPushButton("Clear finished", self)
        self.clear_button.setToolTip("Take all that are over off this list; files stay")
        self.clear_button.clicked.connect(self._jobs.clear_finished)
        body = QWidget(self)
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(8)
        self._column.addWidget(self.empty)
        self._column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 8)
        layout.addWidget(area, 1)
        layout.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._jobs.changed.connect(self.refresh)
        self._jobs.finished.connect(self._on_finished)
        self.refresh()

    def refresh(self) -> None:
        """Shows the jobs as they are now."""
        jobs = {job.id: job for job in self._jobs.jobs}
        for job_id in [i for i in self.cards if i not in jobs]:
            card = self.cards.pop(job_id)
            card.hide()
            card.deleteLater()
        for job_id, job in jobs.items():
            if job_id not in self.cards:
                self.cards[job_id] = self._new_card(job_id)
            self.cards[job_id].show_job(job)
        self.empty.setVisible(not jobs)
        self.clear_button.setVisible(any(job.state in _OVER for job in jobs.values()))

    def reveal(self, job_id: int) -> None:
        """Shows the folder in which a job's file lies."""
        job = self._job(job_id)
        if job is not None:
            open_path(result_of(job).parent)

    def _new_card(self, job_id: int) -> JobCard:
        card = JobCard(self)
        card.cancel_button.clicked.connect(lambda: self._jobs.cancel(job_id))
        card.retry_button.clicked.connect(lambda: self._jobs.retry(job_id))
        card.remove_button.clicked.connect(lambda: self._jobs.remove(job_id))
        card.reveal_button.clicked.connect(lambda: self.reveal(job_id))
        self._column.insertWidget(0, card)
        return card

    def _job(self, job_id: int) -> Job | None:
        return next((job for job in self._jobs.jobs if job.id == job_id), None)

    def _on_finished(self, job_id: int) -> None:
        job = self._job(job_id)
        after = self._studio.settings.get("export").get("after", "reveal")
        if job is None or after == "nothing":
            return
        path = result_of(job)
        open_path(path if after == "open" else path.parent)


def result_of(job: Job) -> Path:
    """The file (or folder) that a job wrote."""
    settings, options = job.settings, job.settings.options
    if options is None or PRESETS[options.preset].kind is not Kind.MOTION:
        return settings.output
    return min(
        (sidecar_path(settings.output, s) for s in options.sidecars), default=settings.output
    )


def state_text(job: Job) -> str:
    """One line: state, stage, n of N, time left, or why it failed."""
    if job.state is JobState.FAILED:
        return job.message
    if job.state is not JobState.RUNNING:
        return f"{_TITLES[job.state]} · {job.message}" if job.message else _TITLES[job.state]
    text = job.stage or _TITLES[job.state]
    if job.total:
        text += f" {job.done}/{job.total}"
    if job.left_s is not None:
        seconds = round(job.left_s)
        text += f" · {seconds // 60:02d}:{seconds % 60:02d} left"
    return text


def open_path(path: Path) -> None:
    """Shows a file or folder with the platform's own program."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

"""The export dialog (Ctrl+M): what to write, what it will come to, and into the queue with it."""

from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import StudioError
from core.base.time import FrameRange
from core.engines.registry import list_engines
from core.export.driver import has_driver
from core.export.estimate import Estimate
from core.export.names import DEFAULT_PATTERN, TOKENS, output_path
from core.export.presets import PRESETS
from core.export.render_plan import sounds_of
from core.export.settings import Picture
from core.media.image import image_size, is_still
from core.media.probe import probe
from core.session.bank import source_path
from core.session.store import EXPORTS
from core.timeline.document import Document
from studio.controller.exports import ExportSettings
from studio.controller.studio import Studio
from studio.panels.export_form import ExportForm, Facts
from studio.widgets.icons import dress

_WIDTH_PX: Final = 760
_NATIVE_PX: Final = 512
_BUTTON_PX: Final = 132
_REMEMBERED: Final = "export"


class ExportDialog(QDialog):
    """Opened with `open()`; the work goes on in the queue after it has closed."""

    queued = Signal(int)
    """Id of the job that was added."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH_PX)
        chosen = studio.settings.get(_REMEMBERED)
        self._strip = _selected_strip(studio)
        self.form = ExportForm(facts_of(studio, self._strip), chosen, self)
        self.name = QLineEdit(str(chosen.get("name", DEFAULT_PATTERN)), self)
        self.folder = QLineEdit(str(_folder_of(studio)), self)
        self.target = QLabel(self)
        self.estimate = QLabel(self)
        self.problem = QLabel(self)
        self.export_button = QPushButton("Add to queue", self)
        self._file_dialog: QFileDialog | None = None
        self._lay_out()
        self.form.changed.connect(self.refresh)
        self.name.textChanged.connect(self.refresh)
        self.folder.textChanged.connect(self.refresh)
        self.export_button.clicked.connect(self.submit)
        self.refresh()

    @property
    def output(self) -> Path:
        """Where it will be written: a name that is free."""
        form, project = self.form, self._studio.project
        values = {
            "project": project.title,
            "preset": str(form.value("preset")),
            "size": str(max(form.frame_size)),
            "rate": f"{float(form.rate):.4g}",
        }
        ending = PRESETS[str(form.value("preset"))].ending
        folder = Path(self.folder.text().strip() or ".").expanduser()
        today = datetime.now().astimezone().date()
        promised = self._studio.jobs.promised
        return output_path(folder, self.name.text(), ending, values, today, promised)

    @property
    def frames(self) -> FrameRange:
        """Document frames that are exported."""
        document = self._studio.project.document
        chosen = self.form.value("range")
        if chosen == "range":
            return document.range
        if chosen == "strip" and self._strip is not None:
            return self._strip
        return FrameRange(0, document.n_frames)

    def expected(self) -> Estimate:
        """What it will come to."""
        return self._studio.jobs.estimate(self._settings())

    def refresh(self) -> None:
        """Shows name and estimate of the present choices."""
        output, expected = self.output, self.expected()
        self.target.setText(f"→ {output.name}")
        self.target.setToolTip(str(output))
        parts = [f"{float(len(self.frames) / self._studio.project.document.rate):.1f} s"]
        if expected.seconds:
            parts.append(f"about {duration_text(expected.seconds)} of work")
        parts.append(size_text(expected.n_bytes))
        if expected.free_bytes is not None:
            parts.append(f"{size_text(expected.free_bytes)} free")
        self.estimate.setText(" · ".join(parts))
        why = self._problem(expected)
        self.problem.setText(why)
        self.problem.setVisible(bool(why))
        self.export_button.setEnabled(not why)

    def submit(self) -> None:
        """Puts the job into the queue and closes; what is wrong is said here."""
        settings = self._settings()
        self._studio.settings.set(
            _REMEMBERED, {**self.form.values(), "name": self.name.text().strip()}
        )
        try:
            job_id = self._studio.jobs.add(settings)
        except StudioError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.queued.emit(job_id)
        self.accept()

    def _settings(self) -> ExportSettings:
        frames = self.frames
        return ExportSettings(self.output, frames.start, frames.stop, options=self.form.settings)

    def _problem(self, expected: Estimate) -> str:
        document = self._studio.project.document
        if document.source(document.avatar.source_id) is None:
            return "There is no portrait yet: drop a picture on the viewer first."
        if not expected.fits:
            return "The disk has too little room for it: free some space or choose another folder."
        return self.form.problem

    def _browse(self) -> None:
        dialog = QFileDialog(self, "Folder of the export", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.folder.setText)
        self._file_dialog = dialog
        dialog.open()

    def _lay_out(self) -> None:
        tokens = "\n".join(f"{token}  {meaning}" for token, meaning in TOKENS.items())
        self.name.setToolTip(f"Name of the file. What is in braces is filled in:\n{tokens}")
        self.name.setAccessibleName("Name")
        self.folder.setToolTip("Where it is written; a folder that is not there is made")
        self.folder.setAccessibleName("Folder")
        browse = QToolButton(self)
        browse.setToolTip("Choose the folder")
        browse.setAccessibleName("Choose the folder")
        dress(browse, "folder")
        browse.clicked.connect(self._browse)
        names = QGridLayout()
        names.setHorizontalSpacing(8)
        names.addWidget(QLabel("Name", self), 0, 0)
        names.addWidget(self.name, 0, 1)
        names.addWidget(self.target, 0, 2, 1, 2)
        names.addWidget(QLabel("Folder", self), 1, 0)
        names.addWidget(self.folder, 1, 1, 1, 2)
        names.addWidget(browse, 1, 3)
        names.setColumnStretch(1, 1)
        self.target.setProperty("role", "muted")
        self.estimate.setProperty("role", "muted")
        self.estimate.setToolTip("Length, time, size and room on the disk; estimated")
        self.problem.setProperty("role", "warning")
        self.problem.setWordWrap(True)
        line = QFrame(self)
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        cancel = QPushButton("Cancel", self)
        cancel.clicked.connect(self.reject)
        self.export_button.setDefault(True)
        self.export_button.setMinimumWidth(_BUTTON_PX)
        self.export_button.setToolTip("Writes in the background while you go on editing")
        buttons = QHBoxLayout()
        buttons.addWidget(self.estimate, 1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.form, 1)
        layout.addLayout(names)
        layout.addWidget(line)
        layout.addWidget(self.problem)
        layout.addLayout(buttons)


def facts_of(studio: Studio, strip: FrameRange | None) -> Facts:
    """What the form must know of the project."""
    document = studio.project.document
    view = document.avatar.view
    return Facts(
        rate=document.rate,
        n_range=len(document.range),
        n_whole=document.n_frames,
        n_strip=0 if strip is None else len(strip),
        has_in_out=len(document.range) != document.n_frames,
        has_driver=has_driver(document),
        picture=Picture.FULL if view.mode == "full" else Picture.FACE,
        face_px=view.size if view.mode == "face" and view.size else _NATIVE_PX,
        full_size=_portrait_size(document, studio.project.folder),
        can_cut_out=_can_cut_out(document),
        sounds=sounds_of(document, studio.project.folder, FrameRange(0, document.n_frames)),
    )


def _can_cut_out(document: Document) -> bool:
    """Whether the document's engine says that it tells the person from the background."""
    return any(s.name == document.avatar.engine and s.can_cut_out for s in list_engines())


def _folder_of(studio: Studio) -> Path:
    """The session's own folder of films; the person's home while the project has no name."""
    project = studio.project
    return Path.home() if project.is_unsaved else project.folder / EXPORTS


def duration_text(seconds: float) -> str:
    """`40 s`, `3 min` or `2.5 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def size_text(n_bytes: int) -> str:
    """`340 kB`, `12.3 MB` or `1.2 GB`."""
    if n_bytes < 1_000_000:
        return f"{max(1, round(n_bytes / 1000))} kB"
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes < 1_000_000_000 else f"{n_bytes / 1e9:.1f} GB"


def _selected_strip(studio: Studio) -> FrameRange | None:
    """The frames of the one selected strip, within the document."""
    document = studio.project.document
    strips = [s for s in document.audio.strips if s.id in studio.selection.strips]
    for track in document.tracks:
        strips += [s for s in track.strips if s.id in studio.selection.strips]  # type: ignore[misc]
    if len(strips) != 1:
        return None
    whole = FrameRange(0, document.n_frames)
    found = FrameRange(strips[0].start, strips[0].stop).intersection(whole)
    return found if len(found) else None


def _portrait_size(document: Document, folder: Path) -> tuple[int, int]:
    """Width and height of the portrait in px, from the file's head."""
    source = document.source(document.avatar.source_id)
    if source is None:
        return _NATIVE_PX, _NATIVE_PX
    try:
        path = source_path(source, folder)
        if is_still(path):
            return image_size(path)
        video = probe(path).video
    except StudioError:
        return _NATIVE_PX, _NATIVE_PX
    return (_NATIVE_PX, _NATIVE_PX) if video is None else (video.width, video.height)

"""Finds media again that moved: by content, in folders that a person names."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.session.media import media_path
from core.timeline.source import Source
from studio.controller.studio import Studio
from studio.widgets.icons import dress, icon


class RelinkDialog(QDialog):
    """Lists what is missing; everything else stays editable meanwhile."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._missing: tuple[Source, ...] = ()
        self._is_searching = False
        self.setWindowTitle("Find missing media")
        self.resize(560, 340)
        self.heading = QLabel(self)
        self.heading.setProperty("role", "heading")
        text = QLabel(
            "Files are recognised by their content, so they may have other names now. Without "
            "them everything else can still be edited.",
            self,
        )
        text.setWordWrap(True)
        text.setProperty("role", "muted")
        self.list = QListWidget(self)
        self.list.setAccessibleName("Missing files")
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.search_button = QPushButton("Search a folder…", self)
        self.search_button.setProperty("primary", True)
        self.search_button.setDefault(True)
        self.search_button.setToolTip("Look through a folder and the folders in it")
        dress(self.search_button, "search", "on_accent")
        self.search_button.clicked.connect(self.ask_folder)
        self.close_button = QPushButton("Go on without", self)
        self.close_button.setToolTip("Close; File ▸ Find missing media opens this again")
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.search_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        for part in (self.heading, text, self.list, self.note):
            layout.addWidget(part)
        layout.addLayout(row)
        studio.project.document_changed.connect(self.refresh)
        studio.project.disk.idle.connect(self._on_idle)
        self.refresh()

    @property
    def missing(self) -> tuple[Source, ...]:
        """The sources whose file is unknown."""
        return self._missing

    def refresh(self) -> None:
        """Lists what is missing now."""
        project = self._studio.project
        if project.in_gesture:
            return
        self._missing = project.missing_media
        self.list.clear()
        for source in self._missing:
            place = media_path(project.folder, source.media) if source.media else Path()
            item = QListWidgetItem(icon("warning", "warn"), f"{source.name}\n{place}")
            item.setToolTip(str(place))
            self.list.addItem(item)
        n_missing = len(self._missing)
        words = "1 file was not found" if n_missing == 1 else f"{n_missing} files were not found"
        self.heading.setText(words if n_missing else "All files are in their places")
        self.search_button.setEnabled(bool(n_missing) and not self._is_searching)
        self.close_button.setText("Go on without" if n_missing else "Close")

    def ask_folder(self) -> None:
        """Asks where to look."""
        dialog = QFileDialog(self, "Search a folder", self._studio.settings.get("last_folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.search([Path(n) for n in names]))
        dialog.open()

    def search(self, folders: list[Path]) -> None:
        """Looks through folders, beside the main thread."""
        self._is_searching = True
        self.search_button.setEnabled(False)
        self.note.setText("Looking…")
        self._studio.project.relink(folders)

    def _on_idle(self) -> None:
        if not self._is_searching:
            return
        self._is_searching = False
        before = len(self._missing)
        self.refresh()
        n_missing = len(self._missing)
        if not n_missing:
            self.note.setText("Everything was found.")
            self.accept()
        elif n_missing < before or not before:
            self.note.setText("Some files were found; look for the others in another folder.")
        else:
            self.note.setText("None of them was found there: try another folder.")

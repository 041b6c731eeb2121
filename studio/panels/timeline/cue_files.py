"""Mouth shapes from and to files of Rhubarb Lip Sync."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from core.base.errors import StudioError
from core.session.files import write_text
from core.speech.cues import fitted
from core.speech.rhubarb import read_rhubarb, rhubarb_json, rhubarb_tsv
from core.timeline.strip import AudioStrip
from studio.controller.studio import Studio
from studio.panels.timeline.sound_area import SoundArea

_FILTERS: Final = "Rhubarb Lip Sync (*.json *.tsv)"


class CueFiles:
    """Asks for files and reads or writes them.

    Args:
        studio: Hears what went wrong.
        sounds: Whose mouth shapes.
        parent: Of the dialogs.
    """

    def __init__(self, studio: Studio, sounds: SoundArea, parent: QWidget) -> None:
        self._studio = studio
        self._sounds = sounds
        self._parent = parent

    def ask_import(self, strip: AudioStrip) -> None:
        """Asks for a file and gives a sound its shapes."""
        dialog = self._dialog("Import mouth shapes")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.bring(strip, Path(name)))
        dialog.open()

    def ask_export(self, strip: AudioStrip) -> None:
        """Asks for a file and writes a sound's shapes."""
        dialog = self._dialog("Export mouth shapes")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.fileSelected.connect(lambda name: self.save(strip, Path(name)))
        dialog.open()

    def bring(self, strip: AudioStrip, path: Path) -> None:
        """Gives a sound the mouth shapes of a file; one step."""
        try:
            cues = read_rhubarb(path)
        except StudioError as error:
            self._studio.failed.emit(str(error))
            return
        duration_s = self._sounds.duration_s(strip) or cues[-1].end_s
        self._sounds.cues.replace(strip, fitted(cues, duration_s))

    def save(self, strip: AudioStrip, path: Path) -> None:
        """Writes a sound's mouth shapes: tab-separated as `.tsv`, else JSON."""
        cues = self._sounds.cues.cues(strip)
        source = self._studio.project.document.source(strip.source_id)
        duration_s = cues[-1].end_s if cues else self._sounds.duration_s(strip)
        is_tsv = path.suffix.lower() == ".tsv"
        name = "" if source is None or source.media is None else Path(source.media.path).name
        text = rhubarb_tsv(cues, duration_s) if is_tsv else rhubarb_json(cues, name, duration_s)
        try:
            write_text(path, text)
        except StudioError as error:
            self._studio.failed.emit(str(error))
            return
        self._studio.message.emit(f"The mouth shapes are in “{path.name}”.")

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._parent, title, "", _FILTERS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

"""Asks how a dropped clip is to be used: for which factors, whose face, and how it is carried over.

The rows are those of the inspector: they work on a strip of a document of their own.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.base.controls import Factor
from core.timeline.document import Document, Track
from core.timeline.edits import TITLES
from core.timeline.source import CropBox
from studio.controller.assembly import ClipUse
from studio.controller.faces import Faces
from studio.panels.face_chooser import FaceChooser
from studio.panels.inspector_form import Parameter
from studio.panels.inspector_strips import MOTION_STRIP
from studio.widgets.fields import FieldRow, Value
from studio.widgets.icons import icon
from studio.widgets.theme import TRACK_COLORS, TRACK_ICONS

_STYLE: Final = "style"
_TITLES: Final = (
    "Reference", "Reference frame", "Motion", "Speed", "Clip end", "Gain", "Smoothing", "Mirror",
)  # fmt: skip
_PARAMETERS: Final = {p.title: p for p in MOTION_STRIP if p.title in _TITLES}
_WIDTH_PX: Final = 380


class ClipDialog(QDialog):
    """Open it with `open`; it deletes itself.

    Args:
        faces: Finds the faces.
        path: The clip whose face can be chosen; None for what shows none.
        use: How it is used already.
        has_sound: Whether its sound can be taken too.
    """

    chosen = Signal(object, object)
    """(tuple[Factor, …] that is never empty, `ClipUse`)."""

    def __init__(
        self,
        faces: Faces,
        path: Path | None,
        use: ClipUse,
        *,
        has_sound: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Use this clip")
        self.setMinimumWidth(_WIDTH_PX)
        self._path = path
        self._use = use
        strip = replace(use.style, id=_STYLE, n_frames=100)
        self._scratch = Document().with_track(Track(Factor.HEAD_POSE, (strip,), smoothing=0.2))
        self.boxes: dict[Factor, QCheckBox] = {}
        self.rows: dict[str, FieldRow] = {}
        self.faces = FaceChooser(faces, self)
        self.sound = QCheckBox("Lay its sound on the Audio track", self)
        self.sound.setVisible(has_sound)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.buttons.button(standard.Ok).setText("Lay on the timeline")
        self.buttons.button(standard.Ok).setProperty("primary", True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self.faces.face_chosen.connect(self._on_face)
        self.faces.crop_chosen.connect(self._on_crop)
        self._show_faces()

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The ticked ones."""
        return tuple(factor for factor, box in self.boxes.items() if box.isChecked())

    @property
    def use(self) -> ClipUse:
        """How the clip is to be used."""
        found = self._scratch.find_strip(_STYLE)
        style = self._use.style if found is None else found[1]
        return replace(self._use, style=style, with_audio=self.sound.isChecked())

    def accept(self) -> None:
        """Tells what was chosen."""
        self.chosen.emit(self.factors, self.use)
        super().accept()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(6)
        heading = QLabel("Take its motion for", self)
        heading.setProperty("role", "heading")
        column.addWidget(heading)
        column.addLayout(self._make_boxes())
        column.addWidget(self._line())
        column.addWidget(self.faces)
        for title in _TITLES:
            row = self._make_row(_PARAMETERS[title])
            self.rows[title] = row
            column.addWidget(row)
        self._refresh()
        column.addWidget(self.sound)
        column.addSpacing(8)
        column.addStretch(1)
        column.addWidget(self.buttons)

    def _make_boxes(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        for i, factor in enumerate(Factor):
            box = QCheckBox(TITLES[factor], self)
            box.setIcon(icon(TRACK_ICONS[factor], TRACK_COLORS[factor]))
            box.setIconSize(QSize(18, 18))
            box.setChecked(True)
            box.toggled.connect(self._on_toggled)
            grid.addWidget(box, i // 2, i % 2)
            self.boxes[factor] = box
        return grid

    def _line(self) -> QFrame:
        line = QFrame(self)
        line.setProperty("role", "line")
        line.setFixedHeight(1)
        return line

    def _make_row(self, parameter: Parameter[str]) -> FieldRow:
        editor, default = parameter.editor, parameter.default
        row = FieldRow(
            parameter.title,
            editor(self._scratch, _STYLE) if callable(editor) else editor,
            parameter.tooltip,
            default(self._scratch, _STYLE) if callable(default) else default,
            self,
        )
        row.changed.connect(lambda value: self._on_value(parameter, value))
        return row

    def _refresh(self) -> None:
        for title, row in self.rows.items():
            parameter = _PARAMETERS[title]
            row.setVisible(parameter.applies(self._scratch, _STYLE))
            row.set_value(parameter.read(self._scratch, _STYLE))

    def _on_value(self, parameter: Parameter[str], value: Value) -> None:
        self._scratch = parameter.write(self._scratch, _STYLE, value)
        reference = self.rows["Reference frame"]
        reference.setVisible(_PARAMETERS["Reference frame"].applies(self._scratch, _STYLE))

    def _on_toggled(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(bool(self.factors))

    def _on_face(self, number: int) -> None:
        self._use = replace(self._use, face=number)
        self._show_faces()

    def _on_crop(self, crop: CropBox | None) -> None:
        self._use = replace(self._use, crop=crop, face=None)
        self._show_faces()

    def _show_faces(self) -> None:
        self.faces.show_file(self._path, self._use.face, self._use.crop)

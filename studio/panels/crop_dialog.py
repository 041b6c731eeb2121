"""Draws by hand where the face is looked for, on the clip's or portrait's own picture."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.timeline.source import CropBox
from studio.controller.faces import Faces
from studio.widgets.box_view import BoxView

_DIGITS = 4


class CropDialog(QDialog):
    """Open it with `open`; it deletes itself.

    Args:
        faces: Finds the faces and the frame that is drawn on.
        path: The picture or clip.
        crop: The box of before.
    """

    chosen = Signal(object)
    """`CropBox`, or None to look everywhere again."""

    def __init__(
        self, faces: Faces, path: Path, crop: CropBox | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Draw the crop")
        self.resize(760, 560)
        self._faces = faces
        self._path = path
        self.view = BoxView(self)
        self._text = QLabel(self)
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        everywhere = QPushButton("Look everywhere", self)
        everywhere.setToolTip("Find the face by itself again")
        cancel = QPushButton("Cancel", self)
        self.use = QPushButton("Use this crop", self)
        self.use.setProperty("primary", True)
        self.use.setDefault(True)
        everywhere.clicked.connect(self._on_everywhere)
        cancel.clicked.connect(self.reject)
        self.use.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(everywhere)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self._text)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        self.view.changed.connect(self._enable)
        faces.changed.connect(self._show)
        if crop is not None:
            self.view.set_box(crop.sides)
        self._show()
        self._enable()

    @property
    def crop(self) -> CropBox | None:
        """The drawn box."""
        box = self.view.box
        return None if box is None else CropBox(*(round(side, _DIGITS) for side in box))

    def accept(self) -> None:
        """Tells what was drawn."""
        if self.crop is not None:
            self.chosen.emit(self.crop)
            super().accept()

    def _show(self) -> None:
        found = self._faces.of(self._path)
        if found is None:
            self._text.setText("Reading the picture…")
            return
        self.view.set_picture(found.picture, found.boxes)
        name = self._path.name
        if found.error:
            self._text.setText(found.error)
        elif not found.boxes:
            self._text.setText(f"No face found in {name}. Drag a box closely around the face.")
        else:
            self._text.setText(
                "Drag a box around the face to follow; nothing outside of it is looked at."
            )

    def _enable(self) -> None:
        self.use.setEnabled(self.view.box is not None)

    def _on_everywhere(self) -> None:
        self.chosen.emit(None)
        super().accept()

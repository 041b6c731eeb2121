"""The faces of a clip or portrait as small pictures to choose from, and the crop beside them."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.timeline.source import CropBox
from studio.controller.faces import FaceList, Faces
from studio.panels.crop_dialog import CropDialog
from studio.widgets.fields import LABEL_PX
from studio.widgets.icons import dress
from studio.widgets.picture_view import image_of

_FACE_PX: Final = 52
_COLUMNS: Final = 4
_TITLE: Final = "Faces"


class FaceChooser(QWidget):
    """Shows what can be chosen and tells what was; the caller keeps the choice."""

    face_chosen = Signal(int)
    """Number of the face, largest first from 0."""
    crop_chosen = Signal(object)
    """`CropBox`, or None to look everywhere."""

    def __init__(self, faces: Faces, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faces = faces
        self._path: Path | None = None
        self._face: int | None = None
        self._crop: CropBox | None = None
        self._shown: FaceList | None = None
        self.buttons: list[QToolButton] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.face_chosen)
        self._text = QLabel(self)
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.draw = QPushButton(self)
        self.draw.setToolTip("Draw by hand where the face is looked for")
        self.draw.clicked.connect(self.open_crop)
        self.reset = QToolButton(self)
        self.reset.setAutoRaise(True)
        self.reset.setFixedSize(22, 28)
        self.reset.setToolTip("Back to Auto")
        self.reset.setAccessibleName("Reset crop")
        dress(self.reset, "reset", "muted")
        self.reset.clicked.connect(lambda: self.crop_chosen.emit(None))
        self._lay_out()
        faces.changed.connect(self._refresh)

    def show_file(self, path: Path | None, face: int | None, crop: CropBox | None) -> None:
        """Shows the faces of a file and which one is taken; None shows nothing."""
        self._path, self._face, self._crop = path, face, crop
        self._refresh()

    def open_crop(self) -> None:
        """Lets a person draw the crop."""
        if self._path is None:
            return
        dialog = CropDialog(self._faces, self._path, self._crop, self)
        dialog.chosen.connect(self.crop_chosen)
        dialog.open()

    def _lay_out(self) -> None:
        label = QLabel(_TITLE, self)
        label.setProperty("role", "muted")
        label.setFixedWidth(LABEL_PX)
        label.setAlignment(Qt.AlignmentFlag.AlignTop)
        label.setContentsMargins(0, 6, 0, 0)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self._text)
        right.addLayout(self._grid)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(label)
        first.addLayout(right, 1)
        crop = QLabel("Crop", self)
        crop.setProperty("role", "muted")
        crop.setFixedWidth(LABEL_PX)
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(crop)
        second.addWidget(self.draw, 1)
        second.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(first)
        column.addLayout(second)

    def _refresh(self) -> None:
        self.setVisible(self._path is not None)
        if self._path is None:
            return
        self.draw.setText("Auto · draw…" if self._crop is None else "By hand · redraw…")
        self.reset.setEnabled(self._crop is not None)
        found = self._faces.of(self._path, None if self._crop is None else self._crop.sides)
        if found is not self._shown:
            self._shown = found
            self._make_buttons(found)
        self._text.setText(self._sentence(found))
        self._text.setVisible(bool(self._text.text()))
        for number, button in enumerate(self.buttons):
            button.setChecked(number == (self._face or 0))

    def _sentence(self, found: FaceList | None) -> str:
        if found is None:
            return "Looking for faces…"
        if found.error:
            return found.error
        if not found.boxes:
            return "No face found. Draw the crop by hand?"
        return ""

    def _make_buttons(self, found: FaceList | None) -> None:
        for button in self.buttons:
            self._group.removeButton(button)
            self._grid.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for number, picture in enumerate(() if found is None else found.thumbnails):
            button = QToolButton(self)
            image = image_of(picture)
            if image is not None:
                button.setIcon(QIcon(QPixmap.fromImage(image)))
            button.setIconSize(QSize(_FACE_PX, _FACE_PX))
            button.setFixedSize(_FACE_PX + 6, _FACE_PX + 6)
            button.setProperty("role", "face")
            button.setCheckable(True)
            button.setToolTip(f"Follow face {number + 1}")
            button.setAccessibleName(f"Face {number + 1}")
            self._group.addButton(button, number)
            self._grid.addWidget(button, number // _COLUMNS, number % _COLUMNS)
            self.buttons.append(button)

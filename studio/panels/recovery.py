"""Asks what to do with states that a crash left behind, with pictures of both versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.controller.recovery import Recovery
from studio.controller.studio import Studio
from studio.widgets.icons import pixmap
from studio.widgets.theme import colors

_PICTURE_PX: Final = 112


class RecoveryDialog(QDialog):
    """One card per state: recover it, throw it away, or decide later."""

    def __init__(
        self, studio: Studio, recoveries: Sequence[Recovery], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setWindowTitle("Recover")
        self.setMinimumWidth(520)
        self.cards = [RecoveryCard(recovery, self) for recovery in recoveries]
        heading = QLabel("The studio was not closed in the usual way", self)
        heading.setProperty("role", "heading")
        text = QLabel(
            "This was kept by itself and never saved. What is not recovered now is "
            "offered again at the next start.",
            self,
        )
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for card in self.cards:
            column.addWidget(card)
            card.recover_button.clicked.connect(lambda _, card=card: self._on_recover(card))
            card.discard_button.clicked.connect(lambda _, card=card: self._on_discard(card))
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        later = QPushButton("Later", self)
        later.setToolTip("Go on without; this is offered again at the next start")
        later.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(later)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(heading)
        layout.addWidget(text)
        layout.addWidget(scroll, 1)
        layout.addLayout(row)
        self.resize(560, min(230 + 190 * len(self.cards), 620))

    def _on_recover(self, card: "RecoveryCard") -> None:
        self._studio.project.recover(card.recovery)
        self.accept()

    def _on_discard(self, card: "RecoveryCard") -> None:
        self._studio.project.dismiss(card.recovery)
        self.cards.remove(card)
        card.hide()
        card.deleteLater()
        if not self.cards:
            self.accept()


class RecoveryCard(QFrame):
    """One state beside the one that was saved last."""

    def __init__(self, recovery: Recovery, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recovery = recovery
        self.setProperty("role", "card")
        time = recovery.time.astimezone()
        self.question = QLabel(f"Recover the version of {time:%H:%M}?", self)
        self.question.setProperty("role", "heading")
        name = "Never saved" if recovery.is_unsaved else recovery.folder.stem
        place = QLabel(f"{name} · {time:%d %B %Y}", self)
        place.setProperty("role", "muted")
        place.setTextFormat(Qt.TextFormat.PlainText)
        pictures = QHBoxLayout()
        pictures.setSpacing(16)
        saved = "Nothing saved" if recovery.is_unsaved else "Saved last"
        self.saved_picture = _picture(recovery.saved_thumbnail, self)
        self.picture = _picture(recovery.thumbnail, self)
        pictures.addLayout(_captioned(self.saved_picture, saved))
        pictures.addLayout(_captioned(self.picture, f"Kept at {time:%H:%M:%S}"))
        pictures.addStretch(1)
        self.recover_button = QPushButton("Recover", self)
        self.recover_button.setProperty("primary", True)
        self.recover_button.setToolTip("Open this version; Undo leads to what was saved last")
        self.discard_button = QPushButton("Throw away", self)
        self.discard_button.setToolTip("Delete this version for good")
        buttons = QVBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.recover_button)
        buttons.addWidget(self.discard_button)
        pictures.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(self.question)
        layout.addWidget(place)
        layout.addLayout(pictures)


def _picture(path: Path | None, parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setFixedSize(_PICTURE_PX, _PICTURE_PX)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setStyleSheet(f"background: {colors().field}; border-radius: 6px;")
    shown = QPixmap() if path is None else QPixmap(str(path))
    if shown.isNull():
        label.setPixmap(pixmap("portrait", colors().faint, 32))
    else:
        label.setPixmap(
            shown.scaled(
                label.size(),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
    return label


def _captioned(picture: QLabel, text: str) -> QVBoxLayout:
    caption = QLabel(text, picture.parentWidget())
    caption.setProperty("role", "caption")
    layout = QVBoxLayout()
    layout.setSpacing(4)
    layout.addWidget(picture)
    layout.addWidget(caption)
    return layout

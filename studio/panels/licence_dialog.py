"""Shows the licences of weights before they are taken in."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.weights.searching import Candidate

_WIDTH_PX: Final = 520


class LicenceDialog(QDialog):
    """Accepted means: the person may use these files under these licences."""

    def __init__(self, candidates: Sequence[Candidate], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Licences")
        self.setMinimumWidth(_WIDTH_PX)
        n_files = len(candidates)
        heading = QLabel(
            "This file was found:" if n_files == 1 else f"These {n_files} files were found:", self
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(heading)
        self.terms = QLabel(terms_of(candidates), self)
        self.terms.setWordWrap(True)
        self.terms.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(self.terms)
        hint = QLabel("Import them only when you may use them under these licences.", self)
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        layout.addWidget(hint)
        buttons = QDialogButtonBox(self)
        self.accept_button = buttons.addButton(
            "Accept and import", QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.accept_button.setProperty("primary", True)
        self.accept_button.setToolTip("Accept these licences and take the files in")
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        cancel.setToolTip("Take nothing in")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)


def terms_of(candidates: Sequence[Candidate]) -> str:
    """One paragraph per licence and origin: the licence, who gives it, for which files."""
    names: dict[tuple[str, str], list[str]] = {}
    for candidate in candidates:
        key = candidate.licence or "Unknown licence", candidate.origin
        names.setdefault(key, []).append(f"{candidate.name} ({candidate.path.name})")
    return "\n\n".join(
        f"{licence}\n{origin}\n{', '.join(files)}" for (licence, origin), files in names.items()
    )

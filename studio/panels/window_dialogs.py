"""Small dialogs of the window: what this computer has, about, and the report."""

import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.widgets.icons import icon

ABOUT: Final = (
    "Direct a talking head: lips, head pose, eyes and expression, each on its own track.\n\n"
    "Everything is computed on this machine. Use only faces and voices that you may use. "
    "Exported films say in their metadata that they were generated."
)


def _dialog(title: str, size: QSize, parent: QWidget | None) -> tuple[QDialog, QVBoxLayout]:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.resize(size)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(20, 20, 20, 16)
    layout.setSpacing(12)
    return dialog, layout


def _close_button(dialog: QDialog, layout: QVBoxLayout) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
    buttons.rejected.connect(dialog.reject)
    layout.addWidget(buttons)


def about_dialog(parent: QWidget | None) -> QDialog:
    """Name, version, what it is for."""
    dialog, layout = _dialog("About Avatar Studio", QSize(440, 260), parent)
    title = QLabel("Avatar Studio", dialog)
    title.setProperty("role", "title")
    version = QLabel(f"Version {metadata.version('avatar-studio')}", dialog)
    version.setProperty("role", "muted")
    text = QLabel(ABOUT, dialog)
    text.setWordWrap(True)
    for label in (title, version, text):
        layout.addWidget(label)
    layout.addStretch(1)
    _close_button(dialog, layout)
    return dialog


def doctor_dialog(rows: Sequence[Mapping[str, str]], parent: QWidget | None) -> QDialog:
    """What this computer has; `rows` are those of `core.doctor.examine`."""
    dialog, layout = _dialog("What this computer has", QSize(720, 480), parent)
    tree = QTreeWidget(dialog)
    tree.setRootIsDecorated(False)
    tree.setHeaderLabels(["Check", "State", "Detail"])
    for row in rows:
        check, state, detail = list(row.values())[:3]
        item = QTreeWidgetItem(tree, [check, state, detail])
        is_absent = state == "absent"
        item.setIcon(0, icon("warning", "warn") if is_absent else icon("check", "good"))
        item.setToolTip(2, detail)
    for column in (0, 1):
        tree.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    layout.addWidget(tree, 1)
    _close_button(dialog, layout)
    return dialog


def report_text(rows: Sequence[Mapping[str, str]], device: str, messages: Sequence[str]) -> str:
    """A report for the makers: versions, device, the last messages with file names taken out."""
    lines = [
        f"Avatar Studio {metadata.version('avatar-studio')}, Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()}",
        f"Engine: {device or 'not started'}",
    ]
    lines += [" · ".join(list(row.values())[:2]) for row in rows]
    lines += ["", "Last messages:", *(_without_names(text) for text in messages[-20:])]
    return "\n".join(lines)


def _without_names(text: str) -> str:
    """A message without what stands in quotation marks: names of files, folders and people."""
    parts = []
    while "“" in text and "”" in text:
        before, _, rest = text.partition("“")
        _, _, text = rest.partition("”")
        parts += [before, "“…”"]
    return "".join([*parts, text])

"""What is dragged from the library to the tracks and the viewer."""

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QMimeData

SOURCE_MIME: Final = "application/x-avatar-studio-source"
"""Holds the id of one entry of the library, UTF-8."""


def source_data(item_id: str) -> QMimeData:
    """What a drag of a library entry carries."""
    data = QMimeData()
    data.setData(SOURCE_MIME, QByteArray(item_id.encode()))
    return data


def dragged_source(data: QMimeData) -> str | None:
    """The id of the library entry that is dragged, if it is one."""
    if not data.hasFormat(SOURCE_MIME):
        return None
    return bytes(data.data(SOURCE_MIME).data()).decode()


def dragged_files(data: QMimeData) -> list[Path]:
    """The files that are dragged in from outside."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]

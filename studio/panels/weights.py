"""The weights manager: what network files there are, what is missing, and taking files in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.base.errors import Cancelled
from core.base.paths import imported_weights_dir
from core.base.progress import Progress
from core.engines.needs import find_weights_in, list_weights
from core.weights.catalogue import Weights, missing_list, summary, verify, where_to_get
from core.weights.importing import Imported, take
from core.weights.searching import Findings
from core.weights.store import WeightsState
from studio.controller.studio import Studio
from studio.panels.licence_dialog import LicenceDialog
from studio.services.pool import sentence_of
from studio.widgets.icons import dress, icon

_COLUMNS: Final = ("Purpose", "File", "Size", "Licence", "State", "Where")
_STATE_COLUMN: Final = _COLUMNS.index("State")
_ICONS: Final = {
    WeightsState.READY: ("check", "good"),
    WeightsState.MISSING: ("download", "muted"),
    WeightsState.WRONG_SIZE: ("warning", "warn"),
    WeightsState.WRONG_CONTENT: ("error", "bad"),
}


class WeightsDialog(QDialog):
    """Lists weights; nothing is ever downloaded."""

    changed = Signal()
    """Files were taken in."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._rows: list[Weights] = []
        self._cancel: Callable[[], None] | None = None
        self.setWindowTitle("Weights")
        self.resize(1040, 420)
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.note = QLabel(self)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.table = _make_table(self)
        self.buttons = {
            text: self._make_button(text, name, tooltip, react)
            for text, name, tooltip, react in (
                ("Import file…", "import", "Take in a file, whatever its name", self.ask_files),
                (
                    "Import folder…",
                    "folder",
                    "Look through a folder and all below",
                    self.ask_folder,
                ),
                ("Verify", "check", "Read the selected file and compare its content", self.verify),
                ("Reveal", "reveal", "Open the folder of the selected file", self.reveal),
                ("Copy missing list", "copy", "Copy what is missing as text", self.copy_missing),
            )
        }
        self._lay_out()
        self.table.itemSelectionChanged.connect(self._on_selected)
        self.refresh()

    @property
    def rows(self) -> tuple[Weights, ...]:
        """What it lists."""
        return tuple(self._rows)

    @property
    def is_busy(self) -> bool:
        """Whether files are being read."""
        return self._cancel is not None

    def refresh(self) -> None:
        """Looks again at what is on disk, beside the main thread."""
        self._run("Looking for weights", lambda _: list_weights(), self._show)

    def ask_files(self) -> None:
        """Asks for files to take in."""
        self._ask(QFileDialog.FileMode.ExistingFiles)

    def ask_folder(self) -> None:
        """Asks for a folder to look through."""
        self._ask(QFileDialog.FileMode.Directory)

    def import_paths(self, paths: list[Path]) -> None:
        """Takes in what is wanted among files and folders, once its licences are accepted."""

        def found(findings: Findings) -> None:
            if not findings.candidates:
                self._take(findings)
                return
            dialog = LicenceDialog(findings.candidates, self)
            dialog.accepted.connect(lambda: self._take(findings))
            dialog.rejected.connect(
                lambda: self.note.setText("Nothing was taken in: the licences were not accepted.")
            )
            dialog.open()

        self._run("Looking for weights", lambda progress: find_weights_in(paths, progress), found)

    def verify(self) -> None:
        """Reads the selected file, or all of them."""
        chosen = self._chosen() or [row for row in self._rows if row.path.is_file()]

        def work(progress: Progress) -> dict[Path, WeightsState]:
            return {row.path: verify(row, progress) for row in chosen}

        def done(states: dict[Path, WeightsState]) -> None:
            for i, row in enumerate(self._rows):
                if row.path in states:
                    self._show_state(i, states[row.path])
            words = [f"{path.name}: {state}" for path, state in states.items()]
            self.note.setText("; ".join(words) + "." if words else "There is no file to verify.")

        self._run("Verifying weights", work, done)

    def reveal(self) -> None:
        """Opens the folder of the selected file, or of the first."""
        row = (self._chosen() or self._rows)[0]
        folder = next((p for p in row.path.parents if p.is_dir()), row.path.parent)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def copy_missing(self) -> None:
        """Copies what is missing as text."""
        text = missing_list(self._rows)
        QGuiApplication.clipboard().setText(text)
        n_missing = len(text.splitlines())
        self.note.setText(f"Copied {n_missing} lines." if text else "Nothing is missing.")

    def done(self, result: int) -> None:
        """Gives up what is under way."""
        if self._cancel is not None:
            self._cancel()
        super().done(result)

    def _take(self, findings: Findings) -> None:
        def done(imported: Imported) -> None:
            self.note.setText(imported.sentence())
            if imported.taken:
                self.changed.emit()
            self.refresh()

        self._run(
            "Importing weights",
            lambda progress: take(findings, imported_weights_dir(), progress),
            done,
        )

    def _show(self, rows: list[Weights]) -> None:
        self._rows = rows
        self.summary.setText(summary(rows))
        self.table.setRowCount(len(rows))
        for i, row in enumerate(rows):
            size = "–" if row.n_bytes is None else f"{row.n_bytes / 1e6:.0f} MB"
            where = f"Get {row.where()}" if row.state is WeightsState.MISSING else str(row.path)
            texts = (row.purpose, row.name, size, row.licence or "–", "", where)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(i, column, item)
            self._show_state(i, row.state)
        self._enable()

    def _on_selected(self) -> None:
        """Says in full where to get what is selected."""
        missing = [row for row in self._chosen() if row.state is WeightsState.MISSING]
        if missing:
            self.note.setText(f"Get {where_to_get(missing)}, then import.")

    def _show_state(self, row: int, state: WeightsState) -> None:
        item = QTableWidgetItem(icon(*_ICONS[state]), state.value.capitalize())
        self.table.setItem(row, _STATE_COLUMN, item)

    def _chosen(self) -> list[Weights]:
        return [self._rows[i.row()] for i in self.table.selectionModel().selectedRows()]

    def _run(
        self, title: str, work: Callable[[Progress], Any], on_done: Callable[[Any], None]
    ) -> None:
        if self.is_busy:
            return
        task = self._studio.activity.begin(title)
        self._cancel = task.cancel
        self._enable()

        def finish() -> None:
            self._cancel = None
            task.finish()
            self._enable()

        def done(result: Any) -> None:  # noqa: ANN401
            finish()
            on_done(result)

        def failed(error: BaseException) -> None:
            finish()
            if not isinstance(error, Cancelled):
                self.note.setText(sentence_of(error))

        self._studio.pool.run(lambda: work(task.progress), done, failed)

    def _ask(self, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, "Import weights", self._studio.settings.get("last_folder"))
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.import_paths([Path(n) for n in names]))
        dialog.open()

    def _enable(self) -> None:
        for button in self.buttons.values():
            button.setEnabled(not self.is_busy)
        self.buttons["Reveal"].setEnabled(not self.is_busy and bool(self._rows))

    def _make_button(
        self, text: str, name: str, tooltip: str, react: Callable[[], None]
    ) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tooltip)
        button.setAutoDefault(False)
        dress(button, name)
        button.clicked.connect(react)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.setToolTip("Close this window")
        close.clicked.connect(self.accept)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.note)
        layout.addLayout(row)


def _make_table(parent: QWidget) -> QTableWidget:
    table = QTableWidget(0, len(_COLUMNS), parent)
    table.setHorizontalHeaderLabels(list(_COLUMNS))
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(len(_COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)
    table.setAccessibleName("Weights")
    return table

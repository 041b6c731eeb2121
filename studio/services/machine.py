"""What this machine has, in words, asked of the doctor in a process of its own.

The checks import large libraries; beside the window they would make it stutter.
"""

import json
import sys
from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QObject, QProcess, Signal

TIMEOUT_MS: Final = 3000


def describe(checks: Mapping[str, tuple[str, str]]) -> list[tuple[str, bool, str]]:
    """The checks that a person cares about, as (name, is fine, sentence).

    Args:
        checks: Check → (state, detail), as the doctor tells them.
    """
    lines: list[tuple[str, bool, str]] = []
    _, cores = checks.get("Processor", ("", ""))
    if cores:
        lines.append(("Processor", True, f"{cores}: the embedded engine runs on it."))
    state, detail = checks.get("Device", ("", ""))
    if state:
        has_gpu = state == "ok" and not detail.startswith("CPU")
        text = f"{detail} found." if has_gpu else "None found; the embedded engine needs none."
        lines.append(("Graphics card", True, text))
    state, detail = checks.get("Sound", ("", ""))
    if state:
        is_fine = state == "ok" and not detail.endswith("no device found")
        text = f"{detail}." if is_fine else f"{detail}: playback runs without sound."
        lines.append(("Sound", is_fine, text))
    for name, lack in (
        ("Face tracker", "clips and cameras cannot be followed."),
        ("Phone recogniser", "lips cannot follow a voice."),
    ):
        state, detail = checks.get(name, ("", ""))
        if state:
            text = "Ready, with its own model." if state == "ok" else f"Missing: {lack}"
            lines.append((name, state == "ok", text))
    state, detail = checks.get("Free disk", ("", ""))
    if state:
        lines.append(("Disk", state == "ok", f"{detail} free."))
    return lines


def devices(checks: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    """Where networks can run, as (name for `core.engines.wanted_device`, words for people).

    Args:
        checks: as of `describe`.
    """
    _, detail = checks.get("Device", ("", ""))
    cards = [card for card in detail.split(", ") if card.startswith(("CUDA:", "MPS"))]
    return [*((card.split(" ")[0].lower(), card) for card in cards), ("cpu", "CPU")]


class MachineCheck(QObject):
    """Runs the doctor once. Main thread only; `stop` it before it goes."""

    finished = Signal(object)
    """dict[str, tuple[str, str]]: check → (state, detail); empty when the doctor failed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)

    @property
    def is_running(self) -> bool:
        """Whether the doctor is at work."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    def start(self) -> None:
        """Starts the doctor; `finished` follows."""
        if not self.is_running:
            self._process.start(sys.executable, ["-m", "core.cli", "doctor", "--json"])

    def stop(self) -> None:
        """Ends the doctor; nothing follows."""
        self._process.blockSignals(True)
        if self.is_running:
            self._process.kill()
            self._process.waitForFinished(TIMEOUT_MS)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.finished.emit({})

    def _on_finished(self) -> None:
        checks: dict[str, tuple[str, str]] = {}
        for line in bytes(self._process.readAllStandardOutput().data()).decode().splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and "check" in row:
                checks[str(row["check"])] = (str(row.get("state")), str(row.get("detail")))
        self.finished.emit(checks)

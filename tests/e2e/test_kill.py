"""`kill -9` of the studio while it edits, saves and exports: what is there when it comes back."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.session.store import EXPORTS, PROJECT, open_session
from studio.controller.project import AUTOSAVE_MS
from studio.controller.recovery import find_recoveries, load_state

VICTIM = """
import sys
from dataclasses import replace
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from core.export.settings import ExportSettings as Options
from studio.controller.exports import ExportSettings
from studio.controller.studio import Studio
from studio.services.settings import Settings

task, session, home = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
app = QApplication([])
settings = Settings(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
studio = Studio(settings=settings, unsaved=home / "unsaved")
project = studio.project


def tell(line):
    sys.stdout.write(line + "\\n")
    sys.stdout.flush()


def edit(seed):
    project.apply("Edit", replace(project.document, seed=seed))


def start_edits():
    edit(1)
    project.autosaved.connect(lambda: (edit(2), tell("edited")))
    project._timer.start(1)  # the minute has passed


def start_saves():
    project.saved.connect(lambda: (tell(f"saved {project.document.seed}"), next_save()))
    next_save()


def next_save():
    edit(project.document.seed + 1)
    project.save()


def start_export():
    output = session / "exports" / "film.mp4"
    studio.jobs.add(ExportSettings(output, options=Options(size=256, speed="medium")))
    studio.jobs.changed.connect(lambda: [tell(f"done {job.done}") for job in studio.jobs.jobs
                                         if job.stage == "Rendering"])


project.opened.connect(globals()["start_" + task])
project.open(session)
app.exec()
"""


@pytest.fixture
def session(sample_portrait: Path, tmp_path: Path) -> Path:
    """A saved session of the user's own."""
    shutil.copytree(sample_portrait.parent, tmp_path / "sample")
    return tmp_path / "sample" / "sample.avatar"


@pytest.fixture
def victim(session: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a studio on the session."""
    started: list[subprocess.Popen[str]] = []

    def start(task: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", VICTIM, task, str(session), str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def heard(process: subprocess.Popen[str], start: str) -> str:
    """The first line that begins so."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(start):
            return line.strip()
    raise AssertionError(f"“{start}” was never said")


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_kill_while_editing_loses_no_more_than_a_minute(
    victim: Callable[..., subprocess.Popen[str]], session: Path, tmp_path: Path
) -> None:
    saved = (session / PROJECT).read_bytes()
    process = victim("edits")
    heard(process, "edited")
    kill(process)
    assert AUTOSAVE_MS <= 60_000
    assert (session / PROJECT).read_bytes() == saved
    (recovery,) = find_recoveries(tmp_path / "unsaved", [session])
    assert recovery.folder == session
    assert load_state(recovery).seed >= 1


def test_a_kill_while_saving_keeps_the_last_save(
    victim: Callable[..., subprocess.Popen[str]], session: Path
) -> None:
    process = victim("saves")
    last = heard(process, "saved 5")
    kill(process)
    assert process.stdout is not None
    last = [*[line for line in process.stdout if line.startswith("saved")], last][-1]
    with open_session(session) as opened:
        assert not opened.is_read_only
        assert opened.document.seed >= int(last.split()[1])
    assert not list(session.rglob(".*.part"))


def test_a_kill_while_exporting_leaves_a_session_and_no_litter(
    victim: Callable[..., subprocess.Popen[str]], session: Path
) -> None:
    saved = (session / PROJECT).read_bytes()
    process = victim("export")
    heard(process, "done 1")
    children = _children(process.pid)
    assert list((session / EXPORTS).glob(".film.mp4.part/.*"))
    kill(process)
    deadline = time.monotonic() + 60
    while any(_is_running(child) for child in children):  # the engine notices by itself
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert (session / PROJECT).read_bytes() == saved
    with open_session(session):
        assert list((session / EXPORTS).iterdir()) == []


def _children(process_id: int) -> list[int]:
    tasks = Path(f"/proc/{process_id}/task")
    return [int(c) for task in tasks.iterdir() for c in (task / "children").read_text().split()]


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"

"""Project: steps, gestures, saving, autosave, recovery, a second window."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.session.relink import missing_media
from core.session.store import PROJECT, load_project
from core.timeline.document import Document, Marker
from core.timeline.edits import set_locked
from core.timeline.lane_edits import set_value
from core.timeline.project_edits import set_marker
from studio.controller.project import is_worth_keeping
from studio.controller.recovery import Recovery
from studio.controller.studio import Studio


def _with_key(studio: Studio, frame: int = 10, value: float = 5.0) -> Document:
    return set_value(studio.project.document, "yaw", frame, value)


def _save_as(studio: Studio, folder: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.project.saved, timeout=10_000):
        studio.project.save_as(folder)


def test_an_edit_is_one_step_and_undo_gives_the_very_document(studio: Studio) -> None:
    project = studio.project
    before = project.document
    project.apply("Key", _with_key(studio))
    after = project.document
    assert project.history_labels == ("Open", "Key")
    assert project.undo_label == "Key"
    project.undo()
    assert project.document is before
    assert project.redo_label == "Key"
    project.redo()
    assert project.document is after


def test_a_drag_is_one_step_whatever_it_showed(studio: Studio, qtbot: QtBot) -> None:
    project = studio.project
    seen: list[float] = []
    project.document_changed.connect(
        lambda: seen.append(project.document.track(Factor.HEAD_POSE).offset("yaw").values[0])
    )
    project.begin("Drag")
    for value in (1.0, 2.0, 3.0):
        project.preview(_with_key(studio, value=value))
    project.commit()
    assert seen == [1.0, 2.0, 3.0, 3.0]
    assert project.history_labels == ("Open", "Drag")


def test_a_cancelled_drag_leaves_no_trace(studio: Studio) -> None:
    project = studio.project
    before = project.document
    project.begin("Drag")
    project.preview(_with_key(studio))
    project.cancel()
    assert project.document is before
    assert project.history_labels == ("Open",)
    assert not project.is_modified


def test_an_edit_of_a_locked_track_is_refused_with_a_sentence(studio: Studio, qtbot: QtBot) -> None:
    project = studio.project
    project.edit("Lock", lambda d: set_locked(d, Factor.HEAD_POSE, True))
    with qtbot.waitSignal(studio.message) as heard:
        changed = project.edit("Key", lambda d: set_value(d, "yaw", 3, 1.0))
    assert not changed
    assert "locked" in heard.args[0]


def test_a_new_project_has_no_name_and_is_gone_after_closing(studio: Studio) -> None:
    folder = studio.project.folder
    assert studio.project.is_unsaved
    assert studio.project.title == "Untitled"
    assert (folder / PROJECT).exists()
    studio.close()
    assert not folder.exists()


def test_save_without_a_name_asks_for_one(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.failed) as heard:
        studio.project.save()
    assert "name" in heard.args[0]


def test_save_as_goes_on_in_the_new_folder(studio: Studio, tmp_path: Path, qtbot: QtBot) -> None:
    project = studio.project
    old = project.folder
    project.apply("Key", _with_key(studio))
    assert project.is_modified
    _save_as(studio, tmp_path / "mine", qtbot)
    assert project.folder == tmp_path / "mine.avatar"
    assert project.title == "mine"
    assert not project.is_modified
    assert not old.exists()
    assert load_project(project.folder / PROJECT).document == project.document
    assert project.recent == (project.folder,)


def test_save_as_finds_media_beside_the_old_folder(
    sample_studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    project = sample_studio.project
    assert not project.is_modified
    _save_as(sample_studio, tmp_path / "far" / "mine", qtbot)
    assert not project.missing_media
    saved = load_project(project.folder / PROJECT).document
    assert not missing_media(saved, project.folder)


def test_modified_follows_undo_back_to_what_was_saved(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    project = studio.project
    project.apply("Key", _with_key(studio))
    _save_as(studio, tmp_path / "mine", qtbot)
    project.apply("Marker", set_marker(project.document, Marker(4)))
    assert project.is_modified
    with qtbot.waitSignal(project.session_changed):
        project.undo()
    assert not project.is_modified


def test_a_saved_session_opens_as_it_was(
    make_studio: Callable[[], Studio], tmp_path: Path, qtbot: QtBot
) -> None:
    first = make_studio()
    first.project.apply("Key", _with_key(first))
    _save_as(first, tmp_path / "mine", qtbot)
    document = first.project.document
    first.close()
    second = make_studio()
    with qtbot.waitSignal(second.project.opened, timeout=10_000):
        second.project.open(tmp_path / "mine.avatar")
    assert second.project.document == document
    assert second.project.history_labels == ("Open",)
    assert not second.project.is_read_only


def test_a_session_that_cannot_be_read_changes_nothing(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    before = studio.project.document
    with qtbot.waitSignal(studio.failed, timeout=10_000) as heard:
        studio.project.open(tmp_path / "nowhere.avatar")
    assert "no session" in heard.args[0]
    assert studio.project.document is before


def test_a_second_window_reads_only(
    make_studio: Callable[[], Studio], tmp_path: Path, qtbot: QtBot
) -> None:
    first, second = make_studio(), make_studio()
    _save_as(first, tmp_path / "mine", qtbot)
    with qtbot.waitSignals([second.project.opened, second.message], timeout=10_000):
        second.project.open(first.project.folder)
    assert second.project.is_read_only
    second.project.apply("Key", _with_key(second))
    with qtbot.waitSignal(second.failed, timeout=10_000) as heard:
        second.project.save()
    assert "another name" in heard.args[0]
    _save_as(second, tmp_path / "copy", qtbot)
    assert not second.project.is_read_only


def test_autosave_keeps_what_changed_and_only_that(studio: Studio, qtbot: QtBot) -> None:
    project = studio.project
    project.autosave()
    assert project.disk.is_idle
    project.apply("Key", _with_key(studio))
    with qtbot.waitSignal(project.autosaved, timeout=10_000):
        project.autosave()
    states = list((project.folder / "autosave").glob("*.json"))
    assert [load_project(state).document for state in states] == [project.document]
    project.autosave()
    assert project.disk.is_idle


_CRASH = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from core.jobs.inline import InlineHost
from core.timeline.lane_edits import set_value
from core.base.errors import MediaError
from studio.controller.studio import Studio
from studio.services.settings import Settings

def silent(_):
    raise MediaError("no sound")

app = QApplication([])
place = Path(sys.argv[1])
settings = Settings(QSettings(str(place / "settings.ini"), QSettings.Format.IniFormat))
studio = Studio(lambda _: InlineHost(), settings, place / "unsaved", silent)
studio.project.apply("Key", set_value(studio.project.document, "yaw", 10, 5.0))
if len(sys.argv) > 2:
    studio.project.save_as(Path(sys.argv[2]))
    studio.project.saved.connect(
        lambda: studio.project.apply("More", set_value(studio.project.document, "yaw", 20, 9.0))
    )
    studio.project.saved.connect(studio.project.autosave)
else:
    studio.project.autosave()
studio.project.autosaved.connect(lambda: os.kill(os.getpid(), signal.SIGKILL))
app.exec()
"""


def _crash(*arguments: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", _CRASH, *map(str, arguments)],
        timeout=120,
        check=False,
        capture_output=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert result.returncode == -9, result.stderr.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_window_loses_nothing_that_was_kept_aside(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    _crash(tmp_path)
    with qtbot.waitSignal(studio.project.recoverable_found, timeout=10_000) as found:
        studio.project.look_for_recoverable()
    recoveries: list[Recovery] = found.args[0]
    assert [recovery.is_unsaved for recovery in recoveries] == [True]
    with qtbot.waitSignal(studio.project.opened, timeout=10_000):
        studio.project.recover(recoveries[0])
    qtbot.waitUntil(lambda: studio.project.undo_label == "Recover")
    curve = studio.project.document.track(Factor.HEAD_POSE).offset("yaw")
    assert [(key.frame, key.value) for key in curve.keys] == [(10, 5.0)]
    assert is_worth_keeping(studio.project)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_window_leaves_a_saved_session_whole(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "kept.avatar"
    _crash(tmp_path, folder)
    saved = load_project(folder / PROJECT).document
    assert len(saved.track(Factor.HEAD_POSE).offset("yaw")) == 1
    studio.settings.add_recent(folder)
    with qtbot.waitSignal(studio.project.recoverable_found, timeout=10_000) as found:
        studio.project.look_for_recoverable()
    recovery = next(r for r in found.args[0] if r.folder == folder)
    assert not recovery.is_unsaved
    with qtbot.waitSignal(studio.project.opened, timeout=10_000):
        studio.project.recover(recovery)
    qtbot.waitUntil(lambda: studio.project.undo_label == "Recover")
    assert len(studio.project.document.track(Factor.HEAD_POSE).offset("yaw")) == 2
    studio.project.undo()
    assert studio.project.document == saved


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_what_was_kept_aside_of_the_session_that_is_opened_at_start_is_offered(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "kept.avatar"
    _crash(tmp_path, folder)
    studio.settings.add_recent(folder)
    project = studio.project
    found: list[Recovery] = []
    project.recoverable_found.connect(found.extend)
    with qtbot.waitSignal(project.opened, timeout=10_000):
        project.look_for_recoverable()
        project.open(folder)
    assert project.folder == folder
    with qtbot.waitSignal(project.opened, timeout=10_000):
        project.recover(next(r for r in found if r.folder == folder))
    qtbot.waitUntil(lambda: project.undo_label == "Recover")
    assert (project.folder, project.is_read_only) == (folder, False)


def test_a_window_that_is_open_is_not_recovered(
    make_studio: Callable[[], Studio], qtbot: QtBot
) -> None:
    first, second = make_studio(), make_studio()
    first.project.apply("Key", _with_key(first))
    with qtbot.waitSignal(first.project.autosaved, timeout=10_000):
        first.project.autosave()
    with qtbot.assertNotEmitted(second.project.recoverable_found):
        second.project.look_for_recoverable()
        qtbot.waitUntil(lambda: second.project.disk.is_idle)
    assert first.project.folder.exists()


def test_a_full_disk_is_told_and_loses_nothing(
    studio: Studio, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _save_as(studio, tmp_path / "mine", qtbot)
    saved = studio.project.document
    studio.project.apply("Key", _with_key(studio))
    full = OSError(28, "No space left on device")

    def fail(*_: object) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr("core.base.files.sync_file", fail)
        with qtbot.waitSignal(studio.failed, timeout=10_000) as heard:
            studio.project.save()
    assert "disk is full" in heard.args[0]
    assert load_project(studio.project.folder / PROJECT).document == saved
    assert studio.project.is_modified
    with qtbot.waitSignal(studio.project.saved, timeout=10_000):
        studio.project.save()
    assert not studio.project.is_modified


def test_share_and_open_again(
    studio: Studio, sample_speech: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.imported, timeout=10_000):
        studio.set_audio(sample_speech)
    _save_as(studio, tmp_path / "mine", qtbot)
    archive = tmp_path / "shared" / "mine.zip"
    with qtbot.waitSignal(studio.message, timeout=10_000):
        studio.project.share(archive)
    with qtbot.waitSignal(studio.project.opened, timeout=10_000):
        studio.project.open(archive)
    assert studio.project.folder == archive.with_suffix(".avatar")
    assert not studio.project.missing_media


def test_missing_media_are_found_again_by_content(
    studio: Studio, sample_speech: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(studio.imported, timeout=10_000):
        studio.set_audio(sample_speech)
    _save_as(studio, tmp_path / "mine", qtbot)
    media = studio.project.document.sources[0].media
    assert media is not None
    elsewhere = tmp_path / "far" / "away" / "elsewhere"
    elsewhere.mkdir(parents=True)
    (studio.project.folder / media.path).rename(elsewhere / "other name.wav")
    with qtbot.waitSignal(studio.project.media_missing, timeout=10_000) as missing:
        studio.project.open(studio.project.folder.parent / "mine.avatar")
    assert len(missing.args[0]) == 1
    assert not studio.project.is_read_only
    studio.project.relink([elsewhere])
    qtbot.waitUntil(lambda: not studio.project.missing_media, timeout=10_000)
    assert studio.project.undo_label == "Relink media"


def test_jump_goes_to_any_step(studio: Studio) -> None:
    for frame in range(5):
        studio.project.apply(f"Step {frame}", _with_key(studio, frame, float(frame)))
    studio.project.jump(2)
    assert len(studio.project.document.track(Factor.HEAD_POSE).offset("yaw")) == 2
    assert studio.project.history_position == 2


def test_autosave_stays_out_of_a_gesture(studio: Studio) -> None:
    studio.project.begin("Drag")
    studio.project.preview(replace(studio.project.document, seed=4))
    studio.project.autosave()
    assert studio.project.disk.is_idle

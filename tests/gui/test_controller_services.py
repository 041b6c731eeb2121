"""Settings, the pool, running tasks and thumbnails."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QSettings
from pytestqt.qtbot import QtBot

from core.base.errors import Cancelled, StudioError
from core.base.progress import Progress
from core.media.image import write_png
from studio.controller.activity import Activity
from studio.controller.disk_queue import DiskQueue
from studio.services.pool import Pool, sentence_of
from studio.services.settings import DEFAULTS, Settings
from studio.services.thumbnails import Thumbnails


@pytest.fixture
def pool(qtbot: QtBot) -> Pool:
    pool = Pool()
    yield pool
    pool.close()


def test_settings_are_remembered_and_typed(tmp_path: Path, qtbot: QtBot) -> None:
    place = str(tmp_path / "own.ini")
    settings = Settings(QSettings(place, QSettings.Format.IniFormat))
    assert settings.get("ui_scale") == DEFAULTS["ui_scale"]
    with qtbot.waitSignal(settings.changed) as changed:
        settings.set("ui_scale", 125)
    assert changed.args == ["ui_scale"]
    settings.set("shortcuts", {"clip.split": ["Ctrl+B"]})
    settings.set_layout("Edit", QByteArray(b"docks"))
    settings.sync()
    again = Settings(QSettings(place, QSettings.Format.IniFormat))
    assert again.get("ui_scale") == 125
    assert again.get("shortcuts") == {"clip.split": ["Ctrl+B"]}
    layout = again.layout("Edit")
    assert layout is not None
    assert layout.data() == b"docks"
    again.reset("ui_scale")
    assert again.get("ui_scale") == 100


def test_wrong_names_and_types_are_errors_and_damage_is_ignored(tmp_path: Path) -> None:
    store = QSettings(str(tmp_path / "own.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    with pytest.raises(KeyError):
        settings.get("colour")
    with pytest.raises(TypeError):
        settings.set("ui_scale", "large")
    store.setValue("ui_scale", "{not json")
    assert settings.get("ui_scale") == 100
    store.setValue("ui_scale", '"big"')
    assert settings.get("ui_scale") == 100


def test_recent_sessions_are_newest_first_and_exist(settings: Settings, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        folder.mkdir()
        settings.add_recent(folder)
    settings.add_recent(folders[0])
    folders[1].rmdir()
    assert settings.recent == (folders[0], folders[2])


def test_the_pool_answers_on_the_main_thread(pool: Pool, qtbot: QtBot) -> None:
    answers: list[tuple[int, bool]] = []
    main = threading.current_thread()
    pool.run(
        lambda: 6 * 7, lambda value: answers.append((value, threading.current_thread() is main))
    )
    qtbot.waitUntil(lambda: pool.is_idle)
    assert answers == [(42, True)]


def test_an_error_in_the_pool_is_given_back(pool: Pool, qtbot: QtBot) -> None:
    errors: list[BaseException] = []

    def fail() -> None:
        raise StudioError("No.")

    pool.run(fail, None, errors.append)
    pool.run(fail)
    qtbot.waitUntil(lambda: pool.is_idle)
    assert [str(error) for error in errors] == ["No."]


def test_our_own_faults_are_logged_and_told_in_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert "Avatar Studio itself" in sentence_of(ZeroDivisionError("secret"))
    assert "secret" in caplog.text
    assert sentence_of(StudioError("Plain.")) == "Plain."


def test_a_closed_pool_answers_no_more(qtbot: QtBot) -> None:
    pool, answers = Pool(), []
    gate = threading.Event()
    pool.run(lambda: gate.wait(5), answers.append)
    gate.set()
    pool.close()
    qtbot.wait(50)
    assert answers == []


def test_disk_jobs_run_one_after_the_other(pool: Pool, qtbot: QtBot) -> None:
    activity = Activity()
    queue, order = DiskQueue(pool, activity), []

    def job(name: str) -> None:
        def work(progress: Progress) -> str:
            progress.report(name, 1, 2)
            order.append(f"{name} works")
            return name

        queue.run(name, work, lambda result: order.append(f"{result} is done"))

    job("one")
    job("two")
    assert activity.current is not None
    with qtbot.waitSignal(queue.idle):
        pass
    assert order == ["one works", "one is done", "two works", "two is done"]
    assert activity.tasks == ()


def test_a_failed_job_is_told_and_a_cancelled_one_is_not(pool: Pool, qtbot: QtBot) -> None:
    queue, told = DiskQueue(pool, Activity()), []
    queue.failed.connect(told.append)

    def raising(error: BaseException) -> None:
        def work(_: Progress) -> None:
            raise error

        queue.run("Work", work, lambda _: None)

    raising(StudioError("It failed."))
    raising(Cancelled("Cancelled."))
    qtbot.waitUntil(lambda: queue.is_idle)
    assert told == ["It failed."]


def test_a_task_tells_how_far_it_is_and_can_be_stopped(qtbot: QtBot) -> None:
    activity, stopped = Activity(), []
    task = activity.begin("Writing film.mp4", lambda: stopped.append("film.mp4"))
    with qtbot.waitSignal(activity.changed):
        task.progress.report("Rendering", 120, 250)
    assert task.status.text.startswith("Rendering 120/250 · 00:0")
    with qtbot.waitSignal(activity.noted) as noted:
        task.progress.note("A short gap.")
    assert noted.args == ["A short gap."]
    task.cancel()
    assert stopped == ["film.mp4"]
    with pytest.raises(Cancelled):
        task.progress.check()
    task.finish()
    assert activity.current is None


def test_thumbnails_are_made_once_and_kept_on_disk(
    pool: Pool, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "red.png"
    write_png(path, np.full((300, 600, 3), (200, 10, 10), np.uint8))
    first = Thumbnails(pool)
    with qtbot.waitSignal(first.ready, timeout=5_000) as ready:
        assert first.image(path) is None
    assert ready.args == [path]
    image = first.image(path)
    assert image is not None
    assert (image.width(), image.height()) == (192, 96)
    assert image.pixelColor(90, 40).red() == 200
    assert first.image(tmp_path / "nothing.png") is None
    qtbot.waitUntil(lambda: pool.is_idle)
    assert first.image(tmp_path / "nothing.png") is None

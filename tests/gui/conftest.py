"""The real studio on real documents, with the engine in this thread; whoever leaks fails."""

import gc
import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import QSettings, QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.base.errors import MediaError
from core.jobs.host import Host
from core.jobs.inline import InlineHost
from core.jobs.messages import FrameReady, Reply, Request
from core.jobs.ring import Picture
from core.media.image import read_image, write_png
from core.timeline.project_edits import set_length
from studio.controller.engine_link import HostFactory
from studio.controller.studio import Studio
from studio.services.audio_output import Output, OutputFactory
from studio.services.settings import Settings

SHARED_MEMORY = Path("/dev/shm")
ENGINE_THREADS = ("gather", "refine", "eyes", "faces")
"""The shared engine's threads outlive a test and are no leak of it."""


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home and cache for all tests of the window: what one has tracked the next one finds."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        patch.setenv("AVATAR_STUDIO_CACHE", str(home / "cache"))
        patch.setenv("AVATAR_STUDIO_WEIGHTS", str(home / "weights"))
        yield home


@pytest.fixture(autouse=True)
def isolated_folders(shared_home: Path) -> None:
    """Instead of a fresh home per test."""


# --- leaks -----------------------------------------------------------------------------------


def _widgets() -> set[str]:
    return {
        f"{type(widget).__name__} “{widget.objectName() or widget.windowTitle()}”"
        for widget in QApplication.topLevelWidgets()
        if widget.parent() is None
    }


def _running_timers() -> set[int]:
    # by type: asking some of torch's objects for their class is a warning
    found = (o for o in gc.get_objects() if issubclass(type(o), QTimer | QThread))
    return {id(o) for o in found if _is_running(o)}


def _is_running(timer: QTimer | QThread) -> bool:
    try:
        return timer.isActive() if isinstance(timer, QTimer) else timer.isRunning()
    except RuntimeError:  # Qt has deleted it
        return False


def _shared_memory() -> set[str]:
    """Ours alone: other programs come and go meanwhile."""
    return {path.name for path in SHARED_MEMORY.glob(f"avatar_{os.getpid()}_*")}


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """Widgets, timers, threads, child processes and shared memory must be gone after a test."""
    widgets, timers = _widgets(), _running_timers()
    threads, memory = set(threading.enumerate()), _shared_memory()
    yield
    for _ in range(3):
        qapp.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
        qapp.processEvents()
    gc.collect()
    leaks = [f"widget {name}" for name in _widgets() - widgets]
    leaks += ["a running QTimer or QThread"] * len(_running_timers() - timers)
    left = [t for t in set(threading.enumerate()) - threads if t.is_alive()]
    leaks += [f"thread {t.name}" for t in left if not t.name.startswith(ENGINE_THREADS)]
    leaks += [f"process {child.name}" for child in multiprocessing.active_children()]
    leaks += [f"shared memory {name}" for name in _shared_memory() - memory]
    assert not leaks, f"left behind: {', '.join(leaks)}"


@pytest.fixture(autouse=True)
def no_unhandled_errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An error in a thread of ours fails the test in which it happened."""
    errors: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda hook: errors.append(hook.exc_value))
    yield
    assert not errors, f"a thread failed: {errors}"


# --- the studio ------------------------------------------------------------------------------


class SharedHost:
    """One engine for many windows, one after the other: an avatar is prepared only once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._is_open = True
        self.restarts = 0

    @property
    def is_alive(self) -> bool:
        return self._is_open

    def submit(self, request: Request) -> int:
        return self._host.submit(request)

    def poll(self, timeout_s: float = 0.0) -> list[Reply]:
        return self._host.poll(timeout_s) if self._is_open else []

    def frame(self, reply: FrameReady) -> Picture:
        return self._host.frame(reply)

    def close(self) -> None:
        self._is_open = False


def no_loudspeaker(_: str) -> Output:
    raise MediaError("There is no sound, because this is a test.")


@pytest.fixture(scope="session")
def engine(shared_home: Path) -> Iterator[InlineHost]:
    """The real engine, in this thread."""
    host = InlineHost()
    yield host
    host.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of nobody; pictures are made only when they are asked for."""
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    settings.set("fill_cache", False)
    return settings


@pytest.fixture
def make_studio(
    qapp: QApplication, engine: InlineHost, settings: Settings, tmp_path: Path
) -> Iterator[Callable[..., Studio]]:
    """Makes studios that are closed in the end; all of them share settings and engine."""
    made: list[Studio] = []

    def make(
        host_factory: HostFactory = lambda _: SharedHost(engine),
        output_factory: OutputFactory = no_loudspeaker,
    ) -> Studio:
        studio = Studio(host_factory, settings, tmp_path / "unsaved", output_factory)
        made.append(studio)
        return studio

    yield make
    for studio in made:
        studio.close()
        studio.deleteLater()
    made.clear()


@pytest.fixture
def studio(make_studio: Callable[[], Studio]) -> Studio:
    """A studio with an empty project."""
    return make_studio()


@pytest.fixture(scope="session")
def small_portrait(
    shared_home: Path, sample_portrait: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The sample portrait at 480 px width, which is quicker to prepare."""
    rgb = read_image(sample_portrait).rgb
    height = round(rgb.shape[0] * 480 / rgb.shape[1])
    path = tmp_path_factory.mktemp("portrait") / "small.png"
    write_png(path, cv2.resize(rgb, (480, height), interpolation=cv2.INTER_AREA))
    return path


@pytest.fixture
def portrait_studio(studio: Studio, small_portrait: Path, qtbot: QtBot) -> Studio:
    """A studio of 50 frames with the portrait at 256 px, ready to show pictures.

    Files are linked, not copied, so that the engine knows the portrait from the last test.
    """
    studio.settings.set("link_media", True)
    with qtbot.waitSignal(studio.imported, timeout=10_000):
        studio.set_portrait(small_portrait)
    studio.set_view("face", 256)
    studio.project.apply("Set length", set_length(studio.project.document, 50))
    assert studio.preview.wait_ready(60.0)
    return studio


# --- without pictures ------------------------------------------------------------------------


class SilentHost:
    """An engine that takes requests and never answers: for panels that show no pictures."""

    restarts = 0
    is_alive = True

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def submit(self, request: Request) -> int:
        self.requests.append(request)
        return len(self.requests)

    def poll(self, timeout_s: float = 0.0) -> list[Reply]:
        del timeout_s
        return []

    def frame(self, reply: FrameReady) -> Picture:
        raise AssertionError(f"no frame was promised, yet {reply} was asked for")

    def close(self) -> None:
        self.is_alive = False


@pytest.fixture
def quiet_studio(qapp: QApplication, settings: Settings, tmp_path: Path) -> Iterator[Studio]:
    """An empty project whose engine never answers."""
    made = Studio(lambda _: SilentHost(), settings, tmp_path / "unsaved", no_loudspeaker)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def sample_folder(sample_portrait: Path, tmp_path: Path) -> Path:
    """A copy of the sample session."""
    shutil.copytree(sample_portrait.parent, tmp_path / "sample")
    return tmp_path / "sample" / "sample.avatar"


@pytest.fixture
def sample_studio(qtbot: QtBot, quiet_studio: Studio, sample_folder: Path) -> Studio:
    """The sample session, opened; its engine never answers."""
    with qtbot.waitSignal(quiet_studio.project.opened):
        quiet_studio.project.open(sample_folder)
    qtbot.waitUntil(lambda: quiet_studio.project.disk.is_idle)
    return quiet_studio

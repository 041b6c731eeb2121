"""Starts the window: `avatar-studio studio [SESSION]` and `python -m studio [SESSION]`."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QTimer, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from studio.controller.preview import State
from studio.controller.studio import Studio
from studio.panels.window import SIZE, StudioWindow
from studio.services.settings import Settings
from studio.widgets.theme import THEMES, apply_theme, icon_file

_POLL_MS: Final = 100
_SCREENSHOT_S: Final = 120.0
_SETTLE_MS: Final = 600  # for thumbnails, waveforms and fonts after the picture is there
_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the studio until its window is closed.

    Args:
        argv: Arguments without the program's name; the process's own when None.

    Returns:
        Exit code: 0; 1 when a screenshot could not be made; 2 without a display.
    """
    options = _parse(argv)
    if options.screenshot is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    elif not has_display():
        sys.stderr.write(
            "There is no display for a window: set DISPLAY, or add --screenshot FILE.png to "
            "see the window in a picture.\n"
        )
        return 2
    app = make_application(Settings())
    studio = Studio()
    window = StudioWindow(studio)
    theme = options.theme or str(studio.settings.get("theme"))
    apply_theme(app, theme)
    if options.screenshot is not None:
        return _take_screenshot(app, window, options)
    window.show()
    window.restore()
    # before a session is opened: what is open is not looked at
    studio.project.look_for_recoverable()
    if options.session is not None:
        window.open_path(options.session)
    elif studio.settings.get("is_first_run"):
        QTimer.singleShot(0, window, window.tools.show_first_run)
    return _run(app)


def has_display() -> bool:
    """Whether a window can be shown."""
    if os.environ.get("QT_QPA_PLATFORM") or sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def make_application(settings: Settings) -> QApplication:
    """The application with its size of interface, name and icon."""
    if "cv2" in os.environ.get("QT_QPA_PLATFORM_PLUGIN_PATH", ""):
        # OpenCV points Qt to its own, older plugins
        del os.environ["QT_QPA_PLATFORM_PLUGIN_PATH"]
    scale = int(settings.get("ui_scale"))
    if scale != 100:
        os.environ.setdefault("QT_SCALE_FACTOR", str(scale / 100))
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["avatar-studio"])
    QGuiApplication.setApplicationDisplayName("")
    app.setApplicationName("Avatar Studio")
    app.setDesktopFileName("avatar-studio")
    app.setWindowIcon(QIcon(str(icon_file())))
    qInstallMessageHandler(lambda _, __, text: _log.info("Qt: %s", text))
    return app


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="avatar-studio studio", description="Direct a talking head on a timeline."
    )
    parser.add_argument("session", nargs="?", type=Path, help="session folder or shared zip")
    parser.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="save a picture of the window and end"
    )
    parser.add_argument("--workspace", choices=("Edit", "Record", "Curves"), default="Edit")
    parser.add_argument("--theme", choices=THEMES, help="dark unless another was chosen before")
    parser.add_argument("--frame", type=int, default=0, help="frame that the screenshot shows")
    return parser.parse_args(argv)


def _run(app: QApplication) -> int:
    import qasync

    loop = qasync.QEventLoop(app)
    app.lastWindowClosed.connect(loop.stop)
    with loop:
        loop.run_forever()
    return 0


def _take_screenshot(app: QApplication, window: StudioWindow, options: argparse.Namespace) -> int:
    studio = window.studio
    window.resize(SIZE)
    window.show()
    window.docks.arrange(options.workspace)
    window.bar.show_workspace(options.workspace)
    n_left = [round(_SCREENSHOT_S * 1000 / _POLL_MS)]
    result = [1]

    def shoot() -> None:
        is_saved = window.grab().save(str(options.screenshot))
        result[0] = 0 if is_saved else 1
        window.close_unasked()
        app.quit()

    def look() -> None:
        n_left[0] -= 1
        preview = studio.preview
        is_there = preview.state is State.READY and preview.shown is not None
        is_idle = studio.activity.current is None
        if (is_there and is_idle) or preview.state is State.FAILED or n_left[0] <= 0:
            timer.stop()
            QTimer.singleShot(_SETTLE_MS, window, shoot)

    timer = QTimer(window)
    timer.setInterval(_POLL_MS)
    timer.timeout.connect(look)
    if options.session is not None:
        studio.project.opened.connect(lambda: studio.playhead.set_frame(options.frame))
        studio.project.opened.connect(timer.start)
        studio.project.failed.connect(lambda _: app.quit())
        window.open_path(options.session)
    else:
        QTimer.singleShot(_SETTLE_MS, window, shoot)
    app.exec()
    return result[0]

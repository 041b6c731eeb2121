"""The part of the studio's bench that runs in a fresh process: start, say when usable, end."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QSettings, QTimer

from studio.app import make_application
from studio.controller.studio import Studio
from studio.panels.window import StudioWindow
from studio.services.settings import Settings
from studio.widgets.theme import apply_theme


def tell_when_usable() -> None:
    """Shows the window on the session of the first argument, and writes a line once it answers.

    It answers when the session is open, painted, and the events that came meanwhile are served.
    """
    with TemporaryDirectory() as folder:
        settings = settings_in(Path(folder))
        app = make_application(settings)
        window = StudioWindow(Studio(settings=settings, unsaved=Path(folder) / "unsaved"))
        apply_theme(app, "dark")
        window.show()

        def tell() -> None:
            sys.stdout.write("usable\n")
            sys.stdout.flush()
            window.close_unasked()
            app.quit()

        def painted() -> None:
            window.repaint()
            QTimer.singleShot(0, window, tell)

        window.studio.project.opened.connect(lambda: QTimer.singleShot(0, window, painted))
        window.open_path(Path(sys.argv[1]))
        app.exec()


def settings_in(folder: Path) -> Settings:
    """Settings of nobody."""
    return Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))

"""The commands of the File menu: choose files, ask before work is lost, tell the project.

No dialog blocks: each is opened, and a signal goes on.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from core.session.store import SUFFIX, session_folder
from studio.controller.project import is_worth_keeping
from studio.controller.studio import Studio

SAMPLE: Final = Path(__file__).parents[2] / "assets" / "sample" / "sample.avatar"
_PICTURES: Final = (
    "Portraits (*.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.mp4 *.mov *.webm);;All files (*)"
)
_SOUNDS: Final = "Sound (*.wav *.mp3 *.m4a *.ogg *.flac *.mp4 *.mov *.mkv *.webm);;All files (*)"
_MEDIA: Final = (
    "Media (*.jpg *.jpeg *.png *.webp *.bmp *.tif *.tiff *.gif *.mp4 *.mov *.mkv *.webm *.wav"
    " *.mp3 *.m4a *.ogg *.flac *.csv);;All files (*)"
)
_SESSIONS: Final = "Sessions and shared sessions (project.json *.zip)"


class FileCommands(QObject):
    """Belongs to one window."""

    def __init__(self, studio: Studio, window: QWidget) -> None:
        super().__init__(window)
        self._studio = studio
        self._window = window
        self._next: Callable[[], None] | None = None
        self._plays_next = False  # the session that is opened next is to be played
        self._is_play_wanted = False
        studio.project.saved.connect(self._on_saved)
        studio.project.failed.connect(self._forget)
        studio.project.opened.connect(self._on_opened)
        studio.preview.picture_ready.connect(self._play_sample)
        studio.preview.status_changed.connect(self._play_sample)

    # --- sessions ------------------------------------------------------------------------------

    def new(self) -> None:
        """Starts an empty project."""
        self.leaving(self._studio.project.new)

    def new_from(self) -> None:
        """Starts a project from a portrait and a voice."""

        def started() -> None:
            self._studio.project.opened.disconnect(started)
            self.choose_portrait(self.choose_audio)

        def start() -> None:
            self._studio.project.opened.connect(started)
            self._studio.project.new()

        self.leaving(start)

    def open(self) -> None:
        """Asks for a session."""
        self.leaving(
            lambda: self._ask(
                "Open session", _SESSIONS, lambda paths: self.open_path(paths[0], is_asked=True)
            )
        )

    def open_path(self, path: Path, *, is_asked: bool = False) -> None:
        """Opens a session folder, its `project.json`, or a shared zip.

        The sample that comes with the studio is opened as a copy, so that it stays as it is.
        """
        target = path if path.suffix == ".zip" else session_folder(path)
        project = self._studio.project
        is_ours = target.resolve() == SAMPLE.resolve()

        def go_on() -> None:
            if is_ours:
                project.open_copy(SAMPLE)
            else:
                project.open(target)

        if is_asked:
            go_on()
        else:
            self.leaving(go_on)

    def open_sample(self) -> None:
        """Opens a copy of the sample that comes with the studio, and plays it once it can."""

        def open_and_play() -> None:
            self._studio.project.open_copy(SAMPLE)
            self._plays_next = True

        self.leaving(open_and_play)

    def save(self) -> None:
        """Saves in place, or asks for a name."""
        project = self._studio.project
        if project.is_unsaved or project.is_read_only:
            self.save_as()
        else:
            project.save()

    def save_as(self) -> None:
        """Asks for a name and goes on there."""
        title = self._studio.project.title
        self._ask_to_write(
            "Save session as",
            f"Session (*{SUFFIX})",
            self._folder() / f"{title}{SUFFIX}",
            self._studio.project.save_as,
        )

    def share(self) -> None:
        """Asks for a zip to pack the session into."""
        self._ask_to_write(
            "Share session",
            "Zip (*.zip)",
            self._folder() / f"{self._studio.project.title}.zip",
            lambda path: self._studio.project.share(path.with_suffix(".zip")),
        )

    def leaving(self, then: Callable[[], None]) -> None:
        """Goes on with `then` after asking whether unsaved work is to be kept."""
        project = self._studio.project
        if not is_worth_keeping(project):
            then()
            return
        box = QMessageBox(self._window)
        box.setObjectName("ask_to_save")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"Save the changes to “{project.title}”?")
        box.setInformativeText("Without saving, what you did since the last save is lost.")
        save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        drop = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(save)

        def answered() -> None:
            if box.clickedButton() is save:
                self._next = then
                self.save()
            elif box.clickedButton() is drop:
                then()
            box.deleteLater()

        box.finished.connect(answered)
        box.open()

    # --- media ---------------------------------------------------------------------------------

    def import_media(self) -> None:
        """Asks for files to put into the library."""
        self._ask("Import media", _MEDIA, self._studio.import_media, is_many=True)

    def choose_portrait(self, then: Callable[[], None] | None = None) -> None:
        """Asks for the portrait to animate, then goes on."""

        def chosen(paths: list[Path]) -> None:
            self._studio.set_portrait(paths[0])
            if then is not None:
                then()

        self._ask("Choose a portrait", _PICTURES, chosen)

    def choose_audio(self) -> None:
        """Asks for the voice."""
        self._ask("Choose a voice", _SOUNDS, lambda paths: self._studio.set_audio(paths[0]))

    # --- inside --------------------------------------------------------------------------------

    def _on_saved(self) -> None:
        then, self._next = self._next, None
        if then is not None:
            then()

    def _on_opened(self) -> None:
        self._is_play_wanted, self._plays_next = self._plays_next, False

    def _play_sample(self) -> None:
        """Begins to play when the first picture with all its motion is there."""
        preview, playback = self._studio.preview, self._studio.playback
        is_ready = preview.avatar.is_gathered and preview.picture(preview.frame) is not None
        if self._is_play_wanted and is_ready:
            self._is_play_wanted = False
            if not playback.is_playing:
                playback.play()

    def _forget(self) -> None:
        self._next = None
        self._plays_next = False

    def _folder(self) -> Path:
        last = str(self._studio.settings.get("last_folder"))
        home = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(last or home)

    def _ask(
        self,
        title: str,
        filters: str,
        then: Callable[[list[Path]], None],
        *,
        is_many: bool = False,
    ) -> None:
        dialog = QFileDialog(self._window, title, str(self._folder()), filters)
        modes = QFileDialog.FileMode
        dialog.setFileMode(modes.ExistingFiles if is_many else modes.ExistingFile)
        self._open(dialog, then)

    def _ask_to_write(
        self, title: str, filters: str, suggestion: Path, then: Callable[[Path], None]
    ) -> None:
        dialog = QFileDialog(self._window, title, str(suggestion.parent), filters)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.selectFile(suggestion.name)
        dialog.rejected.connect(self._forget)
        self._open(dialog, lambda paths: then(paths[0]))

    def _open(self, dialog: QFileDialog, then: Callable[[list[Path]], None]) -> None:
        def chosen(names: list[str]) -> None:
            paths = [Path(name) for name in names]
            if paths:
                self._studio.settings.set("last_folder", str(paths[0].parent))
                then(paths)

        dialog.filesSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

"""The studio: everything the window shows and does, tied together."""

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from studio.controller.activity import Activity
from studio.controller.exports import ExportQueue
from studio.controller.library import Library
from studio.controller.playback import Playback
from studio.controller.playhead import Playhead
from studio.controller.preview import HostFactory, Preview
from studio.controller.project import Project
from studio.controller.recorder import Recorder
from studio.controller.selection import Selection
from studio.services.pool import Pool
from studio.services.settings import Settings


class Studio(QObject):
    """Made once per window. Close it before the application ends."""

    message = Signal(str)
    """One sentence for the status bar."""
    failed = Signal(str)
    """One sentence: something that was asked for could not be done."""
    imported = Signal(object)
    """tuple[str, …]: ids of the sources that an import brought."""

    settings: Settings
    pool: Pool
    activity: Activity
    project: Project
    selection: Selection
    playhead: Playhead
    preview: Preview
    playback: Playback
    library: Library
    jobs: ExportQueue
    recorder: Recorder

    def __init__(
        self,
        host_factory: HostFactory | None = None,
        settings: Settings | None = None,
        unsaved: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        raise NotImplementedError

    def set_portrait(self, path: Path) -> None:
        """Copies a picture or clip into the session and animates it; one step."""
        raise NotImplementedError

    def set_audio(self, path: Path) -> None:
        """Puts a recording on the whole audio track and gives the document its length; one step.

        Lips that spoke another recording speak this one.
        """
        raise NotImplementedError

    def import_media(
        self, paths: Sequence[Path], factors: Collection[Factor] | None = None
    ) -> None:
        """Takes files into the library: portraits, sound, clips, Live Link Face CSV; one step.

        Args:
            paths: Dropped files, or folders of numbered pictures.
            factors: Tracks on which a clip is laid at the playhead; None lays nothing, except
                that the first portrait and the first sound of an empty project are used.
        """
        raise NotImplementedError

    def drop_clip(
        self, path: Path, factors: Collection[Factor], frame: int, *, with_audio: bool = False
    ) -> None:
        """Takes a clip in and lays it at `frame` on the tracks of `factors` only; one step."""
        raise NotImplementedError

    def drop_source(self, item_id: str, factors: Collection[Factor], frame: int) -> None:
        """Lays an entry of the library at `frame` on the tracks of `factors`; one step.

        Sound goes to the audio track whatever the factors, presets to Expression.
        """
        raise NotImplementedError

    def drop_audio(self, path: Path, frame: int) -> None:
        """Takes a recording in and lays it at `frame` of the audio track; one step."""
        raise NotImplementedError

    def generate_preview(self) -> None:
        """Fills Lips from the sound and only empty tracks with generated strips; one step."""
        raise NotImplementedError

    def apply_preset(self, emotion: str, frame: int | None = None) -> None:
        """Lays an emotion on the Expression track, from `frame` or over the range; one step."""
        raise NotImplementedError

    def set_engine(self, name: str) -> None:
        """Chooses the engine; one step. One that lacks weights says so by `preview.reason`."""
        raise NotImplementedError

    def set_view(self, mode: str, size: int | None) -> None:
        """Chooses the face crop (`face`) or the whole portrait (`full`) and its size; one step."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends playback, engine and threads, in this order."""
        raise NotImplementedError

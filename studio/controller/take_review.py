"""The take under review: its settings, and the document as it would be with it, on trial."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.base.errors import StudioError
from core.base.progress import Progress
from core.motion.track import FactorTrack
from core.timeline.document import Document
from core.timeline.source import MediaReference
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.recording import Files, Take, lay_take_sound, write_take
from studio.controller.take import (
    TakeSettings,
    adjusted,
    lay_keys,
    lay_take,
    moved_controls,
    shortened,
    take_name,
    take_source,
)
from studio.services.settings import Settings

_DEFAULT_LATENCY_S: Final = {"webcam": 0.08}
_TRIAL: Final = "take under review"


class TakeReview(QObject):
    """One take at a time, or none. Main thread only.

    Attributes:
        take: What was recorded; None while nothing is reviewed.
        settings: How it is used.
        is_layer: Whether it goes on top of what is there.
    """

    changed = Signal()
    """The take or its settings changed."""
    message = Signal(str)

    def __init__(
        self,
        project: Project,
        preview: Preview,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._preview = preview
        self._store = settings
        self.take: Take | None = None
        self.settings = TakeSettings()
        self.is_layer = False
        self._device = ""

    @property
    def tracks(self) -> Mapping[Factor, FactorTrack]:
        """The take with its settings, 60 fps."""
        return {} if self.take is None else adjusted(self.take.tracks, self.settings)

    def begin(self, take: Take, device: str) -> None:
        """Shows a take, with the settings of the last one and the latency of its device."""
        settings = TakeSettings(
            smoothing=self._store.get("take_smoothing") / 100.0,
            simplify=self._store.get("take_simplify") / 100.0,
            latency_s=self.latency_s(device),
        )
        self.take, self._device = take, device
        self.settings = shortened(settings, moved_controls(take.tracks))
        self._show_trial()

    def set_settings(self, settings: TakeSettings) -> None:
        """Changes the take; the preview follows."""
        if self.take is not None and settings != self.settings:
            self.settings = settings
            self._show_trial()

    def keep(
        self,
        device: str,
        then: Callable[[str], None],
        failed: Callable[[], None],
        *,
        as_keys: bool,
    ) -> None:
        """Lays the take on its tracks as strips, or draws it as keys: one undoable step.

        Args:
            device: What the take came from.
            then: Gets the id of the source that the take became, empty for keys.
            failed: The take is still under review.
            as_keys: Whether it becomes keys.
        """
        take, settings, is_layer = self.take, self.settings, self.is_layer
        if take is None:
            return
        self._remember_settings()
        name = take_name(self._project.document, tuple(take.tracks) or (Factor.LIPS,))

        def work(progress: Progress) -> Files:
            return write_take(
                self._project.folder, name, take, has_motion=not as_keys, progress=progress
            )

        def done(files: Files) -> None:
            source_id = ""

            def change(document: Document) -> Document:
                nonlocal source_id
                if files.motion is not None:
                    source = take_source(document, name, files.motion, device, settings)
                    source_id = source.id
                    document = lay_take(
                        document, source, take.tracks, settings, take.start, is_layer=is_layer
                    )
                elif as_keys:
                    document = lay_keys(document, take.tracks, settings, take.start)
                if files.sound is not None:
                    document = lay_take_sound(document, name, files.sound, take)
                return document

            if not self._project.edit(f"Record {name}", change):
                failed()
                return
            self.end()
            then(source_id)

        self._project.disk.run("Keeping the take", work, done, lambda _: failed())

    def end(self) -> None:
        """Shows the document without the take."""
        if self.take is not None:
            self.take = None
            self._preview.set_trial(None, {})
            self.changed.emit()

    def latency_s(self, device: str) -> float:
        """By how much a device is late, seconds."""
        stored = self._store.get("latencies").get(device)
        known = isinstance(stored, int | float)
        return float(stored) if known else _DEFAULT_LATENCY_S.get(device, 0.0)

    def _remember_settings(self) -> None:
        self._store.set("take_smoothing", round(100 * self.settings.smoothing))
        self._store.set("take_simplify", 100.0 * self.settings.simplify)

    def _show_trial(self) -> None:
        take = self.take
        if take is None:
            return
        source = take_source(
            self._project.document, _TRIAL, MediaReference(""), self._device, self.settings
        )
        settings = replace(self.settings, smoothing=0.0)
        try:
            tried = lay_take(
                self._project.document,
                source,
                take.tracks,
                settings,
                take.start,
                is_layer=self.is_layer,
            )
        except StudioError as error:
            self.message.emit(str(error))
        else:
            self._preview.set_trial(tried, {source.id: self.tracks})
        self.changed.emit()

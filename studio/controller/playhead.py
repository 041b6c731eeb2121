"""The playhead: which frame is shown, within which range it loops, and at what pace it runs."""

from PySide6.QtCore import QObject, Signal

from core.base.time import FrameRange
from studio.controller.project import Project
from studio.services.settings import Settings


class Playhead(QObject):
    """The shown frame. Everybody may move it; only `Playback` says that it plays."""

    frame_changed = Signal(int)
    scrubbed = Signal(int)
    """The frame was moved by hand, not by playing: scrub sound follows it."""
    range_changed = Signal()
    """Working range, length or loop changed."""
    playing_changed = Signal(bool)

    def __init__(self, project: Project, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._settings = settings
        self._frame = 0
        self._is_playing = False
        self._shape = self._shape_now()
        project.document_changed.connect(self._on_document_changed)
        project.opened.connect(lambda: self.set_frame(0))

    @property
    def frame(self) -> int:
        """The shown document frame."""
        return self._frame

    @property
    def seconds(self) -> float:
        """Start of the shown frame in seconds."""
        return float(self._frame / self._project.document.rate)

    @property
    def range(self) -> FrameRange:
        """The working range: in to out, or the whole."""
        return self._project.document.range

    @property
    def is_playing(self) -> bool:
        """Whether `Playback` moves it now."""
        return self._is_playing

    @property
    def is_looping(self) -> bool:
        """Whether playing starts again at the end of the range."""
        return bool(self._settings.get("loop"))

    def set_looping(self, is_looping: bool) -> None:
        """Lets playing start again at the end of the range, or stop there."""
        if is_looping != self.is_looping:
            self._settings.set("loop", is_looping)
            self.range_changed.emit()

    def set_frame(self, frame: int) -> None:
        """Shows a frame, the nearest one that exists, as playback does."""
        frame = min(max(int(frame), 0), self._project.document.n_frames - 1)
        if frame != self._frame:
            self._frame = frame
            self.frame_changed.emit(frame)

    def scrub(self, frame: int) -> None:
        """Shows a frame by hand."""
        before = self._frame
        self.set_frame(frame)
        if self._frame != before:
            self.scrubbed.emit(self._frame)

    def step(self, n_frames: int) -> None:
        """Moves by frames, backwards when negative."""
        self.scrub(self._frame + n_frames)

    def step_seconds(self, seconds: float) -> None:
        """Moves by seconds, to the nearest frame."""
        self.step(round(seconds * self._project.document.rate))

    def to_start(self) -> None:
        """Shows the first frame."""
        self.scrub(0)

    def to_end(self) -> None:
        """Shows the last frame."""
        self.scrub(self._project.document.n_frames - 1)

    def to_in(self) -> None:
        """Shows the first frame of the range."""
        self.scrub(self.range.start)

    def to_out(self) -> None:
        """Shows the last frame of the range."""
        self.scrub(self.range.stop - 1)

    def to_edit(self, direction: int) -> None:
        """Goes to the next (1) or previous (−1) strip edge, key, or end of the document."""
        frames = self._edit_frames()
        if direction > 0:
            self.scrub(min((f for f in frames if f > self._frame), default=self._frame))
        else:
            self.scrub(max((f for f in frames if f < self._frame), default=self._frame))

    def to_marker(self, direction: int) -> None:
        """Goes to the next (1) or previous (−1) marker; stays when there is none."""
        frames = [marker.frame for marker in self._project.document.markers]
        if direction > 0:
            self.scrub(min((f for f in frames if f > self._frame), default=self._frame))
        else:
            self.scrub(max((f for f in frames if f < self._frame), default=self._frame))

    def set_playing(self, is_playing: bool) -> None:
        """Notes that `Playback` moves it, or no longer does."""
        if is_playing != self._is_playing:
            self._is_playing = is_playing
            self.playing_changed.emit(is_playing)

    def _edit_frames(self) -> set[int]:
        document = self._project.document
        frames = {0, document.n_frames - 1}
        for sound in document.audio.strips:
            frames |= {sound.start, sound.stop}
        for track in document.tracks:
            for strip in track.strips:
                frames |= {strip.start, strip.stop}
            for offset in track.offsets:
                frames |= {round(key.frame) for key in offset.curve.keys}
        return {frame for frame in frames if 0 <= frame < document.n_frames}

    def _shape_now(self) -> tuple[object, ...]:
        document = self._project.document
        return document.n_frames, document.rate, document.in_frame, document.out_frame

    def _on_document_changed(self) -> None:
        shape = self._shape_now()
        if shape != self._shape:
            self._shape = shape
            self.set_frame(self._frame)
            self.range_changed.emit()

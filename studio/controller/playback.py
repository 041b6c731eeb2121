"""Playing: the sound is the clock, pictures that come too late are dropped."""

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.base.errors import StudioError
from core.base.time import FrameRange
from core.media.soundtrack import RATE
from studio.controller.mixed_sound import MixedSound, sound_key
from studio.controller.playhead import Playhead
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.scrub_sound import ScrubSound
from studio.controller.sound_plan import Course, sound_along
from studio.services.audio_output import ClockOutput, Output, OutputFactory
from studio.services.pool import Pool, sentence_of
from studio.services.settings import Settings
from studio.services.sound_feed import SILENT_DB, SoundFeed

_TICK_MS: Final = 6
_LEVEL_EVERY: Final = 8  # ticks
_STALLED_S: Final = 0.5
_MAX_SPEED: Final = 4.0


class Playback(QObject):
    """Moves the playhead in time with the sound. Main thread only."""

    state_changed = Signal()
    """Playing, speed or sound device changed."""
    level_changed = Signal(float)
    """Peak of what is heard in dBFS, −96..0, about 20 times a second while playing."""
    toggled = Signal()
    """Somebody pressed Space, or the play button."""
    message = Signal(str)

    def __init__(
        self,
        project: Project,
        playhead: Playhead,
        preview: Preview,
        pool: Pool,
        settings: Settings,
        output_factory: OutputFactory,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._playhead = playhead
        self._preview = preview
        self._pool = pool
        self._settings = settings
        self._factory = output_factory
        self._device: Output | None = None
        self._clock: Output = ClockOutput()
        self._reason = "The loudspeaker is being opened."
        self._feed: SoundFeed | None = None
        self._course: Course | None = None
        self._speed = 1.0
        self._began = 0
        self._is_started = False
        self._skipped = self._missed_before = self._ticks = 0
        self._moved_at = 0.0
        self._last_heard = 0.0
        self._heard_key: object = None
        self._is_closed = False
        self._mixed = MixedSound(project, pool, self)
        self._scrubber = ScrubSound(project, self._mixed, self)
        self._old_feeds: list[SoundFeed] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        playhead.scrubbed.connect(self._on_scrubbed)
        playhead.range_changed.connect(self._restart)
        project.document_changed.connect(self._on_document_changed)
        project.opened.connect(self.pause)
        settings.changed.connect(self._on_setting)
        self._open()

    # --- what can be asked ---------------------------------------------------------------------

    @property
    def is_playing(self) -> bool:
        """Whether it runs."""
        return self._course is not None

    @property
    def speed(self) -> float:
        """Document seconds per second: 1, 2, 4, a fraction while recording slowly, or negative."""
        return self._speed

    @property
    def has_sound(self) -> bool:
        """Whether a loudspeaker could be opened."""
        return self._device is not None

    @property
    def sound_reason(self) -> str:
        """Why there is no sound; empty when there is."""
        return "" if self.has_sound else self._reason

    @property
    def dropped(self) -> int:
        """Pictures that were left out since playing began, because they came too late."""
        return self._skipped + self._preview.n_missed - self._missed_before

    @property
    def heard_s(self) -> float:
        """Seconds that were played since playing began, by the clock that counts."""
        return self._clock.heard() / RATE * abs(self._speed) if self._is_started else 0.0

    # --- what can be done ----------------------------------------------------------------------

    def play(self, speed: float = 1.0) -> None:
        """Plays from the playhead: at 1 with sound, at other speeds (0.25..4, negative) without."""
        whole = FrameRange(0, self._project.document.n_frames)
        span = self._playhead.range if self._playhead.frame in self._playhead.range else whole
        start = self._playhead.frame
        if speed > 0 and start >= span.stop - 1:
            start = span.start
        if speed < 0 and start <= span.start:
            start = span.stop - 1
        self._run(start, span, speed, self._playhead.is_looping)

    def play_range(self) -> None:
        """Plays from the in-point to the out-point once."""
        span = self._playhead.range
        self._run(span.start, span, 1.0, False)

    def play_from(self, frame: int, speed: float, stop: int) -> None:
        """Plays the frames `frame` ≤ f < `stop` once, as recording needs it."""
        self._run(frame, FrameRange(min(frame, stop - 1), stop), speed, False)

    def pause(self) -> None:
        """Stops where it is."""
        if self.is_playing:
            self._end()
            self._playhead.set_playing(False)
            self.level_changed.emit(SILENT_DB)
            self.state_changed.emit()

    def stop(self) -> None:
        """Stops and goes back to where playing began."""
        if self.is_playing:
            self.pause()
            self._playhead.set_frame(self._began)

    def toggle(self) -> None:
        """Plays or pauses."""
        if self.is_playing:
            self.pause()
        else:
            self.play()
        self.toggled.emit()

    def shuttle(self, direction: int) -> None:
        """J (−1), K (0) and L (1): each press doubles the speed, up to 4; K pauses."""
        if direction == 0:
            self.pause()
            return
        speed = float(direction)
        if self.is_playing and self._speed * direction > 0:
            speed = direction * min(2.0 * abs(self._speed), _MAX_SPEED)
        self.play(speed)

    def scrub_sound(self, frame: int) -> None:
        """Lets the sound of one frame be heard."""
        if self._device is not None and not self.is_playing:
            self._scrubber.play(self._device, frame)

    def close(self) -> None:
        """Ends sound and clock."""
        self._is_closed = True
        self.pause()
        self._scrubber.stop()
        for feed in self._old_feeds:
            feed.close()
        self._mixed.forget()
        if self._device is not None:
            self._device.close()
            self._device = None

    # --- inside --------------------------------------------------------------------------------

    def _open(self) -> None:
        name, factory = self._settings.get("output"), self._factory
        self._pool.run(lambda: factory(name), self._on_opened, self._on_silent)

    def _on_opened(self, output: Output) -> None:
        if self._is_closed:
            output.close()
            return
        self._device = output
        self.state_changed.emit()

    def _on_silent(self, error: BaseException) -> None:
        self._device = None
        self._reason = sentence_of(error)
        self.state_changed.emit()

    def _run(self, start: int, span: FrameRange, speed: float, is_looping: bool) -> None:
        self._end()
        self._scrubber.stop()
        document = self._project.document
        self._began, self._speed = start, speed
        self._course = Course(start, span, is_looping, document.rate)
        self._clock = ClockOutput()
        if speed == 1.0 and self._device is not None:
            self._clock = self._device
            mixed = self._mixed.samples()
            blocks = sound_along(document, self._project.folder, self._course, mixed)
            self._feed = SoundFeed(blocks)
        self._heard_key = sound_key(self._project)
        self._skipped, self._missed_before = 0, self._preview.n_missed
        self._ticks, self._moved_at, self._last_heard = 0, time.perf_counter(), 0.0
        self._playhead.set_playing(True)
        self._playhead.set_frame(start)
        self._timer.start()
        self._on_tick()
        self.state_changed.emit()

    def _end(self) -> None:
        self._timer.stop()
        self._course = None
        if self._is_started:
            self._clock.stop()
            self._is_started = False
        if self._feed is not None:
            self._feed.halt()
            self._old_feeds = [feed for feed in self._old_feeds if not feed.is_ended]
            self._old_feeds.append(self._feed)
            self._feed = None

    def _on_tick(self) -> None:
        if self._course is None or not self._start_clock():
            return
        self._watch()
        heard = self._clock.heard() * abs(self._speed)
        frame = self._frame_at(heard)
        if frame is None:
            self.pause()
            return
        before = self._playhead.frame
        if frame != before:
            if (frame - before) * (1 if self._speed > 0 else -1) > 1 and abs(self._speed) == 1:
                self._skipped += abs(frame - before) - 1
            self._playhead.set_frame(frame)
        self._ticks += 1
        if self._feed is not None and self._ticks % _LEVEL_EVERY == 0:
            self.level_changed.emit(self._feed.level_db)
            if self._feed.error:
                self.message.emit(self._feed.error)
                self._feed.error = ""

    def _start_clock(self) -> bool:
        """Starts the clock as soon as there is sound to play; returns whether it runs."""
        if self._is_started:
            return True
        if self._feed is not None and not self._feed.is_primed:
            return False
        fill = _silence if self._feed is None else self._feed.fill
        try:
            self._clock.start(fill)
        except StudioError as error:
            self._lose_device(str(error))
            return False
        self._is_started = True
        self._moved_at = time.perf_counter()
        return True

    def _watch(self) -> None:
        """A device that went away no longer counts: the clock takes over."""
        heard, now = self._clock.heard(), time.perf_counter()
        if heard != self._last_heard:
            self._last_heard, self._moved_at = heard, now
        elif self._clock is self._device and now - self._moved_at > _STALLED_S:
            self._lose_device("The loudspeaker went away: playing goes on without sound.")

    def _lose_device(self, reason: str) -> None:
        device, self._device, self._reason = self._device, None, reason
        course, speed, frame = self._course, self._speed, self._playhead.frame
        self._end()
        if device is not None:
            device.close()
        self.message.emit(reason)
        if course is not None:
            self._run(frame, course.span, speed, course.is_looping)

    def _frame_at(self, heard: float) -> int | None:
        course = self._course
        if course is None:
            return None
        if self._speed > 0:
            return course.frame_at(heard)
        frame = course.start - int(heard * float(course.rate) / RATE)
        if frame >= course.span.start:
            return frame
        if not course.is_looping:
            return None
        return course.span.stop - 1 - (course.span.start - 1 - frame) % len(course.span)

    def _restart(self) -> None:
        """The sound or the range changed while playing."""
        if self.is_playing:
            self.play(self._speed)

    def _on_scrubbed(self, _: int) -> None:
        self._restart()

    def _on_document_changed(self) -> None:
        if self.is_playing and sound_key(self._project) != self._heard_key:
            self._restart()

    def _on_setting(self, name: str) -> None:
        if name == "output":
            self.pause()
            if self._device is not None:
                self._device.close()
                self._device = None
            self._open()


def _silence(out: NDArray[np.float32]) -> int:
    out[:] = 0.0
    return len(out)

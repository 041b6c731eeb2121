"""Recording: armed tracks, countdown, samples with their times, and the take that comes of them.

Inputs (mouse pad, webcam, microphone) feed samples; the recorder does not know where they come
from. While a take is reviewed the preview shows it on trial; keeping it is one step.
"""

import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.base.controls import FACTOR_SLICE, INDEX, REST, Factor
from core.motion.track import FactorTrack
from studio.controller.playback import Playback
from studio.controller.playhead import Playhead
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.recording import RecordMode as RecordMode
from studio.controller.recording import (
    Run,
    assemble,
)
from studio.controller.rest_poses import RestPoses
from studio.controller.selection import AUDIO, Selection
from studio.controller.take import TakeSettings as TakeSettings
from studio.controller.take import (
    answered,
    moved_controls,
    only_armed,
    with_lanes,
)
from studio.controller.take_review import TakeReview
from studio.services.settings import Settings

COUNTDOWN_S: Final = 3.0
PREROLL_S: Final = 1.0
_TICK_MS: Final = 20


class Phase(StrEnum):
    """Where a recording stands."""

    IDLE = "idle"
    REHEARSING = "rehearsing"
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    REVIEW = "review"


class Recorder(QObject):
    """One recording at a time. Main thread only; inputs on other threads post to it by signals."""

    phase_changed = Signal()
    ticked = Signal(float)
    """Seconds until recording begins (countdown), or document seconds recorded."""
    beeped = Signal()
    """A whole second of the countdown."""
    live_changed = Signal()
    """`live` changed: the monitor draws it."""
    take_changed = Signal()
    """The take under review or its settings changed."""
    kept = Signal(str)
    """Id of the source that the kept take became; empty when it became keys."""
    rest_pose_set = Signal(str)
    """Device whose rest pose was taken."""
    message = Signal(str)

    def __init__(
        self,
        project: Project,
        selection: Selection,
        playhead: Playhead,
        playback: Playback,
        preview: Preview,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._selection = selection
        self._playhead = playhead
        self._playback = playback
        self._preview = preview
        self._settings = settings
        self.countdown_s = COUNTDOWN_S
        self._phase = Phase.IDLE
        self._mode = RecordMode.REPLACE
        self._pace = 1.0
        self._devices: dict[str, str] = {}
        self._run: Run | None = None
        self._review = TakeReview(project, preview, settings, self)
        self._review.changed.connect(self.take_changed)
        self._review.message.connect(self.message)
        self._live: NDArray[np.float32] = REST.copy()
        self._rest_poses = RestPoses(settings, self)
        self._rest_poses.taken.connect(self.rest_pose_set)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        project.opened.connect(self.discard)
        playback.toggled.connect(self.stop)

    # --- choices -------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Where the recording stands."""
        return self._phase

    @property
    def mode(self) -> RecordMode:
        """Where the next take goes."""
        return self._mode

    def set_mode(self, mode: RecordMode) -> None:
        """Chooses where the next take goes."""
        self._mode = mode
        self._review.is_layer = mode is RecordMode.LAYER

    @property
    def pace(self) -> float:
        """Speed of the document while recording: 1, 0.5 or 0.25."""
        return self._pace

    def set_pace(self, pace: float) -> None:
        """Chooses 1, 0.5 or 0.25; what is recorded is sped up to match.

        Raises:
            ValueError: another pace.
        """
        if pace not in (1.0, 0.5, 0.25):
            raise ValueError(f"a pace of {pace} cannot be recorded at")
        self._pace = pace

    def set_device(self, track: str, device: str) -> None:
        """Names the input of a track: `mouse`, `webcam` or `microphone`."""
        self._devices[track] = device

    def device(self, track: str) -> str:
        """The input of a track; the mouse for factors and the microphone for audio by default."""
        return self._devices.get(track, "microphone" if track == AUDIO else "mouse")

    # --- samples -------------------------------------------------------------------------------

    def feed(self, values: Mapping[str, float], time_s: float | None = None) -> None:
        """Takes in a sample: control → value relative to rest, at `time.perf_counter` seconds.

        Controls of tracks that are not armed are left out.
        """
        armed = only_armed(values, self._selection.armed)
        for name, value in armed.items():
            self._live[INDEX[name]] = value
        if self._run is not None and self._phase in (Phase.COUNTDOWN, Phase.RECORDING):
            self._run.samples.add(armed, time.perf_counter() if time_s is None else time_s)
        self.live_changed.emit()

    def feed_lanes(self, lanes: Mapping[str, float], time_s: float | None = None) -> None:
        """Takes in a sample as lane values, e.g. `{"gaze_x": 0.4, "open": 0.2}`."""
        self.feed(with_lanes(lanes), time_s)

    def feed_face(
        self, device: str, controls: NDArray[np.float32], time_s: float | None = None
    ) -> None:
        """Takes in a tracked face, float32 [58] absolute; the device's rest pose is taken off."""
        values = self._rest_poses.relative(device, controls)
        self.feed(answered(values, self._settings.get("camera_response")), time_s)

    def feed_sound(self, samples: NDArray[np.float32], rate: int, time_s: float) -> None:
        """Takes in sound, float32 [n] mono, whose first sample was heard at `time_s`."""
        is_on = self._phase in (Phase.COUNTDOWN, Phase.RECORDING)
        if self._run is not None and is_on and AUDIO in self._selection.armed:
            self._run.sound.append((time_s, samples))
            self._run.sound_rate = rate

    def input_lost(self, reason: str) -> None:
        """A device went away: what was recorded so far is kept for review."""
        self.message.emit(reason)
        if self._phase in (Phase.COUNTDOWN, Phase.RECORDING):
            self.stop()
        else:
            self.rehearse(False)

    @property
    def live(self) -> NDArray[np.float32]:
        """The controls fed last, float32 [58]; rest where nothing was fed."""
        return self._live.copy()

    def set_rest_pose(self, device: str) -> None:
        """Averages one second of what a device feeds and takes it for rest from now on."""
        self._rest_poses.begin(device)

    # --- recording -----------------------------------------------------------------------------

    def rehearse(self, is_on: bool) -> None:
        """Shows the armed inputs live without recording."""
        if is_on and self._phase is Phase.IDLE:
            self._live = REST.copy()
            self._enter(Phase.REHEARSING)
        elif not is_on and self._phase is Phase.REHEARSING:
            self._enter(Phase.IDLE)

    def toggle(self) -> None:
        """R: starts, or stops what runs."""
        if self._phase in (Phase.COUNTDOWN, Phase.RECORDING):
            self.stop()
        elif self._phase is Phase.REVIEW:
            self.retake()
        else:
            self.start()

    def start(self) -> None:
        """Begins the countdown of 3 s with 1 s of pre-roll, then records."""
        if self._phase in (Phase.COUNTDOWN, Phase.RECORDING):
            return
        if not self._selection.armed:
            self.message.emit("No track is armed: press the red button of a track, or Shift+R.")
            return
        self._review.end()
        document, span = self._project.document, self._playhead.range
        start = span.start if self._mode is RecordMode.PUNCH else self._playhead.frame
        has_out = self._mode is RecordMode.PUNCH or document.out_frame is not None
        stop = span.stop if has_out and span.stop > start else document.n_frames
        if start >= stop - 1 and self._selection.armed != {AUDIO}:
            start = span.start
        preroll = min(start, round(PREROLL_S * document.rate))
        ends = time.perf_counter() + self.countdown_s
        self._run = Run(start, max(stop, start + 1), preroll, ends)
        self._live = REST.copy()
        self._playback.pause()
        self._playhead.set_frame(start)
        self._enter(Phase.COUNTDOWN)

    def stop(self) -> None:
        """Ends recording; the take card follows. During the countdown: nothing was recorded."""
        run = self._run
        if run is None or self._phase not in (Phase.COUNTDOWN, Phase.RECORDING):
            return
        length_s = self.recorded_s
        was_recording = self._phase is Phase.RECORDING
        self._playback.pause()
        self._run = None
        take = None
        if was_recording:
            latency_s = self._review.latency_s(self.device(AUDIO))
            take = assemble(run, self._selection.armed, self._pace, length_s, latency_s)
        if take is None:
            if was_recording:
                self.message.emit("Nothing was recorded: the armed tracks got no input.")
            self._enter(Phase.IDLE)
            return
        self._playhead.set_frame(run.start)
        self._enter(Phase.REVIEW)
        device = self.device(str(next(iter(take.tracks), Factor.LIPS)))
        self._review.begin(take, device)

    @property
    def recorded_s(self) -> float:
        """Document seconds recorded so far; ask before discarding more than 2 s."""
        run = self._run
        if run is None:
            return 0.0 if self._review.take is None else self._review.take.length_s
        if self._phase is not Phase.RECORDING or not run.zeros:
            return 0.0
        seconds = (time.perf_counter() - run.zero_s) * self._pace
        longest = float((run.stop - run.start) / self._project.document.rate)
        return seconds if AUDIO in self._selection.armed else min(seconds, longest)

    # --- review --------------------------------------------------------------------------------

    @property
    def settings(self) -> TakeSettings:
        """Settings of the take under review."""
        return self._review.settings

    def set_settings(self, settings: TakeSettings) -> None:
        """Changes the take under review; the preview follows."""
        self._review.set_settings(settings)

    @property
    def take(self) -> Mapping[Factor, FactorTrack]:
        """The take under review with its settings, 60 fps, for the curve preview."""
        return self._review.tracks

    @property
    def raw_take(self) -> Mapping[Factor, FactorTrack]:
        """The take under review as it was recorded, 60 fps."""
        return {} if self._review.take is None else self._review.take.tracks

    @property
    def has_sound(self) -> bool:
        """Whether the take under review holds sound."""
        return self._review.take is not None and len(self._review.take.sound) > 0

    @property
    def moved(self) -> tuple[str, ...]:
        """Controls that the take moves at all; the others are excluded from the start."""
        return moved_controls(self.raw_take)

    def keep(self, *, as_keys: bool = False) -> None:
        """Lays the take on its tracks as strips, or draws it as keys: one undoable step."""
        take = self._review.take
        if take is None or self._phase is not Phase.REVIEW:
            return
        device = self.device(str(next(iter(take.tracks)))) if take.tracks else ""
        self._enter(Phase.IDLE)
        self._review.keep(device, self.kept.emit, self._back_to_review, as_keys=as_keys)

    def retake(self) -> None:
        """Discards the take and starts again from the same frame."""
        if self._review.take is not None:
            self._playhead.set_frame(self._review.take.start)
        self.discard()
        self.start()

    def discard(self) -> None:
        """Throws the take (or the running recording) away."""
        was_running = self._run is not None
        self._run = None
        if was_running:
            self._playback.pause()
        self._review.end()
        self._enter(Phase.IDLE)

    def close(self) -> None:
        """Ends everything; what is not kept is gone."""
        self._timer.stop()
        self._run = None

    # --- inside --------------------------------------------------------------------------------

    def _enter(self, phase: Phase) -> None:
        if phase is self._phase:
            return
        self._phase = phase
        if phase in (Phase.IDLE, Phase.REVIEW):
            self._timer.stop()
            self._preview.show_live(None)
        else:
            self._timer.start()
        self.phase_changed.emit()

    def _on_tick(self) -> None:
        if self._phase is Phase.COUNTDOWN:
            self._count_down()
        elif self._phase is Phase.RECORDING:
            self._follow_clock()
            self.ticked.emit(self.recorded_s)
            self._stop_at_end()
        if self._phase in (Phase.REHEARSING, Phase.COUNTDOWN, Phase.RECORDING):
            self._show_live()

    def _count_down(self) -> None:
        run = self._run
        if run is None:
            return
        rate = float(self._project.document.rate)
        left_s = run.counted_down_at - time.perf_counter()
        beeps = int(self.countdown_s - left_s)
        if beeps > run.beeps and left_s > 0:
            self.beeped.emit()
        run.beeps = beeps
        self.ticked.emit(max(left_s, 0.0))
        if not self._playback.is_playing and left_s <= run.preroll / rate / self._pace:
            self._playback.play_from(run.start - run.preroll, self._pace, run.stop)
        if self._playback.is_playing and self._playback.heard_s * rate >= run.preroll:
            self._follow_clock()
            self._enter(Phase.RECORDING)

    def _follow_clock(self) -> None:
        """Notes when the first frame was on, by the clock that playing goes by."""
        run = self._run
        if run is not None and self._playback.is_playing:
            since = self._playback.heard_s - float(run.preroll / self._project.document.rate)
            run.zeros.append(time.perf_counter() - since / self._pace)

    def _stop_at_end(self) -> None:
        """Motion ends with the range; sound goes on, and makes the document longer."""
        if not self._playback.is_playing and AUDIO not in self._selection.armed:
            self.stop()

    def _show_live(self) -> None:
        row = self._preview.controls(self._playhead.frame)
        for factor in Factor:
            if factor in self._selection.armed:
                row[FACTOR_SLICE[factor]] = self._live[FACTOR_SLICE[factor]]
        self._preview.show_live(row)

    def _back_to_review(self) -> None:
        """The take could not be kept: it is still there for another try."""
        if self._review.take is not None:
            self._enter(Phase.REVIEW)

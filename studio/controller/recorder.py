"""Recording: armed tracks, countdown, samples with their times, and the take that comes of them.

Inputs (mouse pad, webcam, microphone) feed samples; the recorder does not know where they come
from. While a take is reviewed the preview shows it on trial; keeping it is one step.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.base.controls import CONTROLS, FACTOR_SLICE, INDEX, N_CONTROLS, REST, Factor
from core.base.errors import SessionError, StudioError
from core.base.progress import Progress
from core.base.time import frames_in
from core.motion.track import FactorTrack
from core.session.media import copy_media, portable_name
from core.session.takes import save_take
from core.timeline.document import Document
from core.timeline.edits import add_audio_strip
from core.timeline.project_edits import add_source, set_length
from core.timeline.source import AudioParams, MediaReference, Source
from core.timeline.strip import AudioStrip
from studio.controller import assembly
from studio.controller.playback import Playback
from studio.controller.playhead import Playhead
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.selection import AUDIO, Selection
from studio.controller.take import (
    Samples,
    adjusted,
    lay_keys,
    lay_take,
    moved_controls,
    only_armed,
    relative_to,
    shortened,
    sound_from,
    take_name,
    take_source,
    tracks_of,
    with_lanes,
    write_take_sound,
)
from studio.controller.take import TakeSettings as TakeSettings
from studio.services.settings import Settings

COUNTDOWN_S: Final = 3.0
PREROLL_S: Final = 1.0
_REST_POSE_S: Final = 1.0
_TICK_MS: Final = 20
_DEFAULT_LATENCY_S: Final = {"webcam": 0.08}
_TRIAL: Final = "take under review"


class Phase(StrEnum):
    """Where a recording stands."""

    IDLE = "idle"
    REHEARSING = "rehearsing"
    COUNTDOWN = "countdown"
    RECORDING = "recording"
    REVIEW = "review"


class RecordMode(StrEnum):
    """Where the take goes: from the playhead, between in and out only, or on top of what is."""

    REPLACE = "replace"
    PUNCH = "punch"
    LAYER = "layer"


@dataclass(slots=True)
class _Run:
    """One recording while it is made."""

    start: int
    stop: int
    preroll: int
    counted_down_at: float
    samples: Samples = field(default_factory=Samples)
    sound: list[tuple[float, NDArray[np.float32]]] = field(default_factory=list)
    sound_rate: int = 0
    zeros: list[float] = field(default_factory=list)
    beeps: int = 0

    @property
    def zero_s(self) -> float:
        """When the first frame was on, on the clock of `time.perf_counter`."""
        return median(self.zeros)


@dataclass(frozen=True, slots=True)
class _Take:
    """What was recorded, as it came."""

    start: int
    tracks: Mapping[Factor, FactorTrack]
    sound: NDArray[np.float32]
    sound_rate: int
    length_s: float


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
        self._run: _Run | None = None
        self._take: _Take | None = None
        self._take_settings = TakeSettings()
        self._live: NDArray[np.float32] = REST.copy()
        self._calibrating: tuple[str, float, list[NDArray[np.float32]]] | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        project.opened.connect(self.discard)

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
        if self._calibrating is not None and self._calibrating[0] == device:
            self._calibrate(controls)
        stored = self._settings.get("rest_poses").get(device)
        has_rest = isinstance(stored, list) and len(stored) == N_CONTROLS
        rest = np.array(stored, np.float32) if has_rest else REST
        self.feed(relative_to(controls, rest), time_s)

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
        self._calibrating = device, time.perf_counter(), []

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
        self._drop_take()
        document, span = self._project.document, self._playhead.range
        start = span.start if self._mode is RecordMode.PUNCH else self._playhead.frame
        has_out = self._mode is RecordMode.PUNCH or document.out_frame is not None
        stop = span.stop if has_out and span.stop > start else document.n_frames
        if start >= stop - 1 and self._selection.armed != {AUDIO}:
            start = span.start
        preroll = min(start, round(PREROLL_S * document.rate))
        ends = time.perf_counter() + self.countdown_s
        self._run = _Run(start, max(stop, start + 1), preroll, ends)
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
        take = self._assemble(run, length_s) if was_recording else None
        if take is None:
            if was_recording:
                self.message.emit("Nothing was recorded: the armed tracks got no input.")
            self._enter(Phase.IDLE)
            return
        self._take = take
        self._take_settings = self._first_settings(take)
        self._playhead.set_frame(run.start)
        self._enter(Phase.REVIEW)
        self._show_trial()

    @property
    def recorded_s(self) -> float:
        """Document seconds recorded so far; ask before discarding more than 2 s."""
        run = self._run
        if run is None:
            return 0.0 if self._take is None else self._take.length_s
        if self._phase is not Phase.RECORDING or not run.zeros:
            return 0.0
        seconds = (time.perf_counter() - run.zero_s) * self._pace
        longest = float((run.stop - run.start) / self._project.document.rate)
        return seconds if AUDIO in self._selection.armed else min(seconds, longest)

    # --- review --------------------------------------------------------------------------------

    @property
    def settings(self) -> TakeSettings:
        """Settings of the take under review."""
        return self._take_settings

    def set_settings(self, settings: TakeSettings) -> None:
        """Changes the take under review; the preview follows."""
        if self._take is not None and settings != self._take_settings:
            self._take_settings = settings
            self._show_trial()

    @property
    def take(self) -> Mapping[Factor, FactorTrack]:
        """The take under review with its settings, 60 fps, for the curve preview."""
        return {} if self._take is None else adjusted(self._take.tracks, self._take_settings)

    @property
    def raw_take(self) -> Mapping[Factor, FactorTrack]:
        """The take under review as it was recorded, 60 fps."""
        return {} if self._take is None else self._take.tracks

    @property
    def has_sound(self) -> bool:
        """Whether the take under review holds sound."""
        return self._take is not None and len(self._take.sound) > 0

    @property
    def moved(self) -> tuple[str, ...]:
        """Controls that the take moves at all; the others are excluded from the start."""
        return () if self._take is None else moved_controls(self._take.tracks)

    def keep(self, *, as_keys: bool = False) -> None:
        """Lays the take on its tracks as strips, or draws it as keys: one undoable step."""
        take, settings = self._take, self._take_settings
        if take is None or self._phase is not Phase.REVIEW:
            return
        self._remember_settings(settings)
        factors = tuple(take.tracks)
        name = take_name(self._project.document, factors or (Factor.LIPS,))
        is_layer = self._mode is RecordMode.LAYER

        def work(progress: Progress) -> tuple[MediaReference | None, MediaReference | None]:
            folder = self._project.folder
            motion = save_take(folder, name, take.tracks) if factors and not as_keys else None
            sound = _keep_sound(folder, name, take, progress) if len(take.sound) else None
            return motion, sound

        def done(result: tuple[MediaReference | None, MediaReference | None]) -> None:
            motion, sound = result
            source_id = ""

            def change(document: Document) -> Document:
                nonlocal source_id
                if motion is not None:
                    device = self.device(str(factors[0]))
                    source = take_source(document, name, motion, device, settings)
                    source_id = source.id
                    document = lay_take(
                        document, source, take.tracks, settings, take.start, is_layer=is_layer
                    )
                elif as_keys:
                    document = lay_keys(document, take.tracks, settings, take.start)
                if sound is not None:
                    document = _with_sound(document, name, sound, take)
                return document

            if not self._project.edit(f"Record {name}", change):
                self._back_to_review()
                return
            self._drop_take()
            self.kept.emit(source_id)

        self._enter(Phase.IDLE)
        self._project.disk.run("Keeping the take", work, done, lambda _: self._back_to_review())

    def retake(self) -> None:
        """Discards the take and starts again from the same frame."""
        if self._take is not None:
            self._playhead.set_frame(self._take.start)
        self.discard()
        self.start()

    def discard(self) -> None:
        """Throws the take (or the running recording) away."""
        was_running = self._run is not None
        self._run = None
        if was_running:
            self._playback.pause()
        self._drop_take()
        self._enter(Phase.IDLE)

    def close(self) -> None:
        """Ends everything; what is not kept is gone."""
        self._timer.stop()
        self._run, self._take = None, None

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

    def _assemble(self, run: _Run, length_s: float) -> _Take | None:
        factors = [factor for factor in Factor if factor in self._selection.armed]
        if not run.zeros or length_s <= 0.0:
            return None
        tracks = {}
        if run.samples.n_samples:
            tracks = tracks_of(run.samples, factors, run.zero_s, self._pace, length_s)
        sound = np.zeros(0, np.float32)
        if self._pace == 1.0 and run.sound:
            latency_s = self._latency(self.device(AUDIO))
            sound = sound_from(run.sound, run.sound_rate, run.zero_s + latency_s, length_s)
        if not tracks and not len(sound):
            return None
        return _Take(run.start, tracks, sound, run.sound_rate, length_s)

    def _latency(self, device: str) -> float:
        stored = self._settings.get("latencies").get(device)
        known = isinstance(stored, int | float)
        return float(stored) if known else _DEFAULT_LATENCY_S.get(device, 0.0)

    def _first_settings(self, take: _Take) -> TakeSettings:
        device = self.device(str(next(iter(take.tracks), Factor.LIPS)))
        settings = TakeSettings(
            smoothing=self._settings.get("take_smoothing") / 100.0,
            simplify=self._settings.get("take_simplify") / 100.0,
            latency_s=self._latency(device),
        )
        return shortened(settings, moved_controls(take.tracks))

    def _remember_settings(self, settings: TakeSettings) -> None:
        self._settings.set("take_smoothing", round(100 * settings.smoothing))
        self._settings.set("take_simplify", 100.0 * settings.simplify)

    def _show_trial(self) -> None:
        """Lets the preview show the document as it would be with the take."""
        take = self._take
        if take is None:
            return
        document = self._project.document
        source = take_source(
            document, _TRIAL, MediaReference(""), self.device("head_pose"), self._take_settings
        )
        is_layer = self._mode is RecordMode.LAYER
        settings = replace(self._take_settings, smoothing=0.0)
        try:
            tried = lay_take(document, source, take.tracks, settings, take.start, is_layer=is_layer)
        except StudioError as error:
            self.message.emit(str(error))
        else:
            self._preview.set_trial(tried, {source.id: self.take})
        self.take_changed.emit()

    def _drop_take(self) -> None:
        if self._take is not None:
            self._take = None
            self._preview.set_trial(None, {})
            self.take_changed.emit()

    def _back_to_review(self) -> None:
        """The take could not be kept: it is still there for another try."""
        if self._take is not None:
            self._enter(Phase.REVIEW)

    def _calibrate(self, controls: NDArray[np.float32]) -> None:
        if self._calibrating is None:
            return
        device, began, rows = self._calibrating
        rows.append(controls)
        if time.perf_counter() - began < _REST_POSE_S:
            return
        self._calibrating = None
        mean = np.mean(rows, axis=0)
        poses = dict(self._settings.get("rest_poses"))
        poses[device] = [float(mean[INDEX[name]]) for name in CONTROLS]
        self._settings.set("rest_poses", poses)
        self.rest_pose_set.emit(device)


def _keep_sound(folder: Path, name: str, take: _Take, progress: Progress) -> MediaReference:
    """Writes a take's sound into the session."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / f"{portable_name(name)}.wav"
        try:
            write_take_sound(path, take.sound, take.sound_rate)
        except OSError as error:
            raise SessionError(
                f"The sound of “{name}” cannot be written ({error.strerror}): free some space."
            ) from error
        return copy_media(folder, path, progress)


def _with_sound(document: Document, name: str, media: MediaReference, take: _Take) -> Document:
    """The document with the recorded sound on its audio track, and lips that speak it."""
    audio_id = next(document.new_ids("audio"))
    document = add_source(document, Source(audio_id, name, AudioParams(), media))
    n_frames = frames_in(len(take.sound) / take.sound_rate, document.rate)
    strip = AudioStrip(next(document.new_ids("strip")), audio_id, take.start, n_frames)
    document = add_audio_strip(document, strip)
    document = set_length(document, max(document.n_frames, strip.stop))
    return assembly.speak(document)

"""The part of the studio's bench that works in one window: scrub, drag, play, edit, export."""

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from core.base.controls import Factor
from core.base.errors import EngineError
from core.base.progress import Progress
from core.bench.figure import Figure, at_least, at_most
from core.jobs.document import write_document
from core.jobs.process import ProcessHost
from studio.app import make_application
from studio.bench_edits import FOCUSED, many_curves, random_edits
from studio.bench_start import settings_in
from studio.controller.exports import OVER, ExportSettings, JobState
from studio.controller.frame_book import FrameStatus
from studio.controller.studio import Studio
from studio.heartbeat import Heartbeat
from studio.panels.timeline.track_body import TrackBody
from studio.panels.window import SIZE, StudioWindow
from studio.widgets.theme import apply_theme

SCRUB_GOAL: Final = at_most(60.0)
DRAG_GOAL: Final = at_least(50.0)
DROPPED_GOAL: Final = at_most(0.02)
OFFSET_GOAL: Final = at_most(1.0)
STALL_GOAL: Final = at_most(100.0)
MEMORY_GOAL: Final = at_most(16.0)
_N_SCRUBS: Final = 60
_N_MOVES: Final = 150
_N_EDITS: Final = 100
_N_LAST: Final = 25
_LIMIT_S: Final = 120.0


class Bench:
    """One window over the sample session.

    Args:
        session: A session folder that may be written to.
        folder: For settings and what is not saved.
        progress: Reports, and carries the cancel flag.
    """

    def __init__(self, session: Path, folder: Path, progress: Progress) -> None:
        settings = settings_in(folder)
        self.app = make_application(settings)
        self.progress = progress
        self.studio = Studio(settings=settings, unsaved=folder / "unsaved")
        self.window = StudioWindow(self.studio)
        apply_theme(self.app, "dark")
        self.window.resize(SIZE)
        self.window.show()
        self.heart = Heartbeat(self.window)
        self.stalls: list[Figure] = []
        self._opened = False
        self.studio.project.opened.connect(self._on_opened)
        self.window.open_path(session)
        self.wait(lambda: self._opened)
        self.settle()

    def wait(self, is_over: Callable[[], bool], limit_s: float = _LIMIT_S) -> None:
        """Serves events until something is so.

        Raises:
            EngineError: it did not come in time.
            Cancelled: the bench was stopped.
        """
        ends = time.perf_counter() + limit_s
        while not is_over():
            self.progress.check()
            QCoreApplication.processEvents(
                QEventLoop.ProcessEventsFlag.WaitForMoreEvents  # the heartbeat is one
                | QEventLoop.ProcessEventsFlag.AllEvents
            )
            if time.perf_counter() > ends:
                raise EngineError("The studio did not get done in time: run the bench again.")

    def settle(self) -> None:
        """Waits for disk, engine and the wanted picture."""
        self.wait(lambda: self.studio.project.disk.is_idle)
        self.wait(lambda: self.studio.preview.is_settled)

    def note_stall(self, during: str) -> None:
        """Keeps the longest stall since the last note."""
        stall = self.heart.take()
        words = f"{stall.own_ms:.0f} ms of its own work"
        self.stalls.append(Figure("stalls", during, stall.wall_ms, "ms", STALL_GOAL, words))

    def close(self) -> None:
        """Ends window, engine and threads."""
        self.heart.stop()
        self.window.close_unasked()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def _on_opened(self) -> None:
        self._opened = True


def bench_work(session: Path, loop_s: float, progress: Progress) -> list[Figure]:
    """All figures that one window gives.

    Args:
        session: the sample session, in a folder that may be written to.
        loop_s: how long playback loops, seconds.
        progress: reports, and carries the cancel flag.

    Raises:
        EngineError: the engine did not get done.
    """
    figures = []
    with TemporaryDirectory(prefix="avatar-studio-bench-") as folder:
        bench = Bench(session, Path(folder), progress)
        parts = {
            "Scrubbing": _scrub,
            "Playing": lambda b: _play(b, loop_s),
            "Editing": _edit,
            "Exporting": lambda b: _save_and_export(b, Path(folder) / "film.mp4"),
            "Dragging a key": _drag,
        }
        try:
            bench.note_stall("opening the sample")
            for i, (stage, part) in enumerate(parts.items()):
                progress.report(stage, i, len(parts))
                figures += part(bench)
                bench.note_stall(stage.lower())
        finally:
            bench.close()
        return figures + bench.stalls


def _scrub(bench: Bench) -> list[Figure]:
    """Asks for frames here and there that were never shown."""
    studio = bench.studio
    preview, n_frames = studio.preview, studio.project.document.n_frames
    frames = np.random.default_rng(0).permutation(n_frames)[:_N_SCRUBS].tolist()
    shown: list[int] = []
    preview.picture_ready.connect(lambda frame, _: shown.append(frame))
    first, full = [], []
    for frame in frames:
        if preview.picture(frame) is not None or frame == studio.playhead.frame:
            continue
        shown.clear()
        asked = time.perf_counter()
        studio.playhead.scrub(frame)
        bench.wait(lambda f=frame: f in shown)  # type: ignore[misc]
        first.append(1000 * (time.perf_counter() - asked))
        bench.wait(lambda f=frame: preview.picture(f) is not None)  # type: ignore[misc]
        full.append(1000 * (time.perf_counter() - asked))
    p95 = float(np.percentile(first, 95))
    return [
        Figure("scrub", "request to picture, p95", p95, "ms", SCRUB_GOAL),
        Figure("scrub", "request to picture, median", float(np.median(first)), "ms"),
        Figure("scrub", "request to full picture, p95", float(np.percentile(full, 95)), "ms"),
    ]


def _play(bench: Bench, loop_s: float) -> list[Figure]:
    """Fills the cache, then loops and looks for pictures that came late and for memory."""
    studio = bench.studio
    playback, playhead, preview = studio.playback, studio.playhead, studio.preview
    playhead.to_start()
    playhead.set_looping(True)
    preview.render_ahead(True)
    bench.wait(lambda: bool((preview.statuses() == FrameStatus.READY).all()))
    preview.render_ahead(False)
    bench.settle()
    bench.note_stall("filling the cache")
    offsets = _Offsets(studio)
    playback.play()
    _run_for(bench, min(2.0, loop_s))
    began, weights = time.perf_counter(), _weights(bench)
    _run_for(bench, loop_s)
    n_played = (time.perf_counter() - began) * float(studio.project.document.rate)
    grown = [after - before for before, after in zip(weights, _weights(bench), strict=True)]
    n_dropped = playback.dropped
    playback.pause()
    offsets.stop()
    case = f"loop of {loop_s:g} s, cached"
    share = n_dropped / max(n_played, 1.0)
    return [
        Figure(case, "dropped pictures", share, "of frames", DROPPED_GOAL),
        Figure(case, "sound to picture, at the end", offsets.at_end, "frames", OFFSET_GOAL),
        Figure(case, "sound to picture, largest", offsets.largest, "frames", OFFSET_GOAL),
        *(
            Figure(case, f"memory growth, {who}", growth, "MiB", MEMORY_GOAL)
            for who, growth in zip(("window", "engine"), grown, strict=False)
        ),
    ]


class _Offsets(QObject):
    """Compares the middle of each shown frame with what is heard when its picture comes."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.largest = 0.0
        self._last: deque[float] = deque(maxlen=_N_LAST)
        self._studio = studio
        self._start = studio.playhead.frame
        studio.preview.picture_ready.connect(self._compare)

    def stop(self) -> None:
        """Compares no more."""
        self._studio.preview.picture_ready.disconnect(self._compare)

    def _compare(self, frame: int, _: object) -> None:
        document = self._studio.project.document
        heard = self._start + self._studio.playback.heard_s * float(document.rate)
        span = self._studio.playhead.range
        late = (heard - frame - 0.5) % len(span)
        late = min(late, len(span) - late)
        self._last.append(late)
        self.largest = max(self.largest, late)

    @property
    def at_end(self) -> float:
        """The median of the last second, frames: what has added up."""
        return median(self._last) if self._last else 0.0


def _edit(bench: Bench) -> list[Figure]:
    """Random edits, then as many undos; the document must be what it was, to the byte."""
    project = bench.studio.project
    before = write_document(project.document)
    n_done = 0
    for label, change in random_edits(np.random.default_rng(1)):
        n_done += project.edit(label, change)  # some change nothing
        QCoreApplication.processEvents()
        if n_done == _N_EDITS:
            break
    is_changed = write_document(project.document) != before
    for _ in range(n_done):
        project.undo()
        QCoreApplication.processEvents()
    is_same = is_changed and write_document(project.document) == before
    bench.settle()
    case = f"{n_done} random edits, {n_done} undos"
    return [Figure(case, "byte-identical documents", float(is_same), "", at_least(1.0))]


def _save_and_export(bench: Bench, output: Path) -> list[Figure]:
    """Saves, and writes two seconds of film while the window stays in use."""
    studio = bench.studio
    studio.project.save()
    bench.settle()
    began = time.perf_counter()
    job_id = studio.jobs.add(ExportSettings(output, 0, 50))

    def is_over() -> bool:
        job = studio.jobs.job(job_id)
        return job is not None and job.state in OVER

    bench.wait(is_over)
    job = studio.jobs.job(job_id)
    if job is None or job.state is not JobState.DONE:
        raise EngineError(f"The export failed: {'' if job is None else job.message}")
    seconds = time.perf_counter() - began
    return [Figure("2 s of film, 512 px", "export beside the window", seconds, "s")]


def _drag(bench: Bench) -> list[Figure]:
    """Drags a key up and down on one of 20 curves of 1000 keys each, all of them in view."""
    studio, window = bench.studio, bench.window
    factor, lane = FOCUSED
    window.docks.arrange("Curves")
    studio.project.edit("Many curves", many_curves)
    studio.selection.focus_lane(factor, lane)
    for track in Factor:
        window.timeline.rows.set_expanded(track, True)
    window.timeline.zoom_fit()
    bench.settle()
    bench.note_stall("showing 20 curves of 1000 keys")
    body = window.timeline.rows.rows[factor].body
    rates = [_drag_rate(bench, body, lane, frame) for frame in (400, 1200)]
    return [Figure("20 curves × 1000 keys", "dragging a key", min(rates), "fps", DRAG_GOAL)]


def _drag_rate(bench: Bench, body: TrackBody, lane: str, frame: int) -> float:
    """Pictures of the curve view per second while the pointer moves a key."""
    if body.curves is None:
        raise EngineError(f"The {body.track} track shows no curves.")
    curve, scale = bench.studio.selection.curve, body.curves.scale(lane)
    index = int(np.searchsorted(curve.frames, frame))
    key = curve.keys[index]
    start = QPointF(body.desk.axis.to_x(key.frame), scale.to_y(key.value))
    paints = _Paints(body)
    kinds = QEvent.Type
    _send_mouse(body, kinds.MouseButtonPress, start)
    began = time.perf_counter()
    for i in range(_N_MOVES):
        _send_mouse(body, kinds.MouseMove, start + QPointF(0.05 * i, 30 * np.sin(i / 10) + 4))
        n_paints = paints.count
        bench.wait(lambda n=n_paints: paints.count > n)  # type: ignore[misc]
    rate = _N_MOVES / (time.perf_counter() - began)
    _send_mouse(body, kinds.MouseButtonRelease, start)
    body.removeEventFilter(paints)
    if bench.studio.project.undo_label == "Many curves":
        raise EngineError("The drag changed nothing.")
    bench.studio.project.undo()
    return rate


class _Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: TrackBody) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Counts and lets everything pass."""
        self.count += event.type() is QEvent.Type.Paint
        return False


def _send_mouse(body: TrackBody, kind: QEvent.Type, at: QPointF) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    is_move, is_release = kind is QEvent.Type.MouseMove, kind is QEvent.Type.MouseButtonRelease
    event = QMouseEvent(
        kind,
        at,
        body.mapToGlobal(at),
        none if is_move else left,
        none if is_release else left,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(body, event)


def _run_for(bench: Bench, seconds: float) -> None:
    ends = time.perf_counter() + seconds
    bench.wait(lambda: time.perf_counter() >= ends, seconds + _LIMIT_S)


def _weights(bench: Bench) -> list[float]:
    """Resident memory of the window and of the engine in MiB, where the system tells."""
    host = bench.studio.engine.host
    engine = host.process_id if isinstance(host, ProcessHost) else None
    processes = [os.getpid(), *([] if engine is None else [engine])]
    files = [Path(f"/proc/{process_id}/statm") for process_id in processes]
    page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return [int(f.read_text().split()[1]) * page / 2**20 for f in files if f.exists()]

"""Pictures of the document: asked for by frame, kept until an edit changes that very frame.

A picture is known by what it shows: the avatar and the evaluated controls of its frame. An edit
therefore makes only those pictures stale whose frames it changes, and undo brings them back.
"""

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, QTimer, Signal

from core.base.controls import REST
from core.jobs.messages import CancelledReply, Failed, FrameReady, Reply
from core.jobs.messages import Preview as PreviewRequest
from core.motion.motion import LatentMotion
from core.timeline.document import Document
from studio.controller.activity import Activity
from studio.controller.avatar_link import AvatarLink, Bank
from studio.controller.avatar_link import State as State
from studio.controller.engine_link import EngineLink
from studio.controller.frame_book import FrameBook
from studio.controller.frame_book import FrameStatus as FrameStatus
from studio.controller.frame_cache import Picture
from studio.controller.playhead import Playhead
from studio.controller.portrait_points import PortraitPoints
from studio.controller.preview_facts import PreviewFacts
from studio.controller.project import Project
from studio.services.pool import Pool
from studio.services.settings import Settings

SLOW_MS: Final = 45.0
"""A picture that takes longer is shown as a draft first while the playhead or a curve moves."""
_REFINE_AFTER_MS: Final = 80
_BAR_MS: Final = 50
_IDLE_MS: Final = 1500
_PACE_OF: Final = 9  # pictures
_SLICE_S: Final = 0.004


@dataclass(frozen=True, slots=True)
class _Flight:
    """A picture that was asked for: of which frame, what it shows, and what for."""

    frame: int
    key: bytes
    is_draft: bool = False
    is_ahead: bool = False
    is_source: bool = False
    is_live: bool = False


class Preview(PreviewFacts):
    """Main thread only. Everything it gives is read-only."""

    picture_ready = Signal(int, object)
    """(frame, Picture): a picture to show now, draft or full; also after an edit."""
    cache_changed = Signal()
    """Some frames' statuses changed (at most 20 times a second)."""
    status_changed = Signal()
    """`state`, `reason`, `size`, `rest_pose`, `bank` or `ms_per_frame` changed."""
    motion_changed = Signal()
    """What the document evaluates to changed."""
    source_ready = Signal()
    """`source_picture` can now be had, or is another one."""
    landmarks_changed = Signal()
    """The portrait's own landmarks became known: `landmarks` fits the picture from now on."""
    message = Signal(str)

    def __init__(
        self,
        project: Project,
        playhead: Playhead,
        link: EngineLink,
        activity: Activity,
        pool: Pool,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(
            project,
            playhead,
            AvatarLink(project, link, activity),
            FrameBook(settings.get("preview_cache_mb") << 20),
            PortraitPoints(pool),
            parent,
        )
        self._link = link
        self._settings = settings
        self._flights: dict[int, _Flight] = {}
        self._generation = 0
        self._shown_key = b""  # empty while the picture is a draft
        self._last_error = ""
        self._live: NDArray[np.float32] | None = None
        self._is_live_new = False
        self._trial: tuple[Document, Bank] | None = None
        self._source: Picture | None = None
        self._is_source_wanted = False
        self._pace: deque[float] = deque(maxlen=_PACE_OF)
        self._is_ahead = self._is_idle = False
        self.n_missed = 0  # pictures that were not ready when playing came to them
        self.is_held = False  # an export has the engine: fill no cache meanwhile
        self._refine = self._new_timer(_REFINE_AFTER_MS, self._on_refine)
        self._also: tuple[int, ...] = ()
        self._is_closed = False
        self._bar = self._new_timer(_BAR_MS, self.cache_changed.emit)
        self._work = self._new_timer(0, self._on_work)
        self._idle = self._new_timer(_IDLE_MS, self._on_idle)
        self._connect()
        self._evaluate()

    def _connect(self) -> None:
        self._project.document_changed.connect(self._evaluate)
        self._playhead.frame_changed.connect(self.request)
        self._playhead.playing_changed.connect(self.render_ahead)
        self._settings.changed.connect(self._on_setting)
        self.avatar.use_device(self._settings.get("device"))
        self.avatar.avatar_changed.connect(self._on_avatar_changed)
        self.avatar.bank_changed.connect(self._on_bank_changed)
        self.avatar.refined.connect(self._on_refined)
        self.avatar.state_changed.connect(self.status_changed)
        self.avatar.message.connect(self.message)
        self._points.picture_wanted.connect(lambda: self._points.find(self.source_picture))
        self._points.changed.connect(self.landmarks_changed)

    # --- pictures ------------------------------------------------------------------------------

    def request(self, frame: int) -> None:
        """Shows a frame: from the cache at once, else from the engine, slow ones as a draft first.

        While playing, a picture that is not ready is left out.
        """
        self._stir()
        if self._live is not None:
            return
        picture = self.picture(frame)
        if picture is not None:
            self._show(frame, self._book.key(frame), picture)
        elif self._playhead.is_playing:
            self.n_missed += 1
        else:
            self._ask(frame, is_draft=self._ms > SLOW_MS)
            self._refine_later()
        self._wake()

    def picture(self, frame: int) -> Picture | None:
        """The full picture of a frame if it is ready."""
        return self._book.picture(frame) if self.state is State.READY else None

    def want_also(self, frames: Collection[int]) -> None:
        """Draws these frames for the cache, besides the shown one, until others are wanted."""
        self._also = tuple(self._near(frame) for frame in frames)
        self._wake()

    @property
    def source_picture(self) -> Picture | None:
        """The portrait at rest in the same framing; `source_ready` follows where it is None."""
        if self._source is None and not self._is_source_wanted:
            self._is_source_wanted = True
            self._wake()
        return self._source

    def statuses(self) -> NDArray[np.uint8]:
        """`FrameStatus` of every document frame, uint8 [n_frames]."""
        return self._book.statuses()

    def render_ahead(self, is_on: bool) -> None:
        """Fills the cache from the playhead on, within the range, while nothing else is asked."""
        self._is_ahead = is_on
        if not is_on:
            self._refine_later()
        self._wake()

    def show_live(self, controls: NDArray[np.float32] | None) -> None:
        """Shows these controls (float32 [58]) instead of the document's, until None is given."""
        before, self._live = self._live, controls
        if controls is not None:
            self._is_live_new |= before is None or not np.array_equal(before, controls)
            self._wake()
        elif before is not None:
            self._shown_key = b""
            self.request(self._near(self.frame))

    def set_trial(self, document: Document | None, bank: Bank) -> None:
        """Shows another document, with motion of its own besides the gathered one, on trial."""
        self._trial = None if document is None else (document, bank)
        self._evaluate()

    # --- for tests and tours -------------------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Whether motion and the wanted picture are final, or there is nothing to wait for."""
        if self.state in (State.EMPTY, State.FAILED):
            return self._link.is_idle
        is_known = self.state is State.READY and self.avatar.is_refined and self.avatar.is_gathered
        return (
            is_known and self._book.evaluation.is_complete and self.picture(self.frame) is not None
        )

    def wait_ready(self, timeout_s: float = 60.0) -> bool:
        """Serves events until `is_settled`; returns whether that came in time."""
        clock = QElapsedTimer()
        clock.start()
        while not self.is_settled:
            if clock.elapsed() > 1000 * timeout_s:
                return False
            QCoreApplication.processEvents()
        return True

    # --- inside: following the document --------------------------------------------------------

    def _evaluate(self) -> None:
        """Takes the document as it is now; the shown frame first, the others bit by bit."""
        document, bank = self._trial or (self._project.document, {})
        self._book.follow(
            document,
            {**self.bank, **bank},
            self.rest_pose,
            is_moving=self.avatar.is_moving,
        )
        self.motion_changed.emit()
        frame = self._near(self.frame)
        if self.state is State.READY and self._book.key(frame) != self._shown_key:
            self.request(frame)
        self._stir()
        self._touch_bar()
        self._wake()

    def _on_avatar_changed(self) -> None:
        if self.state is State.EMPTY:
            self._shown = None
        self._renew(is_other=True)
        self.status_changed.emit()

    def _on_refined(self) -> None:
        """What was drawn so far were drafts."""
        self._renew(is_other=False)

    def _renew(self, *, is_other: bool) -> None:
        self._generation += 1
        self._book.renew(self._generation, self.size, is_other=is_other)
        self._source = None
        self._shown_key = b""
        self._points.find(None)
        self._evaluate()
        self.source_ready.emit()

    def _on_bank_changed(self) -> None:
        self._evaluate()
        self.status_changed.emit()

    def _on_setting(self, name: str) -> None:
        if name == "preview_cache_mb":
            self._book.cache.set_budget(self._settings.get(name) << 20)
            self._touch_bar()
        elif name == "device":
            self.avatar.use_device(self._settings.get(name))

    # --- inside: asking the engine -------------------------------------------------------------

    def _ask(self, frame: int, *, is_draft: bool = False, is_ahead: bool = False) -> None:
        flight = _Flight(frame, self._book.key(frame), is_draft, is_ahead)
        if self.state is State.READY and flight not in self._flights.values():
            evaluation = self._book.evaluation
            self._send(flight, evaluation.row(frame), evaluation.latents(frame))

    def _send(
        self, flight: _Flight, row: NDArray[np.float32], latents: LatentMotion | None = None
    ) -> None:
        request = PreviewRequest(
            self.avatar.slim_text,
            self.avatar.folder,
            flight.frame,
            max(self.size) // 2 if flight.is_draft else None,
            tuple(row.tolist()),
            latents,
        )
        self._flights[self._link.send(request, self._on_reply)] = flight

    def _on_reply(self, reply: Reply) -> None:
        flight = self._flights.get(reply.ticket)
        if flight is None or not isinstance(reply, FrameReady | Failed | CancelledReply):
            return
        del self._flights[reply.ticket]
        if isinstance(reply, FrameReady):
            self._land(flight, reply)
        if isinstance(reply, Failed):
            self._tell_once(reply.message)
        else:
            self._wake()

    def _land(self, flight: _Flight, reply: FrameReady) -> None:
        picture = self._link.frame(reply)
        picture.setflags(write=False)
        if flight.is_live:
            if self._live is not None:
                self._show(flight.frame, b"", picture, is_draft=True)
            return
        if flight.is_source:
            if flight.key == self._source_key():
                self._source = picture
                self._points.find(picture)
                self.source_ready.emit()
            return
        if not flight.is_draft:
            self._pace.append(reply.ms)
            self._ms = median(self._pace)  # the first one may hold a preparation
            self._book.keep(flight.frame, flight.key, picture)
            self._touch_bar()
        # a picture of another frame than the wanted one still shows where a scrub has come to
        wanted = self._book.key(self._near(self.frame))
        is_in_time = flight.key == wanted or not (flight.is_ahead or self._playhead.is_playing)
        if is_in_time and self._shown_key != wanted and self._live is None:
            self._show(flight.frame, flight.key, picture, is_draft=flight.is_draft)

    def _show(self, frame: int, key: bytes, picture: Picture, *, is_draft: bool = False) -> None:
        self._shown = picture
        self._shown_key = b"" if is_draft else key
        self.picture_ready.emit(frame, picture)

    def _on_refine(self) -> None:
        """The playhead and the document rest: the full picture of the shown frame is due."""
        frame = self._near(self.frame)
        if self.state is not State.READY or self._playhead.is_playing:
            return
        if self.picture(frame) is None:
            self._ask(frame)
        elif self._shown_key != self._book.key(frame):
            self.request(frame)

    def _on_work(self) -> None:
        """One slice of what can be done beside: evaluate frames, then ask for more pictures."""
        if self._book.advance(self._near(self.frame), _SLICE_S):
            self._touch_bar()
            self._wake()
            self._tell_once(self._book.evaluation.error)
            return
        if self._flights or self.state is not State.READY:
            return
        if self._live is not None:
            if self._is_live_new:
                self._is_live_new = False
                flight = _Flight(self.frame, b"", self._ms > SLOW_MS, is_live=True)
                self._send(flight, self._live, self._live_latents(self._live))
        elif self._is_source_wanted and self._source is None:
            self._send(_Flight(0, self._source_key(), is_source=True), REST)
        elif (also := self._book.first_missing(self._also)) is not None:
            self._ask(also, is_ahead=True)
        elif (self._is_ahead or self._is_idle) and not self.is_held:
            frame = self._next_missing()
            if frame is not None:
                self._ask(frame, is_ahead=True)

    def _live_latents(self, live: NDArray[np.float32]) -> LatentMotion | None:
        """The document's latents but for the factors that are moved live."""
        evaluation, frame = self._book.evaluation, self._near(self.frame)
        latents = evaluation.latents(frame)
        return latents and latents.overridden(evaluation.row(frame)[None], live[None])

    def _on_idle(self) -> None:
        """Nobody has asked for anything for a while: the range's pictures can be made."""
        self._is_idle = bool(self._settings.get("fill_cache"))
        self._wake()

    def _stir(self) -> None:
        """Somebody asks for something."""
        self._is_idle = False
        if not self._is_closed:
            self._idle.start()

    def _tell_once(self, text: str) -> None:
        if text and text != self._last_error:
            self.message.emit(text)
        self._last_error = text

    def _next_missing(self) -> int | None:
        """The first frame from the playhead on, within the range, that can still be in time."""
        span = self._playhead.range
        rate = float(self._project.document.rate)
        lead = 1 + int(self._ms * rate / 1000.0) if self._playhead.is_playing else 0
        first = min(max(self.frame + lead, span.start), span.stop)
        later = self._book.first_missing(range(first, span.stop))
        return self._book.first_missing(range(span.start, first)) if later is None else later

    def _source_key(self) -> bytes:
        return f"source/{self._generation}/{self.size}".encode()

    def _refine_later(self) -> None:
        if not self._is_closed:
            self._refine.start()

    def _wake(self) -> None:
        """Looks soon for something to ask for."""
        if not self._is_closed:
            self._work.start()

    def _touch_bar(self) -> None:
        # the last replies of the engine arrive while it is closed
        if not self._is_closed and not self._bar.isActive():
            self._bar.start()

    def _new_timer(self, interval_ms: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(slot)
        return timer

    def close(self) -> None:
        """Asks for nothing more."""
        self._is_closed = True
        self.avatar.close()
        for timer in (self._refine, self._bar, self._work, self._idle):
            timer.stop()
        self._flights.clear()
        self._book.cache.clear()

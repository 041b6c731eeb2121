"""The engine's loop: what it does next, for whichever host it works.

Order of service: cancel, the newest prepare, the newest preview, one frame of the first export.
Motion is gathered, faces are looked for and avatars are refined in one background thread each.
`post` may be called from any thread; everything else belongs to the one that calls `turn`.
"""

import queue
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import EngineError
from core.base.time import FrameRange
from core.engines.protocol import OnDevice
from core.engines.wanted_device import want_device
from core.export.render_plan import document_view
from core.jobs import faces
from core.jobs.avatars import Avatars, Sitter, preview_view
from core.jobs.document import read_document
from core.jobs.filming import Steps, film
from core.jobs.memory import MotionMemory
from core.jobs.messages import (
    Cancel,
    CancelledReply,
    Export,
    Exported,
    FindFaces,
    FrameReady,
    Gather,
    Gathered,
    Prepare,
    Prepared,
    Preview,
    Refined,
    Reply,
    Request,
    Shutdown,
)
from core.jobs.ring import Pictures
from core.jobs.tickets import Tickets
from core.motion.motion import Motion
from core.session.bank import final_motion
from core.timeline.document import Document


@dataclass(slots=True)
class _Film:
    """An export that has begun or waits for its turn."""

    request: Export
    steps: Steps
    waits_for: Future[Any] | None = None

    @property
    def is_ready(self) -> bool:
        return self.waits_for is None or self.waits_for.done()


class EngineLoop:
    """Serves requests until it is closed."""

    def __init__(self, tell: Callable[[Reply], None], pictures: Pictures) -> None:
        """Replies through `tell` (from several threads, one at a time); pictures go apart."""
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._tickets = Tickets(tell)
        self._pictures = pictures
        self._avatars = Avatars(self._wake)
        self._memory = MotionMemory()
        self._background = ThreadPoolExecutor(1, "gather")
        self._looking = ThreadPoolExecutor(1, "faces")
        self._newest_prepare = 0
        self._prepare: Prepare | None = None
        self._preview: Preview | None = None
        self._waiting: dict[int, Future[None]] = {}
        self._films: deque[_Film] = deque()
        self._drafts: list[tuple[int, Sitter]] = []
        self._is_ending = False
        self._told_reason = ""

    def post(self, request: Request) -> None:
        """Queues a request; a cancel also reaches work that is under way."""
        if isinstance(request, Cancel):
            self._tickets.cancel(request.target)
        elif isinstance(request, Shutdown):
            self._tickets.cancel_all()
        else:
            self._tickets.open(request.ticket)
        if isinstance(request, Prepare):
            self._tickets.cancel(self._newest_prepare)
            self._newest_prepare = request.ticket
        self._inbox.put(request)

    def run(self) -> None:
        """Serves until `Shutdown` is posted, then closes."""
        while not self._is_ending:
            self.turn(None)
        self.close()

    def turn(self, timeout_s: float | None = 0.0) -> bool:
        """Takes in what was posted and does the most urgent thing; returns whether there was one.

        Args:
            timeout_s: How long to wait when there is nothing to do; None waits for a request.
        """
        self._take_in(0.0 if self._has_work else timeout_s)
        self._tell_refined()
        if self._is_ending:
            return False
        if self._prepare is not None:
            prepare, self._prepare = self._prepare, None
            with self._tickets.ending(prepare.ticket):
                self._serve_prepare(prepare)
        elif self._preview is not None:
            preview, self._preview = self._preview, None
            with self._tickets.ending(preview.ticket):
                self._serve_preview(preview)
        elif self._films and self._films[0].is_ready:
            self._step_film(self._films[0])
        else:
            return False
        return True

    def close(self) -> None:
        """Cancels everything, ends the threads and forgets the avatars."""
        self._is_ending = True
        self._tickets.cancel_all()
        while self._films:
            self._films.popleft().steps.close()
        self._background.shutdown(cancel_futures=True)
        self._looking.shutdown(cancel_futures=True)
        self._avatars.close()
        self._drafts.clear()
        self._tickets.end_all()

    # --- taking in -----------------------------------------------------------------------------

    @property
    def _has_work(self) -> bool:
        has_film = bool(self._films) and self._films[0].is_ready
        return self._prepare is not None or self._preview is not None or has_film

    def _wake(self) -> None:
        self._inbox.put(None)

    def _take_in(self, timeout_s: float | None) -> None:
        try:
            self._sort(self._inbox.get(timeout_s != 0.0, timeout_s))
            while True:
                self._sort(self._inbox.get_nowait())
        except queue.Empty:
            return

    def _sort(self, request: Request | None) -> None:
        if isinstance(request, Prepare):
            if self._prepare is not None:
                self._tickets.tell(CancelledReply(self._prepare.ticket))
            self._prepare = request
        elif isinstance(request, Preview):
            if self._preview is not None:
                self._tickets.tell(CancelledReply(self._preview.ticket))
            self._preview = request
        elif isinstance(request, Gather):
            self._wait_for(self._background.submit(self._serve_gather, request), request.ticket)
        elif isinstance(request, FindFaces):
            self._wait_for(self._looking.submit(self._serve_faces, request), request.ticket)
        elif isinstance(request, Export):
            progress = self._tickets.progress(request.ticket)
            steps = film(request, self._avatars, self._memory, self._background, progress)
            self._films.append(_Film(request, steps))
        elif isinstance(request, Cancel):
            self._drop(request.target)
        elif isinstance(request, Shutdown):
            self._is_ending = True

    def _wait_for(self, future: Future[None], ticket: int) -> None:
        self._waiting = {t: f for t, f in self._waiting.items() if not f.done()}
        self._waiting[ticket] = future

    def _drop(self, ticket: int) -> None:
        """Ends a cancelled request that waits; one that is under way ends by itself."""
        is_dropped = False
        if self._prepare is not None and self._prepare.ticket == ticket:
            self._prepare, is_dropped = None, True
        if self._preview is not None and self._preview.ticket == ticket:
            self._preview, is_dropped = None, True
        if ticket in self._waiting:
            is_dropped = self._waiting[ticket].cancel()
        for job in tuple(self._films):
            if job.request.ticket == ticket:
                job.steps.close()
                self._films.remove(job)
                is_dropped = True
        if is_dropped:
            self._tickets.tell(CancelledReply(ticket))

    # --- serving -------------------------------------------------------------------------------

    def _serve_prepare(self, request: Prepare) -> None:
        if request.device:
            want_device(request.device)
        document, folder = read_document(request.document_text), Path(request.folder)
        progress = self._tickets.progress(request.ticket)
        sitter = self._avatars.sitter(document, folder, progress)
        width, height = sitter.avatar.output_size(document_view(document))
        device = "CPU"
        if isinstance(sitter.engine, OnDevice):
            device, reason = sitter.engine.device, sitter.engine.fallback_reason
            if reason and reason != self._told_reason:
                progress.note(reason)
            self._told_reason = reason
        self._tickets.tell(Prepared(request.ticket, width, height, sitter.avatar.rest_pose, device))
        self._drafts.append((request.ticket, sitter))
        self._tell_refined()

    def _tell_refined(self) -> None:
        for ticket, sitter in self._drafts:
            if sitter.is_refined:
                self._tickets.tell(Refined(ticket))
        self._drafts = [draft for draft in self._drafts if not draft[1].refining.done()]

    def _serve_preview(self, request: Preview) -> None:
        started = time.perf_counter()
        progress = self._tickets.progress(request.ticket)
        document, folder = read_document(request.document_text), Path(request.folder)
        sitter = self._avatars.sitter(document, folder, progress)
        progress.check()
        motion, is_complete = self._motion(request, document, sitter)
        is_final = is_complete and sitter.is_refined
        view = preview_view(sitter.avatar, document, request.side)
        picture = next(sitter.engine.render(sitter.avatar, motion, view), None)
        if picture is None:
            raise EngineError(f"The engine “{document.avatar.engine}” gave no picture.")
        slot = self._pictures.put(request.ticket, picture)
        height, width = picture.shape[:2]
        ms = 1e3 * (time.perf_counter() - started)
        self._tickets.tell(
            FrameReady(request.ticket, request.frame, slot, height, width, ms, is_final)
        )

    def _motion(self, request: Preview, document: Document, sitter: Sitter) -> tuple[Motion, bool]:
        """What to draw, and whether all that it depends on is known."""
        if request.controls is not None:
            controls = np.array([request.controls], np.float32)
            return Motion(controls, document.rate, request.frame, request.latents), True
        bank, is_complete = self._memory.recall(
            document, Path(request.folder), is_moving=sitter.is_moving
        )
        frames = FrameRange(request.frame, request.frame + 1)
        motion = final_motion(
            document,
            frames,
            bank,
            sitter.avatar.rest_pose,
            with_latents=sitter.engine.spec.takes_latents,
        )
        return motion, is_complete

    def _serve_gather(self, request: Gather) -> None:
        """Runs in the gathering thread."""
        with self._tickets.ending(request.ticket):
            progress = self._tickets.progress(request.ticket)
            document = read_document(request.document_text)
            bank = self._memory.gather(document, Path(request.folder), progress)
            self._tickets.tell(Gathered(request.ticket, bank))

    def _serve_faces(self, request: FindFaces) -> None:
        """Runs in the thread that looks for faces."""
        with self._tickets.ending(request.ticket):
            self._tickets.tell(faces.answer(request, self._tickets.progress(request.ticket)))

    def _step_film(self, first: _Film) -> None:
        request = first.request
        with self._tickets.ending(request.ticket):
            try:
                waits_for = first.waits_for = next(first.steps)
            except StopIteration as end:
                self._tickets.tell(Exported(request.ticket, request.output, end.value))
            else:
                if waits_for is not None:
                    waits_for.add_done_callback(lambda _: self._wake())
                return
        self._films.popleft()

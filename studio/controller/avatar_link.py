"""Keeps the engine's avatar and the sources' motion in step with the document."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from core.base.controls import Factor
from core.engines.registry import spec_of
from core.engines.wanted_device import AUTO
from core.face.pose import Pose
from core.jobs.document import write_document
from core.jobs.messages import (
    CancelledReply,
    Failed,
    Gather,
    Gathered,
    Noted,
    Prepare,
    Prepared,
    Progressed,
    Refined,
    Reply,
)
from core.motion.track import FactorTrack
from core.session.bank import origin
from core.timeline.document import Document
from studio.controller.activity import Activity, Task
from studio.controller.engine_link import EngineLink
from studio.controller.motion_request import motion_sources, motion_text
from studio.controller.project import Project

_DEBOUNCE_MS: Final = 40
Bank = Mapping[str, Mapping[Factor, FactorTrack]]


class State(StrEnum):
    """What the viewer says when it has no picture."""

    EMPTY = "empty"  # no portrait is chosen
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class AvatarLink(QObject):
    """Prepares avatars and gathers motion whenever an edit asks for it. Main thread only."""

    avatar_changed = Signal()
    """Another avatar or view is ready: pictures made before show something else."""
    bank_changed = Signal()
    refined = Signal()
    """Pictures made before were drafts."""
    state_changed = Signal()
    message = Signal(str)

    def __init__(
        self,
        project: Project,
        link: EngineLink,
        activity: Activity,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._link = link
        self._activity = activity
        self.state = State.EMPTY
        self.reason = "Choose or drop a portrait to begin."
        self.lacks_face = False  # whether it failed for want of a face
        self.size = (0, 0)
        self.device = ""  # what the engine runs on, for people; empty while unknown
        self.rest_pose = Pose()
        self._wanted_device = AUTO
        self.bank: Bank = {}
        self.is_refined = False
        self.is_gathered = True
        self._avatar_key: object = None
        self._motion_key: object = None
        self._slim: tuple[Document, str] | None = None
        self._prepare_ticket = self._gather_ticket = 0
        self._tasks: dict[int, Task] = {}
        self._alone: list[str] = []  # sources that are asked for one by one
        self._part: dict[str, Mapping[Factor, FactorTrack]] = {}
        self._lost: set[int] = set()  # tickets that the engine died over
        self._repeated: set[int] = set()  # tickets that ask once more for what was lost
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DEBOUNCE_MS)
        self._timer.timeout.connect(self._gather)
        self._is_closed = False
        project.document_changed.connect(self.follow)
        project.opened.connect(self._forget)
        link.died.connect(self._on_died)
        link.restarted.connect(self._on_restarted)
        self.follow()

    @property
    def slim_text(self) -> str:
        """The document as previews need it: avatar and rate only, so that it seldom changes."""
        document = self._project.document
        portrait = document.source(document.avatar.source_id)
        slim = Document(
            rate=document.rate,
            avatar=replace(document.avatar, switched_off=()),
            sources=() if portrait is None else (replace(portrait, extra=""),),
        )
        if self._slim is None or self._slim[0] != slim:
            self._slim = (slim, write_document(slim))
        return self._slim[1]

    @property
    def folder(self) -> str:
        """The folder that relative paths start from, as requests carry it."""
        return str(self._project.folder)

    @property
    def is_moving(self) -> bool:
        """Whether the avatar is a clip, whose pictures differ from frame to frame."""
        return self._project.document.avatar.source_id in self.bank

    def follow(self) -> None:
        """Asks the engine for what the document needs by now."""
        if self._is_closed:
            return
        document = self._project.document
        portrait = document.source(document.avatar.source_id)
        avatar_key = (
            None
            if portrait is None
            else (
                replace(document.avatar, switched_off=()),  # which counts with each frame
                portrait.media,
                portrait.params,
                self.folder,
            )
        )
        if avatar_key != self._avatar_key:
            self._avatar_key = avatar_key
            self._prepare()
        motion_key = self._needed_motion(document)
        if motion_key != self._motion_key:
            self._motion_key = motion_key
            self.is_gathered = False
            self._timer.start()

    def retry(self) -> None:
        """Tries again what failed, e.g. after weights were imported or the engine died."""
        self._avatar_key = self._motion_key = None
        self.follow()

    def use_device(self, name: str) -> None:
        """Lets networks run elsewhere, see `core.engines.wanted_device`."""
        if name != self._wanted_device:
            self._wanted_device = name
            self._avatar_key = None
            self.follow()

    def close(self) -> None:
        """Follows no edit any more."""
        self._is_closed = True
        self._timer.stop()

    # --- inside --------------------------------------------------------------------------------

    def _needed_motion(self, document: Document) -> object:
        """All that the motion of the sources depends on."""
        used = set(motion_sources(document))
        origins = (
            (source.id, origin(source, document))
            for source in document.sources
            if source.id in used
        )
        engine = document.avatar.engine
        space = engine if spec_of(engine).takes_latents else ""
        return self.folder, space, tuple(origins)

    def _forget(self) -> None:
        self.bank = {}
        self._avatar_key = self._motion_key = None

    def _prepare(self) -> None:
        self._link.cancel(self._prepare_ticket)
        self._link.forget(self._prepare_ticket)
        self._end_task(self._prepare_ticket)
        self.is_refined = False
        self.device = ""
        if self._avatar_key is None:
            self._prepare_ticket = 0
            self.size = (0, 0)
            self.rest_pose = Pose()
            self._say(State.EMPTY, "Choose or drop a portrait to begin.")
            self.avatar_changed.emit()
            return
        self.lacks_face = False
        self._say(State.PREPARING, "Preparing the portrait…")
        request = Prepare(self.slim_text, self.folder, device=self._wanted_device)
        self._prepare_ticket = self._link.send(request, self._on_prepare_reply)
        self._begin_task(self._prepare_ticket, "Preparing the portrait")

    def _on_prepare_reply(self, reply: Reply) -> None:
        if self._report(reply):
            return
        if isinstance(reply, Prepared):
            self._end_task(reply.ticket)
            self.size = (reply.width, reply.height)
            self.rest_pose = reply.rest_pose
            self.device = reply.device
            self.is_refined = False
            self._say(State.READY, "")
            self.avatar_changed.emit()
        elif isinstance(reply, Refined):
            self.is_refined = True
            self.refined.emit()
        elif self._is_worth_repeating(reply):
            self._prepare()
            self._repeated.add(self._prepare_ticket)
        elif isinstance(reply, Failed | CancelledReply):
            self._end_task(reply.ticket)
            self.lacks_face = isinstance(reply, Failed) and reply.lacks_face
            text = reply.message if isinstance(reply, Failed) else "Preparing was cancelled."
            self._say(State.FAILED, text)

    def _gather(self) -> None:
        """Asks for all motion at once; where that fails, for that of each source alone."""
        self._alone.clear()
        self._part = {}
        if motion_sources(self._project.document):
            self._send_gather(None)
        else:
            self._stop_gathering()
            self._take({})

    def _send_gather(self, only: str | None) -> None:
        self._stop_gathering()
        request = Gather(motion_text(self._project.document, only), self.folder)
        self._gather_ticket = self._link.send(request, self._on_gather_reply)
        self._begin_task(self._gather_ticket, "Reading the motion")

    def _stop_gathering(self) -> None:
        self._link.cancel(self._gather_ticket)
        self._link.forget(self._gather_ticket)
        self._end_task(self._gather_ticket)

    def _on_gather_reply(self, reply: Reply) -> None:
        if self._report(reply):
            return
        self._end_task(reply.ticket)
        if self._is_worth_repeating(reply):
            self._gather()
            self._repeated.add(self._gather_ticket)
        elif isinstance(reply, Gathered):
            self._part |= reply.bank
            self._gather_next()
        elif isinstance(reply, Failed) and not self._alone:
            sources = motion_sources(self._project.document)
            if self._part or len(sources) < 2:
                self.message.emit(reply.message)
                self._take(self._part)
            else:
                self._alone = list(sources)
                self._send_gather(self._alone[0])
        elif isinstance(reply, Failed):
            self.message.emit(reply.message)
            self._gather_next()
        else:
            self._take(self.bank)

    def _gather_next(self) -> None:
        """One of the sources that are asked for alone is done."""
        self._alone = self._alone[1:]
        if self._alone:
            self._send_gather(self._alone[0])
        else:
            self._take(self._part)

    def _take(self, bank: Bank) -> None:
        self.bank = bank
        self.is_gathered = True
        self.bank_changed.emit()

    def _on_restarted(self) -> None:
        self._lost = set(self._tasks)
        self.message.emit("The engine stopped and was started again; nothing is lost.")

    def _is_worth_repeating(self, reply: Reply) -> bool:
        """Whether work failed only because the engine died, for the first time."""
        is_lost = isinstance(reply, Failed) and reply.ticket in self._lost
        return is_lost and reply.ticket not in self._repeated

    def _on_died(self) -> None:
        for ticket in tuple(self._tasks):
            self._end_task(ticket)
        if self.state is not State.EMPTY:
            self._say(State.FAILED, "The engine stopped: choose Try again to start it anew.")

    def _say(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        self.state_changed.emit()

    def _begin_task(self, ticket: int, title: str) -> None:
        self._tasks[ticket] = self._activity.begin(title, lambda: self._link.cancel(ticket))

    def _end_task(self, ticket: int) -> None:
        task = self._tasks.pop(ticket, None)
        if task is not None:
            task.finish()

    def _report(self, reply: Reply) -> bool:
        """Shows progress; returns whether the reply was no more than that."""
        if isinstance(reply, Noted):
            self.message.emit(reply.text)
        elif isinstance(reply, Progressed):
            task = self._tasks.get(reply.ticket)
            if task is not None:
                task.report(reply.stage, reply.done, reply.total)
        else:
            return False
        return True

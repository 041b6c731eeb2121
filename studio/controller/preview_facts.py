"""What is known of the pictures and of the motion that they show, as far as it has come."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.face.pose import Pose
from studio.controller.avatar_link import AvatarLink, Bank, State
from studio.controller.face_points import Points, face_points
from studio.controller.frame_book import FrameBook
from studio.controller.frame_cache import Picture
from studio.controller.playhead import Playhead
from studio.controller.portrait_points import PortraitPoints
from studio.controller.project import Project

_DEFAULT_SIZE: Final = (512, 512)


class PreviewFacts(QObject):
    """Main thread only. Everything it gives is read-only.

    Attributes:
        avatar: The avatar that is shown.
    """

    snapshots_changed = Signal()

    def __init__(
        self,
        project: Project,
        playhead: Playhead,
        avatar: AvatarLink,
        book: FrameBook,
        points: PortraitPoints,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._playhead = playhead
        self.avatar = avatar
        self._book = book
        self._points = points
        for part in (avatar, points):
            part.setParent(self)
        self._shown: Picture | None = None
        self._snapshots: dict[int, Picture] = {}
        self._ms = 0.0

    @property
    def shown(self) -> Picture | None:
        """The picture that was given last, draft or full."""
        return self._shown

    @property
    def frame(self) -> int:
        """The wanted frame: the playhead's."""
        return self._playhead.frame

    @property
    def state(self) -> State:
        """Whether pictures can be had."""
        return self.avatar.state

    @property
    def reason(self) -> str:
        """One sentence for the viewer while there is no picture; empty when all is well."""
        return self.avatar.reason

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px of a full picture; (0, 0) while unknown."""
        return self.avatar.size

    @property
    def rest_pose(self) -> Pose:
        """Head pose of the portrait itself in degrees; zero while unknown."""
        return self.avatar.rest_pose

    @property
    def bank(self) -> Bank:
        """The motion of the sources in use, as far as it was gathered."""
        return self.avatar.bank

    @property
    def ms_per_frame(self) -> float:
        """Milliseconds that a full picture took lately; 0 while unknown."""
        return self._ms

    @property
    def device(self) -> str:
        """What the engine says that it runs on, for the device chip; empty while unknown."""
        return self.avatar.device

    def controls(self, frame: int) -> NDArray[np.float32]:
        """The evaluated controls of a frame, float32 [58], relative to the portrait's rest."""
        return self._book.evaluation.row(self._near(frame)).copy()

    def motion(self, start: int, stop: int) -> NDArray[np.float32]:
        """The evaluated controls of frames `start` ≤ f < `stop`: float32 [N, 58]."""
        return self._book.evaluation.rows(start, stop)

    def landmarks(self, frame: int) -> Points:
        """Points of the face in px of the full picture, float64 [478, 2]; needs no engine.

        The canonical face is drawn until the portrait's own points are known, see
        `landmarks_changed`.
        """
        size = self.size if self.state is State.READY else _DEFAULT_SIZE
        return face_points(self.controls(frame), self.rest_pose, size, self._points.points)

    def store_snapshot(self, slot: int) -> None:
        """Keeps the shown picture as snapshot 1 or 2."""
        if self._shown is not None:
            self._snapshots[slot] = self._shown
            self.snapshots_changed.emit()

    def snapshot(self, slot: int) -> Picture | None:
        """Snapshot 1 or 2, if one was kept."""
        return self._snapshots.get(slot)

    def _near(self, frame: int) -> int:
        """The nearest frame of the document."""
        return min(max(frame, 0), self._book.n_frames - 1)

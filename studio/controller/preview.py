"""Pictures of the document: asked for by frame, kept until an edit changes that very frame."""

from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.face.pose import Pose
from core.jobs.host import Host
from core.motion.track import FactorTrack

Picture = NDArray[np.uint8]
"""uint8 RGB [H, W, 3]."""


class FrameStatus(IntEnum):
    """What the cache bar shows for a frame."""

    NONE = 0
    STALE = 1
    READY = 2


class State(StrEnum):
    """What the viewer says when it has no picture."""

    EMPTY = "empty"  # no portrait is chosen
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class Preview(QObject):
    """Owns the engine host. Main thread only."""

    picture_ready = Signal(int, object)
    """(frame, Picture): the picture of the wanted frame, draft or full; also after an edit."""
    cache_changed = Signal()
    """Some frames' statuses changed (at most 20 times a second)."""
    status_changed = Signal()
    """`state`, `reason`, `rest_pose`, `bank`, `ms_per_frame` or `device` changed."""
    motion_changed = Signal()
    """What the document evaluates to changed."""
    snapshots_changed = Signal()

    def request(self, frame: int) -> None:
        """Shows a frame: from the cache at once, else as a draft and then in full."""
        raise NotImplementedError

    @property
    def frame(self) -> int:
        """The wanted frame."""
        raise NotImplementedError

    def picture(self, frame: int) -> Picture | None:
        """The full picture of a frame if it is ready."""
        raise NotImplementedError

    @property
    def shown(self) -> Picture | None:
        """The picture that was given last, draft or full."""
        raise NotImplementedError

    @property
    def source_picture(self) -> Picture | None:
        """The portrait at rest in the same framing; asked for at the first call."""
        raise NotImplementedError

    def statuses(self) -> NDArray[np.uint8]:
        """`FrameStatus` of every document frame, uint8 [n_frames]."""
        raise NotImplementedError

    @property
    def state(self) -> State:
        """Whether pictures can be had."""
        raise NotImplementedError

    @property
    def reason(self) -> str:
        """One sentence for the viewer while there is no picture; empty when all is well."""
        raise NotImplementedError

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in px of a full picture; (0, 0) while unknown."""
        raise NotImplementedError

    @property
    def rest_pose(self) -> Pose:
        """Head pose of the portrait itself in degrees; zero while unknown."""
        raise NotImplementedError

    @property
    def bank(self) -> Mapping[str, Mapping[Factor, FactorTrack]]:
        """The motion of the sources, as far as it was gathered."""
        raise NotImplementedError

    @property
    def ms_per_frame(self) -> float:
        """Milliseconds that a full picture took lately; 0 while unknown."""
        raise NotImplementedError

    @property
    def device(self) -> str:
        """What the engine really runs on, in words, for the device chip."""
        raise NotImplementedError

    def controls(self, frame: int) -> NDArray[np.float32]:
        """The evaluated controls of a frame, float32 [58], relative to the portrait's rest."""
        raise NotImplementedError

    def motion(self, start: int, stop: int) -> NDArray[np.float32]:
        """The evaluated controls of frames `start` ≤ f < `stop`: float32 [N, 58]."""
        raise NotImplementedError

    def landmarks(self, frame: int) -> NDArray[np.float64]:
        """Points of the face in px of the full picture, float64 [478, 2]; needs no engine.

        Drawn from the controls on the canonical face until the portrait's own are known.
        """
        raise NotImplementedError

    def store_snapshot(self, slot: int) -> None:
        """Keeps the shown picture as snapshot 1 or 2."""
        raise NotImplementedError

    def snapshot(self, slot: int) -> Picture | None:
        """Snapshot 1 or 2, if one was kept."""
        raise NotImplementedError

    def render_ahead(self, is_on: bool) -> None:
        """Fills the cache from the playhead on, within the range, while nothing else is asked."""
        raise NotImplementedError

    def wait_ready(self, timeout_s: float) -> bool:
        """Serves the engine until motion and the wanted picture are final; for tests and tours."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the engine."""
        raise NotImplementedError


HostFactory = Callable[[], Host]

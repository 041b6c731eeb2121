"""Which picture belongs to which frame, and which of them are ready."""

import hashlib
from collections.abc import Iterable
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.face.pose import Pose
from core.timeline.document import Document
from studio.controller.evaluation import Bank, Evaluation
from studio.controller.frame_cache import FrameCache, Picture

_Item = TypeVar("_Item", np.bool_, np.uint8)


class FrameStatus(IntEnum):
    """What the cache bar shows for a frame."""

    NONE = 0
    STALE = 1
    READY = 2


class FrameBook:
    """The document's motion and the pictures made of it. One thread.

    A picture is known by what it shows: the avatar, the size, the evaluated controls (and latents)
    of its frame, and of a moving avatar the frame itself.

    Args:
        budget: Bytes that the pictures may take.
    """

    def __init__(self, budget: int) -> None:
        self.cache = FrameCache(budget)
        self.evaluation = Evaluation()
        self._keys: dict[int, bytes] = {}
        self._look = b""
        self._is_moving = False
        self._had: NDArray[np.bool_] = np.zeros(1, np.bool_)
        self._statuses: NDArray[np.uint8] = np.zeros(1, np.uint8)

    @property
    def n_frames(self) -> int:
        """Frames of the document."""
        return self.evaluation.n_frames

    def follow(self, document: Document, bank: Bank, rest_pose: Pose, *, is_moving: bool) -> None:
        """Takes another document or other motion; pictures that still fit stay ready."""
        self._is_moving = is_moving
        self._had = _resized(self._had, document.n_frames)
        self._statuses = _resized(self._statuses, document.n_frames)
        self.evaluation.set(document, bank, rest_pose)
        self._keys.clear()

    def renew(self, generation: int, size: tuple[int, int], *, is_other: bool) -> None:
        """Takes another avatar or view: no picture fits any more.

        Args:
            generation: Another number for each.
            size: Of a full picture in px.
            is_other: Whether what was there before counts as never made, rather than as stale.
        """
        self._look = f"{generation}/{size}".encode()
        self._keys.clear()
        if is_other:
            self._had[:] = False
            self._statuses[:] = FrameStatus.NONE

    def key(self, frame: int) -> bytes:
        """What the picture of a frame shows."""
        key = self._keys.get(frame)
        if key is None:
            digest = hashlib.blake2b(self.evaluation.digest(frame), digest_size=16)
            digest.update(self._look)
            if self._is_moving:
                digest.update(str(frame).encode())
            key = self._keys[frame] = digest.digest()
        return key

    def picture(self, frame: int) -> Picture | None:
        """The picture of a frame if it is ready."""
        return self.cache.get(self.key(frame)) if 0 <= frame < self.n_frames else None

    def keep(self, frame: int, key: bytes, picture: Picture) -> None:
        """Keeps a picture that was made for a frame."""
        self.cache.put(key, picture)
        if frame < self.n_frames:
            self._had[frame] = True

    def advance(self, near: int, budget_s: float) -> bool:
        """Brings frames up to date for a while; returns whether there was something to do."""
        made = self.evaluation.advance(near, budget_s)
        for frame in made or ():
            self.key(frame)
        return made is not None

    def first_missing(self, frames: Iterable[int]) -> int | None:
        """The first of these frames whose picture is not ready."""
        return next((frame for frame in frames if self.key(frame) not in self.cache), None)

    def statuses(self) -> NDArray[np.uint8]:
        """`FrameStatus` of every frame, uint8 [n_frames]; frames not up to date yet as before."""
        for frame, key in self._keys.items():
            if key in self.cache:
                self._statuses[frame] = FrameStatus.READY
            else:
                had = self._had[frame]
                self._statuses[frame] = FrameStatus.STALE if had else FrameStatus.NONE
        return self._statuses.copy()


def _resized(values: NDArray[_Item], length: int) -> NDArray[_Item]:
    if len(values) == length:
        return values
    result: NDArray[_Item] = np.zeros(length, values.dtype)
    n_kept = min(length, len(values))
    result[:n_kept] = values[:n_kept]
    return result

"""Pictures on their way from the engine process to the window, through shared memory.

The engine writes slot after slot and never waits; the window copies a picture out as soon as it
hears of it. A picture that was overwritten before that has a newer one behind it, and is missed by
nobody.
"""

import os
import shutil
import uuid
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.errors import EngineError

Picture = NDArray[np.uint8]

MAX_SIDE_PX: Final = 1080
"""Longest side of a previewed picture."""

PREFIX: Final = "avatar_"
"""What the names of all rings begin with; the number of the owning process follows."""

_SLOTS: Final = 6
_SLOT_BYTES: Final = MAX_SIDE_PX * MAX_SIDE_PX * 3
_HEADER_BYTES: Final = 64  # the tickets, padded so that pictures begin at a cache line
_SHARED_FOLDER: Final = Path("/dev/shm")  # noqa: S108  (Linux keeps shared memory there)


class Pictures(Protocol):
    """Where the engine leaves its pictures."""

    def put(self, ticket: int, picture: Picture) -> int:
        """Keeps a copy of a picture [H, W, 3] and returns the number of its slot."""
        ...


class FrameRing:
    """Implements `Pictures` over shared memory. One process writes, one reads.

    The process that made the ring owns it: closing it there frees the memory.
    """

    def __init__(self, name: str | None = None) -> None:
        """Makes a ring, or joins the one called `name`.

        Raises:
            EngineError: there is not enough shared memory.
        """
        self._is_owner = name is None
        if name is None:
            _check_space()
            name = f"{PREFIX}{os.getpid()}_{uuid.uuid4().hex[:8]}"  # macOS allows 31 characters
        size = _HEADER_BYTES + _SLOTS * _SLOT_BYTES
        self._memory = SharedMemory(name, self._is_owner, size)
        self._next = 0

    @property
    def name(self) -> str:
        """What another process joins the ring by."""
        return self._memory.name

    def put(self, ticket: int, picture: Picture) -> int:
        """Writes a picture uint8 [H, W, 3] of at most `MAX_SIDE_PX` a side into the next slot."""
        if picture.dtype != np.uint8 or picture.nbytes > _SLOT_BYTES:
            raise ValueError(f"{picture.dtype} {picture.shape} does not fit into a slot")
        slot, self._next = self._next, (self._next + 1) % _SLOTS
        tickets = self._tickets()
        tickets[slot] = -1
        self._slot(slot, picture.shape)[:] = picture
        tickets[slot] = ticket
        return slot

    def take(self, slot: int, ticket: int, height: int, width: int) -> Picture | None:
        """A copy of the picture of that ticket, or None when the slot was overwritten since."""
        picture = self._slot(slot, (height, width, 3)).copy()
        return picture if self._tickets()[slot] == ticket else None

    def close(self) -> None:
        """Leaves the ring; its owner frees the memory."""
        self._memory.close()
        if self._is_owner:
            self._memory.unlink()

    def _tickets(self) -> NDArray[np.int64]:
        return np.ndarray((_SLOTS,), np.int64, self._memory.buf)

    def _slot(self, slot: int, shape: tuple[int, ...]) -> Picture:
        at = _HEADER_BYTES + slot * _SLOT_BYTES
        return np.ndarray(shape, np.uint8, self._memory.buf, at)


def _check_space() -> None:
    """Memory that turns out missing only when it is written to ends the process without a word."""
    needed = _HEADER_BYTES + _SLOTS * _SLOT_BYTES
    if _SHARED_FOLDER.is_dir() and shutil.disk_usage(_SHARED_FOLDER).free < needed:
        raise EngineError(
            f"The shared memory of this machine is full, but the preview needs {needed >> 20} MB "
            "of it: close other programs or give the container more (--shm-size)."
        )

"""Keeps a second of sound ready for the loudspeaker, read and mixed in a thread of its own."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.base.errors import StudioError
from core.media.soundtrack import RATE
from studio.services.audio_output import Samples

AHEAD_S: Final = 1.0
SILENT_DB: Final = -96.0


class SoundFeed:
    """Reads blocks float32 [n, 2] ahead, and hands them out to a device's callback.

    Attributes:
        error: Why the sound broke off, one sentence; silence follows.
    """

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks = blocks
        self._ready: deque[Samples] = deque()
        self._n_read = self._n_given = 0  # each is written by one thread only
        self._has_room = threading.Event()
        self._has_room.set()
        self._is_over = False
        self._is_closed = False
        self._peak = 0.0
        self.error = ""
        self._thread = threading.Thread(target=self._read, name="sound-feed", daemon=True)
        self._thread.start()

    @property
    def is_primed(self) -> bool:
        """Whether enough is ready to begin."""
        return self._is_over or self._n_ready >= RATE // 10

    @property
    def _n_ready(self) -> int:
        return self._n_read - self._n_given

    @property
    def level_db(self) -> float:
        """Peak of what was handed out since the last call, dBFS."""
        peak, self._peak = self._peak, 0.0
        return max(SILENT_DB, 20.0 * float(np.log10(max(peak, 1e-9))))

    def fill(self, out: Samples) -> int:
        """Fills `out` [n, 2]; returns n, or less when the reading fell behind.

        After the end (or an error) silence counts as sound. Never waits.
        """
        place = 0
        while place < len(out) and self._ready:
            block = self._ready[0]
            n = min(len(out) - place, len(block))
            out[place : place + n] = block[:n]
            place += n
            if n == len(block):
                self._ready.popleft()
            else:
                self._ready[0] = block[n:]
            self._n_given += n
        out[place:] = 0.0
        if place:
            self._peak = max(self._peak, float(np.abs(out[:place]).max()))
        if self._n_ready < AHEAD_S * RATE:
            self._has_room.set()
        return len(out) if self._is_over else place

    def halt(self) -> None:
        """Lets the thread end by itself; it may be in the middle of a file. Never waits."""
        self._is_closed = True
        self._has_room.set()

    @property
    def is_ended(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    def close(self) -> None:
        """Ends the thread and waits for it."""
        self.halt()
        self._thread.join()

    def _read(self) -> None:
        try:
            for block in self._blocks:
                while self._n_ready >= AHEAD_S * RATE and not self._is_closed:
                    self._has_room.clear()
                    self._has_room.wait(0.2)
                if self._is_closed:
                    break
                self._ready.append(block)
                self._n_read += len(block)
        except StudioError as error:
            self.error = str(error)
        finally:
            self._is_over = True
            close = getattr(self._blocks, "close", None)
            if close is not None:
                close()

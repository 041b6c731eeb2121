"""How long the main thread left the window waiting: a fast timer that watches its own lateness."""

import time
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

_BEAT_MS: Final = 5


@dataclass(frozen=True, slots=True)
class Stall:
    """The main thread served no events for a while.

    Attributes:
        wall_ms: How long a click had to wait, milliseconds.
        own_ms: How long the main thread itself worked then; the rest went to others that share
            the machine.
    """

    wall_ms: float = 0.0
    own_ms: float = 0.0


class Heartbeat(QObject):
    """Beats as long as events are served; a beat that comes late tells of a stall."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last = (time.perf_counter(), time.thread_time())
        self._longest = Stall()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def take(self) -> Stall:
        """The longest stall since this was last asked; begins anew."""
        self._beat()
        longest, self._longest = self._longest, Stall()
        return longest

    def stop(self) -> None:
        """Beats no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        wall_s, own_s = (new - old for new, old in zip(now, self._last, strict=True))
        self._last = now
        wall_ms = max(0.0, 1000.0 * wall_s - _BEAT_MS)
        if wall_ms > self._longest.wall_ms:
            self._longest = Stall(wall_ms, 1000.0 * own_s)

"""How long the main thread left the window waiting: a fast timer that watches its own lateness."""

import time
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

_BEAT_MS: Final = 5


class Heartbeat(QObject):
    """Beats as long as events are served; a beat that comes late tells of a stall."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last = time.perf_counter()
        self._longest = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def take(self) -> float:
        """The longest stall since this was last asked, milliseconds; begins anew."""
        self._beat()
        longest, self._longest = self._longest, 0.0
        return max(0.0, 1000.0 * longest - _BEAT_MS)

    def stop(self) -> None:
        """Beats no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last)
        self._last = now

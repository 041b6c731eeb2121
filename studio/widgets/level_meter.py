"""A meter of loudness with a held peak. It knows no device."""

import math
import time
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

FLOOR_DB: Final = -60.0
_HOLD_S: Final = 1.0
_GOOD, _HIGH, _CLIPPED = "#30a46c", "#e5a000", "#e5484d"
_HIGH_DB, _CLIPPED_DB = -12.0, -1.0


class LevelMeter(QWidget):
    """Shows dBFS from −60 to 0; green is fine, red is clipped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Loudness in dB below full scale: keep speech between −24 and −12")
        self.setAccessibleName("Level")
        self._level_db = self._peak_db = FLOOR_DB
        self._peak_s = 0.0

    def sizeHint(self) -> QSize:
        """A thin bar."""
        return QSize(160, 10)

    @property
    def level_db(self) -> float:
        """What it shows, −60..0 dB."""
        return self._level_db

    @property
    def peak_db(self) -> float:
        """The loudest of the last second."""
        return self._peak_db

    def set_level(self, amplitude: float) -> None:
        """Shows the largest |sample| of a stretch, 0..1."""
        level = 20.0 * math.log10(max(amplitude, 1e-6))
        self._level_db = min(max(level, FLOOR_DB), 0.0)
        now_s = time.monotonic()
        if self._level_db >= self._peak_db or now_s - self._peak_s > _HOLD_S:
            self._peak_db, self._peak_s = self._level_db, now_s
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the bar and the peak."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        ground = QColor(self.palette().color(QPalette.ColorRole.Text))
        ground.setAlphaF(0.15 if self.isEnabled() else 0.07)
        painter.setBrush(ground)
        painter.drawRoundedRect(area, 3, 3)
        if self.isEnabled():
            bar = QRectF(area)
            bar.setWidth(area.width() * _share(self._level_db))
            painter.setBrush(QColor(_color(self._level_db)))
            painter.drawRoundedRect(bar, 3, 3)
            if self._peak_db > FLOOR_DB:
                x = area.left() + area.width() * _share(self._peak_db)
                painter.fillRect(
                    QRectF(x - 2, area.top(), 2, area.height()), QColor(_color(self._peak_db))
                )
        painter.end()


def _share(level_db: float) -> float:
    return 1.0 - level_db / FLOOR_DB


def _color(level_db: float) -> str:
    if level_db >= _CLIPPED_DB:
        return _CLIPPED
    return _HIGH if level_db >= _HIGH_DB else _GOOD

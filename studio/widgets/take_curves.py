"""A small picture of several curves over time. It knows no document."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCurve:
    """One curve.

    Attributes:
        title: For the legend.
        color: `#rrggbb`.
        values: float [T], one per frame.
        reach: Distance from 0 that fills half the height.
        is_faint: Whether it is left out and only hinted at.
    """

    title: str
    color: str
    values: NDArray[np.float32]
    reach: float
    is_faint: bool = False


class TakeCurves(QWidget):
    """Draws curves around a middle line, each to its own scale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Curves of the take")
        self._curves: tuple[DrawnCurve, ...] = ()

    def sizeHint(self) -> QSize:
        """As high as four lines of text."""
        return QSize(240, 96)

    @property
    def curves(self) -> tuple[DrawnCurve, ...]:
        """What it draws."""
        return self._curves

    def set_curves(self, curves: Sequence[DrawnCurve]) -> None:
        """Draws other curves."""
        self._curves = tuple(curves)
        self.setToolTip(", ".join(curve.title for curve in curves))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws them, at most one point per px."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        faint = QColor(self.palette().color(QPalette.ColorRole.Text))
        faint.setAlphaF(0.2)
        painter.setPen(QPen(faint, 1))
        painter.drawRoundedRect(area, 5, 5)
        middle = area.center().y()
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for curve in self._curves:
            color = QColor(curve.color)
            color.setAlphaF(0.25 if curve.is_faint else 1.0)
            painter.setPen(QPen(color, 1.5))
            painter.drawPolyline(_polygon(curve, area.adjusted(4, 6, -4, -6)))
        painter.end()


def _polygon(curve: DrawnCurve, area: QRectF) -> QPolygonF:
    n = len(curve.values)
    at = np.unique(np.linspace(0, n - 1, min(n, max(2, int(area.width())))).astype(np.int64))
    x = area.left() + at / max(n - 1, 1) * area.width()
    share = np.clip(curve.values[at] / max(curve.reach, 1e-6), -1.0, 1.0)
    y = area.center().y() - share * area.height() / 2
    return QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])

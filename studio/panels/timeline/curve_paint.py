"""Curves and keys as painter paths; pyqtgraph turns the arrays into paths at once."""

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from core.timeline.curve import Curve, Handles
from core.timeline.keying import drawn_handles
from studio.panels.timeline.value_scale import ValueScale
from studio.widgets.timeline_axis import TimeAxis
from studio.widgets.timeline_colors import Shades

Float64 = NDArray[np.float64]
_COLUMN_PX = 2.0
_KEY_PX = 4.5
_DENSE_PX = 5.0  # keys closer than this are drawn as dots
_BEFORE = 1e-6
_PIECE = 16
_MANY_KEYS = 100


def curve_points(curve: Curve, axis: TimeAxis, default: float) -> tuple[Float64, Float64]:
    """Frames and values of the seen part of a curve: float64 [N] each, all seen keys among them."""
    start, stop = axis.first, axis.to_frame(axis.width)
    n_columns = max(2, round(axis.width / _COLUMN_PX))
    frames = np.linspace(start, stop, n_columns)
    keys = curve.frames[(curve.frames >= start) & (curve.frames <= stop)]
    if len(keys) < n_columns:  # denser keys than columns would not be seen one by one
        frames = np.unique(np.concatenate([frames, keys, keys - _BEFORE]))
    return frames, curve.evaluate(frames, default)


def curve_path(
    curve: Curve, axis: TimeAxis, scale: ValueScale, default: float, dash: tuple[int, int] = (1, 0)
) -> QPainterPath:
    """The seen part of a curve; `dash` is (drawn, left out) in px along x."""
    frames, values = curve_points(curve, axis, default)
    x = (frames - axis.first) * axis.px_per_frame
    y = scale.to_y(values)
    if dash[1] == 0:
        return _path(x, y, "all")
    is_drawn = np.mod(x + axis.first * axis.px_per_frame, sum(dash)) < dash[0]
    return _path(x, y, is_drawn.astype(np.int32))


def paint_curve(
    painter: QPainter, curve: Curve, axis: TimeAxis, scale: ValueScale, default: float
) -> None:
    """Draws the seen part of a curve with a wide pen, in short pieces when it has many keys.

    Qt outlines a wide line before it fills it, which takes far more than twice the time for twice
    the points: 1000 keys at once take 66 ms, in pieces 4 ms.
    """
    frames, values = curve_points(curve, axis, default)
    x = (frames - axis.first) * axis.px_per_frame
    y = scale.to_y(values)
    n_seen = np.count_nonzero((curve.frames >= frames[0]) & (curve.frames <= frames[-1]))
    piece = _PIECE if n_seen > _MANY_KEYS else len(x)
    for first in range(0, len(x) - 1, piece):
        last = first + piece + 1
        painter.drawPath(_path(x[first:last], y[first:last], "all"))


def keys_path(x: Float64, y: Float64, size: float = _KEY_PX) -> QPainterPath:
    """A diamond around each point: float64 [K] each."""
    if len(x) == 0:
        return QPainterPath()
    around_x = np.array([-size, 0.0, size, 0.0, -size])
    around_y = np.array([0.0, -size, 0.0, size, 0.0])
    connect = np.tile(np.array([1, 1, 1, 1, 0], np.int32), len(x))
    return _path((x[:, None] + around_x).ravel(), (y[:, None] + around_y).ravel(), connect)


def paint_keys(
    painter: QPainter,
    curve: Curve,
    axis: TimeAxis,
    scale: ValueScale,
    color: QColor,
    shades: Shades,
    selected: frozenset[float],
) -> None:
    """Draws the seen keys; the selected ones (by frame) stand out by brightness and size."""
    x = (curve.frames - axis.first) * axis.px_per_frame
    is_seen = (x > -_KEY_PX) & (x < axis.width + _KEY_PX)
    x, y = x[is_seen], scale.to_y(curve.values[is_seen])
    frames = curve.frames[is_seen].tolist()
    chosen = np.array([frame in selected for frame in frames], np.bool_)
    is_dense = len(x) > 1 and (x[-1] - x[0]) / (len(x) - 1) < _DENSE_PX
    size = 2.0 if is_dense else _KEY_PX
    if is_dense:
        _paint_dots(painter, x[~chosen], y[~chosen], color)
    else:
        painter.setPen(QPen(shades.ground, 1.0))
        painter.setBrush(QBrush(color))
        painter.drawPath(keys_path(x[~chosen], y[~chosen], size))
    painter.setPen(QPen(color, 1.6))
    painter.setBrush(QBrush(QColor("white") if shades.is_dark else shades.text))
    painter.drawPath(keys_path(x[chosen], y[chosen], size + 1.0))


def _paint_dots(painter: QPainter, x: Float64, y: Float64, color: QColor) -> None:
    """Keys that are too many for diamonds."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.setPen(QPen(color, 4.0))
    painter.drawPoints(QPolygonF([QPointF(*at) for at in zip(x, y, strict=True)]))
    painter.restore()


def handle_points(
    curve: Curve, index: int, axis: TimeAxis, scale: ValueScale
) -> tuple[QPointF | None, QPointF | None]:
    """Where the left and the right handle of a key are drawn; None on a side without segment."""
    key = curve.keys[index]
    left, right = drawn_handles(curve, index)

    def place(d_frame: float, d_value: float) -> QPointF:
        return QPointF(axis.to_x(key.frame + d_frame), scale.to_y(key.value + d_value))

    has_left, has_right = index > 0, index < len(curve) - 1
    return place(*left) if has_left else None, place(*right) if has_right else None


def paint_handles(
    painter: QPainter,
    curve: Curve,
    index: int,
    axis: TimeAxis,
    scale: ValueScale,
    shades: Shades,
) -> None:
    """Draws both handles of a key; automatic ones are hollow, those set by hand are filled."""
    key = curve.keys[index]
    at = QPointF(axis.to_x(key.frame), scale.to_y(key.value))
    is_set = key.handles in (Handles.ALIGNED, Handles.FREE)
    for end in handle_points(curve, index, axis, scale):
        if end is not None:
            painter.setPen(QPen(shades.dim_text, 1.0))
            painter.drawLine(at, end)
            painter.setBrush(QBrush(shades.text if is_set else shades.ground))
            painter.setPen(QPen(shades.text, 1.2))
            painter.drawEllipse(end, 3.2, 3.2)


def _path(x: Float64, y: Float64, connect: str | NDArray[np.int32]) -> QPainterPath:
    path: QPainterPath = arrayToQPath(x, y, connect=connect)
    return path

"""A drawn face that shows a set of expression controls, as a picture for presets."""

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

_SIDES = (("Left", 1.0), ("Right", -1.0))


def draw_face(values: Mapping[str, float], ink: str, ground: str, size: tuple[int, int]) -> QImage:
    """A face in lines.

    Args:
        values: Expression control → 0..1.
        ink: `#rrggbb` of the lines.
        ground: `#rrggbb` behind them.
        size: Width and height in px.
    """
    image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor(ground))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    unit = size[1] / 10.0
    painter.translate(size[0] / 2.0, size[1] / 2.0)
    painter.scale(unit, unit)
    pen = QPen(QColor(ink), 0.42)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.drawEllipse(QRectF(-3.6, -4.2, 7.2, 8.4))
    for side, sign in _SIDES:
        _draw_eye(painter, values, side, sign)
    _draw_mouth(painter, values)
    painter.end()
    return image


def _value(values: Mapping[str, float], name: str) -> float:
    return values.get(name, 0.0)


def _draw_eye(painter: QPainter, values: Mapping[str, float], side: str, sign: float) -> None:
    down = _value(values, f"browDown{side}")
    inner = -2.0 - 0.9 * _value(values, "browInnerUp") + 1.0 * down
    outer = -2.0 - 0.9 * _value(values, f"browOuterUp{side}") + 0.2 * down
    brow = QPainterPath(QPointF(sign * 0.8, inner))
    brow.quadTo(QPointF(sign * 1.7, min(inner, outer) - 0.35), QPointF(sign * 2.6, outer))
    painter.drawPath(brow)
    height = 0.55 - 0.35 * _value(values, f"cheekSquint{side}") + 0.25 * max(-2.0 - inner, 0.0)
    painter.save()
    painter.setBrush(painter.pen().color())
    painter.drawEllipse(QPointF(sign * 1.6, -0.75), 0.22, max(height, 0.15) * 0.5)
    painter.restore()


def _draw_mouth(painter: QPainter, values: Mapping[str, float]) -> None:
    lift = {
        side: _value(values, f"mouthSmile{side}")
        - _value(values, f"mouthFrown{side}")
        + 0.3 * _value(values, f"mouthDimple{side}")
        for side, _ in _SIDES
    }
    mean = (lift["Left"] + lift["Right"]) / 2.0
    sneer = (_value(values, "noseSneerLeft") + _value(values, "noseSneerRight")) / 2.0
    mouth = QPainterPath(QPointF(-1.6, 2.2 - 0.9 * lift["Right"]))
    mouth.cubicTo(
        QPointF(-0.7, 2.2 + 0.9 * mean - 0.8 * sneer),
        QPointF(0.7, 2.2 + 0.9 * mean - 0.8 * sneer),
        QPointF(1.6, 2.2 - 0.9 * lift["Left"]),
    )
    painter.drawPath(mouth)

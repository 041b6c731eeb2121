"""The line icons of `assets/icons`, coloured to fit the theme.

`icon` makes one for now; `dress` gives one to a button or an action and colours it anew whenever
the theme changes.
"""

import weakref
from functools import lru_cache
from typing import Final, Protocol

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from studio.widgets.theme import ICONS, colors, theme_signal

ICON_PX: Final = 18
_SIZES = (16, 18, 20, 24, 32, 36, 48)


class _Dressed(Protocol):
    def setIcon(self, icon: QIcon, /) -> None: ...


_tones: "weakref.WeakKeyDictionary[_Dressed, tuple[str, str]]" = weakref.WeakKeyDictionary()
_is_listening: list[object] = []


def pixmap(name: str, color: str, size: int = ICON_PX, ratio: float = 1.0) -> QPixmap:
    """One icon as a picture.

    Args:
        name: File in `assets/icons` without its ending.
        color: `#rrggbb`.
        size: Side in px of the layout.
        ratio: Device px per px of the layout.
    """
    side = round(size * ratio)
    drawn = QPixmap(QSize(side, side))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color).encode()))
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def icon(name: str, tone: str = "text") -> QIcon:
    """An icon in the colours of now.

    Args:
        name: File in `assets/icons` without its ending.
        tone: Name of a colour of `Colors`, or `#rrggbb`.
    """
    worn = colors()
    color = tone if tone.startswith("#") else str(getattr(worn, tone))
    result = QIcon()
    for size in _SIZES:
        result.addPixmap(pixmap(name, color, size), QIcon.Mode.Normal)
        result.addPixmap(pixmap(name, worn.faint, size), QIcon.Mode.Disabled)
    return result


def dress(target: _Dressed, name: str, tone: str = "text") -> None:
    """Gives an icon to a button or an action, and again when the theme changes."""
    if not _is_listening:
        _is_listening.append(theme_signal())
        theme_signal().changed.connect(_dress_all)
    _tones[target] = (name, tone)
    target.setIcon(icon(name, tone))


def _dress_all() -> None:
    for target, (name, tone) in list(_tones.items()):
        if isValid(target):
            target.setIcon(icon(name, tone))


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")

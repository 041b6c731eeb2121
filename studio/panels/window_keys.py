"""Which keys a widget with focus keeps for itself, though a command of the window has them too."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QSlider,
    QTabBar,
    QWidget,
)

_MOVES: Final = frozenset(
    {
        Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)  # fmt: skip
_STEPS: Final = {Qt.Key.Key_J: -1, Qt.Key.Key_L: 1}
_PRESSES: Final = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter})
_PLAIN: Final = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class HeldShuttle(QObject):
    """Event filter of a window: while K is held, J and L step a frame back and forth.

    Args:
        step: Steps by frames.
    """

    def __init__(self, step: Callable[[int], None], parent: QObject) -> None:
        super().__init__(parent)
        self._step = step
        self._is_held = False

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Notices K, and takes J and L from the shuttle meanwhile."""
        if not isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.WindowDeactivate:
                self._is_held = False
            return False
        steps = _STEPS.get(Qt.Key(event.key())) if self._is_held else None
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.type() is QEvent.Type.KeyRelease:
            if event.key() == Qt.Key.Key_K and not event.isAutoRepeat():
                self._is_held = False
        elif event.type() is QEvent.Type.ShortcutOverride and is_plain:
            if event.key() == Qt.Key.Key_K:
                self._is_held = True
            elif steps is not None:
                event.accept()
                return True
        elif event.type() is QEvent.Type.KeyPress and is_plain and steps is not None:
            self._step(steps)
            return True
        return False


class KeyGuard(QObject):
    """Event filter of a window: arrows move within lists, Space presses a focused button."""

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Takes a key from the commands of the window where the focus has a use for it."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.modifiers() in _PLAIN
            and keeps_key(QApplication.focusWidget(), Qt.Key(event.key()))
        ):
            event.accept()
            return True
        return False


def keeps_key(widget: QWidget | None, key: Qt.Key) -> bool:
    """Whether a widget with focus has a use of its own for a plain key."""
    if isinstance(widget, QAbstractButton):
        return key in _PRESSES
    if isinstance(widget, QAbstractItemView):
        return key in _MOVES or key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
    return isinstance(widget, QSlider | QTabBar) and key in _MOVES

"""Every command of the window in one table: menus, palette and shortcut editor read it.

A callback is a dotted name below the studio (`project.undo`) or a name that a panel has bound.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Context(StrEnum):
    """Where a shortcut counts."""

    GLOBAL = "global"
    CURVES = "curves"  # the curve view has focus and keys are selected
    TIMELINE = "timeline"


@dataclass(frozen=True, slots=True)
class Action:
    """One command.

    Attributes:
        id: Stable, for settings.
        title: As menus show it.
        menu: `Edit`, or `View/Theme` for a submenu; empty for the palette only.
        callback: What it calls.
        shortcuts: Key sequences in Qt's portable text, the first one is shown.
        enabled: Name of a condition, see `Actions.is_enabled`; empty is always.
        checked: Name of a condition for commands that are on or off; empty for the others.
        context: Where the shortcuts count.
        has_separator: Whether a line is drawn above it in its menu.
    """

    id: str
    title: str
    menu: str
    callback: str
    shortcuts: tuple[str, ...] = ()
    enabled: str = ""
    checked: str = ""
    context: Context = Context.GLOBAL
    has_separator: bool = False


ACTIONS: Final[tuple[Action, ...]] = ()

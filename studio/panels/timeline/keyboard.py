"""Keys that count only while the timeline has focus, for when no window has bound them."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from studio.controller.action_table import ACTIONS, Context

if TYPE_CHECKING:
    from studio.panels.timeline.panel import TimelinePanel


class TimelineKeys:
    """Finds the command of a key sequence and runs it.

    Args:
        panel: Answers `timeline.…`; its studio answers everything else.
    """

    def __init__(self, panel: "TimelinePanel") -> None:
        self._panel = panel

    def run(self, keys: QKeySequence) -> bool:
        """Runs the timeline's command on these keys; returns whether there was one."""
        actions = self._panel.studio.actions
        for action in ACTIONS:
            if action.context not in (Context.TIMELINE, Context.CURVES):
                continue
            if any(QKeySequence(text) == keys for text in actions.shortcuts(action.id)):
                return actions.trigger(action.id)
        return False

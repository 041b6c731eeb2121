"""Runs the commands of `action_table`: callbacks, conditions, and the user's own shortcuts."""

import json
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal

from core.base.errors import SessionError
from core.base.files import replacing
from studio.controller.action_table import ACTIONS, PRESETS, Action, Context
from studio.services.settings import Settings

_BY_ID: Final = {action.id: action for action in ACTIONS}
Condition = Callable[[], bool]


class Actions(QObject):
    """Main thread only.

    Args:
        root: Object below which callbacks without a binding are looked up: the studio.
        settings: Remembers shortcuts.
        conditions: Name → whether it holds now.
    """

    state_changed = Signal()
    """Some command may have become enabled, disabled, on or off: ask again."""
    shortcuts_changed = Signal()

    def __init__(
        self,
        root: QObject,
        settings: Settings,
        conditions: Mapping[str, Condition],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._root = root
        self._settings = settings
        self._conditions = dict(conditions)
        self._bound: dict[str, Callable[..., object]] = {}

    # --- running -------------------------------------------------------------------------------

    def action(self, action_id: str) -> Action:
        """The command of that id.

        Raises:
            KeyError: there is no such command.
        """
        return _BY_ID[action_id]

    def bind(self, callback: str, target: Callable[..., object]) -> None:
        """Gives a callback that a panel answers, e.g. `window.open`; the last one counts."""
        self._bound[callback] = target
        self.state_changed.emit()

    def unbind(self, callback: str) -> None:
        """Takes a panel's callback away, before the panel goes."""
        self._bound.pop(callback, None)

    def bind_condition(self, name: str, condition: Condition) -> None:
        """Gives a condition that a panel knows."""
        self._conditions[name] = condition
        self.state_changed.emit()

    def trigger(self, action_id: str) -> bool:
        """Runs a command; returns whether it was enabled."""
        if not self.is_enabled(action_id):
            return False
        action = _BY_ID[action_id]
        self._target(action)(*action.arguments)
        self.state_changed.emit()
        return True

    def is_enabled(self, action_id: str) -> bool:
        """Whether a command can be run now: its panel is there and its condition holds."""
        action = _BY_ID[action_id]
        root = action.callback.partition(".")[0]
        if action.callback not in self._bound and not hasattr(self._root, root):
            return False
        return not action.enabled or self._holds(action.enabled)

    def is_checked(self, action_id: str) -> bool:
        """Whether a command that is on or off is on."""
        action = _BY_ID[action_id]
        return bool(action.checked) and self._holds(action.checked)

    def find(self, words: str) -> list[Action]:
        """The commands whose title and menu hold every word, or its letters in order."""
        wanted = words.lower().split()
        scored = []
        for place, action in enumerate(ACTIONS):
            text = f"{action.title} {action.menu}".lower()
            scores = [_score(word, text) for word in wanted]
            if all(score is not None for score in scores):
                scored.append((sum(score or 0 for score in scores), place, action))
        return [action for _, _, action in sorted(scored, key=lambda row: row[:2])]

    # --- shortcuts -----------------------------------------------------------------------------

    def shortcuts(self, action_id: str) -> tuple[str, ...]:
        """Key sequences of a command: the user's, else the preset's, else the table's."""
        own = self._settings.get("shortcuts").get(action_id)
        if own is not None:
            return tuple(own)
        preset = PRESETS.get(self._settings.get("shortcut_preset"), {})
        return preset.get(action_id, _BY_ID[action_id].shortcuts)

    def conflicts(self, action_id: str, shortcut: str) -> tuple[Action, ...]:
        """Other commands that the same keys would run in the same place."""
        context = _BY_ID[action_id].context
        return tuple(
            other
            for other in ACTIONS
            if other.id != action_id
            and shortcut in self.shortcuts(other.id)
            and _overlap(context, other.context)
        )

    def set_shortcuts(self, action_id: str, shortcuts: tuple[str, ...]) -> None:
        """Gives a command other keys; those of the table mean no change of its own."""
        own = dict(self._settings.get("shortcuts"))
        own.pop(action_id, None)
        self._settings.set("shortcuts", own)
        if shortcuts != self.shortcuts(action_id):
            self._settings.set("shortcuts", {**own, action_id: list(shortcuts)})
        self.shortcuts_changed.emit()

    def reset_shortcuts(self) -> None:
        """Takes all of the user's own keys back."""
        self._settings.reset("shortcuts")
        self.shortcuts_changed.emit()

    def set_preset(self, name: str) -> None:
        """Chooses a preset: `Studio` or `Blender`.

        Raises:
            KeyError: there is no such preset.
        """
        if name not in PRESETS:
            raise KeyError(name)
        self._settings.set("shortcut_preset", name)
        self.shortcuts_changed.emit()

    def save_shortcuts(self, path: Path) -> None:
        """Writes preset and own keys to a JSON file.

        Raises:
            SessionError: it cannot be written.
        """
        data = {
            "preset": self._settings.get("shortcut_preset"),
            "shortcuts": self._settings.get("shortcuts"),
        }
        try:
            with replacing(path) as part:
                part.write_text(json.dumps(data, indent=1, sort_keys=True), encoding="utf-8")
        except OSError as error:
            raise SessionError(
                f"“{path}” could not be written ({error.strerror}): choose another folder."
            ) from error

    def load_shortcuts(self, path: Path) -> None:
        """Reads what `save_shortcuts` wrote; commands that do not exist here are left out.

        Raises:
            SessionError: it cannot be read or holds no shortcuts.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            preset, own = data["preset"], data["shortcuts"]
            known = {
                str(name): [str(key) for key in keys]
                for name, keys in own.items()
                if name in _BY_ID and isinstance(keys, list)
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SessionError(
                f"“{path.name}” holds no shortcuts: choose a file that Avatar Studio wrote."
            ) from error
        self._settings.set("shortcut_preset", preset if preset in PRESETS else "Studio")
        self._settings.set("shortcuts", known)
        self.shortcuts_changed.emit()

    # --- inside --------------------------------------------------------------------------------

    def _holds(self, name: str) -> bool:
        condition = self._conditions.get(name)
        return condition is not None and condition()

    def _target(self, action: Action) -> Callable[..., object]:
        bound = self._bound.get(action.callback)
        if bound is not None:
            return bound
        target: Callable[..., object] = attrgetter(action.callback)(self._root)
        return target


def _overlap(one: Context, other: Context) -> bool:
    return one is other or Context.GLOBAL in (one, other)


def _score(word: str, text: str) -> int | None:
    """0 at the start of a word, 1 inside one, 2 with letters between, None where it is not."""
    if any(part.startswith(word) for part in text.replace("/", " ").split()):
        return 0
    if word in text:
        return 1
    letters = iter(text)
    return 2 if all(letter in letters for letter in word) else None

"""What is remembered between runs: one table of names, each with a type and a default.

An unknown name is an error, so that a misspelt one is found at once.
"""

import json
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

Value = Any

DEFAULTS: Final[dict[str, Value]] = {
    # appearance
    "theme": "dark",  # dark, light or system
    "ui_scale": 100,  # percent, 80..200
    "language": "",  # empty: the system's
    "reduced_motion": False,
    "workspace": "Edit",
    "is_first_run": True,
    # editing
    "snap": True,
    "auto_key": False,
    "scrub_sound": True,
    "loop": True,
    "link_media": False,  # refer to files where they lie instead of copying them
    # keys
    "shortcut_preset": "Studio",
    "shortcuts": {},  # action id → list of key sequences, where they differ from the preset
    # preview and engine
    "preview_cache_mb": 768,
    "fill_cache": True,  # make the pictures of the range ready while nothing else is asked
    "device": "auto",
    "is_offline": False,
    # recording
    "camera": "",
    "microphone": "",
    "output": "",
    "rest_poses": {},  # device → 58 control values
    "latencies": {},  # device → seconds
    "camera_response": {},  # "gain_FACTOR" and "deadzone_FACTOR" → percent, where not usual
    "take_smoothing": 30,  # percent
    "take_simplify": 1.0,  # percent
    # export
    "export": {},  # the dialog's last choices
    # files
    "recent": [],
    "last_folder": "",
}
"""Name → default. The type of the default is the type of the value."""

_MAX_RECENT = 12


class Settings(QObject):
    """Typed access to `QSettings`. Main thread only.

    Args:
        store: Where the values lie; the user's own settings when None.
    """

    changed = Signal(str)
    """Emitted with the name of a value after it changed."""

    def __init__(self, store: QSettings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store or QSettings("Avatar Studio", "Avatar Studio")

    def get(self, name: str) -> Value:
        """The value of `name`, or its default.

        Raises:
            KeyError: there is no such setting.
        """
        default = DEFAULTS[name]
        text = self._store.value(name)
        if not isinstance(text, str):
            return default
        try:
            value = json.loads(text)
        except ValueError:
            return default
        if isinstance(default, float) and type(value) is int:
            value = float(value)
        return value if type(value) is type(default) else default

    def set(self, name: str, value: Value) -> None:
        """Remembers a value.

        Raises:
            KeyError: there is no such setting.
            TypeError: the value is not of the default's type.
        """
        if type(value) is not type(DEFAULTS[name]):
            raise TypeError(f"setting {name} is no {type(value).__name__}")
        if self.get(name) == value:
            return
        self._store.setValue(name, json.dumps(value))
        self.changed.emit(name)

    def reset(self, name: str) -> None:
        """Brings back the default."""
        if self.get(name) != DEFAULTS[name]:
            self._store.remove(name)
            self.changed.emit(name)

    @property
    def recent(self) -> tuple[Path, ...]:
        """The sessions opened last, newest first; those that are gone are left out."""
        paths = (Path(text) for text in self.get("recent"))
        return tuple(path for path in paths if path.exists())

    def add_recent(self, folder: Path) -> None:
        """Puts a session folder in front of the recent ones."""
        text = str(folder.absolute())
        others = [path for path in self.get("recent") if path != text]
        self.set("recent", [text, *others][:_MAX_RECENT])

    def layout(self, workspace: str) -> QByteArray | None:
        """The arrangement of docks that was stored for a workspace."""
        value = self._store.value(f"layout/{workspace}")
        return value if isinstance(value, QByteArray) else None

    def set_layout(self, workspace: str, state: QByteArray | None) -> None:
        """Stores the arrangement of docks of a workspace, or forgets it."""
        if state is None:
            self._store.remove(f"layout/{workspace}")
        else:
            self._store.setValue(f"layout/{workspace}", state)

    def sync(self) -> None:
        """Writes to disk now."""
        self._store.sync()

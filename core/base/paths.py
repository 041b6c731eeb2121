"""Where the platform keeps our files."""

import os
from pathlib import Path
from typing import Final

import platformdirs

_APP = "avatar-studio"
_BUNDLED: Final = Path(__file__).parents[2] / "assets" / "weights"


def cache_dir() -> Path:
    """Folder of extracted motion (`AVATAR_STUDIO_CACHE` overrides the platform's)."""
    return Path(os.environ.get("AVATAR_STUDIO_CACHE") or platformdirs.user_cache_dir(_APP, False))


def unsaved_dir() -> Path:
    """Folder of sessions that were never saved; what is left there after a crash is recovered."""
    return Path(platformdirs.user_data_dir(_APP, False)) / "unsaved"


def weights_dirs(*first: Path) -> tuple[Path, ...]:
    """Places that are searched for network weights, first match wins.

    They are `first` (an explicit file or folder, the project's folder), `AVATAR_STUDIO_WEIGHTS`,
    the user's data folder, and last the weights that come with the program.
    """
    return (*first, *_own_weights_dirs(), _BUNDLED)


def imported_weights_dir() -> Path:
    """Folder that imported weights are written to."""
    return _own_weights_dirs()[0]


def _own_weights_dirs() -> tuple[Path, ...]:
    named = os.environ.get("AVATAR_STUDIO_WEIGHTS")
    user = Path(platformdirs.user_data_dir(_APP, False)) / "weights"
    return (Path(named), user) if named else (user,)

"""Where the platform keeps our files."""

import os
from pathlib import Path

import platformdirs

_APP = "avatar-studio"


def cache_dir() -> Path:
    """Folder of extracted motion (`AVATAR_STUDIO_CACHE` overrides the platform's)."""
    return Path(os.environ.get("AVATAR_STUDIO_CACHE") or platformdirs.user_cache_dir(_APP, False))


def unsaved_dir() -> Path:
    """Folder of sessions that were never saved; what is left there after a crash is recovered."""
    return Path(platformdirs.user_data_dir(_APP, False)) / "unsaved"


def weights_dirs() -> tuple[Path, ...]:
    """Folders that are searched for network weights, first match wins."""
    named = os.environ.get("AVATAR_STUDIO_WEIGHTS")
    user = Path(platformdirs.user_data_dir(_APP, False)) / "weights"
    return (Path(named), user) if named else (user,)

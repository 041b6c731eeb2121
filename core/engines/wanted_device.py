"""Which device a person wants networks to run on. Imports no torch; one choice per process."""

import os
from typing import Final

AUTO: Final = "auto"
VARIABLE: Final = "AVATAR_STUDIO_DEVICE"
"""The environment variable that holds the choice: “auto”, “cuda:0”, “mps”, “cpu”."""


def wanted_device() -> str:
    """The choice; “auto” while there is none."""
    return os.environ.get(VARIABLE) or AUTO


def want_device(name: str) -> None:
    """Chooses a device for all engines that this process loads from now on."""
    os.environ[VARIABLE] = name

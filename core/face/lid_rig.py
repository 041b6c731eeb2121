"""How lids and irises move: what the renderer's eye painter draws and the solver reads back.

Lids move in the plane of the image of a frontal face; the iris turns with an eyeball whose radius
is that of the canonical face.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, INDEX
from core.face.bumps import SIDES
from core.face.canonical import CANONICAL
from core.face.topology import (
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    N_SURFACE,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    Points,
)

EYEBALL_RADIUS: Final = 1.25
"""Radius of the eyeball, canonical cm: 1.2 cm in life at 3.1 cm lid width (Bekerman 2014)."""
LOOK_SIDE_DEG: Final = 40.0
"""Rotation of the eye at eyeLookIn or eyeLookOut 1: as far as eyes turn without the head."""
LOOK_DOWN_DEG: Final = 30.0
LOOK_UP_DEG: Final = 25.0
IRIS_TRAVEL: Final = EYEBALL_RADIUS
"""Centimetres per unit of `iris_shift`."""

# Lid travel as a share of the lids' opening at coefficient 1: (upper lid down, lower lid up).
BLINK: Final = (0.90, 0.10)
SQUINT: Final = (0.22, 0.28)
WIDE: Final = (-0.24, -0.06)
LOOK_DOWN: Final = (0.40, -0.20)
LOOK_UP: Final = (-0.28, 0.0)


def gaze_angles(controls: Points, side: str) -> tuple[NDArray[np.float64], ...]:
    """Degrees to the viewer's right and up [...] of the eye of `side`, from controls [..., 58]."""
    values = np.asarray(controls, np.float64)
    inward, outward = (values[..., INDEX[f"eyeLook{d}{side}"]] for d in ("In", "Out"))
    up, down = (values[..., INDEX[f"eyeLook{d}{side}"]] for d in ("Up", "Down"))
    to_right = (outward - inward) if side == "Left" else (inward - outward)
    return LOOK_SIDE_DEG * to_right, LOOK_UP_DEG * up - LOOK_DOWN_DEG * down


def iris_shift(controls: Points, side: str) -> NDArray[np.float64]:
    """Displacement [..., 3] of an iris centre in eyeball radii, from controls [..., 58]."""
    right_deg, up_deg = gaze_angles(controls, side)
    right, up = np.radians(right_deg), np.radians(up_deg)
    depth = 1.0 - np.cos(right) * np.cos(up)
    return np.stack([np.sin(right) * np.cos(up), -np.sin(up), depth], -1)


@functools.cache
def lid_fields() -> NDArray[np.float32]:
    """Lid displacements float32 [52, 468, 3] in ARKIT order, canonical cm at coefficient 1."""
    fields = np.zeros((len(ARKIT), N_SURFACE, 3), np.float32)
    lids = {
        "Left": (LEFT_UPPER_LID, LEFT_LOWER_LID),
        "Right": (RIGHT_UPPER_LID, RIGHT_LOWER_LID),
    }
    for side, _ in SIDES:
        upper, lower = (lid[1:-1] for lid in lids[side])
        opening = CANONICAL[lower] - CANONICAL[upper]
        for name, (down, up) in (
            ("eyeBlink", BLINK),
            ("eyeSquint", SQUINT),
            ("eyeWide", WIDE),
            ("eyeLookDown", LOOK_DOWN),
            ("eyeLookUp", LOOK_UP),
        ):
            row = ARKIT.index(name + side)
            fields[row, upper] = opening * down
            fields[row, lower] = -opening * up
    fields.setflags(write=False)
    return fields

"""The engine-neutral language of motion: 52 ARKit coefficients and 6 head-pose values.

A control vector is float32 [58] in the order of `CONTROLS`; the controls of one factor lie side
by side, so `FACTOR_SLICE` cuts a factor's part out of an array [..., 58]. Zero is the avatar's
own rest, except `scale`, whose rest is 1. ARKit values run 0..1. Pose: `yaw` + turns the subject
to the viewer's right, `pitch` + up, `roll` + clockwise in the image (degrees, relative to the
avatar's rest pose); `x` (right) and `y` (down) are fractions of the face height.
"""

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]


class Factor(StrEnum):
    """One independently controllable part of facial motion (PD-FGC, CVPR 2023, section 3)."""

    LIPS = "lips"
    HEAD_POSE = "head_pose"
    EYES = "eyes"
    EXPRESSION = "expression"


ARKIT: Final[tuple[str, ...]] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
    "eyeSquintLeft", "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight",
    "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward",
    "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRight",
    "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft",
    "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
    "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft",
    "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 ARKit coefficients in Apple's (and Live Link Face's) order."""

POSE: Final[tuple[str, ...]] = ("yaw", "pitch", "roll", "x", "y", "scale")

_LIPS = tuple(
    n
    for n in ARKIT
    if n.startswith(("jaw", "mouth", "tongue"))
    and not n.startswith(("mouthSmile", "mouthFrown", "mouthDimple"))
)
_EYES = tuple(n for n in ARKIT if n.startswith("eye"))
_EXPRESSION = tuple(n for n in ARKIT if n not in _LIPS and n not in _EYES)

CONTROLS: Final[tuple[str, ...]] = _LIPS + _EYES + _EXPRESSION + POSE
N_CONTROLS: Final = len(CONTROLS)
INDEX: Final[dict[str, int]] = {name: i for i, name in enumerate(CONTROLS)}
FACTOR_CONTROLS: Final[dict[Factor, tuple[str, ...]]] = {
    Factor.LIPS: _LIPS,
    Factor.HEAD_POSE: POSE,
    Factor.EYES: _EYES,
    Factor.EXPRESSION: _EXPRESSION,
}
FACTOR_SLICE: Final[dict[Factor, slice]] = {
    factor: slice(INDEX[names[0]], INDEX[names[-1]] + 1)
    for factor, names in FACTOR_CONTROLS.items()
}
FACTOR_OF: Final[dict[str, Factor]] = {
    name: factor for factor, names in FACTOR_CONTROLS.items() for name in names
}

_POSE_LOWER = (-45.0, -35.0, -45.0, -0.5, -0.5, 0.5)
_POSE_UPPER = (45.0, 35.0, 45.0, 0.5, 0.5, 2.0)


def _vector(arkit: float, pose: tuple[float, ...]) -> FloatArray:
    values = np.full(N_CONTROLS, arkit, np.float32)
    values[FACTOR_SLICE[Factor.HEAD_POSE]] = pose
    values.setflags(write=False)
    return values


REST: Final = _vector(0.0, (0.0, 0.0, 0.0, 0.0, 0.0, 1.0))
LOWER: Final = _vector(0.0, _POSE_LOWER)
UPPER: Final = _vector(1.0, _POSE_UPPER)


def mirror_name(name: str) -> str:
    """The control of the other side (`mouthSmileLeft` → `mouthSmileRight`), or the same name."""
    if name.endswith("Left"):
        return name[:-4] + "Right"
    return name[:-5] + "Left" if name.endswith("Right") else name

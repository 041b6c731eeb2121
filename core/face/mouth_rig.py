"""Fields of the jaw and the mouth (see `core.face.rig` for units)."""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.face.bumps import (
    OFF_LIPS,
    ON_LOWER_LIP,
    ON_UPPER_LIP,
    SIDES,
    Weights,
    X,
    Y,
    bump,
    half,
    move,
    smoothstep,
)
from core.face.canonical import CANONICAL
from core.face.topology import (
    LOWER_INNER,
    LOWER_OUTER,
    LOWER_RINGS,
    MOUTH_CORNERS,
    N_SURFACE,
    UPPER_INNER,
    UPPER_OUTER,
    UPPER_RINGS,
    Points,
)

JAW_HINGE: Final = np.array([0.0, 2.6, 5.0])
"""The point about which the jaw turns, canonical cm."""
JAW_ANGLE_DEG: Final = 15.5
"""Rotation of the jaw at jawOpen 1."""
CORNER_X: Final = float(CANONICAL[MOUTH_CORNERS[1], 0])
CORNER_Y: Final = float(CANONICAL[MOUTH_CORNERS[1], 1])
_RING_SHARE: Final = (0.62, 0.78, 0.92)
_UPPER_SHARE: Final = 0.45  # of a lip gap, how much the upper lip closes


def jaw_rotation(jaw_open: float) -> NDArray[np.float64]:
    """Rotation [3, 3] of the jaw about `JAW_HINGE` in the canonical frame."""
    angle = np.radians(JAW_ANGLE_DEG * jaw_open)
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


@functools.cache
def jaw_weights() -> Weights:
    """How far each landmark [468] follows the jaw, 0..1.

    0 above the line from mouth corner to ear, about a third at the corners, an ellipse along the
    lower lip so that the mouth opens round, 1 on the chin.
    """
    ax = np.abs(X)
    line = CORNER_Y + (1.5 - CORNER_Y) * np.clip((ax - CORNER_X) / (6.8 - CORNER_X), 0.0, 1.0)
    weights = smoothstep(Y - line, -1.6, 2.2)
    corner = weights[MOUTH_CORNERS[0]]
    ellipse = np.sqrt(np.clip(1.0 - (ax / CORNER_X) ** 2, 0.0, 1.0))
    weights = np.where(ON_LOWER_LIP > 0, corner + (1.0 - corner) * ellipse**1.15, weights)
    above = (Y < CORNER_Y + 0.05) & (ax < CORNER_X + 0.05) & (ON_LOWER_LIP == 0)
    weights = np.where(
        above | (ON_UPPER_LIP > 0), weights * smoothstep(ax, 1.2, CORNER_X) * 0.8, weights
    )
    below = (Y > CORNER_Y) & (ax < CORNER_X + 0.1) & (OFF_LIPS > 0)
    wide = np.sqrt(np.clip(1.0 - (ax / (CORNER_X + 0.7)) ** 2, 0.0, 1.0))
    result: Weights = np.where(below, weights + (1.0 - weights) * wide, weights)
    return result


@functools.cache
def jaw_field() -> Weights:
    """The field [468, 3] of jawOpen 1: the turning jaw, drawn-in corners, a lifted upper lip."""
    arm = CANONICAL[:N_SURFACE] - JAW_HINGE
    field: Weights = (arm @ jaw_rotation(1.0).T - arm) * jaw_weights()[:, None]
    near_corner = np.exp(-((np.abs(X) - CORNER_X) ** 2 + (Y - CORNER_Y) ** 2) / 1.2)
    field[:, 0] -= np.sign(X) * 0.22 * near_corner
    ellipse = np.sqrt(np.clip(1.0 - (X / CORNER_X) ** 2, 0.0, 1.0))
    above = (Y < CORNER_Y - 0.35) * (1.0 - ON_LOWER_LIP)
    lifted: Weights = 0.16 * ON_UPPER_LIP * ellipse + 0.08 * bump(0.0, 5.2, 1.5, 0.9) * above
    field[:, 1] -= lifted
    return field


def close_field(points: Points) -> Weights:
    """The field [468, 3] that shuts the lips of a face [478, 3] given in the canonical frame.

    Both lips meet at 45 % of the gap from above; the skin around them follows.
    """
    upper, lower = points[UPPER_INNER].astype(np.float64), points[LOWER_INNER].astype(np.float64)
    meet = upper * (1.0 - _UPPER_SHARE) + lower * _UPPER_SHARE
    field = np.zeros((N_SURFACE, 3))
    for inner, outer, rings, edge in (
        (UPPER_INNER, UPPER_OUTER, UPPER_RINGS, upper),
        (LOWER_INNER, LOWER_OUTER, LOWER_RINGS, lower),
    ):
        travel = (meet - edge)[1:-1]
        for ring, share in zip((outer, *rings), _RING_SHARE, strict=True):
            field[ring[1:-1]] = travel * share
        field[inner[1:-1]] = travel
    middle = len(UPPER_INNER) // 2
    chin = bump(0.0, 9.76, 2.2, 1.3) * (Y > 7.6) * OFF_LIPS
    philtrum = bump(0.0, 4.91, 2.2, 1.3) * (Y < 6.0) * OFF_LIPS
    field += 0.55 * chin[:, None] * (meet - lower)[middle]
    field += 0.35 * philtrum[:, None] * (meet - upper)[middle]
    return field


@functools.cache
def jaw_close_field() -> Weights:
    """The field [468, 3] per jawOpen · mouthClose: it takes back the jaw's opening of the lips."""
    opened = CANONICAL.copy()
    opened[:N_SURFACE] += jaw_field()
    return close_field(opened) - close_field(CANONICAL)


def _lip_band(inner_cm: float, outer_cm: float) -> Weights:
    """1 in the middle of the mouth, 0 from `outer_cm` sideways."""
    return 1.0 - smoothstep(np.abs(X), inner_cm, outer_cm)


def _round_fields() -> dict[str, Weights]:
    """MouthPucker and mouthFunnel: corners in, lips forward; the funnel keeps them apart."""
    distance = (X / 2.9) ** 2 + ((Y - CORNER_Y) / 1.7) ** 2
    around = np.exp(-np.maximum(distance - 0.6, 0.0) / 0.8)
    forward = np.exp(-((X / 1.9) ** 2) - ((Y - CORNER_Y) / 1.5) ** 2)
    thick = (0.12 * ON_LOWER_LIP - 0.10 * ON_UPPER_LIP) * _lip_band(0.5, 2.2)
    pucker = np.stack([-0.42 * X * around, thick - 0.02 * (Y - CORNER_Y) * around, -0.75 * forward])
    band = _lip_band(0.4, 2.4)
    skin_up = OFF_LIPS * bump(0.0, 5.1, 1.7, 0.8) * (Y < 6.2)
    skin_down = OFF_LIPS * bump(0.0, 8.4, 1.7, 0.9) * (Y > 7.2)
    apart = (0.36 * ON_LOWER_LIP - 0.30 * ON_UPPER_LIP) * band + 0.2 * skin_down - 0.16 * skin_up
    funnel = np.stack([-0.22 * X * around, apart, -0.6 * forward])
    return {"mouthPucker": pucker.T, "mouthFunnel": funnel.T}


def _middle_fields() -> dict[str, Weights]:
    """Rolls, shrugs and the jaw's shifts: what has no side of its own."""
    shifted = jaw_weights() * smoothstep(Y, 2.5, 8.0)  # the hinges stay in their sockets
    band = _lip_band(1.6, 2.5)
    centre = _lip_band(0.4, 2.3)
    near = np.exp(-((X / 2.2) ** 2) - ((Y - CORNER_Y) / 1.5) ** 2) * OFF_LIPS
    inward = np.stack([np.zeros_like(X), (CORNER_Y - Y) * 0.6 * band, 0.25 * band]).T
    follow = np.stack([np.zeros_like(X), (CORNER_Y - Y) * 0.22 * near, np.zeros_like(X)]).T
    chin = OFF_LIPS * bump(0.0, 8.6, 1.6, 1.0) * (Y > 7.2)
    philtrum = OFF_LIPS * bump(0.0, 5.1, 1.6, 0.8) * (Y < 6.2)
    return {
        "jawForward": move(shifted, 0.0, 0.04, -0.6),
        "jawLeft": move(shifted, 0.7, 0.0),
        "jawRight": move(shifted, -0.7, 0.0),
        "mouthRollLower": inward * ON_LOWER_LIP[:, None] + follow * (Y > CORNER_Y)[:, None],
        "mouthRollUpper": inward * ON_UPPER_LIP[:, None] + follow * (Y < CORNER_Y)[:, None],
        "mouthShrugLower": move(ON_LOWER_LIP * centre, 0.0, -0.34, -0.12)
        + move(chin, 0.0, -0.26, -0.06)
        + move(ON_UPPER_LIP * centre, 0.0, -0.10, -0.05),
        "mouthShrugUpper": move(ON_UPPER_LIP * centre, 0.0, -0.26, -0.16)
        + move(philtrum, 0.0, -0.14, -0.08),
    }


def _sided_fields(side: str, sign: float) -> dict[str, Weights]:
    """The fields of one side of the mouth; `sign` is that side's sign of x."""
    both = half(sign, 0.6)
    corner = bump(sign * CORNER_X, CORNER_Y, 1.7, 1.5)
    cheek = bump(sign * 4.0, 4.0, 2.0, 1.7) * both
    side_lip = _lip_band(0.4, 2.3) * half(sign, 1.2)
    philtrum = OFF_LIPS * bump(0.0, 5.1, 1.5, 0.8) * (Y < 6.2) * both
    chin = OFF_LIPS * bump(0.0, 8.4, 1.6, 0.9) * (Y > 7.2) * both
    red = (ON_UPPER_LIP + ON_LOWER_LIP) * _lip_band(1.6, 2.5) * half(sign, 1.2)
    press = move(red, 0.0, 1.0) * ((CORNER_Y - Y) * 0.45)[:, None]
    return {
        f"mouth{side}": move(bump(0.0, CORNER_Y, 2.9, 2.0), sign * 0.75, 0.0, 0.0)
        + move(corner, 0.0, 0.0, 0.18),
        f"mouthSmile{side}": move(corner, sign * 0.62, -0.62, 0.28)
        + move(cheek, sign * 0.18, -0.42, -0.10),
        f"mouthFrown{side}": move(bump(sign * 2.6, CORNER_Y + 0.2, 1.5), sign * 0.05, 0.60)
        + move(bump(0.0, CORNER_Y + 2.0, 1.3) * both, 0.0, -0.06, -0.025),
        f"mouthDimple{side}": move(bump(sign * 2.7, CORNER_Y, 1.1), sign * 0.26, -0.10, 0.34),
        f"mouthStretch{side}": move(corner, sign * 0.55, 0.10, 0.25),
        f"mouthPress{side}": press + move(red, 0.0, 0.0, 0.18),
        f"mouthLowerDown{side}": move(ON_LOWER_LIP * side_lip + 0.55 * chin, 0.0, 0.55, 0.05),
        f"mouthUpperUp{side}": move(ON_UPPER_LIP * side_lip + 0.55 * philtrum, 0.0, -0.5, -0.05),
    }


@functools.cache
def mouth_fields() -> dict[str, Weights]:
    """Fields [468, 3] by ARKit name for everything that jaw and lips do."""
    fields = {"jawOpen": jaw_field(), "mouthClose": close_field(CANONICAL)}
    fields |= _round_fields() | _middle_fields()
    for side, sign in SIDES:
        fields |= _sided_fields(side, sign)
    return fields

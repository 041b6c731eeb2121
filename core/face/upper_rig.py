"""Fields of brows, cheeks, nose and the skin around the eyes (see `core.face.rig` for units)."""

import functools

import numpy as np

from core.face.bumps import ON_LOWER_LIP, SIDES, Weights, X, Y, bump, half, move, smoothstep
from core.face.canonical import CANONICAL
from core.face.topology import LEFT_BROW, N_SURFACE, RIGHT_BROW


def _brow_weights(side: str, sign: float) -> Weights:
    """1 on the brow of one side, falling off in 1.3 cm, nothing below the upper lid."""
    brow = CANONICAL[LEFT_BROW if side == "Left" else RIGHT_BROW, :2]
    distance = ((CANONICAL[:N_SURFACE, None, :2] - brow[None]) ** 2).sum(-1).min(1)
    weights: Weights = np.exp(-distance / 1.3**2) * half(sign, 0.45) * smoothstep(-Y, 0.7, 2.0)
    return weights


def _brow_raise(side: str, sign: float) -> Weights:
    """The field of the whole brow of one side raised, with the forehead following."""
    lift = _brow_weights(side, sign) * (0.8 + 0.2 * smoothstep(-Y, 1.0, 4.0))
    forehead = bump(sign * 3.0, -4.2, 2.4, 1.5) * half(sign, 0.6)
    return move(lift, 0.0, -0.85) + move(forehead, 0.0, -0.30)


def _brow_fields(side: str, sign: float) -> dict[str, Weights]:
    inner_end = bump(sign * 1.6, -1.7, 1.25, 1.2) * smoothstep(-Y, 0.0, 1.0)
    frown = move(inner_end, -sign * 0.34, 0.28, -0.05)
    outer = smoothstep(sign * X, 1.6, 3.8)
    return {
        f"browDown{side}": frown + move(_brow_weights(side, sign), 0.0, 0.30),
        f"browOuterUp{side}": _brow_raise(side, sign) * outer[:, None],
    }


def _cheek_and_nose_fields(side: str, sign: float) -> dict[str, Weights]:
    both = half(sign, 0.6)
    cheek = bump(sign * 3.9, 3.2, 1.8, 1.35) * both
    beside_nose = bump(sign * 1.3, 4.0, 0.9, 1.0) * both
    lip_edge = bump(sign * 1.4, 5.6, 0.9, 0.7) * both * (1.0 - ON_LOWER_LIP)
    return {
        f"cheekSquint{side}": move(cheek, sign * 0.08, -0.45, -0.22),
        f"noseSneer{side}": move(beside_nose, sign * 0.05, -0.32) + move(lip_edge, 0.0, -0.25),
    }


def _eye_skin_fields(side: str, sign: float) -> dict[str, Weights]:
    """What the skin beyond the lids does when an eye closes, narrows, widens or turns."""
    above = bump(sign * 3.2, -1.6, 1.9, 0.7) * half(sign, 0.5)
    below = bump(sign * 3.2, 1.7, 1.9, 0.8) * half(sign, 0.5)
    return {
        f"eyeBlink{side}": move(above, 0.0, 0.08) + move(below, 0.0, -0.06),
        f"eyeSquint{side}": move(below, 0.0, -0.22, -0.06) + move(above, 0.0, 0.10),
        f"eyeWide{side}": move(above, 0.0, -0.10),
        f"eyeLookDown{side}": move(above, 0.0, 0.04),
        f"eyeLookUp{side}": move(above, 0.0, -0.04),
    }


def _puffed_cheeks() -> Weights:
    """cheekPuff: both cheeks out and forward, the corners pushed in a little."""
    field = np.zeros((N_SURFACE, 3))
    for _, sign in SIDES:
        cheek = bump(sign * 4.0, 6.6, 1.7, 1.7)
        field += move(cheek, sign * 0.40, 0.0, -0.40)
    return field


@functools.cache
def upper_face_fields() -> dict[str, Weights]:
    """Fields [468, 3] by ARKit name for everything above the mouth, and the cheeks.

    browInnerUp and both browOuterUp add up to the raise of the whole brow.
    """
    fields = {"cheekPuff": _puffed_cheeks(), "browInnerUp": np.zeros((N_SURFACE, 3))}
    for side, sign in SIDES:
        fields |= _brow_fields(side, sign)
        fields |= _cheek_and_nose_fields(side, sign) | _eye_skin_fields(side, sign)
        fields["browInnerUp"] += _brow_raise(side, sign) - fields[f"browOuterUp{side}"]
    return fields

"""Finds the neutral frame of a driving clip: mouth shut, eyes open, frontal, at rest."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, INDEX, BoolArray, Factor, FloatArray
from core.face.canonical import FRONTAL_PITCH_DEG

_LIPS_WEIGHT = 0.8
_WEIGHTS: Final = {
    "jawOpen": 3.0, "mouthLowerDownLeft": 1.0, "mouthLowerDownRight": 1.0,
    "mouthUpperUpLeft": 1.0, "mouthUpperUpRight": 1.0,
    "eyeBlinkLeft": 2.0, "eyeBlinkRight": 2.0, "eyeSquintLeft": 0.3, "eyeSquintRight": 0.3,
    "eyeWideLeft": 0.5, "eyeWideRight": 0.5,
}  # fmt: skip
_EXPRESSION_WEIGHT = 0.8
_GAZE_WEIGHT = 1.0
_TYPICAL_ANGLE_DEG = 15.0
_TYPICAL_SPEED_DEG_S = 60.0


def find_neutral(controls: FloatArray, valid: BoolArray, rate: float) -> int:
    """The frame nearest to a neutral face.

    Args:
        controls: float32 [T, 58], as solved: ARKit values and absolute head pose in degrees.
        valid: bool [T].
        rate: frames per second.

    Returns:
        Index of a valid frame (of the earliest of equals), or 0 when none is valid.
    """
    if not valid.any():
        return 0
    cost = _distance(controls.astype(np.float64), rate)
    # one good frame amid bad ones is more likely a tracking slip than a rest
    padded = np.pad(np.where(valid, cost, np.nan), 1, constant_values=np.nan)
    around = np.stack([padded[:-2], padded[1:-1], padded[2:]])
    known = ~np.isnan(around)
    calm = np.where(known, around, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return int(np.argmin(np.where(valid, calm, np.inf)))


def _distance(controls: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """How far each frame [T] is from neutral, in arbitrary units."""
    weights = np.zeros(controls.shape[1])
    weights[FACTOR_SLICE[Factor.LIPS]] = _LIPS_WEIGHT
    weights[FACTOR_SLICE[Factor.EXPRESSION]] = _EXPRESSION_WEIGHT
    for name, index in INDEX.items():
        if name.startswith("eyeLook"):
            weights[index] = _GAZE_WEIGHT
    for name, weight in _WEIGHTS.items():
        weights[INDEX[name]] = weight
    face: NDArray[np.float64] = np.abs(controls) @ weights
    angles = controls[:, FACTOR_SLICE[Factor.HEAD_POSE]][:, :3]
    off_frontal = angles - (0.0, FRONTAL_PITCH_DEG, 0.0)
    face += np.sqrt((off_frontal**2).sum(1)) / _TYPICAL_ANGLE_DEG
    face += _speed(angles, rate) / _TYPICAL_SPEED_DEG_S
    return face


def _speed(angles: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Turning speed [T] in degrees per second, by central differences."""
    if len(angles) < 2:
        return np.zeros(len(angles))
    speed: NDArray[np.float64] = np.linalg.norm(np.gradient(angles, 1.0 / rate, axis=0), axis=1)
    return speed

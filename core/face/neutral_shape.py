"""The rest shape of the person in a clip: mouth shut, eyes open, frontal, calm."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.face.measures import Measures, mouth_opening
from core.face.mouth_rig import jaw_field
from core.face.topology import N_SURFACE

Shape = NDArray[np.float64]
Curve = NDArray[np.float64]

_SHARE: Final = 0.15  # of the frames make up the neutral shape
_MOST, _FEWEST = 60, 5
_SHUT: Final = 0.02  # mouth_open of shut lips, as FaceMesh reports them
_ANGLE_DEG: Final = 15.0  # degrees from frontal that count as much as a mouth open by ...
_MOUTH: Final = 0.10
_EYES: Final = 0.35  # ... or eyes shut by this share
_SMILE: Final = 0.05
_BROW: Final = 0.06
_SPEED_DEG_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Neutral:
    """A person's rest.

    Attributes:
        shape: float64 [478, 3], canonical frame, lips shut.
        jaw: jawOpen of the frames it was taken from, 0 for shut lips.
    """

    shape: Shape
    jaw: float


def rest_frames(measures: Measures, rate: float) -> NDArray[np.intp]:
    """Indices of the most neutral of T ≥ 1 frames, calmest first.

    Args:
        measures: curves [T].
        rate: frames per second.
    """
    cost = _distance_from_rest(measures, rate)
    count = int(np.clip(round(_SHARE * len(cost)), _FEWEST, _MOST))
    return np.argsort(cost, kind="stable")[:count]


def neutral_of(shapes: Shape) -> Neutral:
    """The median of neutral frames [N, 478, 3], canonical frame, with the jaw shut."""
    shape: Shape = np.median(shapes, axis=0)
    jaw = _rest_jaw(shape)
    shape[:N_SURFACE] -= jaw * jaw_field()
    return Neutral(shape, jaw)


def _distance_from_rest(measures: Measures, rate: float) -> Curve:
    """How far each frame [T] is from neutral; 1 is a clear departure in one respect."""
    ear = (measures.ear_left + measures.ear_right) / 2
    opened = np.percentile(ear, 80)
    angles = np.stack([measures.yaw, measures.pitch - np.median(measures.pitch), measures.roll], 1)
    speed = np.zeros(len(ear))
    if len(ear) > 1:
        speed = np.linalg.norm(np.gradient(angles, 1.0 / rate, axis=0), axis=1)
    cost: Curve = (
        measures.mouth_open / _MOUTH
        + np.maximum(opened - ear, 0.0) / (opened * _EYES)
        + np.abs(measures.smile - np.median(measures.smile)) / _SMILE
        + np.abs(measures.brow - np.median(measures.brow)) / _BROW
        + np.linalg.norm(angles, axis=1) / _ANGLE_DEG
        + speed / _SPEED_DEG_S
    )
    return cost


def _rest_jaw(shape: Shape) -> float:
    """How far the jaw hangs in a rest shape [478, 3], so that it can be shut: jawOpen 0..1."""
    opened = shape.copy()
    opened[:N_SURFACE] += jaw_field()
    gaps = mouth_opening(np.stack([shape, opened]))
    return float(np.clip((gaps[0] - _SHUT) / (gaps[1] - gaps[0]), 0.0, 1.0))

"""Where the points of the face lie in a picture, from the controls alone; needs no engine."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, LOWER, REST, UPPER, Factor
from core.face.canonical import FACE_HEIGHT
from core.face.pose import Pose
from core.face.rig import landmarks_3d

Points = NDArray[np.float64]
_CROP_HEIGHTS: Final = 2.3  # the face crop's side, see `core.engines.protocol.View`
_EYES_ABOVE: Final = 0.09  # the eyes lie above the middle of the crop, in crop sides


def face_points(
    controls: NDArray[np.float32],
    rest_pose: Pose,
    size: tuple[int, int],
    rest_points: Points | None = None,
) -> Points:
    """Landmarks in px of the picture: float64 [478, 2].

    Args:
        controls: float32 [58], relative to the portrait's rest.
        rest_pose: Head pose of the portrait itself.
        size: Width and height of the picture in px.
        rest_points: The portrait's own landmarks at rest in that picture, float64 [478, 2], which
            are then moved; None draws the canonical face in the middle of a face crop.
    """
    rest = _turned(REST, rest_pose)
    moved = _turned(controls, rest_pose)
    if rest_points is None:
        width, height = size
        scale = min(width, height) / (_CROP_HEIGHTS * FACE_HEIGHT)
        return moved * scale + (width / 2, height * (0.5 - _EYES_ABOVE))
    spread = np.linalg.norm(rest - rest.mean(0))
    scale = float(np.linalg.norm(rest_points - rest_points.mean(0)) / spread)
    return rest_points + (moved - rest) * scale


def _turned(controls: NDArray[np.float32], rest_pose: Pose) -> Points:
    """The canonical face with these controls on top of the rest pose, cm: float64 [478, 2]."""
    values = np.asarray(controls, np.float64).copy()
    head = FACTOR_SLICE[Factor.HEAD_POSE]
    values[head] = np.clip(values[head], LOWER[head], UPPER[head])
    values[head][:3] += (rest_pose.yaw, rest_pose.pitch, rest_pose.roll)
    return landmarks_3d(values)[:, :2].astype(np.float64)

"""The measures by which motion is judged: one number per frame, from landmarks alone.

Lengths are taken after the head's pose and size are undone, so that turning and nodding do not
count as expression. The inter-ocular distance (between the middles of the eyes) is the unit of
the mouth and the brows.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.face.canonical import CANONICAL
from core.face.pose import fit_similarity, pose_from_rotation, unpose
from core.face.topology import (
    LEFT_EYE_CORNERS,
    LEFT_IRIS,
    MOUTH_CORNERS,
    RIGHT_EYE_CORNERS,
    RIGHT_IRIS,
    RIGID,
    Points,
)

Curve = NDArray[np.float64]

# Pairs of upper and lower lid landmarks: outer third, inner third, middle.
RIGHT_LID_PAIRS: Final = ((160, 144), (158, 153), (159, 145))
LEFT_LID_PAIRS: Final = ((385, 380), (387, 373), (386, 374))
_UPPER_LIP_INNER: Final = 13
_LOWER_LIP_INNER: Final = 14
_UPPER_LIP_TOP: Final = 0
_LOWER_LIP_BOTTOM: Final = 17
_BROW_TOPS: Final = (105, 334)


@dataclass(frozen=True, slots=True)
class Measures:
    """Curves float64 [T].

    Attributes:
        yaw: degrees, + to the viewer's right.
        pitch: degrees, + up.
        roll: degrees, + clockwise in the image.
        ear_left: openness of the subject's left eye: mean lid distance over eye width.
        ear_right: the same of the right eye.
        gaze_x: iris centre from the middle of the eye corners, eye widths, + to the viewer's
            right; mean of both eyes.
        gaze_y: the same downwards.
        mouth_open: distance of the inner lips, inter-ocular distances.
        mouth_width: distance of the mouth corners, inter-ocular distances.
        smile: height of the mouth corners above the middle of the lips, inter-ocular distances.
        brow: height of the brows above the eye corners, inter-ocular distances.
        gaze_x_left, gaze_y_left, gaze_x_right, gaze_y_right: gaze of the subject's left and right
            eye alone.
    """

    yaw: Curve
    pitch: Curve
    roll: Curve
    ear_left: Curve
    ear_right: Curve
    gaze_x: Curve
    gaze_y: Curve
    mouth_open: Curve
    mouth_width: Curve
    smile: Curve
    brow: Curve
    gaze_x_left: Curve
    gaze_y_left: Curve
    gaze_x_right: Curve
    gaze_y_right: Curve


def rigid_fit(points: Points) -> tuple[Curve, Curve, Curve]:
    """Scale [...], rotation [..., 3, 3], offset [..., 3] that bring the canonical face to `points`.

    Args:
        points: [..., 478, 3], pixels.
    """
    return fit_similarity(CANONICAL[RIGID], np.asarray(points, np.float64)[..., RIGID, :])


def unposed(points: Points) -> Curve:
    """Landmarks [..., 478, 3] brought to the canonical frame: canonical cm, frontal."""
    return unpose(np.asarray(points, np.float64), *rigid_fit(points))


def measure(points: Points) -> Measures:
    """The measures of landmarks [T, 478, 3] in pixels."""
    fit = rigid_fit(points)
    yaw, pitch, roll = np.moveaxis(pose_from_rotation(fit[1]), -1, 0)
    return measure_shape(unpose(np.asarray(points, np.float64), *fit), yaw, pitch, roll)


def measure_shape(shape: Curve, yaw: Curve, pitch: Curve, roll: Curve) -> Measures:
    """The measures of landmarks [T, 478, 3] whose pose, in degrees [T], is already undone."""
    unit = _interocular(shape)
    right_gaze = _gaze(shape, RIGHT_EYE_CORNERS, RIGHT_IRIS)
    left_gaze = _gaze(shape, LEFT_EYE_CORNERS, LEFT_IRIS)
    gaze = (right_gaze + left_gaze) / 2
    corners_y = shape[:, [*RIGHT_EYE_CORNERS, *LEFT_EYE_CORNERS], 1].mean(1)
    lips_y = shape[:, [_UPPER_LIP_TOP, _LOWER_LIP_BOTTOM], 1].mean(1)
    return Measures(
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        ear_left=_openness(shape, LEFT_LID_PAIRS, LEFT_EYE_CORNERS),
        ear_right=_openness(shape, RIGHT_LID_PAIRS, RIGHT_EYE_CORNERS),
        gaze_x=gaze[:, 0],
        gaze_y=gaze[:, 1],
        mouth_open=mouth_opening(shape),
        mouth_width=_distance(shape, *MOUTH_CORNERS.tolist()) / unit,
        smile=(lips_y - shape[:, MOUTH_CORNERS, 1].mean(1)) / unit,
        brow=(corners_y - shape[:, _BROW_TOPS, 1].mean(1)) / unit,
        gaze_x_left=left_gaze[:, 0],
        gaze_y_left=left_gaze[:, 1],
        gaze_x_right=right_gaze[:, 0],
        gaze_y_right=right_gaze[:, 1],
    )


def mouth_opening(shape: Curve) -> Curve:
    """`Measures.mouth_open` [T] of unposed landmarks [T, 478, 3]."""
    return _distance(shape, _UPPER_LIP_INNER, _LOWER_LIP_INNER) / _interocular(shape)


def _interocular(shape: Curve) -> Curve:
    right, left = (shape[:, c, :2].mean(1) for c in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
    distance: Curve = np.linalg.norm(left - right, axis=-1)
    return distance


def _distance(shape: Curve, a: int, b: int) -> Curve:
    distance: Curve = np.linalg.norm(shape[:, a, :2] - shape[:, b, :2], axis=-1)
    return distance


def _openness(shape: Curve, pairs: tuple[tuple[int, int], ...], corners: NDArray[np.intp]) -> Curve:
    lids = np.mean([_distance(shape, a, b) for a, b in pairs], 0)
    openness: Curve = lids / _distance(shape, *corners.tolist())
    return openness


def _gaze(shape: Curve, corners: NDArray[np.intp], iris: NDArray[np.intp]) -> Curve:
    """Iris centre [T, 2] from the middle of the corners, eye widths."""
    middle = shape[:, corners, :2].mean(1)
    gaze: Curve = (shape[:, iris[0], :2] - middle) / _distance(shape, *corners.tolist())[:, None]
    return gaze

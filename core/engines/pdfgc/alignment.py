"""Frames as the networks expect them: a face at fixed size and place, and the way back.

Aligned frames are 224 px: a similarity brings the middles of both eyes and of the inner mouth to
fixed points, as the alignment of PC-AVS (Zhou et al., CVPR 2021) does with 68 landmarks; ours
come from the FaceMesh landmarks that match them. One similarity fits the mean of a whole clip, so
that its heads keep their size and roll; then each frame is shifted so that the mouth stays in
place, lightly smoothed over time. Of the aligned frame the networks see a square, resized to
their side ("network px").

Matrices are float64 [2, 3], from picture px to aligned px; pixel centres lie at integers.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray
from core.face.lift import MATCH
from core.face.tracker import Picture

Array = NDArray[np.float64]
Points = NDArray[np.float32] | Array

ALIGNED_SIDE: Final = 224
_ANCHORS: Final = (MATCH[36:42], MATCH[42:48], MATCH[60:68])  # image left eye, right eye, mouth
_TARGET: Final = np.array([[87.0, 59.0], [137.0, 59.0], [112.0, 120.0]])
_SHIFT_KEPT: Final = 0.2  # share of the frame before in the shift of a frame

# what the networks see of the aligned frame: 16 px less at the sides, 32 px less at the bottom
_CROP_X: Final = 16
_CROP_SIDE: Final = 192


def anchors(points: Points) -> Array:
    """Middles of the eye in the image's left, of the other eye and of the mouth.

    Args:
        points: Landmarks [..., 478, ≥2], pixels.

    Returns:
        float64 [..., 3, 2], pixels.
    """
    flat = np.asarray(points, np.float64)[..., :2]
    return np.stack([flat[..., index, :].mean(-2) for index in _ANCHORS], -2)


def align_portrait(points: Points) -> Array:
    """The matrix of one picture with landmarks [478, ≥2]."""
    matrix: Array = align_clip(points[None], np.ones(1, np.bool_))[0]
    return matrix


def align_clip(points: Points, valid: BoolArray) -> Array:
    """The matrices [T, 2, 3] of a clip's frames.

    Args:
        points: Landmarks [T, 478, ≥2], pixels.
        valid: bool [T]: where they are known; somewhere they are. Elsewhere the frame before (at
            the beginning: the first known one) gives the matrix.
    """
    seen = anchors(points)
    common = _similarity(seen[valid].mean(0))
    matrices = np.tile(common, (len(seen), 1, 1))
    wanted = _TARGET[2] - (seen[:, 2] @ common[:, :2].T + common[:, 2])
    first = int(np.argmax(valid))
    shift: Array = wanted[first]
    for i in range(len(seen)):
        if valid[i]:
            shift = _SHIFT_KEPT * shift + (1.0 - _SHIFT_KEPT) * wanted[i]
        matrices[i, :, 2] += shift
    return matrices


def network_picture(picture: Picture, matrix: Array, side: int) -> Picture:
    """What the networks see of a picture uint8 [H, W, 3]: uint8 [side, side, 3]."""
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 0.5:  # sampling alone would leave out pixels
        shrink = 2.0 * scale
        small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        steps = np.array([picture.shape[1] / small.shape[1], picture.shape[0] / small.shape[0]])
        matrix = compose(matrix, np.column_stack([np.diag(steps), 0.5 * steps - 0.5]))
        picture = np.asarray(small, np.uint8)
    aligned = cv2.warpAffine(picture, matrix, (ALIGNED_SIDE, ALIGNED_SIDE))
    seen = aligned[:_CROP_SIDE, _CROP_X : _CROP_X + _CROP_SIDE]
    return np.asarray(cv2.resize(seen, (side, side)), np.uint8)


def to_network(matrix: Array, side: int) -> Array:
    """The matrix from picture px to network px."""
    scale = side / _CROP_SIDE
    shift = 0.5 * scale - 0.5
    crop = np.array([[scale, 0.0, shift - scale * _CROP_X], [0.0, scale, shift]])
    return compose(crop, matrix)


def compose(second: Array, first: Array) -> Array:
    """The affine map [2, 3] that does `first`, then `second`."""
    return np.column_stack(
        [second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]]
    )


def invert(matrix: Array) -> Array:
    """The affine map [2, 3] that undoes `matrix`."""
    back = np.linalg.inv(matrix[:, :2])
    return np.column_stack([back, -back @ matrix[:, 2]])


def _similarity(points: Array) -> Array:
    """Scale, rotation and shift that bring three anchors to their targets by least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    PAMI 1991; in the plane, with points as complex numbers.
    """
    centre, target = points.mean(0), _TARGET.mean(0)
    z = (points - centre) @ [1.0, 1.0j]
    w = (_TARGET - target) @ [1.0, 1.0j]
    a = np.vdot(z, w) / max(float(np.vdot(z, z).real), 1e-12)
    turn = np.array([[a.real, -a.imag], [a.imag, a.real]])
    return np.column_stack([turn, target - turn @ centre])

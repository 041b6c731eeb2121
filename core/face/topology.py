"""Names for the 478 FaceMesh landmarks: index sets that the rig, the measures and the renderer use.

Left and right are the subject's, so the right eye lies on the left of an unmirrored image. Curves
run from the image's left to its right. Landmarks 468..477 are the irises.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

IndexArray = NDArray[np.intp]
Points = NDArray[np.float32] | NDArray[np.float64]
"""Coordinates [..., N, ≥2] or control values [..., 58] in either precision."""


def _indices(*values: int) -> IndexArray:
    array = np.array(values, np.intp)
    array.setflags(write=False)
    return array


N_POINTS: Final = 478
N_SURFACE: Final = 468  # without the irises

# Lips: curves along the contours, corners included.
UPPER_INNER: Final = _indices(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_INNER: Final = _indices(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
UPPER_OUTER: Final = _indices(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
LOWER_OUTER: Final = _indices(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
# Two rings between the outer and the inner contour of each lip, corners included.
UPPER_RINGS: Final = (
    _indices(76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    _indices(62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
)
LOWER_RINGS: Final = (
    _indices(76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    _indices(62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
)
MOUTH_CORNERS: Final = _indices(61, 291)  # right, left
INNER_CORNERS: Final = _indices(78, 308)

UPPER_LIP_ONLY: Final = _indices(
    *(i for ring in (UPPER_OUTER, *UPPER_RINGS, UPPER_INNER) for i in ring[1:-1].tolist())
)
"""The upper lip's red without the corners, which both lips share."""
LOWER_LIP_ONLY: Final = _indices(
    *(i for ring in (LOWER_OUTER, *LOWER_RINGS, LOWER_INNER) for i in ring[1:-1].tolist())
)

# Eyes. Corner order: image left, image right.
RIGHT_UPPER_LID: Final = _indices(33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LOWER_LID: Final = _indices(33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_UPPER_LID: Final = _indices(362, 398, 384, 385, 386, 387, 388, 466, 263)
LEFT_LOWER_LID: Final = _indices(362, 382, 381, 380, 374, 373, 390, 249, 263)
RIGHT_EYE_CORNERS: Final = _indices(33, 133)
LEFT_EYE_CORNERS: Final = _indices(362, 263)
RIGHT_IRIS: Final = _indices(468, 469, 470, 471, 472)  # centre, then its rim
LEFT_IRIS: Final = _indices(473, 474, 475, 476, 477)

# Brows: upper edge then lower edge, each from the temple to the nose.
RIGHT_BROW: Final = _indices(70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
LEFT_BROW: Final = _indices(300, 293, 334, 296, 336, 276, 283, 282, 295, 285)

FACE_OVAL: Final = _indices(
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outline of the face, clockwise in the image from the top of the forehead."""

FOREHEAD_TOP: Final = 10
NOSE_TIP: Final = 1
NOSE_BASE: Final = 2
CHIN: Final = 152

RIGID: Final = _indices(
    33, 133, 362, 263,  # eye corners
    168, 6, 197, 195, 122, 351, 8,  # bridge of the nose
    5, 4, 1, 19, 94, 2, 98, 327,  # nose and its base
    10, 151, 109, 338, 67, 297, 103, 332,  # forehead
    21, 251, 127, 356, 234, 454, 93, 323,  # temples and the front of the ears
)  # fmt: skip
"""Landmarks that follow the skull whatever lids, brows, lips and jaw do."""

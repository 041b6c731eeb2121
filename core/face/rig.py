"""The control rig: how each of the 52 ARKit coefficients moves the canonical face.

Every coefficient is a smooth displacement field over the 468 surface landmarks, in canonical
centimetres at coefficient 1. The renderer bends pictures with these fields and the solver explains
tracked landmarks by them, so what is drawn is tracked back to the same numbers. Eyelids and irises
are drawn by the renderer's eye painter and therefore lie in tables of their own (`lid_fields`,
`iris_shift`). Sizes were set by eye on portraits; directions follow Apple's ARFaceAnchor pictures.
"""

import functools
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, INDEX, N_CONTROLS
from core.face.canonical import CANONICAL, FACE_HEIGHT
from core.face.lid_rig import IRIS_TRAVEL, iris_shift, lid_fields
from core.face.mouth_rig import jaw_close_field, jaw_field, mouth_fields
from core.face.pose import rotation_from_pose
from core.face.topology import LEFT_IRIS, N_POINTS, N_SURFACE, RIGHT_IRIS, Points
from core.face.upper_rig import upper_face_fields

Fields = NDArray[np.float32]

ARKIT_COLUMNS: Final = np.array([INDEX[name] for name in ARKIT], np.intp)
"""Where each ARKit coefficient, in Apple's order, lies in a control vector [58]."""


@functools.cache
def control_fields() -> Fields:
    """Displacements float32 [52, 468, 3] in ARKIT order, canonical cm at coefficient 1.

    Rows of eyeBlink, eyeLook, eyeSquint and eyeWide hold only the skin around the eye: the lids
    themselves are in `lid_fields`. tongueOut is zero: no landmark lies on the tongue. Add
    `jawOpen · mouthClose · jaw_close_field()` for the product of those two.
    """
    named = mouth_fields() | upper_face_fields()
    fields = np.stack([named.get(name, np.zeros((N_SURFACE, 3))) for name in ARKIT])
    result = fields.astype(np.float32)
    result.setflags(write=False)
    return result


def deform(controls: Points, shape: Points = CANONICAL) -> Fields:
    """The face in its own frame under the ARKit part of `controls`.

    Args:
        controls: [..., 58]; head pose is ignored.
        shape: [478, 3], canonical cm, the face at rest.

    Returns:
        float32 [..., 478, 3], canonical cm, irises included.
    """
    arkit = np.asarray(controls, np.float64)[..., ARKIT_COLUMNS]
    points = np.broadcast_to(shape, (*arkit.shape[:-1], N_POINTS, 3)).astype(np.float64)
    points[..., :N_SURFACE, :] += np.tensordot(arkit, control_fields() + lid_fields(), 1)
    both = arkit[..., ARKIT.index("jawOpen")] * arkit[..., ARKIT.index("mouthClose")]
    points[..., :N_SURFACE, :] += both[..., None, None] * jaw_close_field()
    for side, iris in (("Left", LEFT_IRIS), ("Right", RIGHT_IRIS)):
        points[..., iris, :] += iris_shift(controls, side)[..., None, :] * IRIS_TRAVEL
    return points.astype(np.float32)


def landmarks_3d(controls: Points, shape: Points = CANONICAL) -> NDArray[np.float32]:
    """`deform` turned into the viewer's frame by the head pose of `controls`.

    Args:
        controls: [..., 58].
        shape: [478, 3], canonical cm, the face at rest.

    Returns:
        float32 [..., 478, 3], cm, before any projection; x and y move by fractions of the face
        height, and scale multiplies about the origin.
    """
    values = np.asarray(controls, np.float64)
    if values.shape[-1] != N_CONTROLS:
        raise ValueError(f"controls have {values.shape[-1]} columns, not {N_CONTROLS}")
    yaw, pitch, roll, x, y, scale = (
        values[..., INDEX[n]] for n in ("yaw", "pitch", "roll", "x", "y", "scale")
    )
    rotation = rotation_from_pose(yaw, pitch, roll)
    turned = deform(values, shape) @ np.swapaxes(rotation, -1, -2)
    shift = FACE_HEIGHT * np.stack([x, y, np.zeros_like(x)], -1)
    moved = turned * scale[..., None, None] + shift[..., None, :]
    return np.asarray(moved, np.float32)


__all__ = [
    "ARKIT_COLUMNS",
    "control_fields",
    "deform",
    "iris_shift",
    "jaw_close_field",
    "jaw_field",
    "landmarks_3d",
    "lid_fields",
]

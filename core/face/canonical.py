"""The canonical face: one symmetric rest shape that every measure and every rig field refers to."""

import functools
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.face.topology import CHIN, FOREHEAD_TOP, N_POINTS


def _load() -> NDArray[np.float64]:
    with resources.files("core.face").joinpath("canonical.npy").open("rb") as stream:
        points: NDArray[np.float64] = np.load(stream, allow_pickle=False).astype(np.float64)
    if points.shape != (N_POINTS, 3):
        raise ValueError(f"canonical.npy has the shape {points.shape}, not ({N_POINTS}, 3)")
    points.setflags(write=False)
    return points


CANONICAL: Final = _load()
"""float64 [478, 3], centimetres: x right in the image, y down, z away from the viewer; the origin
lies half-way between the outer eye corners, which are 9.0 cm apart (see canonical.md)."""

FACE_HEIGHT: Final = float(np.linalg.norm(CANONICAL[CHIN] - CANONICAL[FOREHEAD_TOP]))
"""Top of the forehead to the chin in centimetres: the unit of the controls x and y."""

FRONTAL_PITCH_DEG: Final = -11.0
"""The pitch that landmarks of a face looking straight at the viewer measure: the median of
frontal portraits. FaceMesh sees foreheads nearer than they are."""

HEAD_PIVOT: Final = (0.0, 6.5, 5.8)
"""The point between skull and neck about which a head turns, canonical cm."""


@functools.cache
def mirror_map() -> NDArray[np.intp]:
    """The partner of each landmark on the other side: intp [478], its own inverse."""
    flipped = CANONICAL * (-1.0, 1.0, 1.0)
    distance = ((CANONICAL[:, None] - flipped[None]) ** 2).sum(-1)
    partner: NDArray[np.intp] = distance.argmin(1)
    partner.setflags(write=False)
    return partner

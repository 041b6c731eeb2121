"""The stage of a portrait at the resolution at which its layers are made."""

from typing import Final

import cv2
import numpy as np

from core.engines.mesh.geometry import Points
from core.engines.mesh.stage import Picture

_LAYER_SIDE: Final = 768


def stage_picture(
    portrait: Picture, landmarks_px: Points, box: tuple[int, int, int, int]
) -> tuple[Picture, Points]:
    """The stage at the layers' resolution, and the landmarks float64 [478, 2] in its px.

    Args:
        portrait: uint8 RGB [h, w, 3].
        landmarks_px: float64 [478, 3] portrait px.
        box: The stage in portrait px, see `stage_box`.
    """
    x0, y0, x1, y1 = box
    pixels = np.ascontiguousarray(portrait[y0:y1, x0:x1])
    shrink = min(1.0, _LAYER_SIDE / max(pixels.shape))
    landmarks = landmarks_px[:, :2] - [x0, y0]
    if shrink < 1.0:
        size = (round(pixels.shape[1] * shrink), round(pixels.shape[0] * shrink))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels, landmarks * shrink

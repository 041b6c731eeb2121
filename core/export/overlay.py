"""What is drawn over finished frames."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.export.settings import Corner, Mark

Frame = NDArray[np.uint8]
_HEIGHT_SHARE: Final = 0.035  # of the frame's height
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_FONT_PX: Final = 22.0  # height of a capital letter of that font at scale 1


def with_mark(frame: Frame, mark: Mark) -> Frame:
    """The frame with the note in its corner, white on a dark line; the same one without a text."""
    text = mark.text.encode("ascii", "replace").decode()
    if not text:
        return frame
    height, width = frame.shape[:2]
    scale = max(8.0, height * _HEIGHT_SHARE) / _FONT_PX
    thickness = max(1, round(scale * 1.5))
    (wide, high), below = cv2.getTextSize(text, _FONT, scale, thickness)
    if wide > 0.9 * width:
        scale *= 0.9 * width / wide
        (wide, high), below = cv2.getTextSize(text, _FONT, scale, thickness)
    margin = max(4, round(height * 0.02))
    is_left = mark.corner in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT)
    is_top = mark.corner in (Corner.TOP_LEFT, Corner.TOP_RIGHT)
    place = (
        margin if is_left else width - margin - wide,
        margin + high if is_top else height - margin - below,
    )
    result = np.ascontiguousarray(frame).copy()
    opaque = (255,) * (frame.shape[2] - 3)  # the text stands on a transparent background as well
    black, white = (0, 0, 0, *opaque), (255, 255, 255, *opaque)
    cv2.putText(result, text, place, _FONT, scale, black, thickness + 2, cv2.LINE_AA)
    cv2.putText(result, text, place, _FONT, scale, white, thickness, cv2.LINE_AA)
    return result

"""The person alone: opacity that moves as the frame does, and colours without the background.

The background shines through the soft edge of the person (hair above all). There the colour is led
over to that of the solid person beside it, so that nothing of the old background is left on a new
one; the opacity keeps the shape of the hair.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.avatar_stage import stage_picture
from core.engines.mesh.matte import PersonSegmenter
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import Picture

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]
Box = tuple[int, int, int, int]

_MATTE_SIDE: Final = 1536  # longest side in px
_ROOM: Final = 0.015  # of the longest side: how far edges of the two looks may lie apart
_FAINT: Final = 0.08  # opacity that is only noise
_SOLID: Final = 0.95  # opacity from which a colour is the person's own
_MIXED: Final = 0.5  # opacity below which it is not at all
_REACHES: Final = (0.08, 0.03, 0.01)  # of the longer side: how far solid colours are looked for
_LEAST_WEIGHT: Final = 1e-3


class CutOut:
    """One portrait's opacity.

    Args:
        matte: uint8 [h, w] over the whole portrait at any resolution, 255 = the person.
        portrait_size: Width and height of the portrait in px.
    """

    def __init__(self, matte: NDArray[np.uint8], portrait_size: tuple[int, int]) -> None:
        self._matte = matte
        self._ratio = np.array(matte.shape[1::-1], np.float32) / np.array(portrait_size, np.float32)

    @classmethod
    def of(
        cls, portrait: Picture, landmarks_px: Points, box: Box, segmenter: PersonSegmenter
    ) -> "CutOut":
        """Looks for the person in uint8 RGB [h, w, 3]: closely in the stage `box`, else roughly."""
        height, width = portrait.shape[:2]
        whole, landmarks = stage_picture(portrait, landmarks_px, (0, 0, width, height))
        rough = segmenter.matte(whole, landmarks)
        shrink = min(1.0, _MATTE_SIDE / max(width, height))
        size = (max(2, round(width * shrink)), max(2, round(height * shrink)))
        matte = np.asarray(cv2.resize(rough, size), np.float32)
        close = segmenter.matte(*stage_picture(portrait, landmarks_px, box))
        x0, y0, x1, y1 = (round(edge * shrink) for edge in box)
        x1, y1 = min(x1, size[0]), min(y1, size[1])
        # a close look finds finer edges, and now and then a person where there is only a shape
        room = 2 * max(1, round(max(size) * _ROOM)) + 1
        around = cv2.dilate(matte, np.ones((room, room), np.uint8))[y0:y1, x0:x1]
        matte[y0:y1, x0:x1] = np.minimum(cv2.resize(close, (x1 - x0, y1 - y0)), around)
        matte = np.clip((matte - _FAINT) / (1 - 2 * _FAINT), 0, 1)
        return cls(np.rint(255 * matte).astype(np.uint8), (width, height))

    def of_frame(self, frame: Picture, places: FloatMap) -> Picture:
        """A frame [H, W, 3] with opacity, uint8 RGBA with straight alpha.

        Args:
            frame: What is shown.
            places: Where every px comes from, float32 [H, W, 2]: portrait px, the first one's
                centre at 0.5.
        """
        at = places * self._ratio - np.float32(0.5)
        alpha = np.asarray(sample(self._matte, np.asarray(at, np.float32)), np.uint8)
        return np.dstack([_clean(frame, alpha), alpha])


def _clean(frame: Picture, alpha: NDArray[np.uint8]) -> Picture:
    """The frame with the colours of the solid person carried over its soft edge."""
    opacity = alpha.astype(np.float32) * np.float32(1 / 255)
    solid = (opacity >= _SOLID).astype(np.float32)
    near = frame.astype(np.float32)
    for reach in _REACHES:  # the nearest solid colours last, so that they win
        size = 2 * max(1, round(max(alpha.shape) * reach)) + 1
        weight = np.asarray(cv2.blur(solid, (size, size)), np.float32)[..., None]
        around = np.asarray(cv2.blur(frame * solid[..., None], (size, size)), np.float32)
        near = np.where(weight > _LEAST_WEIGHT, around / np.maximum(weight, _LEAST_WEIGHT), near)
    own = np.clip((opacity - _MIXED) / (_SOLID - _MIXED), 0, 1)[..., None]
    near *= (alpha > 0)[..., None]  # nothing at all beyond the edge
    mixed = frame * own + near * (1 - own)
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)

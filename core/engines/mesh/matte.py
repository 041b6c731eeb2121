"""Who is in front: a soft mask of the person, from mediapipe's selfie segmentation."""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.face.quiet import quiet_stderr
from core.face.topology import FACE_OVAL

FloatMap = NDArray[np.float32]
Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

_GUIDE_RADIUS: Final = 0.012  # of the longer side
_GUIDE_EPSILON: Final = 1e-4


class PersonSegmenter:
    """Segments people. One instance serves one thread; the model loads at the first call."""

    def __init__(self) -> None:
        self._model: Any = None

    def matte(self, picture: Picture, face_px: Points) -> FloatMap:
        """Opacity of the person, float32 [h, w] 0..1, edges drawn to those of the picture.

        Args:
            picture: uint8 RGB [h, w, 3].
            face_px: float64 [478, 2+]; the face itself always belongs to the person.
        """
        found = self._start(picture) if self._model is None else self._model.process(picture)
        mask = np.clip(np.asarray(found.segmentation_mask, np.float32), 0.0, 1.0)
        guide = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        radius = max(1, int(max(mask.shape) * _GUIDE_RADIUS))
        matte = np.clip(_guided(guide, mask, radius), 0.0, 1.0).astype(np.float32)
        hull = cv2.convexHull(np.round(face_px[FACE_OVAL, :2]).astype(np.int32))
        cv2.fillConvexPoly(matte, hull, (1.0,))
        return matte

    def _start(self, picture: Picture) -> Any:  # noqa: ANN401  (mediapipe is untyped)
        from mediapipe.python.solutions.selfie_segmentation import SelfieSegmentation

        with quiet_stderr():
            self._model = SelfieSegmentation(model_selection=0)
            return self._model.process(picture)


def _guided(guide: FloatMap, mask: FloatMap, radius: int) -> FloatMap:
    """Guided filter (He et al., TPAMI 2013)."""

    def mean(values: FloatMap) -> FloatMap:
        size = (2 * radius + 1, 2 * radius + 1)
        blurred = cv2.boxFilter(values, -1, size, borderType=cv2.BORDER_REFLECT)
        return np.asarray(blurred, np.float32)

    mean_guide, mean_mask = mean(guide), mean(mask)
    covariance = mean(guide * mask) - mean_guide * mean_mask
    variance = mean(guide * guide) - mean_guide * mean_guide
    slope = covariance / (variance + _GUIDE_EPSILON)
    return np.asarray(mean(slope) * guide + mean(mean_mask - slope * mean_guide), np.float32)

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.face.facemesh import FaceMeshTracker
from core.face.tracker import Face


@pytest.fixture(scope="session")
def tracker() -> FaceMeshTracker:
    return FaceMeshTracker()


@pytest.fixture(scope="session")
def portrait(sample_portrait) -> NDArray[np.uint8]:
    """The upper part of the bundled portrait, uint8 RGB [480, 480, 3]: one frontal face."""
    rgb = cv2.imread(str(sample_portrait))[..., ::-1]
    side = rgb.shape[1]
    return np.ascontiguousarray(cv2.resize(rgb[:side], (480, 480), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="session")
def portrait_face(tracker, portrait) -> Face:
    (face,) = tracker.detect(portrait)
    return face

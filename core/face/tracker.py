"""What the rest of the program knows about face tracking; the back ends live beside this module.

Landmarks are the 478 FaceMesh points of `core.face.topology` whatever the back end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.base.errors import FaceError
from core.base.progress import Progress
from core.base.registry import Registry

Picture = NDArray[np.uint8]
MIN_SCORE: Final = 0.55
"""Below this score a face is not human. Measured on portraits: people and paintings of people
reach 0.7 to 0.95, dogs, cats and a llama stay below 0.4."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One tracked face.

    Attributes:
        points: float32 [478, 3], pixels; x right, y down, z away from the viewer in the scale of
            x. Pixel centres lie at integers.
        box: x0, y0, x1, y1 of the landmarks, pixels.
        score: how sure the detector is that this is a human face, 0..1.
    """

    points: NDArray[np.float32]
    box: tuple[float, float, float, float]
    score: float

    @property
    def size(self) -> float:
        """The longer side of the box, pixels."""
        return max(self.box[2] - self.box[0], self.box[3] - self.box[1])


def box_of(points: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 of landmarks [N, ≥2], pixels."""
    (x0, y0), (x1, y1) = points[:, :2].min(0), points[:, :2].max(0)
    return float(x0), float(y0), float(x1), float(y1)


class FaceTracker(Protocol):
    """Finds and follows faces. One instance serves one thread."""

    def detect(
        self,
        rgb: Picture,
        progress: Progress | None = None,
        *,
        min_score: float = MIN_SCORE,
    ) -> list[Face]:
        """All faces of a still uint8 [H, W, 3], the largest first; empty when there are none.

        Args:
            rgb: the picture, any size.
            progress: checked now and then.
            min_score: faces below this score are left out; 0 keeps faces of animals.
        """

    def track(
        self, frames: Iterable[Picture], progress: Progress | None = None, *, face: int = 0
    ) -> Iterator[Face | None]:
        """Follows one face through consecutive frames; yields None where it is not seen.

        Args:
            frames: uint8 [H, W, 3] each, consumed one at a time.
            progress: checked once per frame.
            face: which face of the first frame that shows any, 0 = the largest.
        """


DEFAULT_TRACKER: Final = "facemesh"
TRACKERS: Final = Registry("face tracker")
TRACKERS.register(DEFAULT_TRACKER, "core.face.facemesh:FaceMeshTracker")
TRACKERS.register("face-alignment", "core.face.alignment:AlignmentTracker")


def create_tracker(name: str = DEFAULT_TRACKER) -> FaceTracker:
    """A fresh tracker; imports its back end.

    Raises:
        FaceError: there is no tracker of this name, or its weights are missing.
    """
    if name not in TRACKERS:
        raise FaceError(f"There is no face tracker “{name}”: choose one of {', '.join(TRACKERS)}.")
    tracker: FaceTracker = TRACKERS.load(name)()
    return tracker

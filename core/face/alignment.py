"""The second face tracker: face-alignment's 2DFAN-4, 68 landmarks, used once its weights are here.

Bulat and Tzimiropoulos, "How far are we from solving the 2D & 3D face alignment problem?", ICCV
2017. Slower than FaceMesh by far, but it does not give up on faces that FaceMesh refuses. Nothing
is ever downloaded.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.base.errors import FaceError
from core.base.progress import Progress
from core.face.detector import FaceDetector
from core.face.lift import lift
from core.face.tracker import MIN_SCORE, Face, Picture, box_of

WEIGHTS: Final = "2DFAN4-11f355bf06.pth.tar"
_BROW_SHARE: Final = 0.2  # the network's boxes begin this share of the face above the landmarks
_SAME_FACE: Final = 0.5  # centres closer than this share of the face are one face

Box = tuple[float, float, float, float]


def weights_path() -> Path:
    """Where torch keeps downloaded weights, with face-alignment's file name."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    home = os.environ.get("TORCH_HOME") or Path(cache) / "torch"
    return Path(home) / "hub" / "checkpoints" / WEIGHTS


class AlignmentTracker:
    """Implements `core.face.tracker.FaceTracker`.

    Raises:
        FaceError: the weights are not on disk.
    """

    def __init__(self) -> None:
        path = weights_path()
        if not path.is_file():
            raise FaceError(
                f"The face tracker “face-alignment” has no weights: put {WEIGHTS} into "
                f"{path.parent}, or use the tracker “facemesh”, which needs none."
            )
        self._detector = FaceDetector()
        self._network = _load_network()

    def detect(
        self,
        rgb: Picture,
        progress: Progress | None = None,
        *,
        min_score: float = MIN_SCORE,
    ) -> list[Face]:
        """All faces of a still, the largest first; see the protocol."""
        faces: list[Face] = []
        for region in self._detector.regions(rgb, progress):
            if progress is not None:
                progress.check()
            half = region.side / 2
            box = (region.x - half, region.y - half, region.x + half, region.y + half)
            face = self._face(rgb, box)
            is_new = all(_distance(face, other) > _SAME_FACE * other.size for other in faces)
            if is_new and face.score >= min_score:
                faces.append(face)
        return sorted(faces, key=lambda f: -f.size)

    def track(
        self, frames: Iterable[Picture], progress: Progress | None = None, *, face: int = 0
    ) -> Iterator[Face | None]:
        """Follows one face through a clip; see the protocol."""
        last: Face | None = None
        is_lost = True
        for rgb in frames:
            if progress is not None:
                progress.check()
            if is_lost or last is None:
                found = self._found_again(self.detect(rgb, progress), last, face)
            else:
                found = self._face(rgb, _network_box(last))
            is_lost = found is None or found.score < MIN_SCORE
            if found is not None and not is_lost:
                last = found
            yield None if is_lost else found

    def _found_again(self, faces: list[Face], last: Face | None, number: int) -> Face | None:
        """The face of this number at first, later the one nearest to where it was."""
        if not faces:
            return None
        if last is None:
            return faces[min(number, len(faces) - 1)]
        return min(faces, key=lambda f: _distance(f, last))

    def _face(self, rgb: Picture, box: Box) -> Face:
        found = self._network.get_landmarks_from_image(rgb, detected_faces=[np.array([*box, 1.0])])
        points = lift(np.asarray(found[0], np.float64)[:, :2])
        return Face(points, box_of(points), self._detector.score(rgb, points))


def _load_network() -> Any:  # noqa: ANN401  (face_alignment is untyped)
    import torch
    from face_alignment import FaceAlignment, LandmarksType

    return FaceAlignment(
        LandmarksType.TWO_D,
        device="cuda" if torch.cuda.is_available() else "cpu",
        face_detector="folder",  # faces come from our own detector, which needs no download
        compile=False,
    )


def _network_box(face: Face) -> Box:
    """The box that the network expects around a face that has been found."""
    x0, y0, x1, y1 = face.box
    return x0, y0 + _BROW_SHARE * (y1 - y0), x1, y1


def _distance(a: Face, b: Face) -> float:
    ax, ay = (a.box[0] + a.box[2]) / 2, (a.box[1] + a.box[3]) / 2
    bx, by = (b.box[0] + b.box[2]) / 2, (b.box[1] + b.box[3]) / 2
    return float(np.hypot(ax - bx, ay - by))

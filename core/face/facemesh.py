"""The default face tracker: mediapipe's FaceMesh with irises, offline, its models in the wheel.

FaceMesh looks at faces in 192 px; larger ones are shrunk well beforehand, because it samples
without smoothing and its landmarks would tremble. Its video mode follows the landmarks of the
previous frame, which is what makes them stable.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.face.detector import FaceDetector, Region, shrink
from core.face.quiet import quiet_stderr
from core.face.tracker import MIN_SCORE, Face, Picture, box_of

Landmarks = NDArray[np.float32]

_FACE_PX: Final = 240.0  # face size that is handed to FaceMesh
_SIZE_SLACK: Final = 1.5  # how far the face may leave that size before the frame scale changes
_CROP_SHARE: Final = 2.2  # side of a still's crop in detected face sizes
_SETTLING_PASSES: Final = 3  # passes over a still until video mode has settled on its landmarks
_THOROUGH_EVERY: Final = 12  # frames between searches for small faces
_GREY: Final = (128, 128, 128)


def _landmarks(result: Any, width: int, height: int) -> list[Landmarks]:  # noqa: ANN401
    """FaceMesh's normalised output as float32 [478, 3] pixels with centres at integers."""
    found = []
    for face in result.multi_face_landmarks or ():
        points = np.array([(p.x, p.y, p.z) for p in face.landmark], np.float64)
        points *= (width, height, width)
        points[:, :2] -= 0.5
        found.append(points.astype(np.float32))
    return found


class FaceMeshTracker:
    """Implements `core.face.tracker.FaceTracker`."""

    def __init__(self) -> None:
        self._detector = FaceDetector()

    def detect(
        self,
        rgb: Picture,
        progress: Progress | None = None,
        *,
        min_score: float = MIN_SCORE,
    ) -> list[Face]:
        """All faces of a still, the largest first; see the protocol."""
        regions = self._detector.regions(rgb, progress)
        return self._faces(rgb, regions, progress, min_score)

    def _faces(
        self, rgb: Picture, regions: list[Region], progress: Progress | None, min_score: float
    ) -> list[Face]:
        faces: list[Face] = []
        mesh: _Mesh | None = None
        for region in regions:
            if progress is not None:
                progress.check()
            mesh = mesh or _Mesh(1)
            points = mesh.settle(rgb, region)
            if points is None or any(_is_same(box_of(points), f.box) for f in faces):
                continue
            score = self._detector.score(rgb, points)
            if score >= min_score:
                faces.append(Face(points, box_of(points), score))
        if mesh is not None:
            mesh.close()
        return sorted(faces, key=lambda f: -f.size)

    def track(
        self, frames: Iterable[Picture], progress: Progress | None = None, *, face: int = 0
    ) -> Iterator[Face | None]:
        """Follows one face through a clip; see the protocol."""
        mesh: _Mesh | None = None
        last: Face | None = None
        is_lost = False
        try:
            for index, rgb in enumerate(frames):
                if progress is not None:
                    progress.check()
                if mesh is None or last is None:
                    faces = self._first_faces(rgb, index)
                    if not faces:
                        yield None
                        continue
                    last = faces[min(face, len(faces) - 1)]
                    mesh = _Mesh(len(faces))
                points = _nearest(mesh.points(rgb, last.size), last, mesh.n_faces)
                score = last.score
                if points is not None and is_lost:  # it may have come back to something else
                    score = self._detector.score(rgb, points)
                is_lost = points is None or score < MIN_SCORE
                if points is None or is_lost:
                    yield None
                    continue
                last = Face(points, box_of(points), score)
                yield last
        finally:
            if mesh is not None:
                mesh.close()

    def _first_faces(self, rgb: Picture, index: int) -> list[Face]:
        """Faces of a frame while none is known; small ones are searched for now and then."""
        thorough = index % _THOROUGH_EVERY == 0
        return self._faces(rgb, self._detector.regions(rgb, tiles=thorough), None, MIN_SCORE)


def _is_same(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    """Whether two boxes belong to one face: their centres lie within half a face."""
    distance = np.hypot(*(_centre(a) - _centre(b)))
    return bool(distance < 0.5 * min(b[2] - b[0], b[3] - b[1]))


def _nearest(candidates: list[Landmarks], last: Face, n_faces: int) -> Landmarks | None:
    """The candidate closest to where the face was; among several faces it must be close by."""
    centre = _centre(last.box)
    best, best_distance = None, np.inf
    for points in candidates:
        distance = float(np.hypot(*(_centre(box_of(points)) - centre)))
        if distance < best_distance:
            best, best_distance = points, distance
    return None if n_faces > 1 and best_distance > last.size else best


def _centre(box: tuple[float, float, float, float]) -> NDArray[np.float64]:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


class _Mesh:
    """One running FaceMesh graph in video mode, with the frame size that suits the face."""

    def __init__(self, n_faces: int) -> None:
        self.n_faces = n_faces
        self._graph: Any = None
        self._share = 0.0  # frame pixels handed over per pixel of the clip

    def points(self, rgb: Picture, face_px: float) -> list[Landmarks]:
        """Landmarks of every face in a frame in which faces are about `face_px` large."""
        wanted = min(1.0, _FACE_PX / max(face_px, 1.0))
        if not self._share / _SIZE_SLACK < wanted < self._share * _SIZE_SLACK:
            self._share = wanted
        small = shrink(rgb, max(rgb.shape[:2]) * self._share)
        result = self._start(small) if self._graph is None else self._graph.process(small)
        height, width = rgb.shape[:2]
        return _landmarks(result, width, height)

    def _start(self, rgb: Picture) -> Any:  # noqa: ANN401  (mediapipe is untyped)
        from mediapipe.python.solutions.face_mesh import FaceMesh

        with quiet_stderr():  # the graph's threads complain until the first frame is through
            self._graph = FaceMesh(max_num_faces=self.n_faces, refine_landmarks=True)
            return self._graph.process(rgb)

    def settle(self, rgb: Picture, region: Region) -> Landmarks | None:
        """Landmarks of the face in one region of a still, as video mode would settle on them."""
        x0, y0 = (int(np.floor(v - region.side * _CROP_SHARE / 2)) for v in (region.x, region.y))
        side = int(np.ceil(region.side * _CROP_SHARE))
        crop = _padded_crop(rgb, x0, y0, side)
        self.close()
        found: list[Landmarks] = []
        for _ in range(_SETTLING_PASSES):
            found = self.points(crop, region.side)
        return found[0] + np.array([x0, y0, 0], np.float32) if found else None

    def close(self) -> None:
        """Frees the graph; the next frame starts another, without memory of this one."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None


def _padded_crop(rgb: Picture, x0: int, y0: int, side: int) -> Picture:
    """A square part of a picture, grey beyond its border."""
    crop = np.full((side, side, 3), _GREY, np.uint8)
    x1, y1 = min(x0 + side, rgb.shape[1]), min(y0 + side, rgb.shape[0])
    left, top = max(x0, 0), max(y0, 0)
    crop[top - y0 : y1 - y0, left - x0 : x1 - x0] = rgb[top:y1, left:x1]
    return crop

"""Looks at a film the way a stranger would: decodes it, tracks the face again, measures.

Nothing that went into the film is known here. Heavy (a tracker runs on every frame).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from core.base.controls import BoolArray, FloatArray
from core.base.errors import FaceError
from core.base.progress import Progress
from core.bench.measure import Flicker, Picture, sharpness, square_crop
from core.face.measures import Measures, measure
from core.face.tracker import Face, create_tracker
from core.media.image import read_image
from core.media.video import read_frames

FILM_SIDE_PX: Final = 512
_VIEW_CROP: Final = 2.3  # side of the flicker's square in face heights, as in an engine's face view
_VIEW_SIDE_PX: Final = 256


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What tracking found in a film of T frames.

    Attributes:
        measures: Curves [T] of the face's measures; values of frames without a face repeat
            their neighbours.
        valid: bool [T]: where a face was found.
        sharpness: float32 [T]: see `core.bench.measure.sharpness`; NaN without a face.
        flicker: float32 [T]: see `core.bench.measure.Flicker`; NaN where there is none.
    """

    measures: Measures
    valid: BoolArray
    sharpness: FloatArray
    flicker: FloatArray

    def __len__(self) -> int:
        return len(self.valid)


def observe_film(
    path: Path, rate: Fraction, seconds: float | None, progress: Progress
) -> Observation:
    """Decodes a film from its start at `rate` and tracks the largest face.

    Raises:
        MediaError: the film cannot be read.
        FaceError: no frame shows a face.
    """
    return observe(read_frames(path, rate, duration=seconds), path.name, progress)


def observe_still(path: Path) -> tuple[Measures, float]:
    """The measures [1] of a portrait, and the sharpness of its face as a face view shows it.

    The view is a plain crop at the size of the film, so that the portrait's resolution is no part
    of the comparison.

    Raises:
        MediaError: the picture cannot be read.
        FaceError: it shows no face.
    """
    rgb = read_image(path).rgb
    faces = create_tracker().detect(rgb)
    if not faces:
        raise FaceError(f"No face was found in {path}: choose another portrait.")
    x0, y0, x1, y1 = faces[0].box
    side = _VIEW_CROP * (y1 - y0)
    shown = square_crop(rgb, ((x0 + x1) / 2, (y0 + y1) / 2), side, FILM_SIDE_PX)
    width, height = (FILM_SIDE_PX / side * length for length in (x1 - x0, y1 - y0))
    middle = FILM_SIDE_PX / 2
    box = (middle - width / 2, middle - height / 2, middle + width / 2, middle + height / 2)
    return measure(faces[0].points[None]), sharpness(shown, box)


def observe(frames: Iterable[Picture], name: str, progress: Progress) -> Observation:
    """Tracks the largest face through frames uint8 [H, W, 3].

    Raises:
        FaceError: no frame shows a face.
    """
    waiting: deque[Picture] = deque()

    def remembered() -> Iterator[Picture]:
        for frame in frames:
            waiting.append(frame)
            yield frame

    faces: list[Face | None] = []
    sharp: list[float] = []
    flicker = Flicker()
    home: Face | None = None
    for done, face in enumerate(create_tracker().track(remembered(), progress), 1):
        frame = waiting.popleft()
        home = home or face
        faces.append(face)
        sharp.append(sharpness(frame, face.box) if face else float("nan"))
        flicker.add(_view(frame, home) if home else square_crop(frame, (0.0, 0.0), 2, 2))
        progress.report(f"Watching {name}", done)
    if home is None:
        raise FaceError(f"No face was found in {name}: choose another clip.")
    points, valid = _filled(faces)
    return Observation(measure(points), valid, np.array(sharp, np.float32), flicker.values)


def _view(frame: Picture, home: Face) -> Picture:
    """The square that an engine's face view would show of `home`."""
    x0, y0, x1, y1 = home.box
    side = _VIEW_CROP * (y1 - y0)
    return square_crop(frame, ((x0 + x1) / 2, (y0 + y1) / 2), side, _VIEW_SIDE_PX)


def _filled(faces: list[Face | None]) -> tuple[FloatArray, BoolArray]:
    """Landmarks [T, 478, 3] with gaps filled by the nearest frame before (else after), valid."""
    valid = np.array([face is not None for face in faces])
    seen = np.flatnonzero(valid)
    nearest = seen[np.maximum(np.searchsorted(seen, np.arange(len(faces)), "right") - 1, 0)]
    points = np.stack([face.points for i in nearest.tolist() if (face := faces[i]) is not None])
    return points.astype(np.float32), valid

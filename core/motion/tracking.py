"""Finds one face in every frame of a clip."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import BoolArray
from core.base.errors import FaceError, MediaError
from core.base.progress import Progress
from core.face.crop import WHOLE, Box, looking_through
from core.face.tracker import Face, FaceTracker, Picture, create_tracker
from core.media.image import is_still, read_image
from core.media.probe import VideoInfo, probe
from core.media.video import count_frames, read_frames

STAGE: Final = "Tracking"

_MAX_RATE = Fraction(60)
_MAX_SIDE = 1280  # a face that is a tenth of the picture still has all that FaceMesh can use
_PEEKED, _PEEK_EVERY = 25, 12


@dataclass(frozen=True, slots=True, eq=False)
class TrackedClip:
    """Where a face is in a clip.

    Attributes:
        points: float32 [T, 478, 3], pixels of `clip_frames`; zero where no face is seen.
        valid: bool [T]: where one is seen; somewhere it is.
        n_faces: How many faces the first frame with any shows.
    """

    points: NDArray[np.float32]
    valid: BoolArray
    n_faces: int


def clip_rate(path: Path, wanted: Fraction | None = None) -> Fraction:
    """Frames per second at which a clip is tracked: its own, at most 60.

    Args:
        path: A video, GIF, folder of numbered pictures or still.
        wanted: Taken for folders of pictures, which have no rate of their own.

    Raises:
        MediaError: the file cannot be read or holds no pictures.
    """
    info = probe(path).video
    if info is None:
        raise MediaError(f"“{path.name}” holds no pictures: choose a video that shows a face.")
    if path.is_dir() and wanted is not None:
        return wanted
    return _steady_rate(info)


@dataclass(frozen=True, slots=True, eq=False)
class FoundFaces:
    """The faces that can be chosen from, in the frame in which they are numbered.

    Attributes:
        picture: uint8 RGB [H, W, 3]; a still is its own frame.
        faces: The largest first; empty when none is seen.
    """

    picture: Picture
    faces: tuple[Face, ...]


def find_faces(
    path: Path,
    *,
    tracker: str = "facemesh",
    crop: Box | None = None,
    progress: Progress | None = None,
) -> FoundFaces:
    """The faces of a picture or of a clip's first frames, numbered as `track_clip` does.

    Raises:
        MediaError: the file cannot be read or shows nothing.
        FaceError: there is no such tracker.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    looking = looking_through(create_tracker(tracker), crop)
    if is_still(path):
        rgb = read_image(path).rgb
        return FoundFaces(rgb, tuple(looking.detect(rgb, progress)))
    first, faces = _peek(clip_frames(path, clip_rate(path), crop), looking, progress)
    if not first:
        raise MediaError(f"“{path.name}” holds no pictures: choose a video that shows a face.")
    return FoundFaces(first[-1] if faces else first[0], tuple(faces))


def clip_frames(path: Path, rate: Fraction, crop: Box | None = None) -> Iterator[Picture]:
    """The frames of a clip as they are tracked, uint8 [H, W, 3]; a still is one frame.

    With a `crop` they are so large that the part that is looked at has enough pixels.

    Raises:
        MediaError: the file cannot be read.
    """
    if is_still(path):
        return iter([read_image(path).rgb])
    left, top, right, bottom = crop or WHOLE
    side = round(_MAX_SIDE / max(right - left, bottom - top))
    return read_frames(path, rate, max_side=side)


def track_clip(
    path: Path,
    rate: Fraction,
    face: int,
    tracker: FaceTracker,
    progress: Progress,
    *,
    crop: Box | None = None,
) -> TrackedClip:
    """Follows a face through a clip.

    Args:
        path: As for `clip_rate`.
        rate: Of that function.
        face: Number of the face, largest first from 0, within the crop.
        tracker: Finds it.
        progress: Reports frames.
        crop: The only part of the pictures that is looked at.

    Raises:
        MediaError: the file cannot be read.
        FaceError: no face is seen in the whole clip, or none has that number.
        Cancelled: the work was cancelled.
    """
    tracker = looking_through(tracker, crop)
    if is_still(path):
        rgb = read_image(path).rgb
        faces = tracker.detect(rgb, progress)
        _check_face(path, face, faces)
        return _tracked(path, [faces[face]], len(faces))
    total = count_frames(path, rate)
    frames = clip_frames(path, rate, crop)
    first, faces = _peek(frames, tracker, progress)
    if faces:
        _check_face(path, face, faces)
    seen = []
    for found in tracker.track(_chained(first, frames), progress, face=face):
        seen.append(found)
        progress.report(STAGE, len(seen), max(total, len(seen)))
    return _tracked(path, seen, len(faces))


def _steady_rate(info: VideoInfo) -> Fraction:
    rate = max(info.rate, Fraction(25)) if info.is_variable else info.rate
    return min(rate, _MAX_RATE)


def _tracked(path: Path, seen: list[Face | None], n_faces: int) -> TrackedClip:
    valid: BoolArray = np.array([face is not None for face in seen], np.bool_)
    if not valid.any():
        raise _faceless(path)
    points = np.zeros((len(seen), *next(f for f in seen if f is not None).points.shape), np.float32)
    for i, face in enumerate(seen):
        if face is not None:
            points[i] = face.points
    return TrackedClip(points, valid, n_faces)


def _peek(
    frames: Iterator[Picture], tracker: FaceTracker, progress: Progress
) -> tuple[list[Picture], list[Face]]:
    """The first frames up to one that shows faces, and these faces."""
    first: list[Picture] = []
    for i, frame in enumerate(itertools.islice(frames, _PEEKED)):
        first.append(frame)
        if i % _PEEK_EVERY == 0 and (faces := tracker.detect(frame, progress)):
            return first, faces
        progress.check()
    return first, []


def _chained(first: list[Picture], rest: Iterator[Picture]) -> Iterator[Picture]:
    while first:
        yield first.pop(0)
    yield from rest


def _check_face(path: Path, face: int, faces: list[Face]) -> None:
    if 0 <= face < len(faces):
        return
    if not faces:
        raise _faceless(path)
    count = "one face, face 0" if len(faces) == 1 else f"the faces 0 to {len(faces) - 1}"
    raise FaceError(f"There is no face {face} in “{path.name}”: it shows {count}.")


def _faceless(path: Path) -> FaceError:
    return FaceError(f"No face was found in “{path.name}”: choose a clip that shows one.")

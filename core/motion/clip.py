"""A driving clip becomes motion: tracked once, solved to controls, cached by content.

The result holds all four factors, so that one clip can feed several tracks of the timeline.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.base.cache import ArrayCache
from core.base.content import content_key, sha256_file
from core.base.controls import FACTOR_SLICE, REST, BoolArray, Factor, FloatArray
from core.base.errors import FaceError, MediaError, MotionError
from core.base.progress import Progress
from core.base.time import FrameRange
from core.face.tracker import Face, FaceTracker, create_tracker
from core.media.image import is_still, read_image
from core.media.probe import VideoInfo, probe
from core.media.video import count_frames, read_frames
from core.motion.gaps import fill_gaps
from core.motion.livelink import read_live_link
from core.motion.motion import Motion
from core.motion.neutral import find_neutral
from core.motion.track import FactorTrack

STAGE: Final = "Tracking"
VERSION: Final = 7
"""Part of the cache key: raise it whenever extraction gives other numbers."""

_MAX_RATE = Fraction(60)
_MAX_SIDE = 1280  # a face that is a tenth of the picture still has all that FaceMesh can use
_PEEKED, _PEEK_EVERY = 25, 12
_PACKAGES = {"facemesh": "mediapipe", "face-alignment": "face-alignment"}
_Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class ClipMotion:
    """What a driving clip gives.

    Attributes:
        name: The clip's file name, for messages.
        tracks: One track per factor that the clip has, without holes; frames in `marked` are
            invalid. Absolute values with the clip's own neutral frame: see `retarget`.
        marked: Gaps without a face that were too long to bridge, in the tracks' frames.
        notes: Sentences for the user.
    """

    name: str
    tracks: Mapping[Factor, FactorTrack]
    marked: tuple[FrameRange, ...]
    notes: tuple[str, ...]

    def track(self, factor: Factor) -> FactorTrack:
        """The track of one factor.

        Raises:
            MotionError: the clip does not have it.
        """
        if factor not in self.tracks:
            raise MotionError(
                f"“{self.name}” holds no motion for {factor.value.replace('_', ' ')}: choose "
                "another clip for it."
            )
        return self.tracks[factor]

    def as_motion(self) -> tuple[Motion, BoolArray]:
        """All factors side by side as they were solved, and bool [N]: where a face was seen.

        Factors that the clip does not have rest; head angles are the driver's own.
        """
        one = next(iter(self.tracks.values()))
        controls = np.tile(REST, (len(one), 1))
        for factor, track in self.tracks.items():
            controls[:, FACTOR_SLICE[factor]] = track.values
        return Motion(controls, one.rate), one.valid


@dataclass(frozen=True, slots=True, eq=False)
class _Tracked:
    """Raw extraction: what the cache holds."""

    tracks: dict[Factor, FactorTrack]
    n_faces: int


def extract_clip(
    path: Path,
    rate: Fraction | None = None,
    *,
    face: int | None = None,
    tracker: str = "facemesh",
    cache: ArrayCache | None = None,
    progress: Progress | None = None,
) -> ClipMotion:
    """The motion of one face in a clip.

    Args:
        path: a video, GIF, folder of numbered pictures, still picture (a held pose of one frame)
            or Live Link Face CSV.
        rate: frames per second of the result; None keeps the clip's own (at most 60). Folders
            of pictures are taken one picture per frame.
        face: number of the face, largest first from 0, where several are seen; None takes the
            largest and says so. The same face is followed through the clip.
        tracker: name of the face tracker.
        cache: where extracted motion is kept.
        progress: reports frames and notes.

    Raises:
        MediaError: the file cannot be read.
        FaceError: no face is seen in the whole clip, or none has that number.
        MotionError: a damaged CSV.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    if path.suffix.lower() == ".csv":
        recording = read_live_link(path, progress)
        return _finished(path, recording.tracks, recording.notes, rate, progress)
    own_rate = _own_rate(path, rate)
    key = _key(path, own_rate, face or 0, tracker)
    tracked = None if cache is None else _load(cache, key)
    if tracked is None:
        tracked = _extract(path, own_rate, face or 0, create_tracker(tracker), progress)
        if cache is not None:
            _save(cache, key, tracked)
    notes = []
    if tracked.n_faces > 1 and face is None:
        notes.append(
            f"“{path.name}” shows {tracked.n_faces} faces: the largest is followed (face 0); "
            f"the others are faces 1 to {tracked.n_faces - 1}."
        )
    return _finished(path, tracked.tracks, notes, rate, progress)


def _finished(
    path: Path,
    tracks: Mapping[Factor, FactorTrack],
    notes: list[str] | tuple[str, ...],
    rate: Fraction | None,
    progress: Progress,
) -> ClipMotion:
    filled = {factor: fill_gaps(track) for factor, track in tracks.items()}
    one = next(iter(filled.values()))
    marked = one.marked
    if rate is not None:
        ratio = rate / one.track.rate
        marked = tuple(FrameRange(int(g.start * ratio), int(g.stop * ratio)) for g in marked)
    notes = (*notes, *([one.note] if one.note else []))
    for note in notes:
        progress.note(note)
    result = {
        factor: f.track if rate is None else f.track.resampled(rate) for factor, f in filled.items()
    }
    return ClipMotion(path.name, result, marked, notes)


def _own_rate(path: Path, wanted: Fraction | None) -> Fraction:
    """The rate at which the clip is tracked."""
    info = probe(path).video
    if info is None:
        raise MediaError(f"“{path.name}” holds no pictures: choose a video that shows a face.")
    if path.is_dir() and wanted is not None:
        return wanted
    return _steady_rate(info)


def _steady_rate(info: VideoInfo) -> Fraction:
    rate = max(info.rate, Fraction(25)) if info.is_variable else info.rate
    return min(rate, _MAX_RATE)


def _key(path: Path, rate: Fraction, face: int, tracker: str) -> str:
    try:
        tracker_version = metadata.version(_PACKAGES.get(tracker, tracker))
    except metadata.PackageNotFoundError:
        tracker_version = ""
    return content_key(
        kind="clip",
        version=VERSION,
        sha256=sha256_file(path),
        rate=str(rate),
        face=face,
        tracker=tracker,
        tracker_version=tracker_version,
    )


def _extract(
    path: Path, rate: Fraction, face: int, tracker: FaceTracker, progress: Progress
) -> _Tracked:
    if is_still(path):
        rgb = read_image(path).rgb
        faces = tracker.detect(rgb, progress)
        _check_face(path, face, faces)
        seen: list[Face | None] = [faces[face]]
        return _solved(path, seen, rate, len(faces), progress)
    total = count_frames(path, rate)
    frames = read_frames(path, rate, max_side=_MAX_SIDE)
    first: list[_Picture] = []
    faces = []
    for i, frame in enumerate(itertools.islice(frames, _PEEKED)):
        first.append(frame)
        if i % _PEEK_EVERY == 0 and (faces := tracker.detect(frame, progress)):
            break
        progress.check()
    if faces:
        _check_face(path, face, faces)
    seen = []
    for found in tracker.track(_chained(first, frames), progress, face=face):
        seen.append(found)
        progress.report(STAGE, len(seen), max(total, len(seen)))
    return _solved(path, seen, rate, len(faces), progress)


def _chained(first: list[_Picture], rest: Iterator[_Picture]) -> Iterator[_Picture]:
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


def _solved(
    path: Path,
    seen: list[Face | None],
    rate: Fraction,
    n_faces: int,
    progress: Progress,
) -> _Tracked:
    from core.face.solver import solve

    valid: BoolArray = np.array([face is not None for face in seen], np.bool_)
    if not valid.any():
        raise _faceless(path)
    points = np.zeros((len(seen), *next(f for f in seen if f is not None).points.shape), np.float32)
    for i, face in enumerate(seen):
        if face is not None:
            points[i] = face.points
    progress.check()
    controls = solve(points, valid, rate=float(rate)).controls
    return _Tracked(split_controls(controls, valid, rate, f"“{path.name}”"), n_faces)


def split_controls(
    controls: FloatArray, valid: BoolArray, rate: Fraction, provenance: str
) -> dict[Factor, FactorTrack]:
    """Solved controls [T, 58] as one track per factor, with the clip's neutral frame found."""
    neutral = find_neutral(controls, valid, float(rate))
    return {
        factor: FactorTrack(
            factor, controls[:, FACTOR_SLICE[factor]], valid, rate, provenance, neutral
        )
        for factor in Factor
    }


def _save(cache: ArrayCache, key: str, tracked: _Tracked) -> None:
    arrays: dict[str, NDArray[Any]] = {"n_faces": np.array([tracked.n_faces], np.int64)}
    for factor, track in tracked.tracks.items():
        arrays |= track.to_arrays(f"{factor}.")
    cache.put(key, arrays)


def _load(cache: ArrayCache, key: str) -> _Tracked | None:
    arrays = cache.get(key)
    if arrays is None or "n_faces" not in arrays:
        return None
    tracks = {}
    for factor in Factor:
        track = FactorTrack.from_arrays(arrays, f"{factor}.")
        if track is None:
            return None
        tracks[factor] = track
    return _Tracked(tracks, int(arrays["n_faces"][0]))

"""A driving clip becomes motion: tracked once, solved to controls, cached by content.

The result holds all four factors, so that one clip can feed several tracks of the timeline.
"""

from collections.abc import Mapping
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
from core.base.errors import MotionError
from core.base.progress import Progress
from core.base.time import FrameRange
from core.face.crop import Box
from core.face.tracker import create_tracker
from core.motion.gaps import fill_gaps
from core.motion.livelink import read_live_link
from core.motion.motion import Motion
from core.motion.neutral import find_neutral
from core.motion.track import FactorTrack
from core.motion.tracking import TrackedClip, clip_rate, track_clip

VERSION: Final = 7
"""Part of the cache key: raise it whenever extraction gives other numbers."""

_PACKAGES = {"facemesh": "mediapipe", "face-alignment": "face-alignment"}


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
    crop: Box | None = None,
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
        crop: the only part of the pictures that is looked at; faces are numbered within it.
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
    own_rate = clip_rate(path, rate)
    key = _key(path, own_rate, face or 0, tracker, crop)
    tracked = None if cache is None else _load(cache, key)
    if tracked is None:
        looking = create_tracker(tracker)
        seen = track_clip(path, own_rate, face or 0, looking, progress, crop=crop)
        tracked = _solved(path, seen, own_rate, progress)
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


def _key(path: Path, rate: Fraction, face: int, tracker: str, crop: Box | None) -> str:
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
        crop=None if crop is None else repr(crop),
    )


def _solved(path: Path, tracked: TrackedClip, rate: Fraction, progress: Progress) -> _Tracked:
    from core.face.solver import solve

    progress.check()
    controls = solve(tracked.points, tracked.valid, rate=float(rate)).controls
    tracks = split_controls(controls, tracked.valid, rate, f"“{path.name}”")
    return _Tracked(tracks, tracked.n_faces)


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

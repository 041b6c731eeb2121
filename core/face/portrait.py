"""Finds the face that a portrait is about, or says in one sentence why it cannot be animated."""

from typing import Final

import numpy as np

from core.base.errors import FaceError
from core.base.progress import Progress
from core.face.canonical import FRONTAL_PITCH_DEG
from core.face.measures import rigid_fit
from core.face.pose import Pose, pose_from_rotation
from core.face.topology import FACE_OVAL
from core.face.tracker import MIN_SCORE, Face, FaceTracker, Picture

SURE_SCORE: Final = 0.76
"""Portraits and paintings of people score above 0.81 with FaceMesh, a monkey 0.70."""
MAX_YAW_DEG: Final = 45.0
MAX_PITCH_DEG: Final = 35.0
MIN_FACE_PX: Final = 48.0
"""Below this size a face has no eyes or teeth to animate."""
_OUTSIDE_SHARE: Final = 0.03  # of the face's outline may lie beyond the border
_BORDER_SHARE: Final = 0.02  # of the face's size: this close to the border counts as beyond


def find_portrait_face(
    rgb: Picture,
    tracker: FaceTracker,
    index: int | None = None,
    progress: Progress | None = None,
) -> Face:
    """The face to animate in a picture uint8 [H, W, 3].

    Args:
        rgb: the portrait, any size.
        tracker: finds the faces.
        index: which face, 0 = the largest; None takes the largest that is surely a person's, and
            says so if there are more.
        progress: receives that note.

    Raises:
        FaceError: there is no human face, no face of this number, or it is too small, cut by the
            border or turned too far away.
    """
    candidates = tracker.detect(rgb, progress, min_score=0.0)
    faces = [face for face in candidates if face.score >= MIN_SCORE]
    sure = [face for face in faces if face.score >= SURE_SCORE]
    if not sure:
        raise FaceError(_why_none(candidates))
    if index is not None and not 0 <= index < len(faces):
        raise FaceError(
            f"The picture shows {_count(len(faces))}, so there is no face {index}: "
            f"choose {_choices(len(faces))}."
        )
    face = sure[0] if index is None else faces[index]
    if face not in sure:
        raise FaceError(_why_none([face]))
    _check_usable(rgb, face)
    if index is None and len(faces) > 1 and progress is not None:
        progress.note(
            f"The picture shows {len(faces)} faces; the largest is used "
            f"(choose another with --face {_choices(len(faces), first=1)})."
        )
    return face


def pose_of(face: Face) -> Pose:
    """The direction a face looks in the picture."""
    _, rotation, _ = rigid_fit(face.points)
    yaw, pitch, roll = pose_from_rotation(rotation).tolist()
    return Pose(yaw, pitch, roll)


def _why_none(candidates: list[Face]) -> str:
    if candidates:
        return (
            "The face in the picture does not look like a whole human face, perhaps it is an "
            "animal's or half hidden: choose a portrait of a person seen from the front."
        )
    return (
        "No human face was found in the picture: choose a portrait in which the face is seen "
        "from the front."
    )


def _check_usable(rgb: Picture, face: Face) -> None:
    """Raises FaceError for a face that is too small, cut off or turned away."""
    if face.size < MIN_FACE_PX:
        raise FaceError(
            f"The face is only {face.size:.0f} pixels large, too small to animate: choose a "
            f"picture in which it has at least {MIN_FACE_PX:.0f}."
        )
    if _share_outside(rgb, face) > _OUTSIDE_SHARE:
        raise FaceError(
            "The face is cut by the border of the picture: choose one that shows it whole."
        )
    pose = pose_of(face)
    if abs(pose.yaw) > MAX_YAW_DEG:
        raise FaceError(
            f"The face is turned {abs(pose.yaw):.0f}° to the side, almost a profile: choose a "
            f"picture with at most {MAX_YAW_DEG:.0f}°."
        )
    pitch = pose.pitch - FRONTAL_PITCH_DEG
    if abs(pitch) > MAX_PITCH_DEG:
        raise FaceError(
            f"The face looks {abs(pitch):.0f}° {'up' if pitch > 0 else 'down'}: choose a picture "
            f"with at most {MAX_PITCH_DEG:.0f}°."
        )


def _share_outside(rgb: Picture, face: Face) -> float:
    """Share of the face's outline that lies beyond or upon the picture's border."""
    height, width = rgb.shape[:2]
    margin = _BORDER_SHARE * face.size
    outline = face.points[FACE_OVAL, :2]
    inside = ((outline > margin) & (outline < np.array([width, height]) - 1 - margin)).all(1)
    return 1.0 - float(inside.mean())


def _count(number: int) -> str:
    return "one face" if number == 1 else f"{number} faces"


def _choices(number: int, first: int = 0) -> str:
    last = number - 1
    return str(first) if first >= last else f"{first} to {last}"

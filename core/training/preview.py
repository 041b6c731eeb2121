"""A film of a held-out clip as drawn faces: the person at the left, the spoken face right."""

from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, INDEX, REST, Factor, FloatArray
from core.base.progress import Progress
from core.face.rig import landmarks_3d
from core.face.topology import (
    FACE_OVAL,
    LEFT_BROW,
    LEFT_LOWER_LID,
    LEFT_UPPER_LID,
    LOWER_INNER,
    LOWER_OUTER,
    RIGHT_BROW,
    RIGHT_LOWER_LID,
    RIGHT_UPPER_LID,
    UPPER_INNER,
    UPPER_OUTER,
)
from core.media.encode import Mp4Writer
from core.media.soundtrack import Sound
from core.motion.smoothing import BLINKS as BLINK_CONTROLS
from core.training.dataset import TalkingClip
from core.training.scores import spoken
from models.facial.speaker import BLINKS, EXPRESSION, LIPS, POSE, RATE, Speaker

_SIDE_PX: Final = 256
_PX_PER_CM: Final = 10.0
_CENTRE_CM: Final = (0.0, 3.0)
_LINES: Final = (
    FACE_OVAL, RIGHT_BROW, LEFT_BROW, RIGHT_UPPER_LID, RIGHT_LOWER_LID, LEFT_UPPER_LID,
    LEFT_LOWER_LID, UPPER_OUTER, LOWER_OUTER, UPPER_INNER, LOWER_INNER,
)  # fmt: skip


def write_preview(path: Path, speaker: Speaker, clip: TalkingClip, progress: Progress) -> None:
    """Writes the film with the clip's sound.

    Raises:
        MediaError: the file cannot be written.
        Cancelled: the work was cancelled; no file is left.
    """
    both = [landmarks_3d(controls_of(s)) for s in (clip.person.states, spoken(speaker, clip))]
    n_frames = len(both[0])
    with Mp4Writer(
        path, 2 * _SIDE_PX, _SIDE_PX, Fraction(RATE),
        sounds=(Sound(clip.path),), duration_s=n_frames / RATE,
    ) as writer:  # fmt: skip
        for i in range(n_frames):
            progress.check()
            writer.write(np.concatenate([_drawn(points[i]) for points in both], 1))


def controls_of(states: FloatArray) -> FloatArray:
    """States [T, 46] as control vectors float32 [T, 58]."""
    controls = np.tile(REST, (len(states), 1))
    controls[:, FACTOR_SLICE[Factor.LIPS]] = states[:, LIPS]
    controls[:, FACTOR_SLICE[Factor.EXPRESSION]] = states[:, EXPRESSION]
    controls[:, [INDEX[name] for name in BLINK_CONTROLS]] = states[:, BLINKS]
    controls[:, FACTOR_SLICE[Factor.HEAD_POSE]] += states[:, POSE]
    return controls


def _drawn(points: FloatArray) -> NDArray[np.uint8]:
    """One face [478, 3] in cm as light lines on grey: uint8 [256, 256, 3]."""
    picture = np.full((_SIDE_PX, _SIDE_PX, 3), 40, np.uint8)
    at = (points[:, :2] - _CENTRE_CM) * _PX_PER_CM + _SIDE_PX / 2
    for line in _LINES:
        curve = np.round(at[line]).astype(np.int32)
        cv2.polylines(picture, [curve], False, (230, 230, 230), 1, cv2.LINE_AA)
    return picture

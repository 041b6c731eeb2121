"""From the codes of a whole clip to the generator's motion rows, as published.

Pure numpy; rows are video frames. What a factor is, is a set of columns: see `columns`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.float32]

MOUTH: Final = slice(0, 500)
EXPRESSION: Final = slice(500, 530)
EYES: Final = slice(530, 536)
POSE: Final = slice(536, 542)
N_MOTION: Final = 542
GAZE_DIMS: Final = (2, 3)
"""Columns of the eye code that turn the eyes."""
BLINK_DIMS: Final = (0, 1, 4, 5)
"""Columns of the eye code that close them."""
LEAD_FRAMES: Final = 2
"""Frames at the start of a driving clip that are not used: the sound has no window for them."""

_MOUTH_RADIUS = 1


class Switch(StrEnum):
    """The published demo's factors, each of which can be switched off."""

    MOUTH = "mouth"
    BLINK = "blink"
    GAZE = "gaze"
    EMOTION = "emotion"
    HEAD_POSE = "head_pose"


@dataclass(frozen=True, slots=True)
class Composition:
    """How codes become motion rows; the defaults are the published ones.

    Attributes:
        mouth_gain: Factor of the mouth code.
        eyes_gain: Factor of the eye code.
        expression_gain: Factor of the expression code.
        pose_gain: Factor of the pose code.
        pose_radius: Frames before and after that the pose is averaged with; 0 leaves it alone.
        mouth_sigma: Width in frames of the mouth's 3-tap Gaussian; 0 leaves it alone. Beyond the
            ends the mouth counts as zero.
        off: Factors whose columns become exactly zero.
    """

    mouth_gain: float = 1.5
    eyes_gain: float = 1.2
    expression_gain: float = 1.2
    pose_gain: float = 1.0
    pose_radius: int = 1
    mouth_sigma: float = 1.0
    off: frozenset[Switch] = frozenset()


PUBLISHED: Final = Composition()


def compose(
    *, mouth: Codes, expression: Codes, eyes: Codes, pose: Codes, how: Composition = PUBLISHED
) -> Codes:
    """Motion rows of a clip.

    Args:
        mouth: float32 [N, 500] of the audio encoder or of the motion encoder.
        expression: float32 [N, 30].
        eyes: float32 [N, 6].
        pose: float32 [N, 6].
        how: gains, smoothing, switches.

    Returns:
        float32 [N, 542]: mouth, expression, eyes, pose.

    Raises:
        ValueError: the codes are not equally long.
    """
    rows = np.empty((len(mouth), N_MOTION), np.float32)
    parts = ((MOUTH, mouth), (EXPRESSION, expression), (EYES, eyes), (POSE, pose))
    for part, codes in parts:
        if codes.shape != rows[:, part].shape:
            raise ValueError(f"codes are {codes.shape} instead of {rows[:, part].shape}")
    rows[:, MOUTH] = smooth_mouth(how.mouth_gain * mouth, how.mouth_sigma)
    rows[:, EXPRESSION] = how.expression_gain * expression
    rows[:, EYES] = how.eyes_gain * eyes
    rows[:, POSE] = how.pose_gain * smooth_pose(pose, how.pose_radius)
    for switch in how.off:
        rows[:, columns(switch)] = 0
    return rows


def columns(switch: Switch) -> NDArray[np.intp]:
    """The columns of a motion row that a factor owns; no two factors share one."""
    every = np.arange(N_MOTION)
    return {
        Switch.MOUTH: every[MOUTH],
        Switch.BLINK: every[EYES][list(BLINK_DIMS)],
        Switch.GAZE: every[EYES][list(GAZE_DIMS)],
        Switch.EMOTION: every[EXPRESSION],
        Switch.HEAD_POSE: every[POSE],
    }[switch]


def smooth_pose(pose: Codes, radius: int) -> Codes:
    """Mean of each row and the `radius` rows on both sides, as far as there are any."""
    total, count = np.zeros(pose.shape), np.zeros((len(pose), 1))
    for row in range(-radius, radius + 1):
        here = slice(max(0, -row), max(0, len(pose) - max(0, row)))
        there = slice(max(0, row), max(0, len(pose) + min(0, row)))
        total[here] += pose[there]
        count[here] += 1
    return (total / count).astype(np.float32)


def smooth_mouth(mouth: Codes, sigma: float) -> Codes:
    """A 3-tap Gaussian over time with zeros beyond the ends, which therefore fade."""
    if sigma == 0:
        return mouth
    taps = np.exp(-0.5 * (np.arange(-_MOUTH_RADIUS, _MOUTH_RADIUS + 1) / sigma) ** 2)
    taps /= taps.sum()
    padded = np.pad(mouth.astype(np.float64), ((_MOUTH_RADIUS, _MOUTH_RADIUS), (0, 0)))
    smooth = sum(tap * padded[i : i + len(mouth)] for i, tap in enumerate(taps))
    return np.asarray(smooth, np.float32)


def driver_frames(n_rows: int, n_frames: int) -> NDArray[np.intp]:
    """Which frame of a driving clip of `n_frames` > 2 each row takes: clips wrap round.

    Raises:
        ValueError: the clip is too short.
    """
    if n_frames <= LEAD_FRAMES:
        raise ValueError(f"a driving clip needs more than {LEAD_FRAMES} frames")
    return LEAD_FRAMES + np.arange(n_rows) % (n_frames - LEAD_FRAMES)


def to_picture(image: Codes) -> NDArray[np.uint8]:
    """An image float32 [3, H, W] in -1..1 as uint8 RGB [H, W, 3], truncated as published."""
    levels = (np.clip(image, -1, 1) + 1) / 2 * 255
    return np.ascontiguousarray(levels.transpose(1, 2, 0)).astype(np.uint8)

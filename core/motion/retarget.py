"""Carries motion from the person who made it to the avatar: reference, mode, gain, mirror.

The result is relative to the avatar's rest, as the timeline and the engines expect it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, POSE, Factor, mirror_name
from core.base.errors import MotionError
from core.face.pose import Pose
from core.motion.smoothing import BLINKS
from core.motion.track import FactorTrack

MAX_GAIN: Final = 2.0
_MIRRORED_POSE = ("yaw", "roll", "x")
_Array = NDArray[np.float64]


class Mode(StrEnum):
    """Whether the driver's own rest is taken out of its motion."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


class Anchor(StrEnum):
    """Reference poses that need no frame number."""

    AUTO = "auto"
    FIRST = "first"
    LAST = "last"
    AVERAGE = "average"


Reference = Anchor | int
"""A named reference pose, or a frame of the track counted from 0."""


@dataclass(frozen=True, slots=True)
class Retargeting:
    """How a driving clip is taken over.

    Attributes:
        reference: The driver's pose that stands for the avatar's rest.
        mode: `RELATIVE` takes the difference to the reference. `ABSOLUTE` turns the avatar's
            head to the driver's own angles and takes the other factors as they were solved
            (relative to the clip's neutral face); x, y and scale are relative in both modes.
            The head pose of a still with its automatic reference is absolute in both modes.
        gain: 0..2, how much of the motion.
        mirror: Swap left and right.
    """

    reference: Reference = Anchor.AUTO
    mode: Mode = Mode.RELATIVE
    gain: float = 1.0
    mirror: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.gain <= MAX_GAIN:
            raise MotionError(f"A gain of {self.gain:g} is not possible: choose 0 to {MAX_GAIN:g}.")


def parse_reference(text: str) -> Reference:
    """Reads `auto`, `first`, `last`, `average` or a frame number.

    Raises:
        MotionError: anything else.
    """
    if text in tuple(Anchor):
        return Anchor(text)
    if text.isascii() and text.isdigit():
        return int(text)
    choices = ", ".join(Anchor)
    raise MotionError(f"“{text}” is no reference pose: choose {choices} or a frame number from 0.")


def parse_mode(text: str) -> Mode:
    """Reads `relative` or `absolute`.

    Raises:
        MotionError: anything else.
    """
    try:
        return Mode(text)
    except ValueError:
        choices = " or ".join(Mode)
        raise MotionError(f"“{text}” is no motion mode: choose {choices}.") from None


def reference_values(track: FactorTrack, reference: Reference) -> _Array:
    """float64 [D]: the driver's values that stand for the avatar's rest.

    A track of one frame (a still) has nothing else to compare with: its automatic reference is
    the neutral face itself.

    Raises:
        MotionError: the frame does not exist, or shows no face.
    """
    frames = np.flatnonzero(track.valid)
    values: _Array = track.values.astype(np.float64)
    if isinstance(reference, Anchor):
        if len(frames) == 0 or (reference is Anchor.AUTO and len(track) == 1):
            return track.rest.astype(np.float64)
        if reference is Anchor.AVERAGE:
            return np.asarray(values[frames].mean(0))
        index = {
            Anchor.AUTO: track.neutral or 0,
            Anchor.FIRST: int(frames[0]),
            Anchor.LAST: int(frames[-1]),
        }[reference]
        return np.asarray(values[index])
    if not 0 <= reference < len(track):
        raise MotionError(
            f"Frame {reference} cannot be the reference pose of {track.provenance}: it has the "
            f"frames 0 to {len(track) - 1} at {float(track.rate):g} fps; choose one of them."
        )
    if not track.valid[reference]:
        raise MotionError(
            f"Frame {reference} cannot be the reference pose of {track.provenance}: it shows no "
            "face; choose another frame or “auto”."
        )
    return np.asarray(values[reference])


def retarget(
    track: FactorTrack, settings: Retargeting, avatar_pose: Pose | None = None
) -> FactorTrack:
    """The motion of `track` for an avatar.

    Motion that is already relative to rest (speech, generators) gets the gain and the mirror
    only. Values may leave the range of their control; `evaluate` clamps the final sum.

    Args:
        track: one factor of a source, gaps filled.
        settings: reference, mode, gain and mirror.
        avatar_pose: the portrait's own pose; needed by absolute head pose, else unused.

    Raises:
        MotionError: the reference frame cannot be used.
    """
    values = track.values.astype(np.float64)
    if track.neutral is not None:
        values = _relative(track, values, settings, avatar_pose or Pose())
    if settings.mirror:
        values = _mirrored(track.factor, values)
    rest = track.rest.astype(np.float64)
    values = rest + settings.gain * (values - rest)
    return replace(track, values=values.astype(np.float32), neutral=None)


def _relative(
    track: FactorTrack, values: _Array, settings: Retargeting, avatar_pose: Pose
) -> _Array:
    absolute = settings.mode is Mode.ABSOLUTE
    if track.factor is not Factor.HEAD_POSE and absolute:
        return values
    reference = reference_values(track, settings.reference)
    if track.factor is Factor.HEAD_POSE:
        shift = reference.copy()
        # a still shows no change: its pose can only be meant as it is
        if absolute or (len(track) == 1 and settings.reference is Anchor.AUTO):
            shift[:3] = (avatar_pose.yaw, avatar_pose.pitch, avatar_pose.roll)
        result = values - shift
        scale = POSE.index("scale")
        result[:, scale] = values[:, scale] / max(reference[scale], 1e-3)
        return result
    result = values - reference
    if track.factor is Factor.EYES:
        # a closed eye stays closed, however far the reference's lids had come down
        for name in BLINKS:
            column = FACTOR_CONTROLS[Factor.EYES].index(name)
            room = max(1.0 - reference[column], 0.25)
            result[:, column] = np.maximum(result[:, column], 0.0) / room
    return result


def _mirrored(factor: Factor, values: _Array) -> _Array:
    names = FACTOR_CONTROLS[factor]
    result = values[:, [names.index(mirror_name(name)) for name in names]]
    if factor is Factor.HEAD_POSE:
        result[:, [POSE.index(name) for name in _MIRRORED_POSE]] *= -1.0
    return result

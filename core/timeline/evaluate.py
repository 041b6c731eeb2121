"""Document → motion. Pure numpy, deterministic; a frame's value depends on that frame only.

value = clamp(rest + influence · gain · (base − rest) + offsets), per control. A muted factor is
the portrait's rest.

For engines with latents the same is done with the latents of the sources that have some, see
`core.timeline.latent_lane`.
"""

import numpy as np
from numpy.typing import NDArray

from core.base.controls import (
    FACTOR_CONTROLS,
    FACTOR_SLICE,
    INDEX,
    LOWER,
    N_CONTROLS,
    REST,
    UPPER,
    Factor,
)
from core.base.time import FrameRange
from core.face.lid_rig import LOOK_DOWN_DEG, LOOK_SIDE_DEG, LOOK_UP_DEG
from core.face.pose import Pose
from core.motion.motion import LatentMotion, Motion
from core.motion.smoothing import BLINKS
from core.motion.track import rest_of
from core.timeline.base_lane import Bank, Float64, base_lane, track_gain
from core.timeline.document import Document, Track
from core.timeline.lanes import LANES
from core.timeline.latent_lane import latent_parts, without_latents

_RIGHTWARDS = ("eyeLookOutLeft", "eyeLookInRight")
_LEFTWARDS = ("eyeLookInLeft", "eyeLookOutRight")
_UPWARDS = ("eyeLookUpLeft", "eyeLookUpRight")
_DOWNWARDS = ("eyeLookDownLeft", "eyeLookDownRight")


def evaluate(
    document: Document,
    frames: FrameRange,
    bank: Bank,
    rest_pose: Pose | None = None,
    *,
    with_latents: bool = False,
) -> Motion:
    """The motion of document frames, relative to the avatar's rest.

    Args:
        document: What to evaluate.
        frames: Document frames; they may lie outside the document.
        bank: Source id → factor → its motion, gaps filled. Strips of other sources count as
            absent.
        rest_pose: Head pose of the portrait itself, for strips of absolute head pose.
        with_latents: Whether to give `Motion.latents` besides, for an engine that takes them.

    Raises:
        MotionError: a strip's reference frame cannot be used.
    """
    at = np.arange(frames.start, frames.stop, dtype=np.int64)
    pose = rest_pose or Pose()
    controls = _controls(document, at, bank, pose)
    latents = None
    if with_latents:
        head = controls[:, FACTOR_SLICE[Factor.HEAD_POSE]]
        rested, resting_bank = without_latents(document, bank)
        rest_of_it = _controls(rested, at, resting_bank, pose, head).astype(np.float32)
        eyes = document.track(Factor.EYES)
        latents = LatentMotion(
            latent_parts(document, at, bank),
            rest_of_it,
            document.muted_factors,
            frozenset(document.avatar.switched_off),
            eyes.blink_gain,
            eyes.look_at_camera,
        )
    return Motion(controls.astype(np.float32), document.rate, frames.start, latents)


def _controls(
    document: Document,
    at: NDArray[np.int64],
    bank: Bank,
    rest_pose: Pose,
    head: Float64 | None = None,
) -> Float64:
    """The controls of frames [N], float64 [N, 58]; the gaze makes up for `head` if it is given."""
    controls = np.tile(REST.astype(np.float64), (len(at), 1))
    muted = document.muted_factors
    for track in document.tracks:
        if track.factor in muted:
            continue
        base = base_lane(track, at, document.rate, bank, rest_pose)
        if track.factor is Factor.EYES:
            own_head = controls[:, FACTOR_SLICE[Factor.HEAD_POSE]]
            _shape_eyes(track, base, own_head if head is None else head)
        part = FACTOR_SLICE[track.factor]
        mixed = _mix(track, base, at) + track_offsets(track, at)[:, part]
        controls[:, part] = np.clip(mixed, LOWER[part], UPPER[part])
    return controls


def track_offsets(track: Track, frames: NDArray[np.int64]) -> Float64:
    """What the track's offset curves add at document frames [N]: float64 [N, 58]."""
    total = np.zeros((len(frames), N_CONTROLS))
    for offset in track.offsets:
        if offset.is_muted or not offset.curve.keys:
            continue
        lane = LANES[offset.lane]
        amount = offset.curve.evaluate(frames.astype(np.float64)) - lane.default
        for name, weight in lane.above.items():
            total[:, INDEX[name]] += weight * np.maximum(amount, 0.0)
        for name, weight in lane.below.items():
            total[:, INDEX[name]] += weight * np.maximum(-amount, 0.0)
    return total


def _mix(track: Track, base: Float64, frames: NDArray[np.int64]) -> Float64:
    rest = rest_of(track.factor).astype(np.float64)
    mixed: Float64 = rest + track_gain(track, frames)[:, None] * (base - rest)
    return mixed


def _shape_eyes(track: Track, base: Float64, head: Float64) -> None:
    """Applies the two settings that only the eyes have, in place.

    Args:
        track: The eyes' track.
        base: float64 [N, 14], changed.
        head: float64 [N, 6]: the final head pose of the same frames.
    """
    names = FACTOR_CONTROLS[Factor.EYES]
    if track.blink_gain != 1.0:
        for name in BLINKS:
            base[:, names.index(name)] *= track.blink_gain
    if track.look_at_camera == 0.0:
        return
    right, up = -head[:, 0] / LOOK_SIDE_DEG, -head[:, 1]
    wanted = (
        (_RIGHTWARDS, right),
        (_LEFTWARDS, -right),
        (_UPWARDS, up / LOOK_UP_DEG),
        (_DOWNWARDS, -up / LOOK_DOWN_DEG),
    )
    for controls, amount in wanted:
        for name in controls:
            column = base[:, names.index(name)]
            column += track.look_at_camera * (np.clip(amount, 0.0, 1.0) - column)

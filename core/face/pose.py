"""The one convention for head pose, and rigid fits between landmark sets.

Axes: x right in the image, y down, z away from the viewer. yaw + turns the subject to the
viewer's right, pitch + up, roll + clockwise in the image; degrees. R = Rz(roll) Ry(yaw) Rx(pitch)
maps points of the canonical face to the viewer's frame.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pose:
    """The direction a head faces, degrees; all zero is straight at the viewer."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def rotation(self) -> Array:
        """float64 [3, 3]: the rotation that turns a frontal face into this pose."""
        return rotation_from_pose(self.yaw, self.pitch, self.roll)


def rotation_from_pose(yaw: ArrayLike, pitch: ArrayLike, roll: ArrayLike) -> Array:
    """The rotation of a pose in degrees: [..., 3, 3] for angles that broadcast to [...]."""
    yaw_rad, pitch_rad, roll_rad = np.broadcast_arrays(
        *(np.radians(np.asarray(a, np.float64)) for a in (yaw, pitch, roll))
    )
    cy, sy = np.cos(yaw_rad), np.sin(yaw_rad)
    cp, sp = np.cos(pitch_rad), np.sin(pitch_rad)
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    rows = (
        (cr * cy, cr * sy * sp - sr * cp, -cr * sy * cp - sr * sp),
        (sr * cy, sr * sy * sp + cr * cp, -sr * sy * cp + cr * sp),
        (sy, -cy * sp, cy * cp),
    )
    return np.stack([np.stack(row, -1) for row in rows], -2)


def pose_from_rotation(rotation: Array) -> Array:
    """Degrees [..., 3] (yaw, pitch, roll) of rotations [..., 3, 3]; yaw lies in -90..90."""
    yaw = np.arcsin(np.clip(rotation[..., 2, 0], -1.0, 1.0))
    pitch = np.arctan2(-rotation[..., 2, 1], rotation[..., 2, 2])
    roll = np.arctan2(rotation[..., 1, 0], rotation[..., 0, 0])
    degrees: Array = np.degrees(np.stack([yaw, pitch, roll], -1))
    return degrees


def fit_similarity(
    source: Array, target: Array, weights: Array | None = None
) -> tuple[Array, Array, Array]:
    """Least-squares similarity target ≈ scale · R · source + t (Umeyama, TPAMI 1991).

    Args:
        source: [N, 3] or [..., N, 3].
        target: [..., N, 3]; leading axes broadcast with the source's.
        weights: [N] or [..., N], ≥ 0, not all zero; equal when None.

    Returns:
        scale [...], rotation [..., 3, 3] and translation [..., 3]; 0-d scale for single fits.
    """
    a, b = np.broadcast_arrays(np.asarray(source, np.float64), np.asarray(target, np.float64))
    w = np.ones(a.shape[-2]) if weights is None else np.asarray(weights, np.float64)
    w = np.broadcast_to(w / w.sum(-1, keepdims=True), a.shape[:-1])[..., None]
    mean_a, mean_b = (w * a).sum(-2, keepdims=True), (w * b).sum(-2, keepdims=True)
    a0, b0 = a - mean_a, b - mean_b
    u, s, vt = np.linalg.svd(np.swapaxes(b0, -1, -2) @ (w * a0))
    flip = np.ones_like(s)
    flip[..., 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * flip[..., None, :]) @ vt
    scale = (s * flip).sum(-1) / (w * a0**2).sum((-1, -2))
    offset = mean_b - scale[..., None, None] * (mean_a @ np.swapaxes(rotation, -1, -2))
    return scale, rotation, offset[..., 0, :]


def unpose(points: Array, scale: Array, rotation: Array, offset: Array) -> Array:
    """Brings points [..., N, 3] back to the source frame of a `fit_similarity` result."""
    moved = np.asarray(points, np.float64) - offset[..., None, :]
    return (moved @ rotation) / np.asarray(scale)[..., None, None]

"""The stage: the part of the portrait that moves, and what the painters of its details see of it.

A stage is the region of about three face heights around the face, clipped to the picture. Its
texture is kept at up to twice the output resolution. Texture px: x right, y down, z away from
the camera in the same unit; pixel centres at integers. "Left" and "right" are the subject's.

The painters (`eyes`, `mouth`, `shading`, `glasses`) are built once per stage and called once per
frame. A stage never changes; only the renderer's working copy of the texture does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.sampling import sample

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]
FloatMap = NDArray[np.float32]
Controls = NDArray[np.float32]
"""float32 [58] in the order of `core.base.controls.CONTROLS`: the values of one frame."""

PoseFunction = Callable[[Points], Points]
"""Texture px [N, 3] of points that ride rigidly on the head (skull or upper teeth) → frame px
[N, 2], with this frame's rotation, perspective, shift and scale. Points that ride on the jaw are
turned about the jaw's hinge first, in canonical cm, by the painter."""


class Side(StrEnum):
    """The subject's left or right. In an unmirrored picture the left eye is at the right."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Stage:
    """One picture region with its face, in texture px.

    Attributes:
        texture: uint8 RGB [h, w, 3], never written to.
        landmarks: float64 [478, 3]; z as tracked (relative to the head's centre).
        scale: Texture px per canonical cm.
        rotation: float64 [3, 3], canonical → texture.
        translation: float64 [3] in texture px; `scale·rotation·cm + translation` gives px.
        depth: float32 [g, g'] z in px on a lattice over the texture: the surface that is moved.
        depth_step: Texture px per lattice cell; lattice point (i, j) lies at
            ((j + .5)·step − .5, (i + .5)·step − .5).
    """

    texture: Picture
    landmarks: Points
    scale: float
    rotation: Points
    translation: Points
    depth: FloatMap
    depth_step: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the texture in px."""
        return self.texture.shape[1], self.texture.shape[0]

    def from_canonical(self, points_cm: Points) -> Points:
        """Canonical cm [N, 3] → texture px [N, 3]."""
        return np.asarray(points_cm @ self.rotation.T * self.scale + self.translation)

    def to_canonical(self, points_px: Points) -> Points:
        """Texture px [N, 3] → canonical cm [N, 3]."""
        return np.asarray((points_px - self.translation) @ self.rotation / self.scale)

    def depth_at(self, points_px: Points) -> Points:
        """Gives z in px of the moved surface at texture px [N, 2+] → float64 [N].

        It differs from the landmarks' own z (smoothed, slope-limited, relief raised); whatever
        is drawn on the moved skin must use this depth to stay on it.
        """
        lattice = (np.asarray(points_px)[:, :2] + 0.5) / self.depth_step - 0.5
        z = sample(self.depth, lattice.astype(np.float32)[None])
        return np.asarray(z[0], np.float64)


class EyePainter(Protocol):
    """`Eye(stage, side)`: repaints lids, eyeball and iris in source space.

    The region of the two eyes' patches must not overlap (cut at the middle between the inner
    corners), so that both may be painted by two threads and each restored on its own.
    """

    region: tuple[int, int, int, int]
    """x0, y0, x1, y1 in texture px: the only part of the texture that `paint` writes to."""

    def paint(self, target: Picture, controls: Controls) -> bool:
        """Draws the eye as `controls` say into `region` of `target` uint8 [h, w, 3].

        `target` is the renderer's working texture and persists from frame to frame. With every
        eye control of this side at 0 the region is restored from `stage.texture` exactly. The
        result depends on `controls` alone, not on what `target` held in `region`.

        Returns:
            Whether `target` was changed by this call.
        """
        ...


class MouthPainter(Protocol):
    """`Mouth(stage)`: teeth, tongue and cavity, drawn on the warped frame between the lips."""

    def draw(
        self,
        frame: Picture,
        upper_lip_px: Points,
        lower_lip_px: Points,
        pose_function: PoseFunction,
        controls: Controls,
    ) -> None:
        """Draws into `frame` uint8 [H, W, 3] in place.

        Args:
            frame: The warped view; lips and skin are in place, the gap shows whatever the
                warp left there.
            upper_lip_px: float64 [11, 2] inner contour of the upper lip in frame px (the order
                of `topology.UPPER_INNER`, from the image's left corner to its right one),
                after this frame's deformation; parts may lie outside the frame.
            lower_lip_px: float64 [11, 2] the same for the lower lip.
            pose_function: Head-fixed texture px → frame px.
            controls: This frame's values.

        At rest (all lip controls 0) nothing may change, whatever gap the portrait has.
        """
        ...


class ShadingPainter(Protocol):
    """`Shading(stage, lattice)`: light that follows smile, brow and head turn.

    `lattice` is float32 [g, g', 2]: texture px of the face lattice's points (about 0.15 cm apart,
    covering the face); some lie outside the texture.
    """

    def gain(self, controls: Controls) -> FloatMap | None:
        """Factor of the skin's brightness at each lattice point (source space), float32 [g, g'].

        Exactly 1 at the lattice's border; None when nothing changes. The renderer warps it with
        the skin and multiplies the frame by it.
        """
        ...

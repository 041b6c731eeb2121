"""Rigid motion of the head: rotation with perspective, shift and scale, and how the body follows.

The head moves as one piece down to the chin; below, the motion fades towards the shoulders. All
lengths are plane cm.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.lattice import smooth
from core.face.canonical import FACE_HEIGHT
from core.face.pose import pose_from_rotation, rotation_from_pose

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]
Box = tuple[float, float, float, float]
Sides = tuple[bool, bool, bool, bool]

_PIVOT: Final = np.array([0.0, 6.5, 5.8])  # canonical cm: between skull and neck
_FOCAL_HEIGHTS: Final = 6.0
_CHIN_Y: Final = 10.2
_SHOULDER_Y: Final = 23.9
_LEAN_Y: Final = 8.0  # shoulders lean along with a shift
_CHEST_Y: Final = 30.0
_FLATTENED: Final = 0.2
_FLATTENING_DEG: Final = (15.0, 32.0)
_WINDOW_CM: Final = 9.0
_HOLD_CM: Final = 7.0


@dataclass(frozen=True, slots=True)
class HeadMotion:
    """One frame's head motion.

    Angles are added to the portrait's own (degrees); x (right) and y (down) are fractions of the
    face height.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    @property
    def is_rest(self) -> bool:
        """Whether nothing moves."""
        return self == _REST


_REST: Final = HeadMotion()


@dataclass(frozen=True, slots=True)
class Region:
    """Where the picture, the stage and the face end, plane cm.

    `touched` tells at which borders of the picture (left, top, right, bottom) the person is cut.
    """

    picture: Box
    stage: Box
    face: Box
    touched: Sides


@dataclass(frozen=True, slots=True)
class Weights:
    """How far points follow the head: float32 arrays of the points' shape.

    `turn` weighs rotation, `shift` translation and scale, `hold` [..., 4] motion away from the
    picture's left, top, right and bottom border (which would open a gap there).
    """

    turn: FloatMap
    shift: FloatMap
    hold: FloatMap

    def window(self, where: tuple[slice, slice]) -> "Weights":
        """The weights of a part of the points."""
        return Weights(self.turn[where], self.shift[where], self.hold[where])


def _relief(turn: FloatMap) -> np.float32:
    """Share of the depth that a turned head keeps: less when it turns far, so that less folds."""
    away_deg = np.degrees(np.arccos(np.clip(turn[2, 2], -1.0, 1.0)))
    return np.float32(1.0 - _FLATTENED * float(smooth(np.asarray(away_deg), *_FLATTENING_DEG)))


class Posing:
    """Displaces points rigidly with the head."""

    def __init__(self, rotation: Points, region: Region) -> None:
        """Takes the portrait's own head rotation float64 [3, 3] (canonical → picture)."""
        self._rotation = rotation
        self._angles = pose_from_rotation(rotation)
        self._region = region
        self.pivot: Points = rotation @ _PIVOT
        self._focal = np.float32(_FOCAL_HEIGHTS * FACE_HEIGHT)
        self._last_turn = (_REST, np.eye(3, dtype=np.float32))
        self._to_upright = np.linalg.inv(rotation[:2, :2])

    @property
    def angles(self) -> Points:
        """Yaw, pitch and roll of the portrait itself, degrees."""
        return self._angles

    def weights(self, points: FloatMap) -> Weights:
        """How far `points` [..., 2] follow the head."""
        upright = points @ self._to_upright.T.astype(np.float32)
        across, down = np.abs(upright[..., 0]), upright[..., 1]
        turn = 1 - smooth(down + 1.5 * smooth(across, 3.0, 8.0), _CHIN_Y, _SHOULDER_Y)
        shift = 1 - smooth(down, _LEAN_Y, _CHEST_Y)
        inner = self._stage_window(points)
        return Weights(turn * inner, shift * inner, self._hold(points))

    def _stage_window(self, points: FloatMap) -> FloatMap:
        """0 at borders of the stage that lie inside the picture, 1 further in."""
        window = np.ones(points.shape[:-1], np.float32)
        for axis in (0, 1):
            low, high = self._region.stage[axis], self._region.stage[axis + 2]
            if low > self._region.picture[axis] + 1e-3:
                window *= smooth(points[..., axis], low, low + _WINDOW_CM)
            if high < self._region.picture[axis + 2] - 1e-3:
                window *= smooth(points[..., axis], high, high - _WINDOW_CM)
        return window

    def _hold(self, points: FloatMap) -> FloatMap:
        """0 at borders that cut the person, 1 from a few cm in (but never inside the face)."""
        picture, face = self._region.picture, self._region.face
        hold = np.ones((*points.shape[:-1], 4), np.float32)
        for side in np.flatnonzero(self._region.touched):
            axis = side % 2
            sign = 1.0 if side < 2 else -1.0
            room = sign * (face[side] - picture[side])
            width = float(np.clip(0.8 * room, 0.3, _HOLD_CM))
            hold[..., side] = smooth(sign * (points[..., axis] - picture[side]), 0.0, width)
        return hold

    def displacement(self, points: FloatMap, weights: Weights, motion: HeadMotion) -> FloatMap:
        """How far `points` float32 [..., 3] move in the picture, float32 [..., 2]."""
        moved = self.rigid(points, motion) - points[..., :2]
        moved *= weights.turn[..., None]
        if motion.scale != 1.0 or motion.x or motion.y:
            shift = np.array([motion.x, motion.y], np.float32) * np.float32(FACE_HEIGHT)
            centre = self.pivot[:2].astype(np.float32)
            grow = points[..., :2] + moved - centre
            grow *= np.float32(motion.scale - 1.0)
            grow += shift
            grow *= weights.shift[..., None]
            moved += grow
        for side in np.flatnonzero(self._region.touched):
            inward = moved[..., side % 2]
            held = inward * weights.hold[..., side]
            inward[:] = np.maximum(inward, held) if side >= 2 else np.minimum(inward, held)
        return moved

    def rigid(self, points: FloatMap, motion: HeadMotion) -> FloatMap:
        """Where the turned head carries `points` float32 [..., 3], without shift and scale."""
        pivot = self.pivot.astype(np.float32)
        turn = self._turn(motion)
        away = points - pivot
        away[..., 2] *= _relief(turn)
        turned = away @ turn.T
        nearness = (self._focal + away[..., 2]) / (self._focal + turned[..., 2])
        return np.asarray(turned[..., :2] * nearness[..., None] + pivot[:2], np.float32)

    def carry(self, points: Points, motion: HeadMotion) -> Points:
        """Where points [N, 3] fixed to the head appear, with shift and scale: [N, 2]."""
        centre = self.pivot[:2]
        shift = np.array([motion.x, motion.y]) * FACE_HEIGHT
        turned = self.rigid(points.astype(np.float32), motion).astype(np.float64)
        return np.asarray(centre + (turned - centre) * motion.scale + shift)

    def depth(self, points: FloatMap, motion: HeadMotion) -> FloatMap:
        """Distance order of turned `points` [..., 3]: z relative to the pivot, [...]."""
        row = self._turn(motion)[2]
        return np.asarray((points - self.pivot.astype(np.float32)) @ row, np.float32)

    def _turn(self, motion: HeadMotion) -> FloatMap:
        """The rotation from the portrait's own pose to this frame's, float32 [3, 3]."""
        last, turn = self._last_turn
        if last != motion:
            yaw, pitch, roll = self._angles + np.array([motion.yaw, motion.pitch, motion.roll])
            turn = (rotation_from_pose(yaw, pitch, roll) @ self._rotation.T).astype(np.float32)
            self._last_turn = (motion, turn)
        return turn

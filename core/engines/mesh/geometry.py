"""The scale-free geometry of one portrait: where its face lies and how each point moves."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.depth import head_depth
from core.engines.mesh.fields import (
    ExpressionFields,
    FaceGrid,
    coefficients,
    landmark_displacements,
)
from core.engines.mesh.lattice import Lattice
from core.engines.mesh.posing import Box, HeadMotion, Posing, Region, Sides, Weights
from core.face.canonical import CANONICAL, FACE_HEIGHT
from core.face.pose import fit_similarity
from core.face.topology import CHIN, FACE_OVAL, FOREHEAD_TOP, RIGID

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]
Controls = NDArray[np.float32]

_STAGE_HEIGHTS: Final = 3.3
_STAGE_STEP: Final = 0.4  # cm


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the canonical face lies in the portrait: px = scale · rotation · cm + offset."""

    scale: float
    rotation: Points
    offset: Points

    @classmethod
    def of(cls, landmarks_px: Points) -> "Placement":
        """The placement of landmarks [478, 3] in portrait px."""
        scale, rotation, offset = fit_similarity(CANONICAL[RIGID], landmarks_px[RIGID])
        return cls(float(scale), rotation, offset)

    def to_plane(self, points_px: Points) -> Points:
        """Portrait px [..., 2 or 3] → plane cm."""
        return np.asarray((points_px - self.offset[: points_px.shape[-1]]) / self.scale)

    def from_plane(self, points: Points) -> Points:
        """Plane cm [..., 2 or 3] → portrait px."""
        return np.asarray(points * self.scale + self.offset[: points.shape[-1]])


class Geometry:
    """Everything about a portrait's shape that does not depend on resolution (plane cm).

    Attributes:
        placement: Where the plane lies in the portrait.
        landmarks: float64 [478, 3].
        stage_px: x0, y0, x1, y1 of the stage in portrait px, integers, end exclusive.
        posing: Head motion.
        lattice, depth, weights: The stage's source lattice, its depth and weights.
        grid, face_depth, face_weights: The same on the face's fine lattice.
        displacements: float64 [53, 468, 3] of the landmarks by field row.
    """

    def __init__(
        self,
        landmarks_px: Points,
        picture_size: tuple[int, int],
        touched: Sides = (True, True, True, True),
    ) -> None:
        """Measures a portrait.

        Args:
            landmarks_px: float64 [478, 3] px.
            picture_size: Width and height in px.
            touched: Whether the head or body reaches the picture's left, top, right and bottom
                border, where a gap would open if it moved away.
        """
        self.placement = Placement.of(landmarks_px)
        self.landmarks = self.placement.to_plane(landmarks_px)
        self.stage_px = stage_box(landmarks_px, picture_size)
        region = self._region(picture_size, touched)
        self.posing = Posing(self.placement.rotation, region)
        self.lattice = _cell_lattice(region.stage)
        up = -self.placement.rotation[:2, 1]
        self.depth = head_depth(self.landmarks, up, float(self.posing.pivot[2]), self.lattice)
        points = self.lattice.points()
        self.points = np.dstack([points, self.depth])
        self.weights: Weights = self.posing.weights(points)
        self.grid = FaceGrid.over(self.landmarks)
        fine = self.grid.fine.points()
        depth = self.lattice.at(self.depth, fine.reshape(-1, 2)).reshape(self.grid.fine.shape)
        self.face_points = np.dstack([fine, depth])
        self.face_weights = self.posing.weights(fine)
        self.displacements = landmark_displacements(self.landmarks, self.placement.rotation)

    def _region(self, picture_size: tuple[int, int], touched: Sides) -> Region:
        def plane(box: tuple[int, int, int, int]) -> Box:
            corners = np.array([[box[0], box[1]], [box[2], box[3]]], np.float64) - 0.5
            (x0, y0), (x1, y1) = self.placement.to_plane(corners)
            return float(x0), float(y0), float(x1), float(y1)

        oval = self.landmarks[FACE_OVAL, :2]
        (x0, y0), (x1, y1) = oval.min(0), oval.max(0)
        face = (float(x0), float(y0), float(x1), float(y1))
        return Region(plane((0, 0, *picture_size)), plane(self.stage_px), face, touched)

    def expression_fields(self, displacements: Points | None = None) -> ExpressionFields:
        """Dense fields of all rows (0.1 s), or of other landmark displacements [k, 468, 3]."""
        chosen = self.displacements if displacements is None else displacements
        return ExpressionFields(self.landmarks, chosen, self.grid)

    def moved_landmarks(
        self, indices: NDArray[np.intp], controls: Controls, motion: HeadMotion
    ) -> Points:
        """Where landmarks (indices < 468) appear under `controls` and `motion`: [N, 2]."""
        weights = coefficients(controls).astype(np.float64)
        points = self.landmarks[indices].copy()
        points[:, 2] = self.lattice.at(self.depth, points[:, :2].astype(np.float32))
        at = self.posing.weights(points[:, :2].astype(np.float32))
        points += np.tensordot(weights, self.displacements[:, indices], 1)
        moved = self.posing.displacement(points.astype(np.float32), at, motion)
        return np.asarray(points[:, :2] + moved)


def stage_box(landmarks_px: Points, picture_size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The stage around landmarks [478, 3] px: x0, y0, x1, y1 in portrait px, end exclusive."""
    scale = Placement.of(landmarks_px).scale
    middle = (landmarks_px[FOREHEAD_TOP, :2] + landmarks_px[CHIN, :2]) / 2
    half = _STAGE_HEIGHTS / 2 * FACE_HEIGHT * scale
    low = np.clip(np.floor(middle - half), 0, None).astype(int)
    high = np.minimum(np.ceil(middle + half).astype(int), picture_size)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _cell_lattice(box: Box) -> Lattice:
    """Square cells over `box` from its upper left corner; points at the cells' centres."""
    width, height = box[2] - box[0], box[3] - box[1]
    columns = int(np.ceil(width / _STAGE_STEP))
    step = width / columns
    rows = int(np.ceil(height / step))
    return Lattice(box[0] + step / 2, box[1] + step / 2, step, columns, rows)

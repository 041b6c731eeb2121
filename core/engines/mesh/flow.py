"""One frame's motion as a view sees it: where each part of the output comes from.

A view's stage rectangle carries a loose lattice for the head's motion and, around the face, a
dense one for head and expression together. Both are inverted in plane cm and handed out as
displacements at output resolution.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.fields import ExpressionFields
from core.engines.mesh.geometry import Geometry
from core.engines.mesh.posing import HeadMotion, Weights
from core.engines.mesh.sampling import sample
from core.engines.mesh.viewport import Viewport
from core.engines.mesh.warp import Iteration, invert, invert_in_order, soften_jumps

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]

_LOOSE_CM: Final = 0.4
_LEAST_CELL_PX: Final = 2.0
_PLAIN: Final = Iteration(8)
_FACE: Final = Iteration(10, 0.85)
_LIPS: Final = Iteration(14, 0.7)
_MARGIN_CM: Final = 0.8
_OUTLINE: Final = 4  # every how many lattice points are asked how far the face reaches


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Output px: x0, y0 inclusive, x1, y1 exclusive."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies inside."""
        return self.x1 - self.x0 < 2 or self.y1 - self.y0 < 2

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    def within(self, outer: "Rectangle") -> "Rectangle":
        """The part of this rectangle that lies in another."""
        x0, y0 = max(self.x0, outer.x0), max(self.y0, outer.y0)
        x1, y1 = min(self.x1, outer.x1), min(self.y1, outer.y1)
        return Rectangle(x0, y0, max(x0, x1), max(y0, y1))

    def inside(self, outer: "Rectangle") -> tuple[slice, slice]:
        """Rows and columns of this rectangle in an array that covers `outer`."""
        rows = slice(self.y0 - outer.y0, self.y1 - outer.y0)
        return rows, slice(self.x0 - outer.x0, self.x1 - outer.x0)


class Screen:
    """Plane cm ↔ output px of one view, and lattices over its rectangles."""

    def __init__(self, geometry: Geometry, viewport: Viewport) -> None:
        placement = geometry.placement
        self.px_per_cm = placement.scale / viewport.step
        origin = np.array([viewport.x0, viewport.y0], np.float64)
        self._zero = (placement.offset[:2] - origin + 0.5) / viewport.step - 0.5
        self.bounds = Rectangle(0, 0, viewport.width, viewport.height)
        x0, y0, x1, y1 = geometry.stage_px
        low = np.ceil((np.array([x0, y0], np.float64) - origin) / viewport.step - 0.5)
        high = np.floor((np.array([x1, y1], np.float64) - origin) / viewport.step - 0.5) + 1
        self.stage = self._clipped(np.asarray(low), np.asarray(high))

    def to_output(self, points: Points) -> Points:
        """Plane cm [..., 2] → output px."""
        return np.asarray(points * self.px_per_cm + self._zero)

    def to_plane(self, points_px: Points) -> Points:
        """Output px [..., 2] → plane cm."""
        return np.asarray((points_px - self._zero) / self.px_per_cm)

    def cells(self, rectangle: Rectangle, cell_cm: float) -> FloatMap:
        """Cell centres of about `cell_cm` over a rectangle, float32 [R, C, 2] plane cm.

        They lie as `cv2.resize` expects, so that values there scale up to the rectangle.
        """
        cell = max(cell_cm * self.px_per_cm, _LEAST_CELL_PX)
        axes = []
        for size, start in zip(rectangle.size, (rectangle.x0, rectangle.y0), strict=True):
            n = max(2, round(size / cell))
            axes.append((np.arange(n) + 0.5) * (size / n) - 0.5 + start)
        return self.to_plane(np.dstack(np.meshgrid(*axes))).astype(np.float32)

    def plane(self, rectangle: Rectangle) -> FloatMap:
        """Plane cm of every px of a rectangle, float32 [h, w, 2]."""
        x, y = np.arange(rectangle.x0, rectangle.x1), np.arange(rectangle.y0, rectangle.y1)
        return self.to_plane(np.dstack(np.meshgrid(x, y))).astype(np.float32)

    def around(self, points: FloatMap, margin_cm: float) -> Rectangle:
        """The part of the stage around plane points [N, 2]."""
        low = self.to_output(points.min(0).astype(np.float64) - margin_cm)
        high = self.to_output(points.max(0).astype(np.float64) + margin_cm)
        box = self._clipped(np.asarray(np.floor(low)), np.asarray(np.ceil(high) + 1))
        return box.within(self.stage)

    def _clipped(self, low: Points, high: Points) -> Rectangle:
        size: Points = np.array(self.bounds.size, np.float64)
        low = np.clip(low, 0, size)
        high = np.clip(high, low, size)
        return Rectangle(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


@dataclass(frozen=True, slots=True)
class Part:
    """Inverse displacement of one output rectangle, float32 [R, C, 2] plane cm on its cells."""

    rectangle: Rectangle
    cells: FloatMap
    displacement: FloatMap

    def full_size(self, scale: FloatMap) -> FloatMap:
        """Displacement at every px of the rectangle times `scale` [2], float32 [h, w, 2]."""
        scaled = self.displacement * scale
        return np.asarray(cv2.resize(scaled, self.rectangle.size), np.float32)

    @property
    def sources(self) -> FloatMap:
        """Where the cells come from, float32 [R, C, 2] plane cm."""
        return self.cells - self.displacement


@dataclass(frozen=True, slots=True)
class Flow:
    """The motion of one frame; parts that do not move are None.

    `stage` covers the view's stage, `face` lies on top of it and shows the upper lip's layer;
    `lower_lip` is the other layer, around the mouth.
    """

    stage: Part | None = None
    face: Part | None = None
    lower_lip: Part | None = None


class FlowMaker:
    """Makes the flow of every frame for one geometry and view."""

    def __init__(self, geometry: Geometry, screen: Screen, freedom: FloatMap | None = None) -> None:
        """Takes `freedom` on the fine lattice: how far expressions may move (see `Painters`)."""
        self._geometry = geometry
        self._screen = screen
        self._freedom = None if freedom is None else freedom[..., None]
        self._stage_cells = screen.cells(screen.stage, _LOOSE_CM)
        self._reach = geometry.grid.reach[::_OUTLINE, ::_OUTLINE] > 0
        self._weights = geometry.face_weights

    def flow(
        self, motion: HeadMotion, fields: ExpressionFields | None, weights: FloatMap | None
    ) -> Flow:
        """The flow for a head motion and the field rows' weights (None: no expression)."""
        still = motion.is_rest
        bent = fields is not None and weights is not None and bool(weights.any())
        if still and not bent:
            return Flow()
        stage = None if still else self._stage_part(motion)
        upper = lower = None
        if bent:
            assert fields is not None
            assert weights is not None
            upper, lower = fields.combine(weights)
            if self._freedom is not None:
                upper, lower = upper * self._freedom, lower * self._freedom
        face, forward = self._face_part(motion, upper, stage)
        if lower is None or face.rectangle.is_empty:
            return Flow(stage, face)
        assert fields is not None
        return Flow(stage, face, self._lower_lip(motion, lower, forward, fields, face))

    def _stage_part(self, motion: HeadMotion) -> Part:
        g = self._geometry
        forward = g.posing.displacement(g.points, g.weights, motion)
        found = invert(forward, g.lattice, self._stage_cells, _PLAIN)
        found = invert_in_order(
            forward,
            g.lattice,
            lambda: g.posing.depth(g.points, motion),
            self._stage_cells,
            found,
        )
        return Part(self._screen.stage, self._stage_cells, found)

    def _face_part(
        self, motion: HeadMotion, expression: FloatMap | None, stage: Part | None
    ) -> tuple[Part, FloatMap]:
        """The face's part and its forward displacement [r, c, 2] on the fine lattice."""
        g = self._geometry
        lattice = g.grid.fine
        forward, points = self._forward(motion, expression, g.face_points, g.face_weights)
        every = (slice(None, None, _OUTLINE),) * 2
        landed = (g.face_points[every][..., :2] + forward[every])[self._reach]
        rectangle = self._screen.around(landed, _MARGIN_CM)
        if rectangle.is_empty:
            return Part(rectangle, landed[:0], landed[:0]), forward
        cells = self._screen.cells(rectangle, lattice.step)
        around = None if stage is None else _upsampled(stage, cells)
        found = invert(forward, lattice, cells, _FACE, around)
        found = invert_in_order(
            forward, lattice, lambda: g.posing.depth(points, motion), cells, found
        )
        found = soften_jumps(found, lattice.step)
        share = sample(g.grid.reach, lattice.index(cells - found))[..., None]
        found *= share
        if around is not None:
            found += around * (1 - share)
        return Part(rectangle, cells, found), forward

    def _forward(
        self, motion: HeadMotion, expression: FloatMap | None, points: FloatMap, weights: Weights
    ) -> tuple[FloatMap, FloatMap]:
        """Displacement [..., 2] of points bent by an expression [..., 3]; and the bent points."""
        if expression is None:
            return self._geometry.posing.displacement(points, weights, motion), points
        bent = points + expression
        if motion.is_rest:
            return np.ascontiguousarray(expression[..., :2]), bent
        moved = self._geometry.posing.displacement(bent, weights, motion)
        moved += expression[..., :2]
        return moved, bent

    def _lower_lip(
        self,
        motion: HeadMotion,
        lower: FloatMap,
        forward: FloatMap,
        fields: ExpressionFields,
        face: Part,
    ) -> Part | None:
        """The lower lip's layer over a rectangle around the mouth.

        Args:
            motion: The head's.
            lower: Expression of this layer over the fine lattice.
            forward: Displacement of the upper layer there; both agree outside the mouth.
            fields: What knows where they differ.
            face: The face's part: first guess, and what this layer turns into.
        """
        g = self._geometry
        lattice = g.grid.fine
        x0, y0, x1, y1 = (v * g.grid.refinement for v in fields.mouth)
        window = slice(y0, y1), slice(x0, x1)
        points, weights = g.face_points[window], g.face_weights.window(window)
        below = forward.copy()
        below[window], _ = self._forward(motion, lower[window], points, weights)
        landed = np.concatenate([points[..., :2] + f[window] for f in (forward, below)])
        rectangle = self._screen.around(landed.reshape(-1, 2), 0.0).within(face.rectangle)
        if rectangle.is_empty:
            return None
        cells = self._screen.cells(rectangle, lattice.step)
        start = _upsampled(face, cells)
        found = invert(below, lattice, cells, _LIPS, start)
        share = sample(fields.parting, g.grid.coarse.index(cells - found))[..., None]
        return Part(rectangle, cells, start + (found - start) * share)


def _upsampled(part: Part, cells: FloatMap) -> FloatMap:
    """A part's displacement at other plane points, as scaling it up would give it."""
    first, last = part.cells[0, 0], part.cells[-1, -1]
    size = np.array(part.cells.shape[1::-1], np.float32) - 1
    index = (cells - first) * (size / (last - first)).astype(np.float32)
    return np.asarray(sample(part.displacement, index), np.float32)

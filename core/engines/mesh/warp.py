"""The inverse of a forward displacement: where in the picture each point of a frame comes from.

The forward displacement lives on a lattice over the source; its inverse is wanted at any points
of the frame. x = y − D(x) is iterated; where the surface folds over itself (a strongly turned
head) the iteration starts at the nearest surface, so that the nose hides the cheek behind it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.lattice import Lattice, smooth
from core.engines.mesh.sampling import sample

FloatMap = NDArray[np.float32]

_FOLD: Final = 0.03  # area change below which the surface counts as folded
_IN_FRONT_CM: Final = 0.25
_SOLVED_CELLS: Final = 0.15
_EDGE_CELLS: Final = 2.0
_JUMP: Final = (1.5, 3.0)  # cells of source per cell of target
_JUMP_BLUR: Final = 1.3


@dataclass(frozen=True, slots=True)
class Iteration:
    """How the inverse is iterated: number of steps and share of each step that is taken."""

    steps: int = 8
    damping: float = 1.0


_FRONT: Final = Iteration(12, 0.5)


def invert(
    forward: FloatMap,
    lattice: Lattice,
    targets: FloatMap,
    iteration: Iteration,
    start: FloatMap | None = None,
) -> FloatMap:
    """Displacement float32 [R, C, 2] seen at `targets`: the source lies at `targets` − it.

    Args:
        forward: float32 [rows, columns, 2] plane cm, displacement of the lattice's points.
        lattice: Where `forward` is known; beyond it the border's value holds.
        targets: float32 [R, C, 2] plane cm.
        iteration: Steps and damping.
        start: First guess [R, C, 2]; the displacement at the targets themselves when None.
    """
    cells = forward * np.float32(1 / lattice.step)
    base = lattice.index(targets)
    guess = sample(cells, base) if start is None else start * np.float32(1 / lattice.step)
    for _ in range(iteration.steps):
        step = sample(cells, base - guess)
        if iteration.damping == 1.0:
            guess = step
        else:
            guess = cv2.addWeighted(step, iteration.damping, guess, 1 - iteration.damping, 0)
    return np.asarray(guess * np.float32(lattice.step), np.float32)


def invert_in_order(
    forward: FloatMap,
    lattice: Lattice,
    depth_of: Callable[[], FloatMap],
    targets: FloatMap,
    plain: FloatMap,
) -> FloatMap:
    """Corrects a `plain` inverse where the surface covers itself: the nearest part is seen.

    Args:
        forward: As for `invert`.
        lattice: Where.
        depth_of: Gives float32 [rows, columns] after the motion, greater = further away,
            plane cm; asked only where there are folds.
        targets: float32 [R, C, 2], a regular grid.
        plain: float32 [R, C, 2], the inverse that knows no order.
    """
    if not _is_folded(forward, lattice):
        return plain
    depth = depth_of()
    start = _nearest_start(forward, lattice, depth, targets)
    front = invert(forward, lattice, targets, _FRONT, start)
    at_plain, at_front = lattice.index(targets - plain), lattice.index(targets - front)
    nearer = sample(depth, at_plain) - sample(depth, at_front) > _IN_FRONT_CM
    limit = _SOLVED_CELLS * lattice.step
    solved = _larger(np.abs(sample(forward, at_front) - front)) < limit
    lost = _larger(np.abs(sample(forward, at_plain) - plain)) > 4 * limit
    chosen = (solved & (nearer | lost)).astype(np.uint8)
    region = cv2.GaussianBlur(cv2.medianBlur(chosen, 5).astype(np.float32), (0, 0), _EDGE_CELLS)
    share = smooth(np.asarray(region, np.float32), 0.35, 0.65)[..., None]
    return np.asarray(plain + (front - plain) * share, np.float32)


def soften_jumps(displacement: FloatMap, pitch: float) -> FloatMap:
    """Spreads places where neighbours come from far apart over a few cells.

    At the edge of a turned cheek the source jumps from skin to what lies behind; cell by cell
    this edge is a staircase, softened it is a line.

    Args:
        displacement: float32 [R, C, 2] plane cm.
        pitch: Distance of the cells, plane cm.
    """
    limit = _JUMP[0] * pitch
    across = np.abs(displacement[:, 1:] - displacement[:, :-1])
    down = np.abs(displacement[1:] - displacement[:-1])
    if max(float(across.max()), float(down.max())) < limit:
        return displacement
    jump = np.zeros(displacement.shape[:2], np.float32)
    jump[:, 1:] = _larger(across)
    jump[1:] = np.maximum(jump[1:], _larger(down))
    jump /= np.float32(pitch)
    share = cv2.dilate(smooth(jump, *_JUMP), np.ones((5, 5), np.uint8))
    share = cv2.GaussianBlur(share, (0, 0), 1.5)[..., None]
    soft = cv2.GaussianBlur(displacement, (0, 0), _JUMP_BLUR)
    return np.asarray(displacement + (soft - displacement) * share, np.float32)


def _larger(pairs: FloatMap) -> FloatMap:
    """The larger of x and y, [..., 2] → [...]."""
    return np.asarray(np.maximum(pairs[..., 0], pairs[..., 1]), np.float32)


def _is_folded(forward: FloatMap, lattice: Lattice) -> bool:
    """Whether the displaced surface covers itself anywhere."""
    step = np.float32(lattice.step)
    dx = np.diff(forward, axis=1)[:-1] / step
    dy = np.diff(forward, axis=0)[:, :-1] / step
    area = (1 + dx[..., 0]) * (1 + dy[..., 1]) - dx[..., 1] * dy[..., 0]
    return bool(area.min() < _FOLD)


def _nearest_start(
    forward: FloatMap, lattice: Lattice, depth: FloatMap, targets: FloatMap
) -> FloatMap:
    """A first guess for `invert` on the surface nearest to the viewer, [R, C, 2] plane cm.

    Every lattice point is dropped where it lands on a regular grid of targets, the far ones
    first; targets that nothing hits keep the ordinary guess.

    Args:
        forward: Displacement of the lattice's points.
        lattice: Where.
        depth: float32 [rows, columns], greater = further away, after the motion.
        targets: float32 [R, C, 2], a regular grid.
    """
    guess = np.asarray(sample(forward, lattice.index(targets)), np.float32)
    origin = targets[0, 0]
    pitch = targets[1, 1] - origin
    where = lattice.points() + forward
    cell = np.rint((where - origin) / pitch).astype(np.intp).reshape(-1, 2)
    rows, columns = targets.shape[:2]
    inside = (cell >= 0).all(1) & (cell[:, 0] < columns) & (cell[:, 1] < rows)
    order = np.argsort(-depth.ravel(), kind="stable")
    order = order[inside[order]]
    hit = np.full(rows * columns, -1, np.intp)
    hit[cell[order, 1] * columns + cell[order, 0]] = order  # the last, nearest one stays
    found = hit >= 0
    flat = guess.reshape(-1, 2)
    flat[found] = forward.reshape(-1, 2)[hit[found]]
    return guess

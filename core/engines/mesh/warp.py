"""The inverse of a forward displacement: where in the picture each point of a frame comes from.

The forward displacement lives on a lattice over the source; its inverse is wanted at any points
of the frame. x = y − D(x) is iterated; where the surface folds over itself (a strongly turned
head) the iteration starts at the nearest surface, so that the nose hides the cheek behind it.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.lattice import Lattice
from core.engines.mesh.sampling import sample

FloatMap = NDArray[np.float32]

_FOLD: Final = 0.06  # area change below which the surface counts as folded


@dataclass(frozen=True, slots=True)
class Iteration:
    """How the inverse is iterated: number of steps and share of each step that is taken."""

    steps: int = 8
    damping: float = 1.0


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


def is_folded(forward: FloatMap, lattice: Lattice) -> bool:
    """Whether the displaced surface covers itself anywhere."""
    step = np.float32(lattice.step)
    dx = np.diff(forward, axis=1)[:-1] / step
    dy = np.diff(forward, axis=0)[:, :-1] / step
    area = (1 + dx[..., 0]) * (1 + dy[..., 1]) - dx[..., 1] * dy[..., 0]
    return bool(area.min() < _FOLD)


def nearest_start(
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

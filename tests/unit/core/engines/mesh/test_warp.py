import numpy as np

from core.engines.mesh.lattice import Lattice
from core.engines.mesh.warp import Iteration, invert, invert_in_order, soften_jumps

LATTICE = Lattice(0.0, 0.0, 0.25, 81, 61)


def test_the_inverse_of_a_smooth_displacement_leads_back():
    points = LATTICE.points()
    forward = np.dstack([np.sin(points[..., 1] / 3), 0.5 * np.cos(points[..., 0] / 4)])
    forward = forward.astype(np.float32)
    targets = points[8:-8, 8:-8]
    back = invert(forward, LATTICE, targets, Iteration(12))
    source = (targets - back).reshape(-1, 2)
    landed = source + LATTICE.at(forward, source)
    assert np.abs(landed - targets.reshape(-1, 2)).max() < 0.02


def folded():
    """A sheet whose middle slides over its right part: x moves by a bump of 4 cm."""
    points = LATTICE.points()
    bump = np.exp(-(((points[..., 0] - 8) / 1.5) ** 2)).astype(np.float32)
    forward = np.dstack([4 * bump, np.zeros_like(bump)])
    return points, forward, bump


def test_where_the_surface_folds_the_nearest_part_is_seen():
    points, forward, bump = folded()
    depth = -bump  # the middle is nearest
    targets = points[::2, ::2]
    plain = invert(forward, LATTICE, targets, Iteration(8))
    found = invert_in_order(forward, LATTICE, lambda: depth, targets, plain)
    row = targets.shape[0] // 2
    at = np.abs(targets[row, :, 0] - 11.5).argmin()
    assert abs(targets[row, at, 0] - found[row, at, 0] - 7.7) < 0.5  # not 11.5: that is behind
    far = np.abs(targets[row, :, 0] - 3.0).argmin()
    assert abs(found[row, far, 0]) < 0.05


def test_without_folds_the_order_changes_nothing():
    points, forward, bump = folded()
    plain = invert(forward * 0.2, LATTICE, points, Iteration(12))
    assert invert_in_order(forward * 0.2, LATTICE, lambda: -bump, points, plain) is plain


def test_jumps_are_spread_and_smooth_parts_stay():
    step = np.zeros((20, 30, 2), np.float32)
    step[:, 15:, 0] = 3.0
    soft = soften_jumps(step, 0.15)
    assert np.abs(np.diff(soft[10, :, 0])).max() < 1.6
    assert (soft[:, :6] == step[:, :6]).all()
    ramp = np.dstack([np.linspace(0, 1, 30)[None].repeat(20, 0)] * 2).astype(np.float32)
    assert soften_jumps(ramp, 0.15) is ramp

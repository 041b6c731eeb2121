import numpy as np
import pytest

from core.engines.mesh.lattice import Lattice, smooth
from core.engines.mesh.thinplate import ThinPlate


def test_a_lattice_reads_linear_values_back_anywhere_inside():
    lattice = Lattice(-1.0, 2.0, 0.5, 9, 7)
    values = lattice.points() @ np.array([2.0, -3.0], np.float32)
    at = np.array([[0.1, 2.3], [2.9, 4.9]], np.float32)
    assert np.allclose(lattice.at(values, at), at @ [2.0, -3.0], atol=0.05)


def test_smooth_is_a_step_in_either_direction():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])
    assert np.allclose(smooth(x, 0, 1), [0, 0, 0.5, 1, 1])
    assert np.allclose(smooth(x, 1, 0), [1, 1, 0.5, 0, 0])


def test_a_thin_plate_goes_through_its_values_and_leaves_out_nodes():
    rng = np.random.default_rng(3)
    nodes, values = rng.random((30, 2)), rng.random((30, 2))
    plate = ThinPlate(nodes, nodes.astype(np.float32))
    assert np.allclose(plate.evaluate(plate.solve(values, smoothing=1e-9)), values, atol=5e-3)
    use = np.arange(29)
    partial = plate.evaluate(plate.solve(values, smoothing=1e-9, use=use))
    assert np.allclose(partial[:29], values[:29], atol=5e-3)
    assert not np.allclose(partial[29], values[29], atol=1e-2)


def test_a_thin_plate_is_exact_for_planes():
    nodes = np.random.default_rng(4).random((12, 2)) * 10
    plane = (nodes @ [1.5, -0.5] + 4)[:, None]
    query = np.array([[3.0, 3.0], [15.0, -2.0]], np.float32)
    plate = ThinPlate(nodes, query)
    found = plate.evaluate(plate.solve(plane, smoothing=0.1))[:, 0]
    assert found == pytest.approx(query @ [1.5, -0.5] + 4, abs=1e-3)

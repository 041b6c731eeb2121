import numpy as np

from core.base.controls import FACTOR_SLICE, LOWER, REST, UPPER, Factor
from core.base.progress import Progress
from core.bench.render import bench_render, lively_motion


def test_every_control_of_the_chosen_factors_moves_within_its_range():
    controls = lively_motion(frozenset(Factor), 60).controls
    assert (controls.max(0) > controls.min(0)).all()
    assert (controls >= LOWER).all()
    assert (controls <= UPPER).all()


def test_other_factors_rest_and_the_motion_is_always_the_same():
    controls = lively_motion(frozenset({Factor.LIPS}), 30).controls
    pose = FACTOR_SLICE[Factor.HEAD_POSE]
    assert np.array_equal(controls[:, pose], np.tile(REST[pose], (30, 1)))
    assert np.array_equal(controls, lively_motion(frozenset({Factor.LIPS}), 30).controls)


def test_each_case_is_timed_at_each_size(sample_portrait):
    figures = bench_render(sample_portrait, Progress(), n_frames=1)
    values = {f.measure: f.value for f in figures}
    assert {"all controls, 512 px", "pose only, 1080 px", "talk only, 512 px"} <= set(values)
    assert all(value >= 0 for value in values.values())
    assert values["first frame after choosing"] >= values["preparation"]

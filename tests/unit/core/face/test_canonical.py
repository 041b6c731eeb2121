import numpy as np

from core.face import topology
from core.face.canonical import CANONICAL, FACE_HEIGHT, mirror_map


def test_frame_and_scale_of_the_canonical_face():
    corners = CANONICAL[[33, 263]]
    assert np.allclose(corners.mean(0), 0, atol=1e-6)
    assert np.isclose(np.linalg.norm(corners[1] - corners[0]), 9.0, atol=1e-5)
    assert CANONICAL[topology.CHIN, 1] > 0 > CANONICAL[topology.FOREHEAD_TOP, 1]
    assert CANONICAL[topology.NOSE_TIP, 2] < CANONICAL[234, 2]  # the nose is nearer than the ear
    assert 15 < FACE_HEIGHT < 18


def test_every_landmark_has_a_mirror_partner():
    partner = mirror_map()
    assert np.array_equal(partner[partner], np.arange(topology.N_POINTS))
    assert np.allclose(CANONICAL[partner] * (-1, 1, 1), CANONICAL, atol=1e-6)


def test_left_and_right_sets_mirror_each_other():
    partner = mirror_map()
    for right, left in (
        (topology.RIGHT_UPPER_LID, topology.LEFT_UPPER_LID),
        (topology.RIGHT_LOWER_LID, topology.LEFT_LOWER_LID),
        (topology.UPPER_INNER, topology.UPPER_INNER),
        (topology.LOWER_OUTER, topology.LOWER_OUTER),
    ):
        assert np.array_equal(partner[right][::-1], left)
    assert np.array_equal(partner[topology.RIGHT_BROW], topology.LEFT_BROW)


def test_lips_share_their_corners_only():
    upper, lower = set(topology.UPPER_LIP_ONLY), set(topology.LOWER_LIP_ONLY)
    assert len(upper) == len(lower) == 36
    assert not upper & lower
    assert not (upper | lower) & set(topology.MOUTH_CORNERS)
    assert CANONICAL[topology.UPPER_INNER, 1].mean() < CANONICAL[topology.LOWER_INNER, 1].mean()

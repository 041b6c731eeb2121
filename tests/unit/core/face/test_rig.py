import mediapipe.python.solutions.face_mesh_connections as connections
import numpy as np
import pytest

from core.base.controls import ARKIT, INDEX, REST, mirror_name
from core.face.canonical import CANONICAL, mirror_map
from core.face.measures import mouth_opening
from core.face.mouth_rig import close_field
from core.face.rig import ARKIT_COLUMNS, control_fields, deform, jaw_close_field, landmarks_3d
from core.face.topology import (
    LOWER_INNER,
    LOWER_LIP_ONLY,
    N_POINTS,
    N_SURFACE,
    UPPER_INNER,
    UPPER_LIP_ONLY,
)


def posed(**controls):
    values = REST.copy()
    for name, value in controls.items():
        values[INDEX[name]] = value
    return landmarks_3d(values).astype(np.float64)


def opening(points):
    return float(mouth_opening(points[None])[0])


def test_rest_is_the_canonical_face():
    assert np.allclose(posed(), CANONICAL, atol=1e-5)


@pytest.mark.parametrize("name", [n for n in ARKIT if n != "tongueOut"])
def test_every_control_moves_something_and_its_mirror_moves_themirror_name(name):
    moved = posed(**{name: 1.0}) - CANONICAL
    assert np.abs(moved).max() > 0.05
    other = posed(**{mirror_name(name): 1.0}) - CANONICAL
    assert np.allclose(other[mirror_map()] * (-1, 1, 1), moved, atol=2e-3)


def test_fields_are_smooth_within_skin_and_within_each_lip():
    fields = control_fields()
    lips = (set(UPPER_LIP_ONLY.tolist()), set(LOWER_LIP_ONLY.tolist()))
    edges = np.array(
        [
            (a, b)
            for a, b in connections.FACEMESH_TESSELATION
            if not ((a in lips[0] and b in lips[1]) or (a in lips[1] and b in lips[0]))
        ]
    )
    length = np.linalg.norm(CANONICAL[edges[:, 0]] - CANONICAL[edges[:, 1]], axis=-1)
    for name, field in zip(ARKIT, fields, strict=True):
        step = np.linalg.norm(field[edges[:, 0]] - field[edges[:, 1]], axis=-1)
        assert np.median(step / length) < 0.12, name
        assert step.max() < 1.2, name


def test_left_controls_leave_the_right_side_alone():
    for name in ("mouthSmileLeft", "browOuterUpLeft", "cheekSquintLeft", "eyeBlinkLeft"):
        moved = np.abs(posed(**{name: 1.0}) - CANONICAL).max(1)
        left, right = CANONICAL[:, 0] > 1.5, CANONICAL[:, 0] < -1.5
        assert moved[right].max() < 0.25 * moved[left].max(), name


def test_jaw_opens_and_mouth_close_shuts_it():
    rest, jaw = opening(posed()), opening(posed(jawOpen=1.0))
    assert jaw > rest + 0.25
    assert opening(posed(jawOpen=1.0, mouthClose=1.0)) < 0.02
    half = opening(posed(jawOpen=1.0, mouthClose=0.5))
    assert 0.4 * jaw < half < 0.6 * jaw
    chin = posed(jawOpen=1.0, mouthClose=1.0)[152] - CANONICAL[152]
    assert chin[1] > 1.0  # closed lips do not close the jaw


def test_close_field_shuts_any_rest_gap():
    parted = CANONICAL.copy()
    parted[LOWER_INNER[1:-1], 1] += 0.5
    parted[:N_SURFACE] += close_field(parted)
    assert np.allclose(parted[UPPER_INNER[1:-1]], parted[LOWER_INNER[1:-1]], atol=1e-9)


def test_brow_controls_add_up_to_one_smooth_raise():
    fields = control_fields()
    names = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
    whole = sum(fields[ARKIT.index(n)] for n in names)
    brow = whole[[63, 105, 66, 107], 1]
    assert brow.max() - brow.min() < 0.15
    assert brow.mean() < -0.7


def test_blink_shuts_the_lids_and_look_turns_the_iris():
    shut = posed(eyeBlinkLeft=1.0)
    assert abs(shut[386, 1] - shut[374, 1]) < 0.02
    assert posed(eyeLookOutLeft=1.0)[473, 0] - CANONICAL[473, 0] == pytest.approx(0.803, abs=0.01)
    assert posed(eyeLookOutRight=1.0)[468, 0] < CANONICAL[468, 0]
    assert posed(eyeLookUpLeft=1.0)[473, 1] < CANONICAL[473, 1] < posed(eyeLookDownLeft=1.0)[473, 1]


def test_head_pose_turns_shifts_and_scales():
    turned = posed(yaw=20.0, x=0.1, scale=1.5)
    plain = posed(yaw=20.0)
    assert np.allclose(turned[:, 1:], 1.5 * plain[:, 1:], atol=1e-4)
    assert turned[1, 0] > 1.5 * plain[1, 0]


def test_batches_equal_single_frames():
    rng = np.random.default_rng(0)
    values = np.tile(REST, (3, 1))
    values[:, ARKIT_COLUMNS] = rng.uniform(0, 1, (3, len(ARKIT)))
    batch = deform(values)
    assert batch.shape == (3, N_POINTS, 3)
    for row, single in zip(values, batch, strict=True):
        assert np.allclose(deform(row), single, atol=1e-5)


def test_tables_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        control_fields()[0, 0, 0] = 1.0
    assert jaw_close_field().shape == (N_SURFACE, 3)

"""Eyes: exact at rest, closed at a full blink, gaze that goes where it is told."""

import numpy as np
import pytest

from core.engines.mesh.eyes import Eye
from core.engines.mesh.glasses import Glasses
from core.engines.mesh.stage import Side
from core.face import topology
from core.face.tracker import create_tracker


def painted(eyes, stage, controls):
    target = stage.texture.copy()
    for eye in eyes:
        eye.paint(target, controls)
    return target


def iris_centre(picture, region):
    x0, y0, x1, y1 = region
    grey = picture[y0:y1, x0:x1].astype(float).sum(-1)
    height = y1 - y0
    dark = np.clip(300 - grey, 0, None)
    dark[: height // 3] = 0  # the brow
    rows, columns = np.indices(dark.shape)
    return (columns * dark).sum() / dark.sum(), (rows * dark).sum() / dark.sum()


@pytest.fixture
def eyes(stage):
    return [Eye(stage, side) for side in Side]


def test_rest_restores_the_source_after_any_control(stage, eyes, controls_of):
    target = stage.texture.copy()
    for eye in eyes:
        assert eye.paint(target, controls_of(eyeBlink=0.7, eyeLookUp=0.5))
    assert not np.array_equal(target, stage.texture)
    for eye in eyes:
        assert eye.paint(target, controls_of())
    assert np.array_equal(target, stage.texture)


def test_paint_writes_only_to_its_region_and_regions_do_not_overlap(stage, eyes, controls_of):
    target = stage.texture.copy()
    eyes[0].paint(target, controls_of(eyeBlink=1, eyeLookOut=1))
    x0, y0, x1, y1 = eyes[0].region
    target[y0:y1, x0:x1] = stage.texture[y0:y1, x0:x1]
    assert np.array_equal(target, stage.texture)
    left, right = sorted((eye.region for eye in eyes), key=lambda region: region[0])
    assert left[2] <= right[0]


def test_unchanged_controls_are_not_painted_again(stage, eyes, controls_of):
    target = stage.texture.copy()
    controls = controls_of(eyeBlink=0.3)
    assert eyes[0].paint(target, controls)
    assert not eyes[0].paint(target, controls)
    assert eyes[0].paint(stage.texture.copy(), controls)


def test_result_depends_on_controls_alone(stage, controls_of):
    first, second = Eye(stage, Side.LEFT), Eye(stage, Side.LEFT)
    a, b = stage.texture.copy(), stage.texture.copy()
    first.paint(a, controls_of(eyeBlink=1))
    first.paint(a, controls_of(eyeLookDown=0.4))
    second.paint(b, controls_of(eyeLookDown=0.4))
    assert np.array_equal(a, b)


def test_no_jump_near_zero(stage, eyes, controls_of):
    for name in ("eyeBlink", "eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeSquint", "eyeWide"):
        small = painted(eyes, stage, controls_of(**{name: 0.004}))
        change = np.abs(small.astype(int) - stage.texture)
        assert change.mean() < 0.05, name
        assert change.max() < 70, name


def test_full_blink_leaves_neither_white_nor_iris(stage, eyes, controls_of):
    closed = painted(eyes, stage, controls_of(eyeBlink=1, eyeLookOut=0.6))
    points = stage.landmarks
    for upper, lower in (
        (topology.RIGHT_UPPER_LID, topology.RIGHT_LOWER_LID),
        (topology.LEFT_UPPER_LID, topology.LEFT_LOWER_LID),
    ):
        # well inside the former aperture, above the closing line
        for share in (0.3, 0.5, 0.65):
            at = points[upper[2:-2], :2] * (1 - share) + points[lower[2:-2], :2] * share
            x, y = np.round(at).astype(int).T
            colours = closed[y, x].astype(int)
            assert (colours[:, 2] < 190).all()  # the white of the eye is 215 blue
            assert (colours.sum(-1) > 300).all()  # the iris is 160 together


@pytest.mark.parametrize(
    ("name", "axis", "sign"),
    [("eyeLookOutLeft", 0, 1), ("eyeLookInLeft", 0, -1), ("eyeLookUpLeft", 1, -1),
     ("eyeLookDownLeft", 1, 1)],
)  # fmt: skip
def test_gaze_moves_the_iris_of_its_own_side_only(stage, controls_of, name, axis, sign):
    left, right = Eye(stage, Side.LEFT), Eye(stage, Side.RIGHT)
    before = iris_centre(stage.texture, left.region)[axis]
    half = iris_centre(painted([left], stage, controls_of(**{name: 0.5})), left.region)[axis]
    full = iris_centre(painted([left], stage, controls_of(**{name: 1.0})), left.region)[axis]
    assert sign * (half - before) > 1
    assert sign * (full - half) > 0
    assert np.array_equal(painted([right], stage, controls_of(**{name: 1.0})), stage.texture)


def test_glasses_stay_in_front_of_the_lids(stage, controls_of):
    h, w = stage.texture.shape[:2]
    alpha = np.zeros((h, w), np.float32)
    row = int(stage.landmarks[159, 1]) + 3
    alpha[row : row + 3] = 1
    eye = Eye(stage, Side.RIGHT, Glasses((0, 0, w, h), alpha, stage.scale))
    closed = painted([eye], stage, controls_of(eyeBlink=1))
    assert np.array_equal(closed[row : row + 3], stage.texture[row : row + 3])
    assert not np.array_equal(closed, stage.texture)


def openness(points):
    def ratio(top, bottom, corners):
        gaps = np.hypot(*(points[top, :2] - points[bottom, :2]).T)
        return gaps.mean() / np.hypot(*(points[corners[0], :2] - points[corners[1], :2]))

    return (
        ratio([160, 158, 159], [144, 153, 145], (33, 133))
        + ratio([385, 387, 386], [380, 373, 374], (362, 263))
    ) / 2


def test_a_tracker_sees_blink_fall_linearly_and_vertical_gaze(portrait_stage, controls_of):
    tracker = create_tracker()
    eyes = [Eye(portrait_stage, side) for side in Side]

    def track(**values):
        [face, *_] = tracker.detect(painted(eyes, portrait_stage, controls_of(**values)))
        return face.points

    amounts = [0.0, 0.25, 0.5, 0.75, 1.0]
    seen = np.array([openness(track(eyeBlink=amount)) for amount in amounts])
    assert seen[-1] < 0.5 * seen[0]
    assert (np.diff(seen) < 0.01).all()
    assert np.corrcoef(amounts, seen)[0, 1] < -0.95

    def gaze(points):
        eye = points[[468, 473], 1] - points[[33, 362], 1] / 2 - points[[133, 263], 1] / 2
        return eye.mean() / np.hypot(*(points[33, :2] - points[133, :2]))

    up, rest, down = (gaze(track(**v)) for v in ({"eyeLookUp": 1}, {}, {"eyeLookDown": 1}))
    assert rest - up > 0.02
    assert down - rest > 0.02


@pytest.mark.parametrize("aside", ["eyeLookOut", "eyeLookIn"])
def test_an_iris_that_looks_far_up_and_aside_stays_in_its_eye(stage, controls_of, aside):
    def dark(picture, eye):
        x0, y0, x1, y1 = eye.region
        inside = picture[y0:y1, x0:x1][(y1 - y0) // 3 :].astype(float).sum(-1)
        return np.clip(300 - inside, 0, None).sum()

    for eye in (Eye(stage, side) for side in Side):
        far = painted([eye], stage, controls_of(**{aside: 1.0, "eyeLookUp": 1.0}))
        assert dark(far, eye) > 0.5 * dark(stage.texture, eye)

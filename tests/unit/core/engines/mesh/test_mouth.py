"""The inside of the mouth: nothing at rest, teeth and dark when open, in the portrait's light."""

import cv2
import numpy as np
import pytest

from core.engines.mesh.mouth import Mouth
from core.engines.mesh.mouth_plane import MouthPlane
from core.engines.mesh.mouth_tone import MouthTone, measure_softness, measure_tone
from core.engines.mesh.stage import Stage
from core.engines.mesh.teeth import UPPER, TeethRow
from core.face import topology
from core.face.rig import deform


def still(points):
    return points[:, :2].copy()


def lips_of(stage, controls):
    """Inner contours where the rig puts them, without head motion."""
    moved = stage.from_canonical(deform(controls).astype(np.float64))
    rest = stage.from_canonical(deform(np.zeros_like(controls)).astype(np.float64))
    points = stage.landmarks + (moved - rest)
    return points[topology.UPPER_INNER, :2], points[topology.LOWER_INNER, :2]


def draw(mouth, stage, controls, pose=still):
    frame = stage.texture.copy()
    upper, lower = lips_of(stage, controls)
    mouth.draw(frame, pose(upper), pose(lower), pose, controls)
    return frame


def between_lips(stage, controls, frame):
    upper, lower = lips_of(stage, controls)
    middle = (upper[5] + lower[5]) / 2
    top, bottom = upper[5], lower[5]
    shares = np.linspace(0.1, 0.9, 17)[:, None]
    at = np.round(top * (1 - shares) + bottom * shares).astype(int)
    assert middle[1] > top[1]
    return frame[at[:, 1], at[:, 0]].astype(int)


@pytest.fixture
def mouth(stage):
    return Mouth(stage)


def test_rest_draws_nothing(stage, mouth, controls_of):
    assert np.array_equal(draw(mouth, stage, controls_of()), stage.texture)
    assert np.array_equal(draw(mouth, stage, controls_of(eyeBlink=1, browDown=1)), stage.texture)


def test_open_mouth_shows_teeth_above_dark(stage, mouth, controls_of):
    controls = controls_of(jawOpen=0.8)
    seen = between_lips(stage, controls, draw(mouth, stage, controls)).sum(-1)
    assert seen[:8].max() > 400  # upper teeth
    assert seen[8:].min() < 200  # the cavity
    assert np.argmax(seen) < np.argmin(seen[2:]) + 2


def test_drawing_stays_between_the_lips(stage, mouth, controls_of):
    controls = controls_of(jawOpen=0.6)
    frame = draw(mouth, stage, controls)
    rows, columns = np.nonzero((frame != stage.texture).any(-1))
    upper, lower = lips_of(stage, controls)
    assert rows.min() >= upper[:, 1].min() - 3
    assert rows.max() <= lower[:, 1].max() + 3
    assert columns.min() >= upper[:, 0].min() - 3
    assert columns.max() <= upper[:, 0].max() + 3


def test_it_appears_gradually(stage, mouth, controls_of):
    changes = []
    for amount in np.linspace(0, 0.3, 16):
        frame = draw(mouth, stage, controls_of(jawOpen=float(amount)))
        changes.append(np.abs(frame.astype(int) - stage.texture).sum() / 1e3)
    steps = np.abs(np.diff(changes))
    assert changes[-1] > 20
    assert steps.max() < 0.35 * changes[-1]


def test_same_controls_give_the_same_pixels(stage, mouth, controls_of):
    controls = controls_of(jawOpen=0.5, mouthSmile=0.4)
    first = draw(mouth, stage, controls)
    draw(mouth, stage, controls_of(jawOpen=1.0))
    assert np.array_equal(draw(mouth, stage, controls), first)


def test_tongue_comes_out_over_the_lower_lip(stage, mouth, controls_of):
    inside, outside = controls_of(jawOpen=0.4), controls_of(jawOpen=0.4, tongueOut=1)
    without, put_out = draw(mouth, stage, inside), draw(mouth, stage, outside)
    _, lower = lips_of(stage, inside)
    x, y = np.round(lower[5] + [0, 0.6 * stage.scale]).astype(int)
    assert np.array_equal(without[y, x], stage.texture[y, x])
    tongue = put_out[y, x].astype(int)
    assert np.abs(tongue - stage.texture[y, x]).sum() > 30
    assert tongue[0] > tongue[2] + 15  # it is red


def test_partly_outside_the_frame(stage, mouth, controls_of):
    def away(points):
        return points[:, :2] - [stage.size[0] / 2, 0]

    controls = controls_of(jawOpen=0.7)
    frame = draw(mouth, stage, controls, away)
    assert not np.array_equal(frame, stage.texture)

    def far(points):
        return points[:, :2] + 5000.0

    assert np.array_equal(draw(mouth, stage, controls, far), stage.texture)


def repainted(stage, change):
    return Stage(
        change(stage.texture), stage.landmarks, stage.scale, stage.rotation, stage.translation,
        stage.depth, stage.depth_step,
    )  # fmt: skip


def test_a_grey_portrait_keeps_a_grey_mouth(stage, controls_of):
    def to_grey(texture):
        return np.repeat(texture.mean(-1, keepdims=True).astype(np.uint8), 3, -1)

    grey = repainted(stage, to_grey)
    controls = controls_of(jawOpen=0.8, tongueOut=0.5)
    frame = draw(Mouth(grey), grey, controls).astype(int)
    assert np.abs(frame - frame.mean(-1, keepdims=True)).max() < 6


def test_teeth_follow_the_scene_light(stage):
    dark = repainted(stage, lambda texture: (texture * 0.45).astype(np.uint8))
    assert measure_tone(dark).tooth_rgb.mean() < 0.7 * measure_tone(stage).tooth_rgb.mean()


def test_softness_grows_with_blur(stage):
    soft = repainted(stage, lambda texture: cv2.GaussianBlur(texture, (0, 0), 2.5))
    assert measure_softness(soft) > measure_softness(stage) + 0.8


def with_open_mouth(stage):
    """The drawn face with parted lips that show a light upper row over a dark gap."""
    points = stage.landmarks.copy()
    points[topology.LOWER_INNER[1:-1], 1] += 1.6 * stage.scale
    points[topology.LOWER_OUTER[1:-1], 1] += 1.6 * stage.scale
    texture = stage.texture.copy()

    def gap(share):
        upper = points[topology.UPPER_INNER, :2]
        lower = points[topology.LOWER_INNER, :2] * share + upper * (1 - share)
        return np.round(np.r_[upper, lower[::-1]]).astype(np.int32)

    outer = np.r_[points[topology.UPPER_OUTER, :2], points[topology.LOWER_OUTER, :2][::-1]]
    cv2.fillPoly(texture, [np.round(outer).astype(np.int32)], (170, 90, 95))
    cv2.fillPoly(texture, [gap(1.0)], (30, 12, 14))
    cv2.fillPoly(texture, [gap(0.5)], (215, 205, 190))
    return Stage(
        texture, points, stage.scale, stage.rotation, stage.translation, stage.depth,
        stage.depth_step,
    )  # fmt: skip


def test_own_teeth_stay_with_the_skull_when_the_jaw_drops(stage, controls_of):
    opened = with_open_mouth(stage)
    controls = controls_of(jawOpen=0.5)
    frame = draw(Mouth(opened), opened, controls)
    upper, lower = lips_of(opened, controls)
    rest_upper = opened.landmarks[13, :2]
    x, y = np.round(rest_upper + np.array([0, 0.35 * opened.scale])).astype(int)
    assert np.abs(frame[y, x].astype(int) - opened.texture[y, x]).max() < 25
    bottom = np.round(lower[5] - [0, 0.5 * opened.scale]).astype(int)
    assert frame[bottom[1], bottom[0]].sum() < 330
    assert np.array_equal(draw(Mouth(opened), opened, controls_of()), opened.texture)
    assert upper[5, 1] < y


def test_teeth_turn_with_the_arch():
    tone = MouthTone(1.0, np.full(3, 200.0), np.full(3, 240.0), np.full(3, 120.0), 1.0, 0.8)
    row = TeethRow(UPPER, tone)
    plane = MouthPlane((0, 0, 120, 60), np.array([59.5, 30.0]), np.array([1.0, 0.0]))

    def view(degrees):
        angle = np.radians(degrees)

        def project(cm):
            x = cm[:, 0] * np.cos(angle) + (cm[:, 2] + 2.2) * np.sin(angle)
            return np.stack([59.5 + 14 * x, 30 + 14 * (cm[:, 1] - 6.6)], 1)

        return row.draw(plane, project)[..., 3]

    frontal, turned = view(0), view(40)
    assert np.allclose(frontal, frontal[:, ::-1], atol=0.25)
    assert (turned.sum(0) > 1).sum() < (frontal.sum(0) > 1).sum()

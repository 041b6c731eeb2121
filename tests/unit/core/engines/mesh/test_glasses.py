"""Glasses: none on a bare face, found and kept still when worn."""

import cv2
import numpy as np
import pytest

from core.engines.mesh.glasses import THRESHOLD, bridge_edge, find_glasses
from core.engines.mesh.stage import Stage


def wearing(stage, colour=(30, 25, 25), thickness=0.3):
    """The stage with two round rims and a bridge drawn on."""
    texture = stage.texture.copy()
    eyes = [stage.landmarks[[33, 133], :2].mean(0), stage.landmarks[[362, 263], :2].mean(0)]
    radius = 2.1 * stage.scale
    width = max(1, round(thickness * stage.scale))
    for centre in eyes:
        middle = np.round(centre + np.array([0, 0.3 * stage.scale])).astype(int)
        cv2.circle(texture, middle.tolist(), round(radius), colour, width, cv2.LINE_AA)
    ends = [eyes[0] + [radius, 0], eyes[1] - [radius, 0]]
    left, right = (np.round(end).astype(int).tolist() for end in ends)
    cv2.line(texture, left, right, colour, width, cv2.LINE_AA)
    return Stage(
        texture, stage.landmarks, stage.scale, stage.rotation, stage.translation, stage.depth,
        stage.depth_step,
    )  # fmt: skip


def test_a_bare_face_wears_none(stage, portrait_stage):
    for bare in (stage, portrait_stage):
        assert bridge_edge(bare) < THRESHOLD
        assert find_glasses(bare) is None


@pytest.mark.parametrize(("colour", "thickness"), [((30, 25, 25), 0.3), ((250, 248, 240), 0.2)])
def test_dark_and_bright_frames_are_found_and_traced(stage, colour, thickness):
    worn = wearing(stage, colour, thickness)
    glasses = find_glasses(worn)
    assert glasses is not None
    h, w = stage.texture.shape[:2]
    alpha = glasses.within((0, 0, w, h))
    drawn = (worn.texture != stage.texture).any(-1)
    assert alpha[drawn].mean() > 0.7
    for iris in (468, 473):
        x, y = np.round(stage.landmarks[iris, :2]).astype(int)
        assert alpha[y, x] == 0


def test_stillness_is_one_on_the_frame_and_fades(stage):
    glasses = find_glasses(wearing(stage))
    assert glasses is not None
    bridge = stage.landmarks[[133, 362], :2].mean(0)
    forehead = bridge - [0, 4.0 * stage.scale]
    outside = np.array([-500.0, -500.0])
    points = np.stack([bridge, forehead, outside])[None].astype(np.float32)
    on_frame, above, far = glasses.stillness(points)[0]
    assert on_frame > 0.9
    assert above < 0.2
    assert far == 0

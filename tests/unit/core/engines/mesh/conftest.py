"""A drawn face on a stage: nothing to detect, nothing to download."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.engines.mesh.stage import Controls, Stage
from core.face import topology
from core.face.canonical import CANONICAL
from core.face.pose import fit_similarity
from core.face.tracker import create_tracker
from core.media.image import read_image

SKIN, LIPS, SCLERA, IRIS = (205, 165, 145), (170, 90, 95), (225, 220, 215), (70, 50, 40)
SIZE, SCALE = 512, 22.0


def drawn_stage(skin: tuple[int, int, int] = SKIN) -> Stage:
    """A frontal canonical face, 22 px per cm, with flat colours."""
    offset = np.array([SIZE / 2, 0.42 * SIZE, 0.0])
    points = CANONICAL * SCALE + offset
    xy = np.round(points[:, :2] * 16).astype(np.int32)
    picture = np.full((SIZE, SIZE, 3), 90, np.uint8)

    def fill(indices: np.ndarray, colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(picture, [xy[indices]], colour, cv2.LINE_AA, 4)

    fill(topology.FACE_OVAL, skin)
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 3, picture.shape)
    picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    fill(np.r_[topology.UPPER_OUTER, topology.UPPER_INNER[::-1]], LIPS)
    fill(np.r_[topology.LOWER_OUTER, topology.LOWER_INNER[::-1]], LIPS)
    for upper, lower, iris, brow in (
        (topology.RIGHT_UPPER_LID, topology.RIGHT_LOWER_LID, topology.RIGHT_IRIS,
         topology.RIGHT_BROW),
        (topology.LEFT_UPPER_LID, topology.LEFT_LOWER_LID, topology.LEFT_IRIS, topology.LEFT_BROW),
    ):  # fmt: skip
        outline = np.r_[upper, lower[::-1]]
        lids = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillPoly(lids, [xy[outline]], (1,), cv2.LINE_AA, 4)
        ball = picture.copy()
        ball[:] = SCLERA
        radius = int(np.linalg.norm(points[iris[1], :2] - points[iris[3], :2]) / 2 * 16)
        cv2.circle(ball, xy[iris[0]].tolist(), radius, IRIS, -1, cv2.LINE_AA, 4)
        picture[lids > 0] = ball[lids > 0]
        cv2.polylines(picture, [xy[upper]], False, (40, 25, 20), 2, cv2.LINE_AA, 4)
        cv2.polylines(picture, [xy[brow[5:]]], False, (60, 40, 30), 4, cv2.LINE_AA, 4)
    depth = np.full((64, 64), -2.0 * SCALE, np.float32)
    return Stage(picture, points, SCALE, np.eye(3), offset, depth, SIZE / 64)


@pytest.fixture
def stage() -> Stage:
    return drawn_stage()


@pytest.fixture(scope="session")
def portrait_stage() -> Stage:
    """The bundled portrait at 512 px, its landmarks tracked."""
    path = Path(__file__).parents[5] / "assets" / "sample" / "portrait.jpg"
    picture = read_image(path).rgb
    [face, *_] = create_tracker().detect(picture)
    points = face.points.astype(np.float64)
    middle = points[[topology.FOREHEAD_TOP, topology.CHIN], :2].mean(0)
    half = 1.15 * np.hypot(*(points[topology.FOREHEAD_TOP] - points[topology.CHIN])[:2])
    low = np.maximum(middle - half, 0).astype(int)
    high = np.minimum(middle + half, picture.shape[1::-1]).astype(int)
    shrink = 768 / max(high - low)
    size = np.round((high - low) * shrink).astype(int)
    part = np.ascontiguousarray(picture[low[1] : high[1], low[0] : high[0]])
    texture = cv2.resize(part, size.tolist(), interpolation=cv2.INTER_AREA)
    points = (points - [low[0], low[1], 0]) * shrink
    scale, rotation, offset = fit_similarity(CANONICAL[topology.RIGID], points[topology.RIGID])
    depth = np.full((64, 64), offset[2] - 2 * scale, np.float32)
    step = float(max(size) / 64)
    return Stage(texture, points, float(scale), rotation, offset, depth, step)


@pytest.fixture
def controls_of() -> Callable[..., Controls]:
    """Controls at rest but for the named ones; a name without a side sets both."""

    def make(**values: float) -> Controls:
        controls = REST.copy()
        for name, value in values.items():
            names = [name] if name in INDEX else [name + "Left", name + "Right"]
            for each in names:
                controls[INDEX[each]] = value
        return controls

    return make

"""Shading: nothing at rest, folds where they belong, light that stays in the room."""

import numpy as np
import pytest

from core.engines.mesh.shading import Shading
from core.engines.mesh.stage import Stage
from core.face.canonical import CANONICAL


@pytest.fixture
def lattice(stage):
    x = np.arange(-9, 9.01, 0.18)
    y = np.arange(-8, 13.01, 0.18)
    points = np.dstack(np.meshgrid(x, y))
    return (points * stage.scale + stage.translation[:2]).astype(np.float32)


def at(lattice, gain, stage, index):
    away = np.hypot(*np.moveaxis(lattice - stage.landmarks[index, :2], -1, 0))
    return gain.ravel()[np.argmin(away)]


def test_rest_and_eyes_alone_change_nothing(stage, lattice, controls_of):
    shading = Shading(stage, lattice)
    assert shading.gain(controls_of()) is None
    assert shading.gain(controls_of(eyeLookUp=1, x=0.1)) is None


def test_the_border_is_never_touched(stage, lattice, controls_of):
    gain = Shading(stage, lattice).gain(
        controls_of(mouthSmile=1, browInnerUp=1, jawOpen=1, cheekSquint=1, yaw=25, pitch=-15)
    )
    assert gain.dtype == np.float32
    assert gain.shape == lattice.shape[:2]
    border = np.r_[gain[0], gain[-1], gain[:, 0], gain[:, -1]]
    assert (border == 1).all()
    assert (gain > 0.6).all()
    assert (gain < 1.3).all()


def test_a_smile_folds_the_cheek_of_its_side(stage, lattice, controls_of):
    gain = Shading(stage, lattice).gain(controls_of(mouthSmileLeft=1))
    assert at(lattice, gain, stage, 426) < 0.95  # the left fold
    assert abs(at(lattice, gain, stage, 206) - 1) < 0.01  # the right one
    assert at(lattice, gain, stage, 4) == pytest.approx(1, abs=0.02)  # the nose


def test_effects_grow_evenly(stage, lattice, controls_of):
    shading = Shading(stage, lattice)
    half = shading.gain(controls_of(browInnerUp=0.5)) - 1
    full = shading.gain(controls_of(browInnerUp=1.0)) - 1
    assert np.allclose(full, 2 * half, atol=1e-5)
    assert np.abs(full).max() > 0.01


def lit_from_the_left(stage):
    """A relief with Lambert shading from the image's left."""
    rows, columns = stage.depth.shape
    x = (np.mgrid[:rows, :columns][1] + 0.5) * stage.depth_step
    nose = stage.landmarks[1]
    cheek = stage.landmarks[454, 0] - nose[0]
    across = np.clip((x - nose[0]) / cheek, -0.95, 0.95)
    depth = (-3 * stage.scale + cheek * 0.8 * (1 - np.sqrt(1 - across**2))).astype(np.float32)
    light = np.clip(0.75 - 0.5 * across, 0.1, 1)
    scale = stage.texture.shape[0] / rows
    light = np.repeat(np.repeat(light, int(scale), 0), int(scale), 1)
    texture = (stage.texture * light[..., None]).astype(np.uint8)
    return Stage(
        texture, stage.landmarks, stage.scale, stage.rotation, stage.translation, depth,
        stage.depth_step,
    )  # fmt: skip


def test_a_face_that_turns_towards_the_lamp_gets_brighter(stage, lattice, controls_of):
    shading = Shading(lit_from_the_left(stage), lattice)
    towards, away = shading.gain(controls_of(yaw=-20)), shading.gain(controls_of(yaw=20))
    face = np.abs(lattice - stage.landmarks[1, :2]).max(-1) < 3 * stage.scale
    assert towards[face].mean() > 1.01
    assert away[face].mean() < 0.99
    assert CANONICAL[1, 2] < 0  # the nose points to the viewer, as the relief does

import cv2
import numpy as np
import pytest

from core.base.errors import Cancelled
from core.base.progress import Progress
from core.engines.mesh.layers import refine_layers, split_layers


def stripes():
    """A person (a grey disc) in front of vertical stripes."""
    x = np.arange(240)
    picture = np.where((x // 6 % 2)[None, :, None] > 0, (200, 150, 90), (40, 60, 110))
    picture = np.ascontiguousarray(np.broadcast_to(picture, (200, 240, 3)).astype(np.uint8))
    matte = np.zeros((200, 240), np.float32)
    cv2.circle(matte, (120, 110), 45, (1.0,), -1)
    picture[matte > 0] = 128
    return picture, matte


def test_the_plate_is_the_picture_wherever_the_front_is_not_solid():
    picture, matte = stripes()
    layers = split_layers(picture, matte)
    see_through = layers.opacity < 255
    assert see_through.any()
    difference = np.abs(layers.plate[see_through].astype(int) - picture[see_through])
    assert difference.max() <= 2
    assert (layers.opacity[matte > 0] == 255).all()


def test_the_refined_plate_continues_the_texture_and_is_deterministic():
    picture, matte = stripes()
    rough = split_layers(picture, matte)
    fine = refine_layers(rough, picture, Progress())
    inside = matte > 0

    def contrast(plate):
        return float(plate[inside].astype(float).std())

    assert contrast(fine.plate) > 2 * contrast(rough.plate)
    again = refine_layers(split_layers(picture, matte), picture, Progress())
    assert (again.plate == fine.plate).all()
    assert refine_layers(fine, picture, Progress()) is fine


def test_refinement_can_be_cancelled():
    picture, matte = stripes()
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        refine_layers(split_layers(picture, matte), picture, progress)


def test_a_picture_without_background_has_one_layer():
    picture, matte = stripes()
    layers = split_layers(picture, np.ones_like(matte))
    assert layers.plate is None
    assert (layers.opacity == 255).all()

import cv2
import numpy as np
import pytest

from core.engines.mesh.sampling import enlarge_sharply, sample_sharply


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("box", [(0, 0, 40, 30), (3, 9, 36, 30), (12, 10, 30, 22)])
def test_enlarging_samples_a_regular_grid_and_keeps_whole_px(factor, box):
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    picture = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.0), np.uint8)
    x0, y0, x1, y1 = box
    x = np.arange((x1 - x0 - 1) * factor + 1) / factor + x0
    y = np.arange((y1 - y0 - 1) * factor + 1) / factor + y0
    sampled = sample_sharply(picture, np.dstack(np.meshgrid(x, y)).astype(np.float32))
    large = enlarge_sharply(picture, box, factor)
    assert large.shape == sampled.shape
    assert np.abs(large.astype(int) - sampled).max() <= 4  # a remap rounds thirds to 1/32 px
    assert (large[::factor, ::factor] == picture[y0:y1, x0:x1]).all()

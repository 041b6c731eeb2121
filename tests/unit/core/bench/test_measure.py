import cv2
import numpy as np
import pytest

from core.bench.measure import (
    Flicker,
    correlation,
    fit_line,
    mean_error,
    sharpness,
    spread,
    square_crop,
)

T = np.arange(100) / 25


def test_correlation_of_related_curves():
    a = np.sin(T)
    assert correlation(a, 3 * a + 2) == pytest.approx(1.0)
    assert correlation(a, -a) == pytest.approx(-1.0)
    assert abs(correlation(np.sin(2 * np.pi * T), np.cos(2 * np.pi * T))) < 0.01


def test_correlation_ignores_frames_that_are_not_valid():
    a, b = np.sin(T), np.sin(T)
    b[:20] = 50.0
    valid = np.ones(100, bool)
    valid[:20] = False
    assert correlation(a, b, valid) == pytest.approx(1.0)
    b[30] = np.nan
    assert correlation(a, b, valid) == pytest.approx(1.0)


def test_too_little_has_no_correlation():
    a = np.sin(T)
    assert correlation(a, np.ones(100)) is None
    assert correlation(a[:5], a[:5]) is None


def test_mean_error():
    valid = np.array([True, True, False])
    assert mean_error(np.array([1.0, 2.0, 9.0]), np.array([2.0, 0.0, 0.0]), valid) == 1.5
    assert mean_error(np.ones(3), np.ones(3), np.zeros(3, bool)) is None


def test_fit_line_finds_slope_offset_and_fit():
    x = np.linspace(-1, 1, 9)
    line = fit_line(x, 2 * x + 1)
    assert (line.slope, line.offset, line.r2) == pytest.approx((2, 1, 1))
    assert fit_line(x, x**2).r2 == pytest.approx(0.0, abs=1e-9)
    assert fit_line(x, np.ones(9)).r2 == 0.0


def test_spread_leaves_out_single_wild_frames():
    curve = np.append(np.linspace(0, 1, 999), 100.0)
    assert 0.97 < spread(curve) < 1.0


def _noise(side):
    return np.random.default_rng(1).integers(0, 256, (side, side, 3), np.uint8)


def test_sharpness_falls_with_blur():
    picture = cv2.resize(_noise(120), (300, 300), interpolation=cv2.INTER_CUBIC)
    box = (60.0, 60.0, 240.0, 240.0)
    values = [
        sharpness(p, box)
        for p in (picture, *(cv2.GaussianBlur(picture, (0, 0), s) for s in (1, 2)))
    ]
    assert values[0] > 1.5 * values[1] > 3 * values[2]


def test_sharpness_is_that_of_the_face_alone():
    picture = np.full((300, 300, 3), 90, np.uint8)
    picture[:20] = _noise(300)[:20]
    assert sharpness(picture, (100.0, 100.0, 200.0, 200.0)) == 0.0


def test_square_crop_takes_the_square_and_repeats_the_border():
    picture = np.arange(100, dtype=np.uint8).reshape(10, 10, 1).repeat(3, 2)
    inside = square_crop(picture, (5.0, 5.0), 4, 4)
    assert np.array_equal(inside, picture[3:7, 3:7])
    corner = square_crop(picture, (0.0, 0.0), 4, 4)
    assert np.array_equal(corner[2:, 2:], picture[:2, :2])
    assert np.array_equal(corner[0], corner[2])


def test_flicker_is_the_second_difference():
    still, steady, shaking = Flicker(), Flicker(), Flicker()
    for i in range(6):
        still.add(np.full((64, 64, 3), 80, np.uint8))
        steady.add(np.full((64, 64, 3), 80 + 10 * i, np.uint8))
        shaking.add(np.full((64, 64, 3), 80 + 5 * (i % 2), np.uint8))
    assert np.isnan(still.values[:2]).all()
    assert (still.values[2:] == 0).all()
    assert (steady.values[2:] == 0).all()
    assert (shaking.values[2:] == 10).all()

"""Where a face comes to lie for the networks, and the way back into the picture."""

import cv2
import numpy as np
import pytest

from core.engines.mesh.viewport import Viewport
from core.engines.pdfgc.alignment import (
    align_clip,
    align_portrait,
    anchors,
    compose,
    invert,
    network_picture,
    to_network,
)
from core.engines.pdfgc.paste import Paste, feather, to_view
from core.face.canonical import CANONICAL

EYES_AND_MOUTH = np.array([[87, 59], [137, 59], [112, 120]])


def face(scale: float, angle_deg: float, centre) -> np.ndarray:
    """Landmarks [478, 3] px of the canonical face, turned in the image."""
    a = np.deg2rad(angle_deg)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return np.column_stack([CANONICAL[:, :2] @ turn.T + centre, CANONICAL[:, 2]])


def moved(points, matrix):
    return points @ matrix[:, :2].T + matrix[:, 2]


@pytest.mark.parametrize(("scale", "angle"), [(6.0, 0.0), (31.0, 25.0), (80.0, -40.0)])
def test_eyes_and_mouth_come_to_their_places(scale: float, angle: float) -> None:
    points = face(scale, angle, [420.0, 300.0])
    matrix = align_portrait(points)
    placed = moved(anchors(points), matrix)
    assert placed[2] == pytest.approx(EYES_AND_MOUTH[2], abs=1e-6)  # the mouth exactly
    assert np.abs(placed - EYES_AND_MOUTH).max() < 8  # a similarity cannot meet all three
    assert np.abs(placed[0, 1] - placed[1, 1]) < 1  # eyes level
    turn = matrix[:, :2] / np.sqrt(np.linalg.det(matrix[:, :2]))
    assert turn @ turn.T == pytest.approx(np.eye(2))  # nothing sheared or mirrored


def test_a_clip_keeps_its_size_and_its_mouth_in_place() -> None:
    clip = np.stack([face(30 + i, 2.0 * i, [300 + 5 * i, 200]) for i in range(6)])
    valid = np.array([False, True, True, False, True, True])
    matrices = align_clip(clip, valid)
    assert (matrices[..., :2] == matrices[0, :, :2]).all()  # one size and roll for all
    assert (matrices[0] == matrices[1]).all()  # before the first face: as there
    assert (matrices[3] == matrices[2]).all()  # between: as before
    mouth = moved(anchors(clip[1]), matrices[1])[2]
    assert mouth == pytest.approx(EYES_AND_MOUTH[2])
    late = np.array([moved(anchors(clip[i]), matrices[i])[2] for i in (2, 5)])
    assert np.abs(late - EYES_AND_MOUTH[2]).max() < 2.5  # smoothed, so a little behind


@pytest.mark.parametrize("scale", [12.0, 120.0])
def test_the_network_sees_points_where_the_matrix_says(scale: float) -> None:
    """Small faces are enlarged, large ones shrunk first; a dot is found where it must be."""
    points = face(scale, 10.0, [700.0, 640.0])
    matrix = align_portrait(points)
    picture = np.zeros((1300, 1400, 3), np.uint8)
    nose = points[1, :2]
    cv2.circle(picture, np.round(nose).astype(int).tolist(), round(scale), (255,) * 3, -1)
    for side in (32, 224):
        seen = network_picture(picture, matrix, side)[..., 0].astype(float)
        y, x = np.indices(seen.shape)
        found = np.array([(seen * x).sum(), (seen * y).sum()]) / seen.sum()
        wanted = moved(np.round(nose), to_network(matrix, side))
        assert found == pytest.approx(wanted, abs=0.35)


def test_maps_can_be_undone() -> None:
    matrix = align_portrait(face(20.0, 15.0, [200.0, 100.0]))
    assert compose(invert(matrix), matrix) == pytest.approx(np.eye(2, 3), abs=1e-9)


# --- pasting back ------------------------------------------------------------------------------


def paste(size, viewport: Viewport, points):
    background = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    back = invert(to_network(align_portrait(points), 32))
    return background, Paste(background, to_view(viewport, back), 32), back


def test_only_the_face_changes() -> None:
    points = face(14.0, 20.0, [150.0, 130.0])
    background, work, back = paste((240, 320), Viewport(320, 240, 1.0, 0, 0), points)
    frame = work.frame(np.full((32, 32, 3), 255, np.uint8))
    y, x = np.indices(frame.shape[:2])
    network = moved(np.stack([x, y], -1).reshape(-1, 2), invert(back)).reshape(240, 320, 2)
    outside = ((network < -0.5 - 1e-6) | (network > 31.5)).any(-1)
    assert outside.any()
    assert (frame[outside] == background[outside]).all()
    inside = ((network > 4) & (network < 27)).all(-1)
    assert (frame[inside] == 255).all()
    eyes = np.round(anchors(points)).astype(int)
    assert (frame[eyes[:, 1], eyes[:, 0]] == 255).all()
    assert (work.frame(np.full((32, 32, 3), 255, np.uint8)) == frame).all()


def test_a_view_shows_the_face_at_its_own_scale() -> None:
    """A dot in the network's picture lands on the same point of the portrait in every view."""
    points = face(14.0, 0.0, [150.0, 130.0])
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[14:18, 14:18] = 255
    found = []
    back = invert(to_network(align_portrait(points), 32))
    wanted = moved(np.array([15.5, 15.5]), back)
    for step in (1.0, 0.5, 0.25):
        x0, y0 = np.round(wanted - [160 * step, 120 * step]) + 9
        viewport = Viewport(320, 240, step, x0, y0)
        work = Paste(np.zeros((240, 320, 3), np.uint8), to_view(viewport, back), 32)
        seen = work.frame(picture)[..., 0].astype(float)
        y, x = np.indices(seen.shape)
        centre = np.array([(seen * x).sum(), (seen * y).sum()]) / seen.sum()
        found.append((centre + 0.5) * step + [x0, y0] - 0.5)
    assert np.abs(np.array(found) - wanted).max() < 0.3


def test_a_view_beside_the_face_stays_as_it_is() -> None:
    background, work, _ = paste((64, 64), Viewport(64, 64, 1.0, 2000, 0), face(9.0, 0, [99, 99]))
    assert (work.frame(np.full((32, 32, 3), 255, np.uint8)) == background).all()


def test_the_edge_is_soft() -> None:
    weight = feather(64)
    assert weight.max() == 1
    assert weight[0].max() < 0.1
    assert (np.diff(weight[32, :8]) > 0).all()
    assert (weight == weight.T).all()
    assert (weight == weight[::-1]).all()

import cv2
import numpy as np
import pytest

from core.base.errors import Cancelled, FaceError
from core.base.progress import Progress
from core.face.facemesh import FaceMeshTracker
from core.face.measures import rigid_fit
from core.face.topology import RIGID
from core.face.tracker import MIN_SCORE, create_tracker

GREY = (128, 128, 128)


def moved(rgb, dx=0.0, dy=0.0, turn_deg=0.0, zoom=1.0):
    centre = rgb.shape[1] / 2, rgb.shape[0] / 2
    matrix = cv2.getRotationMatrix2D(centre, turn_deg, zoom)
    matrix[:, 2] += dx, dy
    size = rgb.shape[1], rgb.shape[0]
    return cv2.warpAffine(rgb, matrix, size, borderMode=cv2.BORDER_REPLICATE)


def blank(height=240, width=320):
    return np.full((height, width, 3), 90, np.uint8)


def centre(face):
    return np.array([(face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2])


def test_a_portrait_has_one_human_face(portrait, portrait_face):
    assert portrait_face.points.shape == (478, 3)
    assert portrait_face.points.dtype == np.float32
    assert portrait_face.score > MIN_SCORE + 0.1
    x0, y0, x1, y1 = portrait_face.box
    assert 0 < x0 < x1 < portrait.shape[1]
    assert 0 < y0 < y1 < portrait.shape[0]
    assert portrait_face.size == max(x1 - x0, y1 - y0)


def test_pictures_without_faces(tracker):
    assert tracker.detect(blank()) == []
    assert tracker.detect(np.zeros((1, 1, 3), np.uint8)) == []
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    assert tracker.detect(noise) == []


def test_several_faces_come_largest_first(tracker, portrait):
    small = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    both = np.full((480, 800, 3), GREY, np.uint8)
    both[90:390, :300] = small
    both[:, 320:] = portrait
    faces = tracker.detect(both)
    assert len(faces) == 2
    assert faces[0].size > 1.3 * faces[1].size
    assert centre(faces[0])[0] > 320 > centre(faces[1])[0]


def test_a_small_face_in_a_large_picture(tracker, portrait, portrait_face):
    large = np.full((1800, 2400, 3), GREY, np.uint8)
    large[1250:1730, 1700:2180] = portrait
    (face,) = tracker.detect(large)
    assert np.allclose(centre(face), centre(portrait_face) + np.array([1700, 1250]), atol=3)


def test_resolution_changes_points_by_less_than_a_hundredth_of_the_face(tracker, portrait):
    large = cv2.resize(portrait, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    (small_face,), (large_face,) = tracker.detect(portrait), tracker.detect(large)
    difference = np.abs(large_face.points[:, :2] / 3 - small_face.points[:, :2])
    assert difference.mean() < 0.01 * small_face.size


def test_tracking_follows_and_is_steadier_than_a_pixel(tracker, portrait):
    rng = np.random.default_rng(1)
    shifts = 12 * np.sin(np.arange(30) / 6)
    frames = []
    for shift in shifts:
        frame = moved(portrait, dx=shift).astype(np.int16)
        frames.append(np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8))
    faces = list(tracker.track(iter(frames)))
    assert all(faces)
    points = np.stack([face.points for face in faces]).astype(np.float64)
    drift = points[:, RIGID, 0].mean(1) - shifts
    assert np.std(drift[3:]) < 0.4
    jitter = np.diff(points[3:, :, :2] - points[3:, RIGID, :2].mean(1, keepdims=True), axis=0)
    assert np.median(np.abs(jitter)) < 0.3


def test_turning_the_picture_turns_the_face(tracker, portrait):
    faces = list(tracker.track([moved(portrait, turn_deg=-a) for a in range(0, 30, 2)]))
    rolls = [np.degrees(np.arctan2(*rigid_fit(f.points)[1][[1, 0], 0])) for f in faces]
    assert np.allclose(np.diff(rolls), 2.0, atol=1.0)
    assert rolls[-1] - rolls[0] == pytest.approx(28, abs=1.5)


def test_frames_without_a_face_give_none_and_the_face_is_found_again(tracker, portrait):
    frames = [blank(480, 480)] * 2 + [portrait] * 3 + [blank(480, 480)] * 3 + [portrait] * 3
    seen = [face is not None for face in tracker.track(iter(frames))]
    assert seen == [False] * 2 + [True] * 3 + [False] * 3 + [True] * 3


def test_the_chosen_face_is_followed(tracker, portrait):
    small = cv2.resize(portrait, (360, 360), interpolation=cv2.INTER_AREA)
    frames = []
    for shift in range(0, 24, 3):
        frame = np.full((480, 900, 3), GREY, np.uint8)
        frame[60:420, shift : 360 + shift] = small
        frame[:, 420:] = portrait
        frames.append(frame)
    largest = [centre(face)[0] for face in tracker.track(frames)]
    other = [centre(face)[0] for face in tracker.track(frames, face=1)]
    assert min(largest) > 420 > max(other)
    assert other[-1] - other[0] == pytest.approx(21, abs=4)


def test_tracking_consumes_one_frame_at_a_time(tracker, portrait):
    taken = []

    def frames():
        for i in range(3):
            taken.append(i)
            yield portrait

    faces = tracker.track(frames())
    assert not taken
    next(faces)
    assert taken == [0]
    faces.close()


def test_same_frames_give_the_same_bits(tracker, portrait):
    frames = [moved(portrait, dx=x) for x in (0, 3, 7, 2)]
    first, second = (
        np.stack([face.points for face in tracker.track(frames)]).tobytes() for _ in range(2)
    )
    assert first == second


def test_cancel_stops_between_frames(tracker, portrait):
    progress = Progress()
    faces = tracker.track([portrait] * 5, progress)
    next(faces)
    progress.cancel()
    with pytest.raises(Cancelled):
        next(faces)


def test_the_models_keep_quiet(portrait, capfd):
    fresh = FaceMeshTracker()
    fresh.detect(portrait)
    list(fresh.track([portrait] * 2))
    assert capfd.readouterr().err == ""


def test_unknown_tracker_is_named():
    with pytest.raises(FaceError, match="facemesh"):
        create_tracker("dlib")

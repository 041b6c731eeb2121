from pathlib import Path

import cv2
import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.base.errors import FaceError
from core.base.progress import Note, Progress
from core.face.crop import looking_through
from core.face.portrait import find_portrait_face, pose_of
from core.face.rig import landmarks_3d
from core.face.tracker import Face, box_of

CAT = Path(__file__).parent / "animals" / "cat.jpg"


class FixedTracker:
    """A tracker that has seen what it is told."""

    def __init__(self, *faces):
        self.faces = list(faces)

    def detect(self, rgb, progress=None, *, min_score=0.55):
        return [face for face in self.faces if face.score >= min_score]

    def track(self, frames, progress=None, *, face=0):
        for _ in frames:
            yield self.faces[face]


def drawn_face(*, yaw=0.0, pitch=0.0, px_per_cm=10.0, score=0.9, at=(200.0, 150.0)):
    controls = REST.copy()
    controls[INDEX["yaw"]], controls[INDEX["pitch"]] = yaw, pitch
    points = (landmarks_3d(controls) * px_per_cm + np.array([*at, 0.0])).astype(np.float32)
    return Face(points, box_of(points), score)


def canvas(height=400, width=400):
    return np.zeros((height, width, 3), np.uint8)


def test_the_sample_portrait_is_accepted(portrait, tracker):
    face = find_portrait_face(portrait, tracker)
    assert abs(pose_of(face).yaw) < 30


def test_no_face(tracker):
    with pytest.raises(FaceError, match="No human face was found"):
        find_portrait_face(canvas(), tracker)


def test_an_animal(tracker):
    cat = np.ascontiguousarray(cv2.imread(str(CAT))[..., ::-1])
    with pytest.raises(FaceError, match=r"No human face|does not look like"):
        find_portrait_face(cat, tracker)


def test_a_face_that_the_detectors_doubt_is_an_animal():
    with pytest.raises(FaceError, match="animal"):
        find_portrait_face(canvas(), FixedTracker(drawn_face(score=0.39)))


def test_a_monkey_is_no_person_unless_a_person_draws_a_box_around_it():
    monkey = drawn_face(score=0.7, px_per_cm=12.0)
    with pytest.raises(FaceError, match="animal"):
        find_portrait_face(canvas(), FixedTracker(monkey))
    box = looking_through(FixedTracker(monkey), (0.0, 0.0, 1.0, 1.0))
    assert find_portrait_face(canvas(), box).score == 1.0


def test_faces_keep_their_numbers_beside_an_animal():
    tracker = FixedTracker(drawn_face(score=0.7, px_per_cm=12.0), drawn_face())
    assert find_portrait_face(canvas(), tracker) is tracker.faces[1]
    assert find_portrait_face(canvas(), tracker, 1) is tracker.faces[1]
    with pytest.raises(FaceError, match="animal"):
        find_portrait_face(canvas(), tracker, 0)


def test_several_faces_take_the_largest_and_say_so(portrait, tracker):
    small = cv2.resize(portrait, (300, 300), interpolation=cv2.INTER_AREA)
    both = np.full((480, 800, 3), 128, np.uint8)
    both[90:390, :300] = small
    both[:, 320:] = portrait
    heard = []
    progress = Progress(heard.append)
    face = find_portrait_face(both, tracker, progress=progress)
    assert face.box[0] > 320
    (note,) = [event for event in heard if isinstance(event, Note)]
    assert "2 faces" in note.text
    assert "--face" in note.text

    heard.clear()
    assert find_portrait_face(both, tracker, 1, progress).box[2] < 320
    assert not heard
    with pytest.raises(FaceError, match="2 faces, so there is no face 2"):
        find_portrait_face(both, tracker, 2)


@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_a_face_cut_by_the_border(portrait, portrait_face, tracker, side):
    x0, y0, x1, y1 = (int(v) for v in portrait_face.box)
    by = int(0.2 * portrait_face.size)
    cut = {
        "left": portrait[:, x0 + by :],
        "right": portrait[:, : x1 - by],
        "top": portrait[y0 + by :],
        "bottom": portrait[: y1 - by],
    }[side]
    with pytest.raises(FaceError, match="cut by the border"):
        find_portrait_face(np.ascontiguousarray(cut), tracker)


def test_a_face_close_to_the_border_is_whole(portrait, portrait_face, tracker):
    x0, y0, x1, y1 = (int(v) for v in portrait_face.box)
    room = int(0.08 * portrait_face.size)
    crop = portrait[max(y0 - room, 0) : y1 + room, max(x0 - room, 0) : x1 + room]
    assert find_portrait_face(np.ascontiguousarray(crop), tracker).size > 0


@pytest.mark.parametrize("yaw", [-60.0, 60.0])
def test_profile_views(yaw):
    with pytest.raises(FaceError, match="60° to the side"):
        find_portrait_face(canvas(), FixedTracker(drawn_face(yaw=yaw)))


@pytest.mark.parametrize("yaw", [-40.0, 0.0, 40.0])
def test_three_quarter_views_pass(yaw):
    assert find_portrait_face(canvas(), FixedTracker(drawn_face(yaw=yaw)))


@pytest.mark.parametrize(("pitch", "word"), [(35.0, "up"), (-55.0, "down")])
def test_faces_that_look_far_up_or_down(pitch, word):
    with pytest.raises(FaceError, match=word):
        find_portrait_face(canvas(), FixedTracker(drawn_face(pitch=pitch)))


def test_a_tiny_face(portrait, tracker):
    tiny = cv2.resize(portrait, (90, 90), interpolation=cv2.INTER_AREA)
    large = np.full((300, 300, 3), 128, np.uint8)
    large[100:190, 100:190] = tiny
    with pytest.raises(FaceError, match="pixels large"):
        find_portrait_face(large, tracker)


def test_every_refusal_is_one_sentence():
    cases = [
        FixedTracker(),
        FixedTracker(drawn_face(score=0.2)),
        FixedTracker(drawn_face(yaw=70.0)),
        FixedTracker(drawn_face(px_per_cm=1.0)),
        FixedTracker(drawn_face(at=(10.0, 150.0))),
    ]
    for fixed in cases:
        with pytest.raises(FaceError) as caught:
            find_portrait_face(canvas(), fixed)
        text = str(caught.value)
        assert text.endswith(".")
        assert ". " not in text
        assert "choose" in text

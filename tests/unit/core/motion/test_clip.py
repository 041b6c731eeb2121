from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.base.cache import ArrayCache
from core.base.controls import Factor
from core.base.errors import Cancelled, FaceError, MediaError, MotionError
from core.base.progress import Note, Progress
from core.face.crop import CroppedTracker
from core.face.tracker import create_tracker
from core.media.image import read_image, write_png
from core.motion import clip
from core.motion.clip import extract_clip
from core.motion.livelink_writer import write_live_link
from core.motion.motion import Motion
from core.motion.retarget import Retargeting, retarget
from core.motion.tracking import find_faces

PORTRAIT = Path(__file__).parents[4] / "assets" / "sample" / "portrait.jpg"
RATE = Fraction(10)


@pytest.fixture(scope="module")
def portrait():
    rgb = read_image(PORTRAIT, max_side=720).rgb
    return np.ascontiguousarray(rgb[20:400, 40:420])


def turned(rgb, degrees):
    """The picture turned clockwise."""
    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(rgb, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="module")
def rolling(tmp_path_factory, portrait):
    """2.4 s at 10 fps: the head rolls 0° → 11.5°, unseen for 0.2 s, then for 1.3 s."""
    folder = tmp_path_factory.mktemp("rolling")
    for i in range(24):
        is_gap = i in (4, 5) or i >= 11
        rgb = np.full_like(portrait, 90) if is_gap else turned(portrait, 0.5 * i)
        write_png(folder / f"{i:03d}.png", rgb)
    return folder


def test_a_clip_gives_all_factors_with_its_gaps_filled(rolling):
    notes = []
    progress = Progress(lambda event: notes.append(event) if isinstance(event, Note) else None)
    result = extract_clip(rolling, RATE, progress=progress)
    assert set(result.tracks) == set(Factor)
    track = result.track(Factor.HEAD_POSE)
    assert (len(track), track.rate) == (24, RATE)
    roll = track.column("roll")
    assert np.abs(np.diff(roll[:11])).max() < 3.0
    assert roll[10] - roll[0] == pytest.approx(5.0, abs=1.2)
    assert roll[4] == roll[5] == roll[3]
    assert track.valid[:11].all()
    assert not track.valid[11:].any()
    assert [(g.start, g.stop) for g in result.marked] == [(11, 24)]
    assert [n.text for n in notes] == list(result.notes)
    assert "1 gap, 1.3 s" in notes[0].text


def test_the_result_can_be_resampled_and_retargeted(rolling):
    tracks = extract_clip(rolling, RATE).tracks
    pose = retarget(tracks[Factor.HEAD_POSE], Retargeting())
    assert np.allclose(pose.values[tracks[Factor.HEAD_POSE].neutral], pose.rest, atol=1e-5)


def test_the_second_time_nothing_is_tracked(rolling, tmp_path, monkeypatch):
    cache = ArrayCache(tmp_path)
    first = extract_clip(rolling, RATE, cache=cache)

    def fail(name):
        raise AssertionError("tracked again")

    monkeypatch.setattr(clip, "create_tracker", fail)
    second = extract_clip(rolling, RATE, cache=cache)
    for factor in Factor:
        assert second.tracks[factor].values.tobytes() == first.tracks[factor].values.tobytes()
        assert second.tracks[factor].neutral == first.tracks[factor].neutral
    assert second.notes == first.notes
    with pytest.raises(AssertionError, match="again"):
        extract_clip(rolling, Fraction(12), cache=cache)


def test_extraction_is_deterministic(rolling):
    first, second = (extract_clip(rolling, RATE) for _ in range(2))
    for factor in Factor:
        assert first.tracks[factor].values.tobytes() == second.tracks[factor].values.tobytes()


def test_a_still_is_a_held_pose(portrait, tmp_path):
    path = tmp_path / "still.png"
    write_png(path, turned(portrait, 8.0))
    result = extract_clip(path, Fraction(25))
    track = result.track(Factor.HEAD_POSE)
    assert len(track) == 1
    assert retarget(track, Retargeting()).column("roll")[0] > 4.0


def test_a_clip_of_one_frame_works(portrait, tmp_path):
    write_png(tmp_path / "1.png", portrait)
    assert len(extract_clip(tmp_path, RATE).track(Factor.LIPS)) == 1


def test_two_faces_are_mentioned_and_can_be_chosen(portrait, tmp_path):
    small = cv2.resize(portrait, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    canvas = np.full((portrait.shape[0], portrait.shape[1] + small.shape[1], 3), 90, np.uint8)
    canvas[:, : portrait.shape[1]] = portrait
    canvas[: small.shape[0], portrait.shape[1] :] = turned(small, 10.0)
    for i in range(3):
        write_png(tmp_path / f"{i}.png", canvas)
    largest = extract_clip(tmp_path, RATE)
    assert "2 faces" in largest.notes[0]
    second = extract_clip(tmp_path, RATE, face=1)
    assert second.notes == ()
    rolls = [float(r.track(Factor.HEAD_POSE).column("roll").mean()) for r in (largest, second)]
    assert rolls[1] - rolls[0] == pytest.approx(10.0, abs=2.5)
    with pytest.raises(FaceError, match=r"no face 2 .* 0 to 1"):
        extract_clip(tmp_path, RATE, face=2)


def test_clips_without_a_face_or_pictures_are_refused(tmp_path):
    folder = tmp_path / "wall"
    folder.mkdir()
    for i in range(2):
        write_png(folder / f"{i}.png", np.full((120, 160, 3), 90, np.uint8))
    with pytest.raises(FaceError, match="No face was found in “wall”"):
        extract_clip(folder, RATE)
    write_png(tmp_path / "wall.png", np.full((120, 160, 3), 90, np.uint8))
    with pytest.raises(FaceError, match=r"No face was found in “wall\.png”"):
        extract_clip(tmp_path / "wall.png", RATE)
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(MediaError):
        extract_clip(tmp_path / "text.mp4", RATE)


def test_a_recording_is_a_clip(tmp_path, make_controls):
    path = tmp_path / "take.csv"
    controls = make_controls(60, jawOpen=np.linspace(0, 1, 60))
    write_live_link(path, Motion(controls, Fraction(30)))
    result = extract_clip(path, Fraction(25))
    lips = result.track(Factor.LIPS)
    assert (len(lips), lips.rate) == (50, 25)
    assert lips.column("jawOpen")[-1] == pytest.approx(49 / 25 * 30 / 59, abs=1e-3)
    with pytest.raises(MotionError, match="no motion for head pose"):
        result.track(Factor.HEAD_POSE)


def test_a_clip_can_be_written_as_a_recording_and_used_again(rolling, tmp_path):
    result = extract_clip(rolling, RATE)
    motion, seen = result.as_motion()
    write_live_link(tmp_path / "out.csv", motion, seen)
    again = extract_clip(tmp_path / "out.csv")
    assert again.tracks[Factor.LIPS].rate == RATE
    for factor in (Factor.LIPS, Factor.EYES, Factor.EXPRESSION):
        written, read = result.tracks[factor], again.tracks[factor]
        assert np.allclose(read.values[:11], written.values[:11], atol=1e-6)
    pose, read_pose = (r.track(Factor.HEAD_POSE).values[:11, :3] for r in (result, again))
    assert np.allclose(pose, read_pose, atol=1e-4)
    assert len(again.marked) == 1


def test_tracking_can_be_cancelled(rolling, tmp_path):
    progress = Progress(lambda event: progress.cancel())
    with pytest.raises(Cancelled):
        extract_clip(rolling, RATE, cache=ArrayCache(tmp_path), progress=progress)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def pair(tmp_path_factory, portrait):
    """A still: a large face on the left, the same one at half the size on the right."""
    path = tmp_path_factory.mktemp("pair") / "pair.png"
    small = cv2.resize(portrait, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    picture = np.full((400, 620, 3), 90, np.uint8)
    picture[10:390, 10:390] = portrait
    picture[150:340, 410:600] = small
    write_png(path, picture)
    return path


RIGHT = (0.64, 0.3, 1.0, 0.9)


def test_faces_are_listed_as_they_are_numbered(pair):
    found = find_faces(pair)
    assert found.picture.shape == (400, 620, 3)
    lefts = [face.box[0] for face in found.faces]
    assert len(lefts) == 2
    assert lefts[0] < 390 < lefts[1]


def test_a_crop_hides_the_rest_of_the_picture(pair):
    (face,) = find_faces(pair, crop=RIGHT).faces
    assert face.box[0] > 400
    assert np.abs(face.points - find_faces(pair).faces[1].points)[:, :2].max() < 2.0


def test_a_crop_chooses_whose_motion_is_taken(pair, tmp_path):
    cache = ArrayCache(tmp_path)
    notes = []
    progress = Progress(lambda event: notes.append(event) if isinstance(event, Note) else None)
    whole = extract_clip(pair, face=1, cache=cache)
    cropped = extract_clip(pair, crop=RIGHT, cache=cache, progress=progress)
    assert not notes
    for factor in (Factor.LIPS, Factor.EYES):
        difference = cropped.track(factor).values - whole.track(factor).values
        assert np.abs(difference).max() < 0.1
    with pytest.raises(FaceError, match="was found"):
        extract_clip(pair, crop=(0.0, 0.0, 0.05, 0.05), cache=cache)


def test_a_crop_holds_for_every_frame_of_a_clip(tmp_path, portrait):
    picture = np.full((400, 800, 3), 90, np.uint8)
    for i in range(4):
        picture[:] = 90
        left = 10 if i < 2 else 410  # the face leaves the box
        picture[10:390, left : left + 380] = portrait
        write_png(tmp_path / f"{i}.png", picture)
    tracker = CroppedTracker(create_tracker(), (0.0, 0.0, 0.5, 1.0))
    frames = [read_image(path).rgb for path in sorted(tmp_path.glob("*.png"))]
    seen = [face is not None for face in tracker.track(frames)]
    assert seen == [True, True, False, False]

"""The whole engine on the bundled portrait: what a user sees of it."""

from fractions import Fraction

import av
import numpy as np
import pytest

from core.base.controls import INDEX, REST
from core.base.errors import Cancelled, EngineError, FaceError
from core.base.progress import Progress
from core.engines.mesh.engine import MeshEngine
from core.engines.protocol import Framing, Source, SourceKind, View
from core.face.measures import measure
from core.face.tracker import create_tracker
from core.media.image import read_image, write_png
from core.motion.motion import Motion

RATE = Fraction(25)
SMALL = View(Framing.FACE, 256)


@pytest.fixture(scope="module")
def engine():
    return MeshEngine()


@pytest.fixture(scope="module")
def avatar(engine, sample_portrait):
    avatar = engine.prepare(Source(sample_portrait), progress=Progress())
    avatar.refine(Progress())
    return avatar


def motion(*frames):
    controls = np.tile(REST, (len(frames), 1))
    for row, values in zip(controls, frames, strict=True):
        for name, value in values.items():
            row[INDEX[name]] = value
    return Motion(controls, RATE)


def frames(engine, avatar, *values, view=SMALL):
    return list(engine.render(avatar, motion(*values), view))


def tracked(pictures):
    """Measures of frames, each shown until the tracker has settled on it."""
    shown = [picture for picture in pictures for _ in range(3)]
    faces = list(create_tracker().track(shown))[2::3]
    assert all(face is not None for face in faces)
    return measure(np.stack([face.points for face in faces]))


def test_rest_is_the_portrait_itself(engine, avatar, sample_portrait):
    portrait = read_image(sample_portrait).rgb
    full = View(Framing.FULL, None)
    (frame,) = frames(engine, avatar, {}, view=full)
    assert avatar.output_size(full) == (frame.shape[1], frame.shape[0])
    assert (frame == portrait[: frame.shape[0], : frame.shape[1]]).all()


def test_an_almost_still_head_hardly_differs_from_rest(engine, avatar):
    rest, moved = frames(engine, avatar, {}, {"yaw": 0.02, "mouthSmileLeft": 0.002})
    error = (rest.astype(float) - moved) ** 2
    assert 10 * np.log10(255**2 / error.mean()) > 45


@pytest.mark.parametrize("size", [256, 512])
def test_frames_have_the_size_that_was_asked_for(engine, avatar, size):
    view = View(Framing.FACE, size)
    (frame,) = frames(engine, avatar, {"yaw": 10}, view=view)
    assert frame.shape == (size, size, 3)
    assert frame.dtype == np.uint8
    assert avatar.output_size(view) == (size, size)


def test_a_size_out_of_range_is_refused(engine, avatar):
    with pytest.raises(EngineError, match="64 to 2160"):
        avatar.output_size(View(Framing.FACE, 32))


def test_the_same_motion_gives_the_same_frames(engine, avatar, sample_portrait):
    values = {"yaw": 12, "jawOpen": 0.5, "eyeBlinkLeft": 0.7, "browInnerUp": 1}
    first = frames(engine, avatar, values, {}, {"pitch": -8})
    mixed = frames(engine, avatar, {"pitch": -8}, values)
    assert (first[0] == mixed[1]).all()
    assert (first[2] == mixed[0]).all()
    other = engine.prepare(Source(sample_portrait), progress=Progress())
    other.refine(Progress())
    assert (frames(engine, other, values)[0] == first[0]).all()


def test_a_turned_head_is_measured_as_it_was_asked(engine, avatar):
    asked = [-18, -9, 0, 9, 18]
    yaw = tracked(frames(engine, avatar, *({"yaw": v} for v in asked))).yaw
    slope, _ = np.polyfit(asked, yaw, 1)
    assert slope == pytest.approx(1, abs=0.06)
    assert np.corrcoef(asked, yaw)[0, 1] ** 2 > 0.99
    pitch = tracked(frames(engine, avatar, {}, {"pitch": 12}, {"pitch": -12})).pitch
    assert pitch[1] - pitch[0] == pytest.approx(12, abs=2)
    assert pitch[2] - pitch[0] == pytest.approx(-12, abs=2)
    roll = tracked(frames(engine, avatar, {}, {"roll": 15})).roll
    assert roll[1] - roll[0] == pytest.approx(15, abs=1)


def test_every_factor_shows(engine, avatar):
    smile = {"mouthSmileLeft": 1, "mouthSmileRight": 1}
    brows = {"browOuterUpLeft": 1, "browOuterUpRight": 1, "browInnerUp": 1}
    found = tracked(frames(engine, avatar, {}, {"jawOpen": 0.8}, smile, brows, {"eyeBlinkLeft": 1}))
    assert found.mouth_open[1] - found.mouth_open[0] > 0.15
    assert found.smile[2] - found.smile[0] > 0.03
    assert found.brow[3] - found.brow[0] > 0.03
    assert found.ear_left[0] - found.ear_left[4] > 0.08
    assert abs(found.ear_right[0] - found.ear_right[4]) < 0.04
    assert np.abs(found.pitch - found.pitch[0]).max() < 1.5  # none of it nods


def test_mouth_close_shuts_what_the_jaw_opens(engine, avatar):
    found = tracked(frames(engine, avatar, {}, {"jawOpen": 0.5}, {"jawOpen": 0.5, "mouthClose": 1}))
    opened = found.mouth_open - found.mouth_open[0]
    assert opened[2] < 0.3 * opened[1]


def test_far_from_the_face_nothing_moves(engine, avatar):
    full = View(Framing.FULL, None)
    rest, moved = frames(engine, avatar, {}, {"yaw": 15, "x": 0.1, "scale": 1.1}, view=full)
    bottom = slice(int(rest.shape[0] * 0.92), None)
    assert (rest[bottom] == moved[bottom]).all()
    assert (rest[:, rest.shape[1] // 2] != moved[:, rest.shape[1] // 2]).any()


@pytest.mark.parametrize(
    "values",
    [{"yaw": 45, "pitch": 35, "roll": 45}, {"x": 0.5, "y": 0.5, "scale": 2}, {"scale": 0.5}],
)
def test_extremes_break_nothing(engine, avatar, values):
    (frame,) = frames(engine, avatar, {**values, "jawOpen": 1, "tongueOut": 1})
    assert frame.std() > 10


def test_all_controls_at_once(engine, avatar):
    everything = dict.fromkeys([n for n in INDEX if n not in ("x", "y", "scale")], 1.0)
    (frame,) = frames(engine, avatar, everything)
    assert frame.shape == (256, 256, 3)


def test_preparation_can_be_cancelled(engine, sample_portrait):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        engine.prepare(Source(sample_portrait), progress=progress)


def test_a_face_at_the_edge_of_a_small_picture(engine, sample_portrait, tmp_path):
    portrait = read_image(sample_portrait).rgb
    face = create_tracker().detect(portrait)[0]
    x0, y0, x1, y1 = (int(v) for v in face.box)
    margin = (x1 - x0) // 8
    crop = portrait[y0 - 2 * margin : y1 + margin, x0 - margin : x1 + 3 * margin]
    path = tmp_path / "tight.png"
    write_png(path, np.ascontiguousarray(crop))
    tight = engine.prepare(Source(path), progress=Progress())
    for view in (SMALL, View(Framing.FULL, None)):
        still, moved = frames(engine, tight, {}, {"yaw": -20, "pitch": 10, "jawOpen": 1}, view=view)
        assert still.shape == moved.shape
        assert np.abs(still.astype(int) - moved).mean() > 1


@pytest.fixture(scope="module")
def clip(sample_portrait, tmp_path_factory):
    """Six frames of the portrait sliding to the right."""
    portrait = read_image(sample_portrait, max_side=480).rgb
    height, width = (side // 2 * 2 for side in portrait.shape[:2])
    path = tmp_path_factory.mktemp("clip") / "source.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for shift in range(6):
            shown = np.roll(portrait[:height, :width], 2 * shift, 1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    return path


def test_a_clip_at_rest_is_the_clip(engine, clip, sample_portrait):
    avatar = engine.prepare(Source(clip, kind=SourceKind.VIDEO), progress=Progress())
    portrait = read_image(sample_portrait, max_side=480).rgb
    full = View(Framing.FULL, None)
    found = frames(engine, avatar, *([{}] * 6), view=full)
    for shift, frame in enumerate(found):
        expected = np.roll(portrait[: frame.shape[0], : frame.shape[1]], 2 * shift, 1)
        assert (frame == expected).all()


def test_only_what_is_replaced_changes_in_a_clip(engine, clip):
    avatar = engine.prepare(Source(clip, kind=SourceKind.VIDEO), progress=Progress())
    still = frames(engine, avatar, *([{}] * 8))
    talking = frames(engine, avatar, *([{"jawOpen": 0.6}] * 8))
    assert len(talking) == 8  # the last frame is held
    for before, after in zip(still, talking, strict=True):
        changed = np.abs(before.astype(int) - after).max(2) > 8
        rows = np.flatnonzero(changed.any(1))
        assert changed.any()
        assert rows[0] > 0.35 * len(before)  # the eyes stay as they are


def test_a_clip_without_a_face_says_so(engine, tmp_path):
    path = tmp_path / "empty.png"
    write_png(path, np.full((128, 160, 3), 90, np.uint8))
    with pytest.raises(FaceError, match="No face"):
        engine.prepare(Source(path, kind=SourceKind.VIDEO), progress=Progress())


def test_another_engines_avatar_is_refused(engine):
    with pytest.raises(EngineError, match="prepare it again"):
        next(iter(engine.render(object(), motion({}), SMALL)))


def test_a_crop_chooses_the_face_of_a_portrait(engine, sample_portrait, tmp_path):
    face = np.ascontiguousarray(read_image(sample_portrait, max_side=720).rgb[20:400, 40:420])
    group = np.full((400, 800, 3), 90, np.uint8)
    group[10:390, 10:390] = face
    group[10:390, 410:790] = face[:, ::-1]
    write_png(tmp_path / "group.png", group)
    crop = (0.5, 0.0, 1.0, 1.0)
    source = Source(tmp_path / "group.png", crop=crop)
    (right,) = frames(engine, engine.prepare(source, progress=Progress()), {})
    left_source = Source(tmp_path / "group.png", crop=(0.0, 0.0, 0.5, 1.0))
    (left,) = frames(engine, engine.prepare(left_source, progress=Progress()), {})
    difference = np.abs(right[:, ::-1].astype(int) - left.astype(int)).mean()
    assert difference < 0.5 * np.abs(right.astype(int) - left.astype(int)).mean()
    with pytest.raises(FaceError):
        engine.prepare(
            Source(tmp_path / "group.png", crop=(0.48, 0.0, 0.52, 0.1)), progress=Progress()
        )

"""Preview: pictures by frame, a cache that edits invalidate only where they change something."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.base.controls import INDEX, REST, Factor
from core.face.topology import NOSE_TIP
from core.media.image import write_png
from core.timeline.edits import set_muted
from core.timeline.lane_edits import set_value
from core.timeline.project_edits import set_avatar, set_range
from studio.controller.evaluation import Evaluation
from studio.controller.frame_cache import FrameCache
from studio.controller.preview import FrameStatus, Preview, State
from studio.controller.studio import Studio


def _fill(studio: Studio, qtbot: QtBot) -> None:
    studio.preview.render_ahead(True)
    ready = FrameStatus.READY
    qtbot.waitUntil(lambda: bool((studio.preview.statuses() == ready).all()), timeout=60_000)
    studio.preview.render_ahead(False)


def _settle(preview: Preview) -> None:
    assert preview.wait_ready(30.0)


def test_without_a_portrait_it_says_what_to_do(studio: Studio) -> None:
    preview = studio.preview
    assert preview.state is State.EMPTY
    assert "portrait" in preview.reason
    assert preview.picture(0) is None
    assert preview.landmarks(0).shape == (478, 2)


def test_a_portrait_without_a_face_is_told_in_one_sentence(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "grey.png"
    write_png(path, np.full((400, 400, 3), 128, np.uint8))
    studio.set_portrait(path)
    qtbot.waitUntil(lambda: studio.preview.state is State.FAILED, timeout=30_000)
    assert "face" in studio.preview.reason
    qtbot.waitUntil(lambda: not studio.activity.tasks)


def test_it_shows_the_frame_of_the_playhead(portrait_studio: Studio, qtbot: QtBot) -> None:
    preview = portrait_studio.preview
    assert preview.size == (256, 256)
    assert preview.shown is not None
    assert preview.shown.shape == (256, 256, 3)
    portrait_studio.project.apply(
        "Turn", set_value(portrait_studio.project.document, "yaw", 20, 15.0)
    )
    with qtbot.waitSignal(preview.picture_ready, timeout=10_000) as shown:
        portrait_studio.playhead.scrub(20)
    assert shown.args[0] == 20


def test_equal_frames_share_one_picture(portrait_studio: Studio) -> None:
    """Nothing moves yet: the one picture that is there is every frame's."""
    statuses = portrait_studio.preview.statuses()
    assert statuses.shape == (50,)
    assert (statuses == FrameStatus.READY).all()


def test_an_edit_makes_stale_only_what_it_changes(portrait_studio: Studio, qtbot: QtBot) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    document = studio.project.document
    for frame, value in ((0, 0.0), (20, 10.0), (30, 10.0), (49, 0.0)):
        document = set_value(document, "yaw", frame, value)
    studio.project.apply("Turn", document)
    _settle(preview)
    _fill(studio, qtbot)
    studio.project.apply("Later", set_value(studio.project.document, "yaw", 40, 9.0))
    _settle(preview)
    statuses = preview.statuses()
    assert (statuses[:31] == FrameStatus.READY).all()
    assert (statuses[32:49] == FrameStatus.STALE).all()
    studio.project.undo()
    qtbot.waitUntil(lambda: bool((preview.statuses() == FrameStatus.READY).all()))


def test_a_picture_shows_what_the_curve_says(portrait_studio: Studio) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    still = preview.shown
    studio.project.apply("Open", set_value(studio.project.document, "open", 0, 0.8))
    _settle(preview)
    moved = preview.shown
    assert still is not None
    assert moved is not None
    change = np.abs(moved.astype(int) - still.astype(int)).max(axis=2)
    rows, _ = np.nonzero(change > 90)
    assert len(rows) > 20
    assert 128 < rows.mean() < 180  # where the mouth is
    assert preview.controls(0)[INDEX["jawOpen"]] == pytest.approx(0.8)


def test_muting_gives_the_picture_of_before_at_once(portrait_studio: Studio) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    still = preview.picture(0)
    studio.project.apply("Turn", set_value(studio.project.document, "yaw", 0, 12.0))
    assert preview.picture(0) is None
    factor = studio.project.document.tracks[1].factor
    studio.project.apply("Mute", set_muted(studio.project.document, factor, True))
    assert preview.picture(0) is still
    assert preview.shown is still


def test_a_drag_shows_pictures_while_it_lasts(portrait_studio: Studio, qtbot: QtBot) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    before = studio.project.document
    shown: list[int] = []
    preview.picture_ready.connect(lambda frame, _: shown.append(frame))
    studio.project.begin("Drag")
    for value in np.linspace(1, 10, 6):
        studio.project.preview(set_value(before, "yaw", 0, float(value)))
        count = len(shown)
        qtbot.waitUntil(lambda count=count: len(shown) > count, timeout=10_000)
    studio.project.cancel()
    _settle(preview)
    assert studio.project.document is before
    assert preview.shown is preview.picture(0)


def test_the_source_picture_is_the_portrait_at_rest(portrait_studio: Studio, qtbot: QtBot) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    at_rest = preview.picture(0)
    studio.project.apply("Turn", set_value(studio.project.document, "yaw", 0, 12.0))
    with qtbot.waitSignal(preview.source_ready, timeout=10_000):
        assert preview.source_picture is None
    np.testing.assert_array_equal(preview.source_picture, at_rest)


def test_landmarks_fit_the_portrait_and_move_with_the_curves(
    portrait_studio: Studio, qtbot: QtBot
) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    with qtbot.waitSignal(preview.source_ready, timeout=10_000):
        assert preview.source_picture is None  # before anybody asks for landmarks
    with qtbot.waitSignal(preview.landmarks_changed, timeout=30_000):
        preview.landmarks(0)
    points = preview.landmarks(0)
    assert 0 < points.min() < points.max() < 256
    studio.project.apply("Turn", set_value(studio.project.document, "yaw", 0, 15.0))
    turned = preview.landmarks(0)
    assert turned[NOSE_TIP, 0] > points[NOSE_TIP, 0] + 3  # to the viewer's right


def test_another_view_prepares_nothing_but_draws_anew(
    portrait_studio: Studio, qtbot: QtBot
) -> None:
    studio = portrait_studio
    studio.set_view("face", 128)
    _settle(studio.preview)
    assert studio.preview.size == (128, 128)
    assert studio.preview.shown is not None
    assert studio.preview.shown.shape == (128, 128, 3)
    assert studio.preview.source_picture is None


def test_live_controls_show_instead_of_the_document(portrait_studio: Studio, qtbot: QtBot) -> None:
    preview = portrait_studio.preview
    still = preview.shown
    row = REST.copy()
    row[INDEX["yaw"]] = 15.0
    with qtbot.waitSignal(preview.picture_ready, timeout=10_000):
        preview.show_live(row)
    assert not np.array_equal(preview.shown, still)
    preview.show_live(None)
    assert preview.shown is still


def test_snapshots_keep_what_was_shown(portrait_studio: Studio) -> None:
    preview = portrait_studio.preview
    assert preview.snapshot(1) is None
    preview.store_snapshot(1)
    assert preview.snapshot(1) is preview.shown


def test_a_wrong_reference_frame_is_told_and_the_rest_goes_on(
    portrait_studio: Studio, qtbot: QtBot
) -> None:
    studio = portrait_studio
    studio.generate_preview()
    _settle(studio.preview)
    assert studio.preview.controls(10).any()
    track = studio.project.document.tracks[1]
    assert track.strips


# --- the parts -------------------------------------------------------------------------------


def test_evaluation_gives_equal_rows_in_any_order(portrait_studio: Studio) -> None:
    studio = portrait_studio
    studio.generate_preview()
    _settle(studio.preview)
    preview, document = studio.preview, studio.project.document
    whole = Evaluation()
    whole.set(document, preview.bank, preview.rest_pose)
    expected = whole.rows(0, 50)
    bits = Evaluation()
    bits.set(document, preview.bank, preview.rest_pose)
    rows = [bits.row(frame) for frame in (30, 2, 49)]
    np.testing.assert_array_equal(rows, expected[[30, 2, 49]])
    while bits.advance(30, 0.0) is not None:
        pass
    assert bits.is_complete
    np.testing.assert_array_equal(bits.rows(0, 50), expected)
    assert bits.rows(60, 80).shape == (0, 58)


def test_evaluation_follows_the_length(portrait_studio: Studio) -> None:
    evaluation = Evaluation()
    document = portrait_studio.project.document
    evaluation.set(document, {}, portrait_studio.preview.rest_pose)
    evaluation.set(replace(document, n_frames=7), {}, portrait_studio.preview.rest_pose)
    assert evaluation.n_frames == 7
    assert evaluation.rows(0, 7).shape == (7, 58)


def _noise(seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), np.uint8)
    return np.kron(rows, np.ones((16, 16, 1), np.uint8))


def test_the_cache_stays_within_its_budget_and_keeps_the_newest() -> None:
    cache = FrameCache(8 * _noise(0).nbytes)
    for i in range(200):
        cache.put(str(i).encode(), _noise(i))
    assert cache.n_bytes <= 8 * _noise(0).nbytes
    assert b"199" in cache
    assert b"0" not in cache
    assert len(cache) > 8  # packed ones take less


def test_a_packed_picture_looks_the_same() -> None:
    cache = FrameCache(4 * _noise(0).nbytes)
    for i in range(4):
        cache.put(str(i).encode(), _noise(i))
    first = cache.get(b"0")
    assert first is not None
    assert np.abs(first.astype(int) - _noise(0).astype(int)).mean() < 3.0
    newest = cache.get(b"3")
    np.testing.assert_array_equal(newest, _noise(3))


def test_a_smaller_budget_counts_at_once(portrait_studio: Studio) -> None:
    cache = FrameCache(100 * _noise(0).nbytes)
    for i in range(20):
        cache.put(str(i).encode(), _noise(i))
    cache.set_budget(2 * _noise(0).nbytes)
    assert cache.n_bytes <= 2 * _noise(0).nbytes
    cache.clear()
    assert len(cache) == cache.n_bytes == 0


def test_a_clip_without_a_face_does_not_keep_the_others_from_moving(
    portrait_studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = portrait_studio
    grey = tmp_path / "grey.png"
    write_png(grey, np.full((300, 300, 3), 128, np.uint8))
    with qtbot.waitSignal(studio.imported, timeout=10_000):
        studio.drop_clip(grey, [Factor.EXPRESSION], 0)
    with qtbot.waitSignal(studio.message, timeout=20_000) as heard:
        studio.generate_preview()
    assert "face" in heard.args[0]
    assert studio.preview.wait_ready(30.0)
    assert np.ptp(studio.preview.motion(0, 50)[:, INDEX["yaw"]]) > 0.05
    clip_id = studio.project.document.track(Factor.EXPRESSION).strips[0].source_id
    assert clip_id not in studio.preview.bank


def test_a_key_asks_the_engine_for_no_new_motion(portrait_studio: Studio) -> None:
    studio = portrait_studio
    studio.generate_preview()
    assert studio.preview.wait_ready(30.0)
    studio.verbs.set_value("yaw", 3, 4.0)
    assert studio.preview.avatar.is_gathered


def test_the_range_is_made_ready_while_nobody_asks(portrait_studio: Studio, qtbot: QtBot) -> None:
    studio = portrait_studio
    studio.settings.set("fill_cache", True)
    studio.project.apply("Range", set_range(studio.project.document, 5, 15))
    studio.verbs.set_value("yaw", 0, 0.0)
    studio.verbs.set_value("yaw", 49, 10.0)
    assert studio.preview.wait_ready()
    ready = FrameStatus.READY
    assert not (studio.preview.statuses()[5:15] == ready).any()
    qtbot.waitUntil(lambda: bool((studio.preview.statuses()[5:15] == ready).all()), timeout=20_000)
    qtbot.wait(200)
    assert studio.preview.statuses()[15] != ready


def test_the_device_is_told_and_a_lack_of_it_once(
    portrait_studio: Studio, pdfgc_weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, preview = portrait_studio, portrait_studio.preview
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("AVATAR_STUDIO_DEVICE", "auto")
    pdfgc_weights()
    told: list[str] = []
    preview.message.connect(told.append)
    assert preview.device == "CPU"  # of the mesh
    studio.settings.set("device", "cpu")
    studio.set_engine("pdfgc")
    _settle(preview)
    assert (preview.device, told) == ("CPU", [])
    studio.settings.set("device", "cuda:99")
    _settle(preview)
    preview.avatar.retry()
    _settle(preview)
    assert [text for text in told if "“cuda:99” is not there" in text] == told[:1]
    assert len(told) == 1
    assert preview.state is State.READY


def test_an_engine_with_weights_draws_and_is_switched(
    portrait_studio: Studio, pdfgc_weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choosing it is one step; a switch makes another picture, and undo brings back the old one."""
    studio, preview = portrait_studio, portrait_studio.preview
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path))
    by_mesh = preview.picture(0)
    studio.set_engine("pdfgc")
    _settle(preview)
    assert preview.state is State.FAILED
    assert "generator_model.pth" in preview.reason
    pdfgc_weights()
    preview.avatar.retry()
    _settle(preview)
    assert preview.state is State.READY, preview.reason
    drawn = preview.picture(0)
    assert (drawn != by_mesh).any()

    document = studio.project.document
    off = set_avatar(document, replace(document.avatar, switched_off=("mouth", "emotion")))
    studio.project.apply("Switch off", off)
    assert preview.state is State.READY  # the avatar stays
    assert preview.picture(0) is None
    _settle(preview)
    assert (preview.picture(0) != drawn).any()
    studio.project.undo()
    assert preview.picture(0) is drawn
    studio.project.undo()
    _settle(preview)
    assert (preview.picture(0) == by_mesh).all()

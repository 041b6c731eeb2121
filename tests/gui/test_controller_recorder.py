"""Recording: countdown, samples in time with the playhead, review, strips, keys and sound."""

import time
from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.base.controls import CONTROLS, FACTOR_CONTROLS, INDEX, REST, Factor
from core.media.audio import read_audio
from core.session.media import media_path
from core.session.takes import load_take
from core.timeline.edits import set_locked
from core.timeline.project_edits import set_length, set_range
from core.timeline.source import AudioParams, TakeParams
from core.timeline.strip import Blend
from studio.controller.recorder import Phase, Recorder, RecordMode
from studio.controller.studio import Studio
from studio.controller.take import (
    Samples,
    TakeSettings,
    adjusted,
    sound_from,
    tracks_of,
    with_lanes,
)


@pytest.fixture
def recorder(studio: Studio) -> Recorder:
    """A recorder with the head armed, a short countdown and a document of two seconds."""
    studio.project.apply("Length", set_length(studio.project.document, 50))
    studio.recorder.countdown_s = 0.1
    studio.selection.arm("head_pose", True)
    return studio.recorder


def _record(
    studio: Studio, qtbot: QtBot, seconds: float = 0.6, *, follow: str = "yaw", rate: float = 0.5
) -> None:
    """Records a control that equals the playhead's frame times `rate`."""
    recorder = studio.recorder
    studio.playhead.frame_changed.connect(lambda f: recorder.feed({follow: rate * f}))
    recorder.start()
    qtbot.waitUntil(lambda: recorder.phase is Phase.RECORDING, timeout=5_000)
    recorder.feed({follow: rate * studio.playhead.frame})
    deadline = time.monotonic() + seconds
    qtbot.waitUntil(
        lambda: time.monotonic() > deadline or recorder.phase is not Phase.RECORDING,
        timeout=10_000,
    )
    if recorder.phase is Phase.RECORDING:
        recorder.stop()


def _keep(studio: Studio, qtbot: QtBot, *, as_keys: bool = False) -> str:
    with qtbot.waitSignal(studio.recorder.kept, timeout=10_000) as kept:
        studio.recorder.keep(as_keys=as_keys)
    source_id: str = kept.args[0]
    return source_id


def test_nothing_armed_is_told(studio: Studio, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.message) as heard:
        studio.recorder.start()
    assert "armed" in heard.args[0]
    assert studio.recorder.phase is Phase.IDLE


def test_a_countdown_beeps_every_second_and_can_be_stopped(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    recorder.countdown_s = 3.0
    beeps: list[float] = []
    recorder.beeped.connect(lambda: beeps.append(time.monotonic()))
    recorder.start()
    assert recorder.phase is Phase.COUNTDOWN
    qtbot.waitUntil(lambda: len(beeps) == 2, timeout=5_000)
    assert beeps[1] - beeps[0] == pytest.approx(1.0, abs=0.2)
    recorder.stop()
    assert recorder.phase is Phase.IDLE
    assert studio.project.history_labels == ("Open", "Length")


def test_a_take_lies_where_it_was_recorded(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    """What was fed while frame f was on is what frame f shows afterwards."""
    studio.playhead.set_frame(8)
    _record(studio, qtbot)
    assert recorder.phase is Phase.REVIEW
    assert studio.playhead.frame == 8
    recorder.set_settings(replace(recorder.settings, smoothing=0.0))
    source_id = _keep(studio, qtbot)
    document = studio.project.document
    (strip,) = document.track(Factor.HEAD_POSE).strips
    assert (strip.source_id, strip.start) == (source_id, 8)
    assert strip.controls == ("yaw",)  # nothing else moved
    qtbot.waitUntil(lambda: studio.preview.avatar.is_gathered, timeout=10_000)
    frames = np.arange(strip.start + 7, strip.stop - 2)  # after the strip has come in
    yaw = studio.preview.motion(frames[0], frames[-1] + 1)[:, INDEX["yaw"]]
    np.testing.assert_allclose(yaw, 0.5 * frames, atol=0.75)
    assert studio.project.undo_label == "Record Head pose take 01"
    studio.project.undo()
    assert not studio.project.document.track(Factor.HEAD_POSE).strips


def test_takes_are_numbered_and_kept_as_they_came(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    for _ in range(2):
        _record(studio, qtbot, 0.3)
        recorder.set_settings(replace(recorder.settings, gain=0.5, latency_s=0.04))
        _keep(studio, qtbot)
        studio.playhead.set_frame(0)
    document = studio.project.document
    assert [source.name for source in document.sources] == [
        "Head pose take 01",
        "Head pose take 02",
    ]
    source = document.sources[0]
    assert isinstance(source.params, TakeParams)
    assert (source.params.gain, source.params.latency_s) == (0.5, 0.04)
    assert source.media is not None
    raw = load_take(media_path(studio.project.folder, source.media))[Factor.HEAD_POSE]
    assert raw.rate == 60
    assert raw.column("yaw")[-1] == pytest.approx(0.5 * 0.3 * 25, abs=1.0)


def test_it_stops_at_the_end_by_itself(studio: Studio, recorder: Recorder, qtbot: QtBot) -> None:
    studio.playhead.set_frame(40)
    _record(studio, qtbot, 5.0)
    assert recorder.phase is Phase.REVIEW
    assert recorder.recorded_s == pytest.approx(0.4, abs=0.05)


def test_punch_records_between_in_and_out(studio: Studio, recorder: Recorder, qtbot: QtBot) -> None:
    studio.project.apply("Range", set_range(studio.project.document, 10, 20))
    recorder.set_mode(RecordMode.PUNCH)
    studio.playhead.set_frame(15)
    _record(studio, qtbot, 5.0)
    _keep(studio, qtbot)
    (strip,) = studio.project.document.track(Factor.HEAD_POSE).strips
    assert strip.start == 10
    assert strip.stop <= 20


def test_a_layer_adds_to_what_is_there(studio: Studio, recorder: Recorder, qtbot: QtBot) -> None:
    recorder.set_mode(RecordMode.LAYER)
    _record(studio, qtbot, 0.3)
    _keep(studio, qtbot)
    assert studio.project.document.track(Factor.HEAD_POSE).strips[0].blend is Blend.ADD


def test_half_speed_is_played_at_full_speed(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    recorder.set_pace(0.5)
    with pytest.raises(ValueError, match="pace"):
        recorder.set_pace(3.0)
    _record(studio, qtbot, 0.8)
    recorder.set_settings(replace(recorder.settings, smoothing=0.0))
    track = recorder.take[Factor.HEAD_POSE]
    assert float(track.duration) == pytest.approx(0.4, abs=0.08)
    slope = np.polyfit(np.arange(len(track)) / 60, track.column("yaw"), 1)[0]
    assert slope == pytest.approx(0.5 * 25, rel=0.2)


def test_the_preview_shows_the_take_on_trial_and_the_document_stays(
    portrait_studio: Studio, qtbot: QtBot
) -> None:
    studio, recorder = portrait_studio, portrait_studio.recorder
    recorder.countdown_s = 0.1
    studio.selection.arm("head_pose", True)
    before = studio.project.document
    _record(studio, qtbot, 0.5, rate=1.0)
    assert studio.project.document is before
    reviewed = studio.preview.controls(8)[INDEX["yaw"]]
    assert reviewed == pytest.approx(8.0, abs=1.5)
    recorder.set_settings(replace(recorder.settings, gain=0.5))
    assert studio.preview.controls(8)[INDEX["yaw"]] == pytest.approx(reviewed / 2, abs=0.2)
    recorder.discard()
    assert recorder.phase is Phase.IDLE
    assert studio.preview.controls(8)[INDEX["yaw"]] == 0.0


def test_what_is_fed_is_seen_at_once(portrait_studio: Studio, qtbot: QtBot) -> None:
    studio, recorder = portrait_studio, portrait_studio.recorder
    studio.selection.arm("head_pose", True)
    still = studio.preview.shown
    recorder.rehearse(True)
    recorder.feed({"yaw": 20.0, "jawOpen": 1.0})
    qtbot.waitUntil(lambda: not np.array_equal(studio.preview.shown, still), timeout=10_000)
    assert recorder.live[INDEX["yaw"]] == 20.0
    assert recorder.live[INDEX["jawOpen"]] == 0.0  # the lips are not armed
    recorder.rehearse(False)
    assert studio.preview.shown is still


def test_retake_starts_from_the_same_frame(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    studio.playhead.set_frame(12)
    _record(studio, qtbot, 0.3)
    studio.playhead.set_frame(30)
    recorder.retake()
    assert recorder.phase is Phase.COUNTDOWN
    assert studio.playhead.frame == 12
    recorder.discard()


def test_a_device_that_goes_away_keeps_what_was_recorded(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    studio.playhead.frame_changed.connect(lambda f: recorder.feed({"yaw": float(f)}))
    recorder.start()
    qtbot.waitUntil(lambda: studio.playhead.frame > 8, timeout=5_000)
    with qtbot.waitSignal(studio.message) as heard:
        recorder.input_lost("The camera was unplugged.")
    assert "unplugged" in heard.args[0]
    assert recorder.phase is Phase.REVIEW
    assert recorder.take[Factor.HEAD_POSE].column("yaw").max() > 5
    recorder.discard()


def test_the_space_bar_ends_a_recording(studio: Studio, recorder: Recorder, qtbot: QtBot) -> None:
    studio.playhead.frame_changed.connect(lambda f: recorder.feed({"yaw": float(f)}))
    recorder.start()
    qtbot.waitUntil(lambda: studio.playhead.frame > 4, timeout=5_000)
    studio.actions.trigger("play.toggle")
    assert recorder.phase is Phase.REVIEW
    assert not studio.playback.is_playing
    recorder.discard()


def test_silence_of_all_inputs_is_told(studio: Studio, recorder: Recorder, qtbot: QtBot) -> None:
    recorder.start()
    qtbot.waitUntil(lambda: recorder.phase is Phase.RECORDING, timeout=5_000)
    with qtbot.waitSignal(studio.message) as heard:
        recorder.stop()
    assert "Nothing was recorded" in heard.args[0]
    assert recorder.phase is Phase.IDLE


def test_a_take_can_be_kept_as_keys(studio: Studio, recorder: Recorder, qtbot: QtBot) -> None:
    _record(studio, qtbot, 0.6)
    recorder.set_settings(replace(recorder.settings, smoothing=0.0, simplify=0.02))
    assert _keep(studio, qtbot, as_keys=True) == ""
    document = studio.project.document
    assert not document.sources
    curve = document.track(Factor.HEAD_POSE).offset("yaw")
    assert 2 <= len(curve) <= 12
    assert curve.evaluate([10.0])[0] == pytest.approx(5.0, abs=1.5)


def test_a_locked_track_refuses_the_take_and_says_so(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    _record(studio, qtbot, 0.3)
    studio.project.apply("Lock", set_locked(studio.project.document, Factor.HEAD_POSE, True))
    with qtbot.waitSignal(studio.message, timeout=10_000) as heard:
        recorder.keep()
    assert "locked" in heard.args[0]
    assert not studio.project.document.track(Factor.HEAD_POSE).strips
    assert recorder.phase is Phase.REVIEW
    studio.project.undo()
    _keep(studio, qtbot)
    assert studio.project.document.track(Factor.HEAD_POSE).strips


def test_a_microphone_gives_sound_and_lips(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    studio.selection.arm("head_pose", False)
    studio.selection.arm("audio", True)
    recorder.start()
    qtbot.waitUntil(lambda: recorder.phase is Phase.RECORDING, timeout=5_000)
    sent = 0
    began = time.perf_counter()
    while time.perf_counter() - began < 0.7:
        block = np.full(1600, 0.25, np.float32)
        recorder.feed_sound(block, 16_000, began + sent / 16_000)
        sent += len(block)
        qtbot.wait(100)
    recorder.stop()
    assert recorder.has_sound
    _keep(studio, qtbot)
    document = studio.project.document
    source = next(s for s in document.sources if isinstance(s.params, AudioParams))
    assert source.media is not None
    sound = read_audio(media_path(studio.project.folder, source.media), 16_000)
    assert len(sound) / 16_000 == pytest.approx(0.75, abs=0.2)
    assert np.median(sound) == pytest.approx(0.25, abs=0.01)
    assert document.audio.strips[0].start == 0
    assert len(document.track(Factor.LIPS).strips) == 1


def test_the_rest_pose_of_a_camera_is_remembered(
    studio: Studio, recorder: Recorder, qtbot: QtBot
) -> None:
    face = REST.copy()
    face[INDEX["yaw"]], face[INDEX["scale"]] = 7.0, 1.25
    with qtbot.waitSignal(recorder.rest_pose_set, timeout=5_000):
        recorder.set_rest_pose("webcam")
        began = time.perf_counter()
        while time.perf_counter() - began < 1.1:
            recorder.feed_face("webcam", face)
            qtbot.wait(30)
    recorder.feed_face("webcam", face)
    np.testing.assert_allclose(recorder.live, REST, atol=1e-5)
    assert len(studio.settings.get("rest_poses")["webcam"]) == len(CONTROLS)


# --- the parts -------------------------------------------------------------------------------


def test_samples_become_a_track_at_their_own_seconds() -> None:
    samples = Samples()
    for i in range(31):
        samples.add({"yaw": float(i)}, 100.0 + i / 30)
    tracks = tracks_of(samples, [Factor.HEAD_POSE, Factor.EYES], 100.0, 1.0, 1.0)
    assert set(tracks) == {Factor.HEAD_POSE}
    track = tracks[Factor.HEAD_POSE]
    assert len(track) == 60
    np.testing.assert_allclose(track.column("yaw"), np.arange(60) / 2, atol=1e-3)
    assert (track.column("scale") == 1.0).all()


def test_settings_change_a_take_without_changing_its_samples() -> None:
    samples = Samples()
    for i in range(61):
        samples.add({"yaw": i / 2, "pitch": 3.0}, i / 60)
    raw = tracks_of(samples, [Factor.HEAD_POSE], 0.0, 1.0, 1.0)
    settings = TakeSettings(smoothing=0.0, latency_s=0.1, gain=2.0, excluded=frozenset({"pitch"}))
    shown = adjusted(raw, settings)[Factor.HEAD_POSE]
    np.testing.assert_allclose(shown.column("yaw")[:50], np.arange(6, 56), atol=1e-3)
    assert not shown.column("pitch").any()
    assert raw[Factor.HEAD_POSE].column("pitch").all()


def test_lanes_become_the_controls_that_they_move() -> None:
    values = with_lanes({"gaze_x": -0.5, "yaw": 12.0, "scale": 1.1})
    assert values["eyeLookInLeft"] == values["eyeLookOutRight"] == 0.5
    assert values["eyeLookOutLeft"] == values["eyeLookInRight"] == 0.0
    assert values["yaw"] == 12.0
    assert values["scale"] == pytest.approx(1.1)
    assert set(with_lanes({"open": 0.4})) <= set(FACTOR_CONTROLS[Factor.LIPS])


def test_sound_is_cut_or_padded_to_its_place() -> None:
    blocks = [(10.0, np.ones(100, np.float32)), (10.1, np.ones(100, np.float32))]
    early = sound_from(blocks, 1000, 10.05, 1.0)
    assert early.shape == (150,)
    late = sound_from(blocks, 1000, 9.95, 0.2)
    assert late.shape == (200,)
    assert not late[:50].any()
    assert late[50:].all()
    assert sound_from([], 1000, 0.0, 1.0).shape == (0,)

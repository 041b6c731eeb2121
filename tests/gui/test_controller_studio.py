"""The studio as a whole: media in, generate, presets, library, exports, commands."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from core.base.controls import INDEX, Factor
from core.base.errors import MediaError
from core.base.parts import part_folder
from core.export.settings import ExportSettings as Options
from core.jobs.process import ProcessHost
from core.timeline.edits import delete_strip, set_locked
from core.timeline.source import (
    AudioParams,
    ClipParams,
    GeneratorParams,
    PortraitParams,
    VoiceParams,
)
from core.timeline.strip import AudioStrip
from studio.controller.action_table import ACTIONS, MENUS, PRESETS
from studio.controller.exports import ExportSettings, JobState
from studio.controller.library import Section
from studio.controller.preview import State
from studio.controller.studio import Studio


def _bring(studio: Studio, qtbot: QtBot, ask: Callable[[], None]) -> tuple[str, ...]:
    with qtbot.waitSignal(studio.imported, timeout=20_000) as came:
        ask()
    ids: tuple[str, ...] = came.args[0]
    return ids


@pytest.fixture(scope="session")
def tone(shared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of 440 Hz."""
    import wave

    path = tmp_path_factory.mktemp("sound") / "tone.wav"
    samples = (8000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype("<i2")
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16_000)
        writer.writeframes(samples.tobytes())
    return path


# --- media -----------------------------------------------------------------------------------


def test_a_portrait_is_copied_and_used_in_one_step(
    studio: Studio, small_portrait: Path, qtbot: QtBot
) -> None:
    ids = _bring(studio, qtbot, lambda: studio.set_portrait(small_portrait))
    document = studio.project.document
    assert document.avatar.source_id == ids[0]
    media = document.sources[0].media
    assert media is not None
    assert media.sha256
    assert (studio.project.folder / media.path).read_bytes() == small_portrait.read_bytes()
    assert studio.project.history_labels == ("Open", "Set portrait")
    studio.project.undo()
    assert studio.preview.state is State.EMPTY


def test_a_sound_gives_the_document_its_length(
    studio: Studio, tone: Path, sample_speech: Path, qtbot: QtBot
) -> None:
    _bring(studio, qtbot, lambda: studio.set_audio(tone))
    assert studio.project.document.n_frames == 25
    studio.generate_preview()
    _bring(studio, qtbot, lambda: studio.set_audio(sample_speech))
    document = studio.project.document
    assert document.n_frames == 194
    assert [strip.n_frames for strip in document.audio.strips] == [194]
    audio_id = document.audio.strips[0].source_id
    heard = {s.params.audio_id for s in document.sources if isinstance(s.params, VoiceParams)}
    assert heard == {audio_id}
    assert document.track(Factor.LIPS).strips[0].stop == 194


@pytest.mark.parametrize("name", ["set_portrait", "set_audio"])
def test_what_cannot_be_used_is_told_and_changes_nothing(
    studio: Studio, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    path = tmp_path / "letter.docx"
    path.write_bytes(b"PK\x03\x04 not a picture")
    before = studio.project.document
    with qtbot.waitSignal(studio.failed, timeout=10_000) as heard:
        getattr(studio, name)(path)
    assert "letter.docx" in heard.args[0]
    assert studio.project.document is before


def test_a_sound_is_no_portrait(studio: Studio, tone: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.failed, timeout=10_000) as heard:
        studio.set_portrait(tone)
    assert "picture" in heard.args[0]


def test_the_first_portrait_and_sound_of_an_import_are_used(
    studio: Studio, small_portrait: Path, tone: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    bad = tmp_path / "broken.mp4"
    bad.write_bytes(b"nothing")
    failures: list[str] = []
    studio.failed.connect(failures.append)
    ids = _bring(studio, qtbot, lambda: studio.import_media([small_portrait, bad, tone]))
    assert len(ids) == 2
    assert len(failures) == 1
    document = studio.project.document
    assert document.avatar.source_id
    assert document.audio.strips
    assert studio.project.undo_label == "Import"


def test_a_clip_dropped_on_one_track_gives_that_factor_only(
    studio: Studio, small_portrait: Path, qtbot: QtBot
) -> None:
    drop = lambda: studio.drop_clip(small_portrait, [Factor.HEAD_POSE], 30)  # noqa: E731
    _bring(studio, qtbot, drop)
    document = studio.project.document
    strips = {track.factor: track.strips for track in document.tracks}
    assert [s.start for s in strips[Factor.HEAD_POSE]] == [30]
    assert strips[Factor.HEAD_POSE][0].n_frames == 50  # a picture is a pose of two seconds
    assert [factor for factor in Factor if strips[factor]] == [Factor.HEAD_POSE]
    assert isinstance(document.sources[0].params, ClipParams)


def test_the_same_file_is_in_the_library_once(
    studio: Studio, small_portrait: Path, qtbot: QtBot
) -> None:
    for frame in (0, 60):
        _bring(studio, qtbot, lambda frame=frame: studio.drop_clip(small_portrait, Factor, frame))
    document = studio.project.document
    assert len(document.sources) == 1
    assert all(len(track.strips) == 2 for track in document.tracks)


def test_a_drop_on_a_locked_track_is_refused(studio: Studio, tone: Path, qtbot: QtBot) -> None:
    studio.project.apply("Lock", set_locked(studio.project.document, Factor.EYES, True))
    with qtbot.waitSignal(studio.failed, timeout=10_000) as heard:
        studio.drop_clip(tone, [Factor.EYES], 0)
    assert "face" in heard.args[0]


def test_a_sound_dropped_at_a_frame_makes_room_for_itself(
    studio: Studio, tone: Path, qtbot: QtBot
) -> None:
    _bring(studio, qtbot, lambda: studio.drop_audio(tone, 240))
    document = studio.project.document
    assert [(s.start, s.n_frames) for s in document.audio.strips] == [(240, 25)]
    assert document.n_frames == 265


# --- motion ----------------------------------------------------------------------------------


def test_generate_fills_empty_tracks_only_and_is_one_step(
    studio: Studio, tone: Path, qtbot: QtBot
) -> None:
    _bring(studio, qtbot, lambda: studio.set_audio(tone))
    studio.verbs.set_value("yaw", 3, 5.0)
    before = studio.project.document
    studio.generate_preview()
    document = studio.project.document
    assert document.track(Factor.HEAD_POSE) == before.track(Factor.HEAD_POSE)
    assert [len(document.track(f).strips) for f in (Factor.LIPS, Factor.EYES)] == [1, 2]
    studio.project.undo()
    assert studio.project.document is before


def test_generate_again_after_clearing_a_track(studio: Studio, qtbot: QtBot) -> None:
    studio.generate_preview()
    document = studio.project.document
    for strip in document.track(Factor.EYES).strips:
        document = delete_strip(document, strip.id)
    studio.project.apply("Clear", document)
    studio.generate_preview()
    assert len(studio.project.document.track(Factor.EYES).strips) == 2
    with qtbot.waitSignal(studio.message) as heard:
        studio.generate_preview()
    assert "already" in heard.args[0]


def test_generate_leaves_locked_tracks_alone(studio: Studio) -> None:
    studio.project.apply("Lock", set_locked(studio.project.document, Factor.EYES, True))
    studio.generate_preview()
    document = studio.project.document
    assert not document.track(Factor.EYES).strips
    made = [s.params.generator for s in document.sources if isinstance(s.params, GeneratorParams)]
    assert made == ["head"]


def test_lips_follow_a_sound_that_was_moved(studio: Studio, tone: Path, qtbot: QtBot) -> None:
    _bring(studio, qtbot, lambda: studio.drop_audio(tone, 40))
    studio.verbs.nudge_audio(0.1)
    studio.generate_preview()
    (strip,) = studio.project.document.track(Factor.LIPS).strips
    assert (strip.start, strip.n_frames) == (40, 25)
    assert strip.source_in == pytest.approx(-0.1)


def test_a_preset_moves_the_expression(portrait_studio: Studio) -> None:
    portrait_studio.apply_preset("happy")
    assert portrait_studio.preview.wait_ready()
    row = portrait_studio.preview.controls(30)
    assert row[INDEX["mouthSmileLeft"]] == pytest.approx(0.45, abs=0.02)
    assert not row[INDEX["jawOpen"]]


def test_two_presets_do_not_share_their_settings(studio: Studio) -> None:
    studio.apply_preset("happy", 0)
    studio.apply_preset("happy", 100)
    strips = studio.project.document.track(Factor.EXPRESSION).strips
    assert len({strip.source_id for strip in strips}) == 2


# --- the library -----------------------------------------------------------------------------


def test_the_library_lists_what_is_used_with_words_and_pictures(
    studio: Studio, small_portrait: Path, tone: Path, qtbot: QtBot
) -> None:
    _bring(studio, qtbot, lambda: studio.import_media([small_portrait, tone]))
    library = studio.library
    (portrait,) = library.items(Section.PORTRAITS)
    (sound,) = library.items(Section.AUDIO)
    assert portrait.n_uses == sound.n_uses == 1
    assert len(library.items(Section.PRESETS)) == 8
    assert library.items(search="nothing like it") == []
    qtbot.waitUntil(lambda: library.items(Section.AUDIO)[0].subtitle != "", timeout=10_000)
    assert library.seconds(sound.id) == pytest.approx(1.0, abs=0.01)
    with qtbot.waitSignal(library.thumbnail_ready, timeout=10_000):
        assert library.thumbnail(portrait.id) is None
    image = library.thumbnail(portrait.id)
    assert image is not None
    assert max(image.width(), image.height()) == 192
    assert image.pixelColor(image.width() // 2, image.height() // 2).isValid()


def test_renaming_and_removing_are_steps(studio: Studio, tone: Path, qtbot: QtBot) -> None:
    (source_id,) = _bring(studio, qtbot, lambda: studio.set_audio(tone))
    studio.library.rename(source_id, "  My voice ")
    assert studio.project.document.sources[0].name == "My voice"
    studio.library.remove(source_id)
    assert not studio.project.document.sources
    assert not studio.project.document.audio.strips
    studio.project.undo()
    studio.project.undo()
    assert studio.project.document.sources[0].name == "tone"


def test_what_nothing_uses_can_be_taken_out(
    studio: Studio, small_portrait: Path, tone: Path, qtbot: QtBot
) -> None:
    _bring(studio, qtbot, lambda: studio.import_media([small_portrait, tone]))
    studio.project.apply(
        "Clear", delete_strip(studio.project.document, studio.project.document.audio.strips[0].id)
    )
    studio.library.remove_unused()
    kinds = [type(source.params) for source in studio.project.document.sources]
    assert kinds == [PortraitParams]


def test_an_entry_of_the_library_is_laid_where_it_is_dropped(
    studio: Studio, tone: Path, qtbot: QtBot
) -> None:
    (source_id,) = _bring(studio, qtbot, lambda: studio.set_audio(tone))
    qtbot.waitUntil(lambda: studio.library.seconds(source_id) is not None, timeout=10_000)
    studio.drop_source(source_id, [], 100)
    starts = [strip.start for strip in studio.project.document.audio.strips]
    assert starts == [0, 100]
    assert isinstance(studio.project.document.audio.strips[1], AudioStrip)
    studio.drop_source("preset:sad", [], 10)
    assert len(studio.project.document.track(Factor.EXPRESSION).strips) == 1


# --- exports ---------------------------------------------------------------------------------


def test_a_film_is_written_while_editing_goes_on(
    portrait_studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    studio = portrait_studio
    output = tmp_path / "film.mp4"
    job_id = studio.jobs.add(ExportSettings(output, 0, 10, Options(size=128, speed="ultrafast")))
    studio.verbs.set_value("yaw", 3, 5.0)
    with qtbot.waitSignal(studio.jobs.finished, timeout=60_000):
        qtbot.waitUntil(lambda: not studio.jobs.is_running, timeout=60_000)
    job = studio.jobs.job(job_id)
    assert job is not None
    assert (job.state, job.total) == (JobState.DONE, 10)
    with av.open(str(output)) as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 10
    assert (frames[0].width, frames[0].height) == (128, 128)
    assert not studio.activity.tasks
    studio.jobs.clear_finished()
    assert studio.jobs.jobs == ()


def test_a_cancelled_export_leaves_nothing_and_the_next_one_runs(
    portrait_studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    jobs = portrait_studio.jobs
    first = jobs.add(ExportSettings(tmp_path / "first.mp4", options=Options(size=256)))
    second = jobs.add(ExportSettings(tmp_path / "second.mp4", 0, 3, Options(size=64)))
    qtbot.waitUntil(lambda: jobs.jobs[0].done > 2, timeout=60_000)
    jobs.cancel(first)
    qtbot.waitUntil(lambda: not jobs.is_running, timeout=60_000)
    states = {job.id: job.state for job in jobs.jobs}
    assert states == {first: JobState.CANCELLED, second: JobState.DONE}
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["second.mp4"]
    assert not list(tmp_path.glob(".*.part"))
    jobs.retry(first)
    jobs.cancel(first)
    qtbot.waitUntil(lambda: not jobs.is_running, timeout=60_000)


def test_a_failed_export_keeps_what_it_has_until_it_is_tried_again(
    portrait_studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    jobs, output = portrait_studio.jobs, tmp_path / "film"
    obstacle = part_folder(output) / "film" / "000045.png"
    jobs.changed.connect(
        lambda: jobs.jobs[0].done in range(1, 45) and obstacle.mkdir(exist_ok=True)
    )
    job_id = jobs.add(ExportSettings(output, 0, 50, Options("png", size=64)))
    qtbot.waitUntil(lambda: not jobs.is_running, timeout=60_000)
    jobs.changed.disconnect()
    assert jobs.jobs[0].state is JobState.FAILED
    first = obstacle.with_name("000000.png").stat().st_mtime_ns
    other = jobs.add(ExportSettings(tmp_path / "other.png", 0, 1, Options("png", size=64)))
    qtbot.waitUntil(lambda: not jobs.is_running, timeout=60_000)  # and takes nothing away
    jobs.remove(other)
    obstacle.rmdir()
    jobs.retry(job_id)
    qtbot.waitUntil(lambda: not jobs.is_running, timeout=60_000)
    assert jobs.jobs[0].state is JobState.DONE
    assert (output / "000000.png").stat().st_mtime_ns == first
    assert len(list(output.glob("*.png"))) == 50
    assert not list(tmp_path.glob(".*.part"))


def test_a_failed_export_that_is_taken_off_the_list_leaves_nothing(
    portrait_studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    jobs, output = portrait_studio.jobs, tmp_path / "film"
    obstacle = part_folder(output) / "film" / "000045.png"
    jobs.changed.connect(
        lambda: jobs.jobs[0].done in range(1, 45) and obstacle.mkdir(exist_ok=True)
    )
    job_id = jobs.add(ExportSettings(output, 0, 50, Options("png", size=64)))
    qtbot.waitUntil(lambda: not jobs.is_running, timeout=60_000)
    jobs.changed.disconnect()
    assert part_folder(output).exists()
    jobs.remove(job_id)
    qtbot.waitUntil(lambda: portrait_studio.project.disk.is_idle)
    assert not part_folder(output).exists()


def test_a_place_that_cannot_be_written_is_refused_before_the_work(
    portrait_studio: Studio, small_portrait: Path
) -> None:
    with pytest.raises(MediaError):
        portrait_studio.jobs.add(ExportSettings(small_portrait.with_suffix(".png")))
    assert not portrait_studio.jobs.jobs


def test_an_estimate_knows_time_size_and_room(portrait_studio: Studio, tmp_path: Path) -> None:
    settings = ExportSettings(tmp_path / "film.mp4", 0, 50, Options(size=256))
    estimate = portrait_studio.jobs.estimate(settings)
    assert 0 < estimate.seconds < 60
    assert 1_000 < estimate.n_bytes < 10_000_000
    assert estimate.fits
    assert portrait_studio.jobs.suggest_output().suffix == ".mp4"


# --- commands --------------------------------------------------------------------------------


def test_every_command_has_a_menu_and_a_name_of_its_own() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(set(ids)) == len(ids)
    assert {action.menu.partition("/")[0] for action in ACTIONS} == set(MENUS)
    assert {name for preset in PRESETS.values() for name in preset} <= set(ids)


def test_no_two_commands_share_keys_in_one_place(studio: Studio) -> None:
    for preset in PRESETS:
        studio.actions.set_preset(preset)
        clashes = [
            (action.id, key, [other.id for other in studio.actions.conflicts(action.id, key)])
            for action in ACTIONS
            for key in studio.actions.shortcuts(action.id)
            if studio.actions.conflicts(action.id, key)
        ]
        assert clashes == []


def test_every_callback_of_the_studio_exists(studio: Studio) -> None:
    from operator import attrgetter

    for action in ACTIONS:
        root = action.callback.partition(".")[0]
        if root not in ("window", "timeline", "viewer", "recording"):
            assert callable(attrgetter(action.callback)(studio)), action.id


def test_a_command_runs_only_when_it_can(studio: Studio) -> None:
    actions = studio.actions
    assert not actions.trigger("edit.undo")
    studio.verbs.set_value("yaw", 3, 5.0)
    assert actions.trigger("edit.undo")
    assert studio.project.redo_label == "Set value"
    assert not actions.is_enabled("file.open")
    calls: list[str] = []
    actions.bind("window.open", lambda: calls.append("open"))
    assert actions.trigger("file.open")
    assert calls == ["open"]
    actions.unbind("window.open")
    assert not actions.is_enabled("file.open")
    before = actions.is_checked("play.loop")
    actions.trigger("play.loop")
    assert actions.is_checked("play.loop") is not before


def test_own_keys_are_kept_told_and_carried_to_another_machine(
    studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    actions = studio.actions
    assert [a.id for a in actions.conflicts("clip.split", "Ctrl+S")] == ["file.save"]
    with qtbot.waitSignal(actions.shortcuts_changed):
        actions.set_shortcuts("clip.split", ("Ctrl+B",))
    actions.save_shortcuts(tmp_path / "keys.json")
    actions.reset_shortcuts()
    assert actions.shortcuts("clip.split") == ("Ctrl+K",)
    actions.load_shortcuts(tmp_path / "keys.json")
    assert actions.shortcuts("clip.split") == ("Ctrl+B",)


def test_the_palette_finds_by_words_and_letters(studio: Studio) -> None:
    find = studio.actions.find
    assert find("split")[0].id == "clip.split"
    assert find("gen prev")[0].id == "clip.generate"
    assert find("xyzzy") == []


# --- the engine process ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_engine_comes_back_and_nothing_is_lost(
    make_studio: Callable[..., Studio], small_portrait: Path, qtbot: QtBot
) -> None:
    import os
    import signal

    studio = make_studio(ProcessHost)
    _bring(studio, qtbot, lambda: studio.set_portrait(small_portrait))
    studio.set_view("face", 128)
    assert studio.preview.wait_ready(120.0)
    before = studio.preview.shown
    document = studio.project.document
    host = studio.engine.host
    assert isinstance(host, ProcessHost)
    assert host.process_id is not None
    with qtbot.waitSignal(studio.engine.restarted, timeout=60_000):
        os.kill(host.process_id, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    assert studio.preview.wait_ready(120.0)
    assert studio.project.document is document
    np.testing.assert_array_equal(studio.preview.shown, before)
    assert {type(s.params) for s in document.sources} == {PortraitParams}
    assert AudioParams not in {type(s.params) for s in document.sources}

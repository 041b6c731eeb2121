"""The export dialog and the queue panel, on a real project and settings."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.base.errors import MediaError
from core.export.estimate import Estimate, estimate
from core.export.presets import available_presets
from core.export.settings import Corner, Picture, Sidecar, SoundMode
from core.export.settings import ExportSettings as Options
from core.jobs.inline import InlineHost
from core.timeline.project_edits import set_range
from core.timeline.source import ClipParams, MediaReference, PortraitParams, Source
from core.timeline.strip import Strip
from studio.controller.activity import Activity
from studio.controller.exports import ExportQueue, ExportSettings, Job, JobState
from studio.controller.project import Project
from studio.controller.selection import Selection
from studio.controller.studio import Studio
from studio.panels import export_queue
from studio.panels.export_dialog import ExportDialog, duration_text, size_text
from studio.panels.export_queue import ExportQueuePanel, result_of
from studio.services.pool import Pool
from studio.services.settings import Settings


class RecordedQueue(ExportQueue):
    """Keeps what it is asked for; its jobs are set by hand."""

    def __init__(self) -> None:
        super(ExportQueue, self).__init__()
        self.list: list[Job] = []
        self.calls: list[tuple[str, int]] = []
        self.error: MediaError | None = None

    @property
    def jobs(self) -> tuple[Job, ...]:
        return tuple(self.list)

    def add(self, settings: ExportSettings) -> int:
        if self.error is not None:
            raise self.error
        self.list.append(Job(len(self.list) + 1, settings, JobState.WAITING))
        self.changed.emit()
        return len(self.list)

    def estimate(self, settings: ExportSettings) -> Estimate:
        options = settings.options
        assert options is not None
        side = options.size or 512
        return estimate(options, 250, 10.0, (side, side), settings.output.parent)

    def put(self, job: Job) -> None:
        self.list = [j for j in self.list if j.id != job.id] + [job]
        self.changed.emit()

    def cancel(self, job_id: int) -> None:
        self.calls.append(("cancel", job_id))

    def retry(self, job_id: int) -> None:
        self.calls.append(("retry", job_id))

    def remove(self, job_id: int) -> None:
        self.list = [j for j in self.list if j.id != job_id]
        self.changed.emit()

    def clear_finished(self) -> None:
        self.list = [j for j in self.list if j.state in (JobState.WAITING, JobState.RUNNING)]
        self.changed.emit()


@pytest.fixture
def studio(qtbot: QtBot, tmp_path: Path, sample_portrait: Path) -> Iterator[SimpleNamespace]:
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    pool, activity = Pool(), Activity()
    project = Project(settings, pool, activity, tmp_path / "unsaved")
    portrait = Source("me", "Me", PortraitParams(), MediaReference(str(sample_portrait)))
    document = replace(project.document, sources=(portrait,))
    document = replace(document, avatar=replace(document.avatar, source_id="me"))
    project.apply("Portrait", document)
    yield SimpleNamespace(
        settings=settings, project=project, selection=Selection(project), jobs=RecordedQueue()
    )
    project.close()
    pool.close()


@pytest.fixture
def dialog(qtbot: QtBot, studio: SimpleNamespace) -> ExportDialog:
    dialog = ExportDialog(studio)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_defaults_of_the_specification(dialog: ExportDialog, studio: SimpleNamespace) -> None:
    settings = dialog.form.settings
    assert (settings.preset, settings.crf, settings.speed) == ("mp4", 18, "medium")
    assert (settings.picture, settings.size, settings.rate) == (Picture.FACE, 512, None)
    assert settings.sound is SoundMode.CODED
    assert (settings.bits_per_s, settings.is_cut_out) == (None, False)
    assert settings.sidecars == frozenset()
    assert settings.mark.text == ""
    assert dialog.output.parent == Path.home()  # the project has no name yet
    assert dialog.output.name.endswith("_01.mp4")
    assert len(dialog.frames) == studio.project.document.n_frames
    assert dialog.form.value("range") == "whole"


def test_every_preset_that_can_be_written_is_offered(dialog: ExportDialog) -> None:
    box = dialog.form.rows["preset"].editor
    assert [box.itemData(i) for i in range(box.count())] == [p.name for p in available_presets()]
    for preset in available_presets():
        dialog.form.set_value("preset", preset.name)
        assert dialog.output.suffix == preset.ending
        assert dialog.form.settings.preset == preset.name


def test_every_field_has_a_tooltip_and_a_reset(dialog: ExportDialog) -> None:
    for row in dialog.form.rows.values():
        assert "Default:" in row.editor.toolTip()
        assert row.reset_button.toolTip()
        assert row.editor.accessibleName() == row.title


def test_choices_reach_the_queue(
    qtbot: QtBot, dialog: ExportDialog, studio: SimpleNamespace
) -> None:
    for name, value in {
        "preset": "hevc", "picture": "full", "scale": "0.5", "rate": "30000/1001", "crf": 24.0,
        "sidecar_otio": True, "sidecar_livelink": True, "mark": True, "corner": "top_left",
    }.items():  # fmt: skip
        dialog.form.set_value(name, value)
    dialog.name.setText("{project}_{rate}")
    with qtbot.waitSignal(dialog.queued, timeout=10_000):
        qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    (job,) = studio.jobs.jobs
    options = job.settings.options
    assert options is not None
    assert (options.preset, options.picture, options.crf) == ("hevc", Picture.FULL, 24)
    assert options.rate == Fraction(30000, 1001)
    assert options.sidecars == {Sidecar.OTIO, Sidecar.LIVE_LINK}
    assert (options.mark.text, options.mark.corner) == ("AI-generated", Corner.TOP_LEFT)
    assert job.settings.output.name.endswith("_29.97.mp4")
    assert (job.settings.first, job.settings.stop) == (0, studio.project.document.n_frames)


def test_range_is_in_to_out_when_it_is_set(qtbot: QtBot, studio: SimpleNamespace) -> None:
    studio.project.apply("Range", set_range(studio.project.document, 10, 60))
    dialog = ExportDialog(studio)
    qtbot.addWidget(dialog)
    assert (dialog.frames.start, dialog.frames.stop) == (10, 60)
    dialog.form.set_value("range", "whole")
    assert len(dialog.frames) == studio.project.document.n_frames


def test_selected_strip_and_driver(qtbot: QtBot, studio: SimpleNamespace) -> None:
    document = studio.project.document
    clip = Source("clip", "Clip", ClipParams(), MediaReference("clip.mp4"))
    document = replace(document, sources=(*document.sources, clip))
    track = replace(document.track(Factor.HEAD_POSE), strips=(Strip("s", "clip", 30, 20),))
    studio.project.apply("Strip", document.with_track(track))
    studio.selection.select_strips(["s"])
    dialog = ExportDialog(studio)
    qtbot.addWidget(dialog)
    dialog.form.set_value("range", "strip")
    assert (dialog.frames.start, dialog.frames.stop) == (30, 50)
    dialog.form.set_value("picture", "beside_driver")
    assert dialog.form.settings.picture is Picture.BESIDE_DRIVER


def test_sizes_are_even_and_upscaling_is_said(dialog: ExportDialog) -> None:
    box = dialog.form.rows["scale"].editor
    assert [box.itemText(i) for i in range(3)] == [
        "0.5× · 256 × 256 px", "1× · 512 × 512 px", "2× · 1024 × 1024 px · upscaled"
    ]  # fmt: skip
    dialog.form.set_value("scale", "custom")
    dialog.form.set_value("side", 333.0)
    assert dialog.form.frame_size == (332, 332)


def test_fields_that_do_not_count_are_grey(dialog: ExportDialog) -> None:
    rows = dialog.form.rows
    dialog.form.set_value("preset", "wav")
    for name in ("picture", "scale", "rate", "crf", "speed", "mark", "sound"):
        assert not rows[name].isEnabled()
    dialog.form.set_value("preset", "png")
    assert rows["picture"].isEnabled()
    assert rows["sound"].isEnabled()
    assert not rows["crf"].isEnabled()


def test_a_name_that_waits_in_the_queue_is_not_given_again(
    dialog: ExportDialog, studio: SimpleNamespace
) -> None:
    first = dialog.output
    job = Job(1, ExportSettings(first), JobState.WAITING)
    for state, is_free in (
        (JobState.WAITING, False), (JobState.FAILED, False), (JobState.CANCELLED, True),
    ):  # fmt: skip
        studio.jobs.put(replace(job, state=state))
        assert (dialog.output == first) == is_free
        assert dialog.output.suffix == ".mp4"


def test_bit_rate_takes_the_place_of_quality(dialog: ExportDialog) -> None:
    rows = dialog.form.rows
    assert not rows["megabits"].isVisible()
    dialog.form.set_value("rate_control", "bits")
    dialog.form.set_value("megabits", 2.5)
    assert rows["megabits"].isVisible()
    assert not rows["crf"].isVisible()
    assert dialog.form.settings.bits_per_s == 2_500_000
    dialog.form.set_value("preset", "prores")
    assert not rows["megabits"].isEnabled()
    assert dialog.form.settings.bits_per_s is None


def test_only_kinds_that_hold_it_offer_a_transparent_background(dialog: ExportDialog) -> None:
    row = dialog.form.rows["cut_out"]
    dialog.form.set_value("cut_out", True)
    for name, is_offered in (("mp4", False), ("prores", True), ("png", True), ("gif", False)):
        dialog.form.set_value("preset", name)
        assert row.isEnabled() == is_offered
        assert dialog.form.settings.is_cut_out == is_offered


def test_sound_that_cannot_be_copied_is_said_in_place(dialog: ExportDialog) -> None:
    dialog.form.set_value("sound", "copy")
    assert "the audio track has no strip" in dialog.problem.text()
    assert not dialog.export_button.isEnabled()
    dialog.form.set_value("sound", "wav")
    assert dialog.export_button.isEnabled()
    dialog.form.set_value("sound", "copy")
    dialog.form.set_value("preset", "png")
    assert dialog.form.settings.sound is SoundMode.CODED


def test_estimate_follows_the_choices(dialog: ExportDialog) -> None:
    before = dialog.expected()
    text = dialog.estimate.text()
    assert "of work" in text
    assert "free" in text
    dialog.form.set_value("scale", "2")
    assert dialog.expected().seconds > 2 * before.seconds
    assert dialog.expected().n_bytes > 2 * before.n_bytes
    assert dialog.estimate.text() != text


def test_without_a_portrait_it_says_so(qtbot: QtBot, studio: SimpleNamespace) -> None:
    document = studio.project.document
    studio.project.apply("Clear", replace(document, sources=(), avatar=type(document.avatar)()))
    dialog = ExportDialog(studio)
    qtbot.addWidget(dialog)
    dialog.open()
    assert not dialog.export_button.isEnabled()
    assert "no portrait" in dialog.problem.text()


def test_refused_output_is_said_and_the_dialog_stays(
    qtbot: QtBot, dialog: ExportDialog, studio: SimpleNamespace
) -> None:
    studio.jobs.error = MediaError("The folder cannot be written to: choose another one.")
    qtbot.mouseClick(dialog.export_button, Qt.MouseButton.LeftButton)
    assert dialog.isVisible()
    assert dialog.problem.text() == str(studio.jobs.error)


def test_last_choices_come_back(
    qtbot: QtBot, dialog: ExportDialog, studio: SimpleNamespace
) -> None:
    dialog.form.set_value("preset", "gif")
    dialog.form.set_value("crf", 30.0)
    dialog.name.setText("loop_{n}")
    dialog.submit()
    again = ExportDialog(studio)
    qtbot.addWidget(again)
    assert again.form.settings.preset == "gif"
    assert again.form.settings.crf == 30
    assert again.name.text() == "loop_{n}"


def test_damaged_remembered_choices_do_no_harm(qtbot: QtBot, studio: SimpleNamespace) -> None:
    studio.settings.set("export", {"crf": "much", "preset": 7, "unknown": [1]})
    dialog = ExportDialog(studio)
    qtbot.addWidget(dialog)
    assert dialog.form.settings.crf == 18
    assert dialog.form.settings.preset == "mp4"


@pytest.fixture
def panel(
    qtbot: QtBot, studio: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> ExportQueuePanel:
    studio.opened = []
    monkeypatch.setattr(export_queue, "open_path", studio.opened.append)
    panel = ExportQueuePanel(studio)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def settings_for(tmp_path: Path) -> ExportSettings:
    return ExportSettings(tmp_path / "film.mp4")


def test_queue_shows_progress_and_cancels(
    qtbot: QtBot, panel: ExportQueuePanel, studio: SimpleNamespace, tmp_path: Path
) -> None:
    assert panel.empty.isVisible()
    running = Job(1, settings_for(tmp_path), JobState.RUNNING, "Rendering", 120, 250, 14.0)
    studio.jobs.put(running)
    card = panel.cards[1]
    assert card.name.text() == "film.mp4"
    assert card.state.text() == "Rendering 120/250 · 00:14 left"
    assert card.bar.value() == 480
    assert not panel.empty.isVisible()
    qtbot.mouseClick(card.cancel_button, Qt.MouseButton.LeftButton)
    assert studio.jobs.calls == [("cancel", 1)]


def test_failed_job_says_why_and_can_be_tried_again(
    qtbot: QtBot, panel: ExportQueuePanel, studio: SimpleNamespace, tmp_path: Path
) -> None:
    why = "“film.mp4” cannot be written, the disk is full: free some space."
    studio.jobs.put(Job(4, settings_for(tmp_path), JobState.FAILED, message=why))
    card = panel.cards[4]
    assert card.state.text() == why
    assert not card.cancel_button.isVisible()
    qtbot.mouseClick(card.retry_button, Qt.MouseButton.LeftButton)
    assert studio.jobs.calls == [("retry", 4)]


def test_done_job_is_revealed_and_removed(
    qtbot: QtBot, panel: ExportQueuePanel, studio: SimpleNamespace, tmp_path: Path
) -> None:
    studio.jobs.put(Job(2, settings_for(tmp_path), JobState.DONE))
    studio.jobs.finished.emit(2)
    assert studio.opened == [tmp_path]
    qtbot.mouseClick(panel.cards[2].reveal_button, Qt.MouseButton.LeftButton)
    assert studio.opened == [tmp_path, tmp_path]
    studio.settings.set("export", {"after": "open"})
    studio.jobs.finished.emit(2)
    assert studio.opened[-1] == tmp_path / "film.mp4"
    qtbot.mouseClick(panel.cards[2].remove_button, Qt.MouseButton.LeftButton)
    assert panel.cards == {}
    assert panel.empty.isVisible()


def test_clearing_keeps_what_runs(
    qtbot: QtBot, panel: ExportQueuePanel, studio: SimpleNamespace, tmp_path: Path
) -> None:
    studio.jobs.put(Job(1, settings_for(tmp_path), JobState.DONE))
    studio.jobs.put(Job(2, settings_for(tmp_path), JobState.RUNNING))
    qtbot.mouseClick(panel.clear_button, Qt.MouseButton.LeftButton)
    assert list(panel.cards) == [2]


def test_result_of_motion_is_its_first_file(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.form.set_value("preset", "motion")
    dialog.form.set_value("sidecar_otio", True)
    settings = ExportSettings(tmp_path / "moves", options=dialog.form.settings)
    assert result_of(Job(1, settings, JobState.DONE)) == tmp_path / "moves.otio"


def test_texts() -> None:
    assert [duration_text(s) for s in (0.2, 40, 180, 9000)] == ["1 s", "40 s", "3 min", "2.5 h"]
    assert [size_text(n) for n in (10, 340_000, 12_300_000, 1_200_000_000)] == [
        "1 kB", "340 kB", "12.3 MB", "1.2 GB"
    ]  # fmt: skip


def test_real_queue_takes_every_kind_of_output(
    qtbot: QtBot, tmp_path: Path, sample_portrait: Path
) -> None:
    store = Settings(QSettings(str(tmp_path / "store.ini"), QSettings.Format.IniFormat))
    studio = Studio(lambda _: InlineHost(), store, tmp_path / "unsaved")
    document = studio.project.document
    me = Source("me", "Me", PortraitParams(), MediaReference(str(sample_portrait)))
    avatar = replace(document.avatar, source_id="me")
    studio.project.apply("Portrait", replace(document, sources=(me,), avatar=avatar))
    for preset in available_presets():
        output = tmp_path / "films" / f"film_{preset.name}{preset.ending}"
        studio.jobs.add(ExportSettings(output, 0, 2, options=Options(preset=preset.name)))
    assert len(studio.jobs.jobs) == len(available_presets())
    studio.close()

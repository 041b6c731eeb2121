"""First steps, weights, engines, recovery and relink: dialogs that never block."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.base.errors import WeightsError
from core.base.paths import weights_dirs
from core.base.progress import Progress
from core.engines import registry
from core.engines.protocol import EngineSpec
from core.face import alignment
from core.media.image import read_image, write_png
from core.session.store import create_session
from core.timeline.document import Document, Marker
from studio.controller.recovery import Recovery, find_recoveries
from studio.controller.studio import Studio
from studio.panels.engines import EngineDialog
from studio.panels.first_run import CONSENT, FirstRunDialog
from studio.panels.recovery import RecoveryDialog
from studio.panels.relink import RelinkDialog
from studio.panels.weights import WeightsDialog
from studio.services.machine import MachineCheck, describe
from studio.services.weights import (
    WeightsState,
    import_weights,
    list_weights,
    missing_list,
    summary,
    verify,
)

CONTENT = b"these are weights" * 100


@pytest.fixture(autouse=True)
def no_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(tmp_path / "weights"))


def write_weights(folder: Path, name: str = "lips", content: bytes = CONTENT) -> Path:
    """A card and its file, under the name that the card says."""
    folder.mkdir(parents=True, exist_ok=True)
    fields = {
        "name": name,
        "file": f"{name}.safetensors",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "needed_for": "lip motion",
        "licence": "CC-BY-4.0",
        "origin": "trained here",
    }
    (folder / f"{name}.card.json").write_text(json.dumps(fields))
    path = folder / f"{name}.safetensors"
    path.write_bytes(content)
    return path


# --- weights -----------------------------------------------------------------------------------


def test_without_weights_the_summary_says_that_nothing_stops() -> None:
    rows = list_weights()
    assert [row.name for row in rows] == [alignment.WEIGHTS]
    text = summary(rows)
    assert "needs no weights" in text
    assert "missing" in text
    assert alignment.WEIGHTS in missing_list(rows)


def test_a_folder_is_imported_whatever_the_names(tmp_path: Path) -> None:
    path = write_weights(tmp_path / "usb" / "deep" / "down")
    path.rename(path.with_name("lips (1).safetensors.txt"))
    imported = import_weights([tmp_path / "usb"], Progress())
    assert imported.taken == ("lips",)
    assert (weights_dirs()[0] / "lips.safetensors").read_bytes() == CONTENT
    assert {row.name: row.state for row in list_weights()}["lips"] is WeightsState.READY


def test_a_missing_file_is_recognised_by_content(tmp_path: Path) -> None:
    write_weights(weights_dirs()[0]).unlink()
    stray = tmp_path / "download.bin"
    stray.write_bytes(CONTENT)
    assert import_weights([stray], Progress()).taken == ("lips",)
    assert not list((weights_dirs()[0]).glob(".*.part"))


def test_files_that_nobody_wants_are_told(tmp_path: Path) -> None:
    stray = tmp_path / "holiday.jpg"
    stray.write_bytes(b"beach")
    with pytest.raises(WeightsError, match="None of 1 files"):
        import_weights([stray], Progress())


def test_verify_reads_the_content() -> None:
    path = write_weights(weights_dirs()[0])
    row = next(row for row in list_weights() if row.name == "lips")
    assert verify(row, Progress()) is WeightsState.READY
    path.write_bytes(b"x" * len(CONTENT))
    assert verify(row, Progress()) is WeightsState.WRONG_CONTENT
    path.write_bytes(b"x")
    assert verify(row, Progress()) is WeightsState.WRONG_SIZE


def test_the_dialog_imports_and_verifies(
    qtbot: QtBot, quiet_studio: Studio, tmp_path: Path
) -> None:
    dialog = WeightsDialog(quiet_studio)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: not dialog.is_busy and bool(dialog.rows))
    assert "needs no weights" in dialog.summary.text()
    assert [dialog.table.item(0, 4).text()] == ["Missing"]
    write_weights(tmp_path / "usb")
    with qtbot.waitSignal(dialog.changed):
        dialog.import_paths([tmp_path / "usb"])
    qtbot.waitUntil(lambda: len(dialog.rows) == 2)
    assert dialog.table.item(0, 4).text() == "Ready"
    (weights_dirs()[0] / "lips.safetensors").write_bytes(b"y" * len(CONTENT))
    dialog.table.selectRow(0)
    dialog.buttons["Verify"].click()
    qtbot.waitUntil(lambda: dialog.table.item(0, 4).text() == "Wrong content")
    dialog.buttons["Copy missing list"].click()
    assert alignment.WEIGHTS in QGuiApplication.clipboard().text()
    dialog.import_paths([tmp_path / "nothing"])
    qtbot.waitUntil(lambda: "None of 0 files" in dialog.note.text())
    assert not quiet_studio.activity.tasks
    dialog.accept()


# --- engines -----------------------------------------------------------------------------------


@pytest.fixture
def neural_engine(monkeypatch: pytest.MonkeyPatch) -> str:
    spec = EngineSpec("neural", "A network that draws", needs=("lips",), native_size=512)
    monkeypatch.setitem(registry._SPECS, spec.name, spec)
    names = [*registry.ENGINES, spec.name]
    monkeypatch.setattr(type(registry.ENGINES), "__iter__", lambda _: iter(names))
    return spec.name


def test_the_mesh_engine_needs_nothing(qtbot: QtBot, sample_studio: Studio) -> None:
    dialog = EngineDialog(sample_studio)
    qtbot.addWidget(dialog)
    dialog.open()
    assert dialog.chosen == "mesh"
    assert "needs no weights" in dialog.cards["mesh"].state.text()
    assert not dialog.cards["mesh"].import_button.isVisible()
    before = sample_studio.project.document
    dialog.accept()
    assert sample_studio.project.document is before


def test_an_engine_says_what_it_lacks_and_offers_import(
    qtbot: QtBot, sample_studio: Studio, neural_engine: str
) -> None:
    dialog = EngineDialog(sample_studio)
    qtbot.addWidget(dialog)
    dialog.open()
    card = dialog.cards[neural_engine]
    assert "Lacks the weights lips" in card.state.text()
    with qtbot.waitSignal(dialog.weights_wanted):
        card.import_button.click()
    write_weights(weights_dirs()[0])
    dialog.refresh()
    assert "Ready" in card.state.text()
    assert not card.import_button.isVisible()
    dialog.choose(neural_engine)
    dialog.accept()
    assert sample_studio.project.document.avatar.engine == neural_engine
    assert sample_studio.project.undo_label == "Choose engine"


# --- first steps -------------------------------------------------------------------------------


@pytest.fixture
def first_run(qtbot: QtBot, quiet_studio: Studio) -> FirstRunDialog:
    dialog = FirstRunDialog(quiet_studio)
    qtbot.addWidget(dialog)
    return dialog


def test_three_clicks_lead_to_the_sample(
    qtbot: QtBot, first_run: FirstRunDialog, quiet_studio: Studio
) -> None:
    first_run.show()
    assert first_run.screens.count() <= 4
    with qtbot.waitSignal(first_run.sample_wanted):
        QTest.mouseClick(first_run.next_button, Qt.MouseButton.LeftButton)
        QTest.mouseClick(first_run.next_button, Qt.MouseButton.LeftButton)
        QTest.mouseClick(first_run.sample_button, Qt.MouseButton.LeftButton)
    assert not first_run.isVisible()
    assert quiet_studio.settings.get("is_first_run") is False


def test_every_screen_can_be_skipped(first_run: FirstRunDialog, quiet_studio: Studio) -> None:
    for index in range(first_run.screens.count()):
        first_run.show()
        first_run.show_screen(index)
        assert first_run.skip_button.isVisible()
        QTest.mouseClick(first_run.skip_button, Qt.MouseButton.LeftButton)
        assert not first_run.isVisible()
    assert quiet_studio.settings.get("is_first_run") is False


def test_the_consent_line_stands_on_the_first_and_last_screen(first_run: FirstRunDialog) -> None:
    from PySide6.QtWidgets import QLabel

    for index in (0, first_run.screens.count() - 1):
        labels = first_run.screens.widget(index).findChildren(QLabel)
        assert any(label.text() == CONSENT for label in labels)


def test_starting_from_a_portrait_and_a_voice(qtbot: QtBot, first_run: FirstRunDialog) -> None:
    first_run.show()
    first_run.show_screen(2)
    with qtbot.waitSignal(first_run.new_wanted):
        QTest.mouseClick(first_run.new_button, Qt.MouseButton.LeftButton)


def test_choices_are_remembered(first_run: FirstRunDialog, quiet_studio: Studio) -> None:
    first_run.scale.setCurrentIndex(first_run.scale.findData(150))
    first_run.scale.activated.emit(first_run.scale.currentIndex())
    assert quiet_studio.settings.get("ui_scale") == 150


def test_machines_are_described_in_words() -> None:
    bare = describe(
        {
            "Processor": ("ok", "2 cores"),
            "Device": ("ok", "CPU only; the mesh engine needs no GPU"),
            "Sound": ("ok", "PortAudio works, no device found"),
            "Face tracker": ("absent", "cannot be imported"),
        }
    )
    assert [is_fine for _, is_fine, _ in bare] == [True, True, False, False]
    assert "without sound" in bare[2][2]
    strong = describe({"Device": ("ok", "CUDA: NVIDIA T4")})
    assert strong == [("Graphics card", True, "CUDA: NVIDIA T4 found.")]


def test_a_machine_check_that_is_stopped_says_nothing(qtbot: QtBot) -> None:
    check = MachineCheck()
    told: list[object] = []
    check.finished.connect(told.append)
    check.start()
    check.stop()
    assert not check.is_running
    qtbot.wait(50)
    assert told == []


# --- recovery ----------------------------------------------------------------------------------


def crashed_session(unsaved: Path, portrait: Path) -> Recovery:
    """A session without a name, with a kept state and its picture, whose program died."""
    folder = unsaved / "20260101-120000-000000.avatar"
    session = create_session(folder, Document())
    document = replace(Document(), markers=(Marker(12, "here"),))
    kept = session.autosave(document, datetime.now(UTC).replace(year=2099))
    write_png(kept.path.with_suffix(".png"), read_image(portrait).rgb[:64, :64])
    session.close()
    return find_recoveries(unsaved, [])[0]


def test_a_crashed_session_is_recovered_with_its_picture(
    qtbot: QtBot, quiet_studio: Studio, tmp_path: Path, sample_portrait: Path
) -> None:
    recovery = crashed_session(tmp_path / "old", sample_portrait)
    dialog = RecoveryDialog(quiet_studio, [recovery])
    qtbot.addWidget(dialog)
    dialog.open()
    card = dialog.cards[0]
    assert f"{recovery.time.astimezone():%H:%M}" in card.question.text()
    assert card.picture.pixmap().width() > 64
    with qtbot.waitSignal(quiet_studio.project.opened):
        card.recover_button.click()
    qtbot.waitUntil(lambda: bool(quiet_studio.project.document.markers))
    assert not dialog.isVisible()
    assert quiet_studio.project.document.markers == (Marker(12, "here"),)


def test_a_state_is_thrown_away(
    qtbot: QtBot, quiet_studio: Studio, tmp_path: Path, sample_portrait: Path
) -> None:
    recovery = crashed_session(tmp_path / "old", sample_portrait)
    dialog = RecoveryDialog(quiet_studio, [recovery])
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.cards[0].discard_button.click()
    qtbot.waitUntil(lambda: not recovery.folder.exists())
    assert not dialog.isVisible()


# --- relink ------------------------------------------------------------------------------------


def test_media_that_moved_is_found_by_content(
    qtbot: QtBot, quiet_studio: Studio, sample_folder: Path, tmp_path: Path
) -> None:
    far = tmp_path / "far"
    far.mkdir()
    (sample_folder.parent / "portrait.jpg").rename(far / "somebody.jpg")
    with qtbot.waitSignal(quiet_studio.project.media_missing):
        quiet_studio.project.open(sample_folder)
    dialog = RelinkDialog(quiet_studio)
    qtbot.addWidget(dialog)
    dialog.open()
    assert [source.id for source in dialog.missing] == ["portrait"]
    assert "1 file" in dialog.heading.text()
    dialog.search([tmp_path / "unsaved"])
    qtbot.waitUntil(lambda: "None of them" in dialog.note.text())
    dialog.search([far])
    qtbot.waitUntil(lambda: not dialog.isVisible())
    assert not quiet_studio.project.missing_media
    assert quiet_studio.project.undo_label == "Relink media"

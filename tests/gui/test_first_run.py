"""First steps, weights, engines, recovery and relink: dialogs that never block."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.base.paths import imported_weights_dir
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
from studio.panels.licence_dialog import LicenceDialog
from studio.panels.recovery import RecoveryDialog
from studio.panels.relink import RelinkDialog
from studio.panels.weights import WeightsDialog
from studio.services.machine import MachineCheck, describe, devices

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


def state_of(dialog: WeightsDialog, name: str) -> str:
    """What the table says of weights."""
    return next(
        dialog.table.item(row, 4).text()
        for row in range(dialog.table.rowCount())
        if dialog.table.item(row, 1).text() == name
    )


@pytest.fixture
def weights_dialog(qtbot: QtBot, quiet_studio: Studio) -> Iterator[WeightsDialog]:
    dialog = WeightsDialog(quiet_studio)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: not dialog.is_busy and bool(dialog.rows))
    yield dialog
    assert not quiet_studio.activity.tasks
    dialog.accept()


def licence_dialog(qtbot: QtBot, parent: WeightsDialog) -> LicenceDialog:
    qtbot.waitUntil(lambda: bool(parent.findChildren(LicenceDialog)))
    return parent.findChildren(LicenceDialog)[0]


def test_the_dialog_imports_and_verifies(
    qtbot: QtBot, weights_dialog: WeightsDialog, tmp_path: Path
) -> None:
    dialog = weights_dialog
    assert "needs no weights" in dialog.summary.text()
    assert state_of(dialog, alignment.WEIGHTS) == "Missing"
    write_weights(tmp_path / "usb")
    dialog.import_paths([tmp_path / "usb"])
    licences = licence_dialog(qtbot, dialog)
    assert "CC-BY-4.0\ntrained here" in licences.terms.text()
    assert "lips (lips.safetensors)" in licences.terms.text()
    with qtbot.waitSignal(dialog.changed):
        licences.accept_button.click()
    assert "Taken in: lips" in dialog.note.text()
    qtbot.waitUntil(lambda: not dialog.is_busy)
    assert state_of(dialog, "lips") == "Ready"
    index = {row.name: i for i, row in enumerate(dialog.rows)}
    dialog.table.selectRow(index["pdfgc-audio"])
    assert dialog.note.text().startswith("Get audio_model.pth from PD-FGC")
    (imported_weights_dir() / "lips.safetensors").write_bytes(b"y" * len(CONTENT))
    dialog.table.selectRow(index["lips"])
    dialog.buttons["Verify"].click()
    qtbot.waitUntil(lambda: state_of(dialog, "lips") == "Wrong content")
    dialog.buttons["Copy missing list"].click()
    assert alignment.WEIGHTS in QGuiApplication.clipboard().text()
    assert "motion_model.pth from PD-FGC" in QGuiApplication.clipboard().text()
    (tmp_path / "page.pth").write_text("<html>")
    dialog.import_paths([tmp_path / "page.pth"])
    qtbot.waitUntil(lambda: "Refused page.pth: it is text" in dialog.note.text())
    qtbot.waitUntil(lambda: not dialog.is_busy)


def test_nothing_is_taken_in_without_the_licences(
    qtbot: QtBot, weights_dialog: WeightsDialog, tmp_path: Path
) -> None:
    write_weights(tmp_path / "usb")
    weights_dialog.import_paths([tmp_path / "usb"])
    licence_dialog(qtbot, weights_dialog).reject()
    assert "not accepted" in weights_dialog.note.text()
    assert not weights_dialog.is_busy
    assert not imported_weights_dir().exists()


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


def test_the_device_is_chosen_among_those_present_and_remembered(
    qtbot: QtBot, sample_studio: Studio
) -> None:
    detail = "CUDA:0 (Card A), CUDA:1 (Card B)"
    present = devices({"Device": ("ok", detail)})
    assert present == [("cuda:0", "CUDA:0 (Card A)"), ("cuda:1", "CUDA:1 (Card B)"), ("cpu", "CPU")]
    assert devices({"Device": ("ok", "CPU only")}) == [("cpu", "CPU")]
    dialog = EngineDialog(sample_studio)
    qtbot.addWidget(dialog)
    assert [dialog.device.itemText(i) for i in range(dialog.device.count())] == ["Auto", "CPU"]
    dialog.offer_devices(present)
    assert dialog.device.currentData() == "auto"
    dialog.device.setCurrentIndex(2)
    dialog.device.activated.emit(2)
    assert sample_studio.settings.get("device") == "cuda:1"
    dialog.offer_devices(present)
    assert dialog.device.currentText() == "CUDA:1 (Card B)"
    dialog.reject()


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
    write_weights(imported_weights_dir())
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

"""The library: pictures, use by double click, drags out, drops in, names, removal."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.motion.presets import EMOTIONS
from core.timeline.source import PresetParams
from studio.controller.library import Section
from studio.controller.studio import Studio
from studio.panels.library import LibraryPanel
from studio.widgets.drag_data import SOURCE_MIME, dragged_source, source_data
from studio.widgets.emotion_face import draw_face
from studio.widgets.thumbnail_list import ThumbnailList


@pytest.fixture
def library(qtbot: QtBot, sample_studio: Studio) -> LibraryPanel:
    return shown(qtbot, sample_studio)


def shown(qtbot: QtBot, studio: Studio) -> LibraryPanel:
    panel = LibraryPanel(studio)
    qtbot.addWidget(panel)
    panel.resize(280, 900)
    panel.show()
    return panel


def ids(library: LibraryPanel, section: Section) -> list[str]:
    return [tile.id for tile in library.lists[section].tiles]


def double_click(view: ThumbnailList, tile_id: str) -> None:
    at = view.tile_rect(tile_id).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_it_lists_what_the_project_is_made_from(library: LibraryPanel) -> None:
    assert ids(library, Section.PORTRAITS) == ["portrait"]
    assert ids(library, Section.AUDIO) == ["audio"]
    assert ids(library, Section.GENERATED) == ["voice", "blinks", "gaze", "head"]
    assert ids(library, Section.PRESETS) == [f"preset:{name}" for name in EMOTIONS]
    assert library.lists[Section.PORTRAITS].tiles[0].badge == "in use"


def test_pictures_come_in_the_background(qtbot: QtBot, library: LibraryPanel) -> None:
    def has_picture() -> bool:
        return library.lists[Section.PORTRAITS].tiles[0].image is not None

    qtbot.waitUntil(has_picture)
    presets = library.lists[Section.PRESETS].tiles
    assert all(tile.image is not None for tile in presets)


def test_drawn_faces_differ_by_emotion() -> None:
    size = (108, 68)
    faces = [
        bytes(draw_face(values, "#ffffff", "#000000", size).constBits())
        for values in EMOTIONS.values()
    ]
    assert len(set(faces)) == len(EMOTIONS)


def test_a_double_click_on_a_preset_fills_the_expression_track(
    library: LibraryPanel, sample_studio: Studio
) -> None:
    before = sample_studio.project.history_position
    double_click(library.lists[Section.PRESETS], "preset:happy")
    document = sample_studio.project.document
    strip = document.track(Factor.EXPRESSION).strips[0]
    source = document.source(strip.source_id)
    assert source is not None
    assert isinstance(source.params, PresetParams)
    assert [(e.name, e.intensity) for e in source.params.emotions] == [("happy", 0.6)]
    assert sample_studio.project.history_position == before + 1
    sample_studio.project.undo()
    assert not sample_studio.project.document.track(Factor.EXPRESSION).strips


def test_enter_uses_the_current_entry(library: LibraryPanel, sample_studio: Studio) -> None:
    view = library.lists[Section.PRESETS]
    view.set_current("preset:sad")
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert sample_studio.project.document.track(Factor.EXPRESSION).strips


def test_a_double_click_on_sound_lays_it_on_the_audio_track(
    qtbot: QtBot, library: LibraryPanel, sample_studio: Studio
) -> None:
    qtbot.waitUntil(lambda: sample_studio.library.seconds("audio") is not None)
    sample_studio.playhead.set_frame(100)
    double_click(library.lists[Section.AUDIO], "audio")
    strips = sample_studio.project.document.audio.strips
    assert 100 in [strip.start for strip in strips]


def test_a_generator_goes_on_the_focused_track(
    library: LibraryPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.EYES)
    before = [strip.id for strip in sample_studio.project.document.track(Factor.EYES).strips]
    sample_studio.playhead.set_frame(10)
    library.use("gaze")
    strips = sample_studio.project.document.track(Factor.EYES).strips
    assert {strip.id for strip in strips} != set(before)
    assert not sample_studio.project.document.track(Factor.EXPRESSION).strips


def test_the_menu_offers_each_track_and_removal(
    library: LibraryPanel, sample_studio: Studio
) -> None:
    sample_studio.selection.focus_track(Factor.LIPS)
    menu = library.show_menu("head", QPoint(0, 0))
    assert menu is not None
    actions = {action.text(): action for action in menu.actions() if action.text()}
    assert list(actions)[:2] == ["Lay on Lips", "Lay on Head pose"]
    actions["Remove with its strip"].trigger()
    menu.close()
    document = sample_studio.project.document
    assert document.source("head") is None
    assert not document.track(Factor.HEAD_POSE).strips


def test_presets_can_be_neither_renamed_nor_removed(library: LibraryPanel) -> None:
    menu = library.show_menu("preset:happy", QPoint(0, 0))
    assert menu is not None
    assert [action.text() for action in menu.actions() if action.text()] == ["Show on the face"]
    menu.close()


def test_names_are_typed_in_place(
    qtbot: QtBot, library: LibraryPanel, sample_studio: Studio
) -> None:
    view = library.lists[Section.PORTRAITS]
    view.set_current("portrait")
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = view.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.setText("Lisa")
    view.set_tiles(view.tiles)  # as when a picture arrives
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: sample_studio.project.undo_label == "Rename")
    source = sample_studio.project.document.source("portrait")
    assert source is not None
    assert source.name == "Lisa"
    assert library.lists[Section.PORTRAITS].tiles[0].title == "Lisa"


def test_delete_removes_the_current_entry(library: LibraryPanel, sample_studio: Studio) -> None:
    view = library.lists[Section.GENERATED]
    view.set_current("gaze")
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert sample_studio.project.document.source("gaze") is None
    assert "gaze" not in ids(library, Section.GENERATED)


def test_search_shows_what_holds_the_words(library: LibraryPanel) -> None:
    library.search.setText("hap")
    assert ids(library, Section.PRESETS) == ["preset:happy"]
    assert ids(library, Section.PORTRAITS) == []
    library.search.clear()
    assert ids(library, Section.PORTRAITS) == ["portrait"]


def test_choosing_an_entry_selects_it(library: LibraryPanel, sample_studio: Studio) -> None:
    view = library.lists[Section.AUDIO]
    at = view.tile_rect("audio").center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert sample_studio.selection.source_id == "audio"
    sample_studio.selection.select_source("portrait")
    assert view.current_id is None
    assert library.lists[Section.PORTRAITS].current_id == "portrait"


def test_a_drag_carries_the_entry() -> None:
    data = source_data("clip-7")
    assert data.hasFormat(SOURCE_MIME)
    assert dragged_source(data) == "clip-7"
    assert dragged_source(QMimeData()) is None


def drop(panel: LibraryPanel, paths: list[Path]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at = QPoint(20, 300)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(at), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(panel, event)
    assert event.isAccepted()


def test_dropped_files_are_imported(
    qtbot: QtBot, quiet_studio: Studio, sample_portrait: Path, sample_speech: Path
) -> None:
    library = shown(qtbot, quiet_studio)
    with qtbot.waitSignal(quiet_studio.imported, timeout=20_000):
        drop(library, [sample_portrait, sample_speech])
    document = quiet_studio.project.document
    assert [source.kind for source in document.sources][:2] == ["portrait", "audio"]
    assert document.avatar.source_id == document.sources[0].id
    assert ids(library, Section.PORTRAITS)
    assert ids(library, Section.AUDIO)
    assert quiet_studio.project.undo_label == "Import"


def test_a_dropped_file_that_is_no_media_is_told(
    qtbot: QtBot, quiet_studio: Studio, tmp_path: Path
) -> None:
    library = shown(qtbot, quiet_studio)
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    with qtbot.waitSignal(quiet_studio.failed, timeout=20_000) as told:
        drop(library, [text])
    assert "notes.txt" in told.args[0]
    assert not quiet_studio.project.document.sources


def test_a_file_that_is_gone_is_marked(
    qtbot: QtBot, quiet_studio: Studio, sample_folder: Path
) -> None:
    (sample_folder.parent / "portrait.jpg").rename(sample_folder.parent / "gone.bin")
    shutil.rmtree(sample_folder / "cache", ignore_errors=True)
    library = shown(qtbot, quiet_studio)
    with qtbot.waitSignal(quiet_studio.project.media_missing):
        quiet_studio.project.open(sample_folder)
    qtbot.waitUntil(lambda: library.lists[Section.PORTRAITS].tiles[0].is_missing)
    menu = library.show_menu("portrait", QPoint(0, 0))
    assert menu is not None
    find = next(action for action in menu.actions() if action.text() == "Find file…")
    with qtbot.waitSignal(library.relink_wanted):
        find.trigger()
    menu.close()


def test_an_empty_library_says_what_to_do(qtbot: QtBot, quiet_studio: Studio) -> None:
    library = shown(qtbot, quiet_studio)
    assert not library.lists[Section.PORTRAITS].isVisible()
    assert not library.lists[Section.GENERATED].isVisible()
    assert library.lists[Section.PRESETS].isVisible()

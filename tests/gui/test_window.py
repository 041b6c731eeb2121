"""The main window: commands, docks, workspaces, palette, shortcuts, history, themes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.timeline.project_edits import set_length
from studio.controller.action_table import ACTIONS
from studio.controller.project import is_worth_keeping
from studio.controller.studio import Studio
from studio.panels.history_panel import HistoryPanel
from studio.panels.palette_dialog import PaletteDialog
from studio.panels.settings_dialog import SettingsDialog
from studio.panels.shortcuts_dialog import ShortcutsDialog
from studio.panels.status import StatusPanel
from studio.panels.window import StudioWindow
from studio.panels.window_dialogs import report_text
from studio.panels.window_docks import WORKSPACES
from studio.panels.window_files import SAMPLE
from studio.panels.window_keys import keeps_key
from studio.widgets.icons import dress
from studio.widgets.theme import DARK, ICONS, LIGHT, TRACK_ICONS, apply_theme, colors, style_sheet


@pytest.fixture
def window(qtbot: QtBot, studio: Studio) -> Iterator[StudioWindow]:
    made = StudioWindow(studio)
    qtbot.addWidget(made)
    made.show()
    made.restore()
    yield made
    made.close_unasked()


@pytest.fixture
def quiet_window(qtbot: QtBot, quiet_studio: Studio) -> Iterator[StudioWindow]:
    """A window whose engine never answers."""
    made = StudioWindow(quiet_studio)
    qtbot.addWidget(made)
    yield made
    made.close_unasked()


@pytest.fixture
def dressed(qtbot: QtBot) -> Iterator[QApplication]:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    yield app
    apply_theme(app, "dark")
    app.setStyleSheet("")


def edit(studio: Studio, label: str) -> None:
    document = studio.project.document
    studio.project.apply(label, set_length(document, document.n_frames + 1))


class TestCommands:
    def test_the_bundled_sample_is_opened_as_a_copy(
        self, quiet_window: StudioWindow, qtbot: QtBot
    ) -> None:
        window = quiet_window
        names = sorted(path.name for path in SAMPLE.iterdir())
        project = window.studio.project
        for path in (SAMPLE, SAMPLE / "project.json"):
            with qtbot.waitSignal(project.opened):
                window.open_path(path)
            assert project.is_unsaved
            assert project.is_copy
        assert sorted(path.name for path in SAMPLE.iterdir()) == names
        assert not window.studio.settings.recent

    def test_a_session_of_ones_own_is_opened_in_place(
        self, quiet_window: StudioWindow, qtbot: QtBot, sample_folder: Path
    ) -> None:
        window = quiet_window
        with qtbot.waitSignal(window.studio.project.opened):
            window.open_path(sample_folder)
        assert window.studio.project.folder == sample_folder
        assert not window.studio.project.is_read_only

    def test_every_command_of_the_window_has_an_answer(self, window: StudioWindow) -> None:
        unbound = [
            row.id
            for row in ACTIONS
            if row.callback.startswith(("window.", "viewer."))
            and not row.enabled
            and not window.studio.actions.is_enabled(row.id)
        ]
        assert not unbound

    def test_every_command_is_in_its_menu(self, window: StudioWindow) -> None:
        for row in ACTIONS:
            assert window.commands[row.id] in window.commands.menu(row.menu).actions()

    def test_undo_follows_the_history(self, window: StudioWindow, qtbot: QtBot) -> None:
        assert not window.commands["edit.undo"].isEnabled()
        edit(window.studio, "Longer")
        qtbot.waitUntil(window.commands["edit.undo"].isEnabled)
        window.commands["edit.undo"].trigger()
        assert window.studio.project.history_position == 0
        assert window.commands["edit.redo"].isEnabled()

    def test_generate_needs_a_portrait(self, window: StudioWindow) -> None:
        assert not window.bar.generate.isEnabled()
        assert "Ctrl+G" in window.bar.generate.toolTip()

    def test_lists_keep_their_arrows(self, qtbot: QtBot) -> None:
        listing, button, label = QListWidget(), QPushButton(), QLabel()
        for widget in (listing, button, label):
            qtbot.addWidget(widget)
        assert keeps_key(listing, Qt.Key.Key_Down)
        assert not keeps_key(listing, Qt.Key.Key_Space)
        assert keeps_key(button, Qt.Key.Key_Space)
        assert not keeps_key(label, Qt.Key.Key_Left)

    def test_a_click_on_a_button_leaves_the_focus(self, window: StudioWindow) -> None:
        assert window.transport.play.focusPolicy() is Qt.FocusPolicy.TabFocus
        assert window.bar.generate.focusPolicy() is Qt.FocusPolicy.TabFocus


class TestDocks:
    @pytest.mark.parametrize("workspace", WORKSPACES)
    def test_workspaces_show_their_panels(self, window: StudioWindow, workspace: str) -> None:
        window.commands[f"view.{workspace.lower()}"].trigger()
        shown = {name for name in window.docks if window.docks[name].isVisible()}
        assert "timeline" in shown
        assert ("recording" in shown) == (workspace == "Record")
        assert ("library" in shown) == (workspace == "Edit")
        assert window.studio.settings.get("workspace") == workspace

    def test_a_layout_is_remembered_until_it_is_reset(self, window: StudioWindow) -> None:
        window.docks["library"].hide()
        window.docks.set_workspace("Curves")
        window.docks.set_workspace("Edit")
        assert window.docks["library"].isHidden()
        window.commands["view.reset_layout"].trigger()
        assert not window.docks["library"].isHidden()

    def test_recording_by_key_shows_its_panel(self, window: StudioWindow) -> None:
        window.studio.selection.arm(Factor.HEAD_POSE, is_armed=True)
        window.docks["recording"].hide()
        assert window.studio.actions.trigger("record.rehearse")
        assert window.docks["recording"].isVisible()
        window.studio.actions.trigger("record.rehearse")

    def test_reveal_shows_a_closed_panel(self, window: StudioWindow) -> None:
        window.docks["history"].hide()
        window.commands["edit.history"].trigger()
        assert window.docks["history"].isVisible()


class TestClosing:
    def test_asks_before_work_is_lost(self, window: StudioWindow, qtbot: QtBot) -> None:
        studio = window.studio
        document = studio.project.document
        track = replace(document.tracks[0], gain=0.5)
        studio.project.apply("Gain", document.with_track(track))
        studio.project._saved = document
        asked: list[bool] = []
        window.files.leaving = lambda then: asked.append(True)  # type: ignore[method-assign]
        assert not window.close()
        assert asked == [True]

    def test_cancel_keeps_the_project(
        self, window: StudioWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("studio.panels.window_files.is_worth_keeping", lambda _: True)
        gone: list[bool] = []
        window.files.leaving(lambda: gone.append(True))
        box = window.findChild(QMessageBox, "ask_to_save")
        assert isinstance(box, QMessageBox)
        buttons = {button.text(): button for button in box.buttons()}
        QTest.mouseClick(buttons["Cancel"], Qt.MouseButton.LeftButton)
        assert not gone
        window.files.leaving(lambda: gone.append(True))
        box = window.findChildren(QMessageBox, "ask_to_save")[-1]
        buttons = {button.text(): button for button in box.buttons()}
        QTest.mouseClick(buttons["Don't save"], Qt.MouseButton.LeftButton)
        assert gone == [True]


class TestSample:
    def test_it_plays_by_itself_and_is_a_copy(
        self,
        window: StudioWindow,
        qtbot: QtBot,
        sample_folder: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("studio.panels.window_files.SAMPLE", sample_folder)
        before = written(sample_folder.parent)
        window.commands["help.sample"].trigger()
        studio = window.studio
        qtbot.waitUntil(lambda: studio.playback.is_playing, timeout=60_000)
        assert studio.preview.shown is not None
        assert studio.preview.avatar.is_gathered
        assert studio.project.is_unsaved
        assert not studio.project.missing_media
        assert written(sample_folder.parent) == before
        assert not is_worth_keeping(studio.project)
        edit(studio, "Longer")
        assert is_worth_keeping(studio.project)

    def test_a_sample_that_is_gone_leaves_the_project(
        self, window: StudioWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("studio.panels.window_files.SAMPLE", tmp_path / "gone.avatar")
        folder = window.studio.project.folder
        with qtbot.waitSignal(window.studio.project.failed):
            window.files.open_sample()
        assert window.studio.project.folder == folder
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]


class TestPalette:
    def test_typing_and_enter_run_a_command(self, studio: Studio, qtbot: QtBot) -> None:
        edit(studio, "Longer")
        dialog = PaletteDialog(studio.actions)
        dialog.show()
        QTest.keyClicks(dialog.search, "undo")
        with qtbot.waitSignal(dialog.accepted):
            QTest.keyClick(dialog.search, Qt.Key.Key_Return)
        assert studio.project.history_position == 0

    def test_arrows_choose_another_row(self, studio: Studio, qtbot: QtBot) -> None:
        dialog = PaletteDialog(studio.actions)
        dialog.show()
        first = dialog.results.currentItem()
        QTest.keyClick(dialog.search, Qt.Key.Key_Down)
        assert dialog.results.currentItem() is not first
        dialog.close()


class TestShortcuts:
    def test_a_conflict_is_told_and_the_other_loses_its_keys(
        self, studio: Studio, qtbot: QtBot
    ) -> None:
        actions = studio.actions
        dialog = ShortcutsDialog(actions, "Studio")
        dialog.show()
        dialog.select("clip.lock")
        dialog.keys.setKeySequence("Ctrl+K")
        assert "Split at playhead" in dialog.warning.text()
        dialog.assign.click()
        assert actions.shortcuts("clip.lock") == ("Ctrl+K",)
        assert actions.shortcuts("clip.split") == ()
        dialog.close()

    def test_keys_go_to_a_file_and_come_back(
        self, studio: Studio, qtbot: QtBot, tmp_path: Path
    ) -> None:
        dialog = ShortcutsDialog(studio.actions, "Studio")
        studio.actions.set_shortcuts("clip.lock", ("Ctrl+Alt+L",))
        dialog.save(tmp_path / "keys.json")
        studio.actions.reset_shortcuts()
        dialog.bring(tmp_path / "keys.json")
        assert studio.actions.shortcuts("clip.lock") == ("Ctrl+Alt+L",)
        (tmp_path / "other.json").write_text("[]")
        dialog.bring(tmp_path / "other.json")
        assert "holds no shortcuts" in dialog.warning.text()
        dialog.close()

    def test_j_and_l_step_while_k_is_held(self, window: StudioWindow, qtbot: QtBot) -> None:
        playhead = window.studio.playhead
        playhead.set_frame(10)
        body = window.timeline.rows.rows[Factor.EYES].body
        body.setFocus()
        qtbot.keyPress(body, Qt.Key.Key_K)
        for key, frame in ((Qt.Key.Key_L, 11), (Qt.Key.Key_L, 12), (Qt.Key.Key_J, 11)):
            qtbot.keyClick(body, key)
            assert playhead.frame == frame
            assert not playhead.is_playing
        qtbot.keyRelease(body, Qt.Key.Key_K)

    def test_search_finds_by_keys(self, studio: Studio, qtbot: QtBot) -> None:
        dialog = ShortcutsDialog(studio.actions, "Studio")
        dialog.search.setText("ctrl+g")
        assert [row.text(0) for row in dialog._rows()] == ["Generate preview"]
        dialog.close()

    def test_new_keys_reach_the_menu(self, window: StudioWindow) -> None:
        window.studio.actions.set_shortcuts("clip.lock", ("Ctrl+Alt+L",))
        assert window.commands["clip.lock"].shortcut().toString() == "Ctrl+Alt+L"


class TestHistory:
    def test_a_click_goes_to_a_step(self, studio: Studio, qtbot: QtBot) -> None:
        panel = HistoryPanel(studio)
        qtbot.addWidget(panel)
        before = studio.project.document
        edit(studio, "One")
        edit(studio, "Two")
        assert [panel.steps.item(i).text() for i in range(3)] == ["Open", "One", "Two"]
        panel.steps.setCurrentRow(0)
        assert studio.project.document is before
        assert panel.steps.count() == 3

    def test_what_was_undone_is_grey_until_another_step_takes_its_place(
        self, studio: Studio, qtbot: QtBot
    ) -> None:
        panel = HistoryPanel(studio)
        qtbot.addWidget(panel)

        def shown() -> list[tuple[str, bool]]:
            grey = panel.palette().placeholderText()
            items = [panel.steps.item(i) for i in range(panel.steps.count())]
            return [(item.text(), item.foreground() == grey) for item in items]

        for label in ("One", "Two", "Three"):
            edit(studio, label)
        studio.project.undo()
        studio.project.undo()
        wanted = [("Open", False), ("One", False), ("Two", True), ("Three", True)]
        assert shown() == wanted
        panel._renew()
        assert shown() == wanted
        edit(studio, "Four")
        assert shown() == [("Open", False), ("One", False), ("Four", False)]
        assert panel.steps.currentRow() == 2


class TestStatus:
    def test_shows_progress_and_cancels(self, studio: Studio, qtbot: QtBot) -> None:
        panel = StatusPanel(studio)
        qtbot.addWidget(panel)
        panel.show()
        asked: list[bool] = []
        task = studio.activity.begin("Rendering", lambda: asked.append(True))
        task.report("Rendering", 120, 250)
        assert panel.stage.text().startswith("Rendering 120/250")
        assert panel.bar.value() == 120
        panel.cancel.click()
        assert asked == [True]
        task.finish()
        assert not panel.bar.isVisible()

    def test_a_problem_stays_and_is_in_the_log(self, studio: Studio, qtbot: QtBot) -> None:
        panel = StatusPanel(studio)
        qtbot.addWidget(panel)
        studio.failed.emit("No face was found.")
        assert panel.message.text() == "No face was found."
        assert panel.message.messages == ("No face was found.",)

    def test_a_report_names_no_files(self) -> None:
        text = report_text([], "CPU", ["“/home/ada/group.jpg” shows no face: choose another."])
        assert "ada" not in text
        assert "shows no face" in text


class TestTheme:
    @pytest.mark.parametrize("worn", [DARK, LIGHT])
    def test_every_name_in_the_sheet_is_known(self, worn, qtbot: QtBot) -> None:
        sheet = style_sheet(worn)
        assert "@" not in sheet.split("*/", 1)[1]
        assert worn.accent in sheet

    @pytest.mark.parametrize("worn", [DARK, LIGHT])
    def test_text_is_readable(self, worn) -> None:
        for ground in (worn.window, worn.panel, worn.raised, worn.field):
            assert contrast(worn.text, ground) >= 7.0
            assert contrast(worn.muted, ground) >= 4.5
        assert contrast(worn.on_accent, worn.accent) >= 4.5

    def test_icons_change_with_the_theme(self, dressed: QApplication, qtbot: QtBot) -> None:
        button = QPushButton()
        qtbot.addWidget(button)
        apply_theme(dressed, "dark")
        dress(button, "play")
        before = button.icon().pixmap(24, 24).toImage()
        apply_theme(dressed, "light")
        assert colors() is LIGHT
        assert button.icon().pixmap(24, 24).toImage() != before

    def test_an_unknown_theme_is_refused(self, dressed: QApplication) -> None:
        with pytest.raises(ValueError, match="no theme"):
            apply_theme(dressed, "pink")

    def test_every_track_has_an_icon(self) -> None:
        assert all((ICONS / f"{name}.svg").exists() for name in TRACK_ICONS.values())

    def test_settings_are_kept(self, studio: Studio, qtbot: QtBot) -> None:
        dialog = SettingsDialog(studio.settings)
        with qtbot.waitSignal(dialog.scale_chosen) as chosen:
            dialog.scale.setCurrentIndex(dialog.scale.findData(150))
            dialog.scale.activated.emit(dialog.scale.currentIndex())
        assert chosen.args == [150]
        dialog.close()


def written(folder: Path) -> dict[Path, int]:
    """All files in a folder, with when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two `#rrggbb` colours."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

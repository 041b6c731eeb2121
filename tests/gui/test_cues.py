"""Mouth shapes on the Audio track are edited by hand, and the lips follow."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from core.base.controls import FACTOR_CONTROLS, Factor
from core.media.soundtrack import Sound
from core.media.wav import write_wav
from core.session.schema import Project, from_text, to_text
from core.speech.cues import MouthCue
from core.timeline.source import AudioParams
from core.timeline.strip import AudioStrip
from studio.controller.selection import AUDIO
from studio.controller.studio import Studio
from studio.panels.timeline.cue_lane import CueHit
from studio.panels.timeline.panel import TimelinePanel

JAW = FACTOR_CONTROLS[Factor.LIPS].index("jawOpen")


class Desk:
    """A speaking timeline whose mouth shapes are known."""

    def __init__(self, studio: Studio, panel: TimelinePanel) -> None:
        self.studio, self.panel = studio, panel
        self.sounds, self.lane = panel.sounds, panel.sounds.cues
        self.body = panel.rows.rows[AUDIO].body

    @property
    def strip(self) -> AudioStrip:
        return self.studio.project.document.audio.strips[0]

    @property
    def cues(self) -> tuple[MouthCue, ...]:
        return self.lane.cues(self.strip)

    @property
    def saved(self) -> int:
        source = self.studio.project.document.source(self.strip.source_id)
        assert source is not None
        assert isinstance(source.params, AudioParams)
        return len(source.params.cues)

    def at(self, second: float) -> QPoint:
        y = self.sounds.strip_rect(self.strip).bottom() - 6
        return QPointF(self.lane.x_of(self.strip, second), y).toPoint()

    def hit(self, index: int) -> CueHit:
        cue = self.cues[index]
        return CueHit(self.strip, index, False, (cue.start_s + cue.end_s) / 2)

    def longest(self, shapes: str) -> int:
        spoken = [i for i, cue in enumerate(self.cues) if cue.shape in shapes]
        return max(spoken, key=lambda i: self.cues[i].end_s - self.cues[i].start_s)


@pytest.fixture(scope="session")
def words(sample_speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two seconds of the sample's speech."""
    path = tmp_path_factory.mktemp("words") / "words.wav"
    write_wav(path, [Sound(sample_speech)], 2)
    return path


@pytest.fixture
def desk(qtbot: QtBot, quiet_studio: Studio, words: Path) -> Desk:
    return _made(qtbot, quiet_studio, words)


def _made(qtbot: QtBot, studio: Studio, speech: Path) -> Desk:
    studio.settings.set("link_media", True)
    panel = TimelinePanel(studio)
    qtbot.addWidget(panel)
    panel.resize(2400, 640)
    panel.show()
    qtbot.waitExposed(panel)
    with qtbot.waitSignal(studio.imported, timeout=20_000):
        studio.set_audio(speech)
    studio.settings.set("snap", False)
    panel.zoom_fit()
    made = Desk(studio, panel)
    qtbot.waitUntil(lambda: len(made.cues) > 5, timeout=60_000)
    return made


def test_a_border_is_dragged_and_esc_takes_it_back(qtbot: QtBot, desk: Desk) -> None:
    index = desk.longest("CD")
    before, start = desk.cues, desk.cues[index].start_s
    middle = (start + before[index].end_s) / 2
    document = desk.studio.project.document
    qtbot.mousePress(desk.body, Qt.MouseButton.LeftButton, pos=desk.at(start))
    qtbot.mouseMove(desk.body, desk.at(middle))
    assert desk.cues[index].start_s > start + 0.01
    qtbot.keyClick(desk.body, Qt.Key.Key_Escape)
    assert desk.studio.project.document is document
    qtbot.mousePress(desk.body, Qt.MouseButton.LeftButton, pos=desk.at(start))
    qtbot.mouseMove(desk.body, desk.at(middle))
    qtbot.mouseRelease(desk.body, Qt.MouseButton.LeftButton, pos=desk.at(middle))
    assert desk.cues[index].start_s == pytest.approx(middle, abs=0.02)
    assert desk.cues[index - 1].end_s == desk.cues[index].start_s
    assert desk.studio.project.undo_label == "Move mouth shape"
    assert desk.saved == len(before) + 1
    desk.studio.project.undo()
    assert (desk.saved, desk.cues) == (0, before)


def test_shapes_change_split_and_go(desk: Desk) -> None:
    n, index = len(desk.cues), desk.longest("CD")
    desk.lane.set_shape(desk.hit(index), "F")
    assert desk.cues[index].shape == "F"
    desk.lane.split(desk.hit(index))
    assert len(desk.cues) == n + 1
    assert [c.shape for c in desk.cues[index : index + 2]] == ["F", "F"]
    desk.lane.delete(desk.hit(index))
    assert len(desk.cues) == n
    document = desk.studio.project.document
    text = to_text(Project(document=document))
    assert from_text(text).document == document
    desk.lane.replace(desk.strip, ())
    assert desk.saved == 0


def test_the_menu_offers_every_shape(qtbot: QtBot, desk: Desk) -> None:
    index = desk.longest("CD")
    cue = desk.cues[index]
    point = desk.at((cue.start_s + cue.end_s) / 2)
    desk.panel.menus.open_body(desk.body, desk.body.mapToGlobal(point), QPointF(point))
    (menu,) = desk.panel.findChildren(QMenu)
    titles = [action.text() for action in menu.actions()]
    assert titles[:2] == ["A  shut", "B  teeth together"]
    assert [a.text()[0] for a in menu.actions() if a.isChecked()] == [cue.shape]
    menu.actions()[0].trigger()
    assert desk.cues[index].shape == "A"
    menu.close()
    assert "A · shut (edited)" in desk.sounds.tooltip_at(QPointF(point))


@pytest.mark.parametrize("name", ["shapes.json", "shapes.tsv"])
def test_rhubarb_files_go_out_and_in(desk: Desk, tmp_path: Path, name: str) -> None:
    desk.lane.set_shape(desk.hit(desk.longest("CD")), "H")
    before = desk.cues
    desk.panel.cue_files.save(desk.strip, tmp_path / name)
    desk.lane.replace(desk.strip, ())
    desk.panel.cue_files.bring(desk.strip, tmp_path / name)
    assert [c.shape for c in desk.cues] == [c.shape for c in before]
    assert np.allclose([c.start_s for c in desk.cues], [c.start_s for c in before], atol=0.006)


def test_a_file_of_something_else_is_refused(qtbot: QtBot, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("hello")
    with qtbot.waitSignal(desk.studio.failed) as told:
        desk.panel.cue_files.bring(desk.strip, tmp_path / "a.tsv")
    assert "holds no mouth shapes" in told.args[0]
    assert desk.saved == 0


def test_the_lips_follow(qtbot: QtBot, make_studio: Callable[[], Studio], words: Path) -> None:
    studio = make_studio()
    desk = _made(qtbot, studio, words)
    studio.generate_preview()

    def jaw() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        return studio.preview.bank["voice-1"][Factor.LIPS].values[:, JAW]

    qtbot.waitUntil(lambda: "voice-1" in studio.preview.bank, timeout=60_000)
    index, before = desk.longest("CD"), jaw().copy()
    cue = desk.cues[index]
    frames = slice(round(cue.start_s * 25) + 1, round(cue.end_s * 25))
    desk.lane.set_shape(desk.hit(index), "A")
    qtbot.waitUntil(lambda: not np.array_equal(jaw(), before), timeout=60_000)
    assert jaw()[frames].min() < 0.5 * before[frames].max()
    studio.project.undo()
    qtbot.waitUntil(lambda: np.array_equal(jaw(), before), timeout=60_000)

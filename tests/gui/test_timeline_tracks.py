"""Strips, headers, ruler and drops of the real timeline."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.timeline import edits, project_edits
from core.timeline.document import Marker
from core.timeline.source import Generator, GeneratorParams, Source
from core.timeline.strip import Strip
from studio.controller.selection import AUDIO, TRACKS
from studio.controller.studio import Studio
from studio.panels.timeline.clip_dialog import ClipDialog
from studio.panels.timeline.drops import Drop
from studio.panels.timeline.panel import TimelinePanel
from studio.panels.timeline.track_body import TrackBody
from studio.widgets.theme import apply_theme

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
ALT, SHIFT = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def panel(qtbot: QtBot, quiet_studio: Studio) -> TimelinePanel:
    document = project_edits.add_source(
        quiet_studio.project.document, Source("gaze", "Gaze", GeneratorParams(Generator.GAZE))
    )
    document = edits.add_strip(document, Factor.EYES, Strip("one", "gaze", 20, 80))
    document = edits.add_strip(document, Factor.EYES, Strip("two", "gaze", 150, 60))
    quiet_studio.project.apply("Set up", document)
    quiet_studio.settings.set("snap", False)
    made = TimelinePanel(quiet_studio)
    qtbot.addWidget(made)
    made.resize(1320, 640)
    made.show()
    qtbot.waitExposed(made)
    made.zoom_fit()
    return made


def _eyes(panel: TimelinePanel) -> TrackBody:
    return panel.rows.rows[Factor.EYES].body


def _strip(panel: TimelinePanel, strip_id: str = "one") -> Strip:
    found = panel.studio.project.document.find_strip(strip_id)
    assert found is not None
    return found[1]


def _drag(
    qtbot: QtBot,
    panel: TimelinePanel,
    frames: tuple[float, float],
    modifier: Qt.KeyboardModifier = NONE,
    y: int = 14,
) -> None:
    body = _eyes(panel)
    start, stop = (QPoint(round(panel.axis.to_x(frame)), y) for frame in frames)
    qtbot.mousePress(body, LEFT, modifier, start)
    for share in (0.4, 1.0):
        qtbot.mouseMove(body, start + (stop - start) * share)
    qtbot.mouseRelease(body, LEFT, modifier, stop)


def test_a_strip_is_moved(qtbot: QtBot, panel: TimelinePanel) -> None:
    _drag(qtbot, panel, (60, 70))
    assert (_strip(panel).start, _strip(panel).n_frames) == (30, 80)
    assert panel.studio.selection.strips == {"one"}
    assert panel.studio.project.undo_label == "Move strip"


def test_selected_strips_move_together_and_not_before_zero(
    qtbot: QtBot, panel: TimelinePanel
) -> None:
    panel.studio.selection.select_strips(("one", "two"))
    _drag(qtbot, panel, (60, 0))
    assert (_strip(panel).start, _strip(panel, "two").start) == (0, 130)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [((20.4, 30.4), (30, 100)), ((99.6, 119.6), (20, 120))],
    ids=["start", "end"],
)
def test_an_end_is_trimmed(
    qtbot: QtBot,
    panel: TimelinePanel,
    frames: tuple[float, float],
    expected: tuple[int, int],
) -> None:
    _drag(qtbot, panel, frames)
    assert (_strip(panel).start, _strip(panel).stop) == expected


def test_alt_slips_the_source(qtbot: QtBot, panel: TimelinePanel) -> None:
    _drag(qtbot, panel, (60, 35), ALT)
    assert (_strip(panel).start, _strip(panel).stop) == (20, 100)
    assert _strip(panel).source_in == pytest.approx(1.0)


def test_a_fade_is_dragged_at_its_grip(qtbot: QtBot, panel: TimelinePanel) -> None:
    panel.studio.selection.select_strips(("one",))
    end = panel.axis.to_frame(panel.axis.to_x(100) - 4)
    _drag(qtbot, panel, (end, end - 12), y=5)
    assert _strip(panel).fade_out == 12


def test_split_at_the_playhead(panel: TimelinePanel) -> None:
    panel.studio.selection.select_strips(("one",))
    panel.studio.playhead.set_frame(50)
    panel.studio.verbs.split()
    spans = [(s.start, s.stop) for s in panel.studio.project.document.track(Factor.EYES).strips]
    assert spans == [(20, 50), (50, 100), (150, 210)]


def test_strips_that_play_at_once_lie_below_each_other(panel: TimelinePanel) -> None:
    blinks = Strip("three", "gaze", 20, 80, controls=("eyeBlinkLeft", "eyeBlinkRight"))
    panel.studio.project.edit("Add", lambda d: edits.add_strip(d, Factor.EYES, blinks))
    area = _eyes(panel).strips
    rects = [area.strip_rect(strip) for strip in area.strips if strip.start == 20]
    assert len(rects) == 2
    assert not rects[0].intersects(rects[1])
    found = area.strip_at(rects[1].center())
    assert found is not None
    assert found[0].id == "three"


def test_snapping_closes_a_gap(qtbot: QtBot, panel: TimelinePanel) -> None:
    panel.studio.settings.set("snap", True)
    _drag(qtbot, panel, (180, 131))
    assert _strip(panel, "two").start == 100


def test_the_header_changes_the_track(panel: TimelinePanel) -> None:
    header, studio = panel.rows.rows[Factor.EYES].header, panel.studio
    header.mute.click()
    header.solo.click()
    header.arm.click()
    track = studio.project.document.track(Factor.EYES)
    assert track.is_muted
    assert track.is_solo
    assert studio.selection.armed == {Factor.EYES}
    studio.project.undo()
    assert not header.solo.isChecked()
    header.gain.step(-10)
    assert studio.project.document.track(Factor.EYES).gain == pytest.approx(0.9)
    assert studio.project.undo_label == "Gain"
    panel.rows.rows[AUDIO].header.mute.click()
    assert studio.project.document.audio.is_muted


def test_rows_grow_with_the_focus(panel: TimelinePanel) -> None:
    row = panel.rows.rows[Factor.EYES]
    assert row.height() == 28
    row.header.expand.click()
    assert row.height() == 96
    panel.studio.selection.focus_lane(Factor.EYES, "gaze_x")
    assert row.height() == 180
    row.header.expand.click()
    assert row.height() == 28


def test_a_lane_is_chosen_by_click_and_by_keys(qtbot: QtBot, panel: TimelinePanel) -> None:
    panel.rows.set_expanded(Factor.EYES, True)
    lanes = panel.rows.rows[Factor.EYES].header.lanes
    assert lanes is not None
    qtbot.mouseClick(lanes, LEFT, NONE, lanes.lane_rect(1).center().toPoint())
    assert panel.studio.selection.lane == "gaze_y"
    qtbot.keyClick(lanes, Qt.Key.Key_Down)
    assert panel.studio.selection.lane == "blink_left"


def test_the_ruler_scrubs_and_sets_the_range(qtbot: QtBot, panel: TimelinePanel) -> None:
    ruler, axis = panel.ruler, panel.axis
    qtbot.mousePress(ruler, LEFT, NONE, QPoint(round(axis.to_x(40)), 20))
    assert panel.studio.playhead.frame == 40
    qtbot.mouseMove(ruler, QPoint(round(axis.to_x(55)), 20))
    qtbot.mouseRelease(ruler, LEFT, NONE, QPoint(round(axis.to_x(55)), 20))
    assert panel.studio.playhead.frame == 55
    qtbot.mousePress(ruler, LEFT, NONE, QPoint(round(axis.to_x(250)) - 3, 4))
    qtbot.mouseMove(ruler, QPoint(round(axis.to_x(200)), 4))
    qtbot.mouseRelease(ruler, LEFT, NONE, QPoint(round(axis.to_x(200)), 4))
    assert panel.studio.project.document.out_frame == 200
    assert panel.studio.project.undo_label == "Set out"


def test_zoom_keeps_the_frame_under_the_pointer(panel: TimelinePanel) -> None:
    axis = panel.axis
    frame = axis.to_frame(500)
    axis.zoom(3, 500)
    assert axis.to_frame(500) == pytest.approx(frame)
    panel.zoom_fit()
    assert axis.to_x(0) >= 0
    assert axis.to_x(250) <= axis.width
    panel.studio.selection.select_strips(("two",))
    panel.zoom_selected()
    assert 0 <= axis.to_x(150) < axis.to_x(210) <= axis.width


def _drop(panel: TimelinePanel, target: TrackBody, path: Path, shift: bool = False) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    modifiers = SHIFT if shift else NONE
    place = QPointF(panel.axis.to_x(30), 10)
    copy = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(place.toPoint(), copy, data, LEFT, modifiers)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(target, QDropEvent(place, copy, data, LEFT, modifiers))


def test_a_dropped_picture_drives_that_factor_only(
    qtbot: QtBot, panel: TimelinePanel, sample_portrait: Path
) -> None:
    body = panel.rows.rows[Factor.HEAD_POSE].body
    with qtbot.waitSignal(panel.studio.imported, timeout=20_000):
        _drop(panel, body, sample_portrait)
    document = panel.studio.project.document
    assert [s.start for s in document.track(Factor.HEAD_POSE).strips] == [30]
    assert not document.track(Factor.LIPS).strips
    assert not document.track(Factor.EXPRESSION).strips


def test_shift_drop_asks_for_factors(
    qtbot: QtBot, panel: TimelinePanel, sample_portrait: Path
) -> None:
    before = panel.studio.project.document
    with qtbot.waitSignal(panel.factors_wanted) as asked:
        _drop(panel, _eyes(panel), sample_portrait, shift=True)
    drop = asked.args[0]
    assert isinstance(drop, Drop)
    assert (drop.paths, drop.frame) == ((sample_portrait,), 30)
    assert panel.studio.project.document is before
    dialog = panel.findChild(ClipDialog)
    assert dialog is not None
    dialog.boxes[Factor.LIPS].click()
    dialog.boxes[Factor.EYES].click()
    with qtbot.waitSignal(panel.studio.imported, timeout=20_000):
        dialog.accept()
    document = panel.studio.project.document
    laid = [t.factor for t in document.tracks if any(s.start == 30 for s in t.strips)]
    assert laid == [Factor.HEAD_POSE, Factor.EXPRESSION]


def test_commands_of_the_table_reach_the_timeline(panel: TimelinePanel) -> None:
    before = panel.axis.px_per_frame
    assert panel.studio.actions.trigger("view.zoom_in")
    assert panel.axis.px_per_frame > before


def test_undo_in_the_middle_of_a_drag_is_harmless(qtbot: QtBot, panel: TimelinePanel) -> None:
    body, before = _eyes(panel), panel.studio.project.document
    qtbot.mousePress(body, LEFT, NONE, QPoint(round(panel.axis.to_x(60)), 14))
    qtbot.mouseMove(body, QPoint(round(panel.axis.to_x(90)), 14))
    panel.studio.project.undo()
    qtbot.mouseMove(body, QPoint(round(panel.axis.to_x(95)), 14))
    qtbot.mouseRelease(body, LEFT, NONE, QPoint(round(panel.axis.to_x(95)), 14))
    assert panel.studio.project.document == before


def test_the_sound_is_drawn_with_its_mouth_shapes(
    qtbot: QtBot, panel: TimelinePanel, sample_speech: Path
) -> None:
    panel.waveforms.picture(sample_speech)

    def has_cues() -> bool:
        picture = panel.waveforms.picture(sample_speech)
        return picture is not None and bool(picture.cues)

    qtbot.waitUntil(has_cues, timeout=30_000)
    picture = panel.waveforms.picture(sample_speech)
    assert picture is not None
    loud = ~picture.silent
    assert 0.5 < loud.mean() < 1.0
    reach = picture.high - picture.low
    assert reach[loud].mean() > 5 * reach[picture.silent].mean()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_row_is_drawn_in_both_themes(
    qtbot: QtBot, qapp: QApplication, panel: TimelinePanel, theme: str
) -> None:
    apply_theme(qapp, theme)
    project = panel.studio.project
    project.edit("Mark", lambda d: project_edits.set_marker(d, Marker(70, "Here")))
    panel.ruler.set_cache(np.repeat(np.array([2, 1, 0], np.uint8), 80))
    for track in TRACKS:
        panel.rows.set_expanded(track, True)
    picture = panel.grab().toImage()
    pixels = {
        picture.pixelColor(x, y).name()
        for x in range(0, picture.width(), 7)
        for y in range(0, picture.height(), 7)
    }
    assert len(pixels) > 20

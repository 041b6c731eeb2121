"""What menus do to strips as a whole, on real documents."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.motion.clip_end import ClipEnd
from core.timeline import edits, project_edits
from core.timeline.document import Gap
from core.timeline.source import Generator, GeneratorParams, Source
from core.timeline.strip import AudioStrip, Blend, Strip
from studio.controller.studio import Studio
from studio.panels.timeline.panel import TimelinePanel


@pytest.fixture
def laid(studio: Studio) -> Studio:
    """Two strips of gaze on Eyes, the first selected, and a sound over 25..125."""
    document = project_edits.add_source(
        studio.project.document, Source("gaze", "Gaze", GeneratorParams(Generator.GAZE))
    )
    document = edits.add_strip(document, Factor.EYES, Strip("one", "gaze", 20, 80))
    document = edits.add_strip(document, Factor.EYES, Strip("two", "gaze", 100, 60))
    document = edits.add_audio_strip(document, AudioStrip("sound", "speech", 25, 100))
    studio.project.apply("Set up", document)
    studio.selection.select_strips(("one",))
    return studio


def strip(studio: Studio, strip_id: str = "one") -> Strip:
    found = studio.project.document.find_strip(strip_id)
    assert found is not None
    return found[1]


def test_a_strip_is_fitted_to_the_sound(laid: Studio) -> None:
    assert laid.actions.trigger("clip.fit_to_audio")
    assert (strip(laid).start, strip(laid).stop) == (25, 125)
    assert strip(laid).speed == pytest.approx(0.8)
    laid.project.undo()
    assert (strip(laid).start, strip(laid).speed) == (20, 1.0)


def test_fitting_keeps_within_the_possible_speeds(laid: Studio) -> None:
    laid.project.edit("Trim", lambda d: edits.trim_strip(d, "one", 20, 30))
    laid.verbs.fit_to_audio()
    assert (strip(laid).n_frames, strip(laid).speed) == (100, 0.25)


def test_speed_end_blend_mirror_and_mute(laid: Studio) -> None:
    verbs = laid.verbs
    verbs.set_speed(2.0)
    assert (strip(laid).speed, strip(laid).n_frames) == (2.0, 40)
    verbs.set_clip_end(ClipEnd.PINGPONG)
    verbs.set_blend(Blend.ADD)
    verbs.mirror_strips()
    verbs.toggle_strip_mute()
    now = strip(laid)
    assert (now.clip_end, now.blend, now.mirror, now.is_muted) == (
        ClipEnd.PINGPONG, Blend.ADD, True, True,
    )  # fmt: skip
    for _ in range(5):
        laid.project.undo()
    assert strip(laid) == Strip("one", "gaze", 20, 80)


def test_a_crossfade_reaches_under_the_next_strip(laid: Studio) -> None:
    laid.selection.select_strips(("two",))
    laid.verbs.set_crossfade(12)
    assert strip(laid, "two").fade_in == 12
    assert strip(laid).stop == 112
    assert strip(laid, "two").start == 100


def test_a_sound_is_brought_to_the_loudness_of_speech(
    qtbot: QtBot, studio: Studio, sample_speech: Path
) -> None:
    studio.settings.set("link_media", True)
    with qtbot.waitSignal(studio.imported, timeout=20_000):
        studio.set_audio(sample_speech)
    sound = studio.project.document.audio.strips[0]
    studio.selection.select_strips((sound.id,))
    with qtbot.waitSignal(studio.project.document_changed, timeout=20_000):
        assert studio.actions.trigger("clip.normalise")
    gain = studio.project.document.audio.strips[0].gain_db
    assert -24.0 <= gain <= 24.0
    assert gain != 0.0
    assert studio.project.undo_label == "Normalise"


def shown(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(1320, 640)
    widget.show()
    qtbot.waitExposed(widget)


def test_the_menu_of_a_strip_does_all_that(qtbot: QtBot, laid: Studio) -> None:
    panel = TimelinePanel(laid)
    shown(qtbot, panel)
    panel.zoom_fit()
    body = panel.rows.rows[Factor.EYES].body
    point = QPointF(panel.axis.to_x(40), 14)
    panel.menus.open_body(body, body.mapToGlobal(QPoint(0, 0)), point)
    (menu,) = [m for m in panel.findChildren(QMenu) if m.isVisible()]
    titles = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert {"Split at playhead", "Fit to audio", "Speed", "After its end", "Crossfade"} <= set(
        titles
    )
    speeds = titles["Speed"].menu()
    assert isinstance(speeds, QMenu)
    assert [a.text() for a in speeds.actions() if a.isChecked()] == ["100 %"]
    next(a for a in speeds.actions() if a.text() == "200 %").trigger()
    assert strip(laid).speed == 2.0
    menu.close()


def lines(panel: TimelinePanel) -> dict[str, QAction]:
    (menu,) = [m for m in panel.findChildren(QMenu) if m.isVisible()]
    return {action.text().split("\t")[0]: action for action in menu.actions()}


def closed(qtbot: QtBot, panel: TimelinePanel) -> None:
    for menu in panel.findChildren(QMenu):
        menu.close()
    qtbot.waitUntil(lambda: not panel.findChildren(QMenu))


def test_headers_ruler_and_empty_tracks_have_menus_too(qtbot: QtBot, laid: Studio) -> None:
    panel = TimelinePanel(laid)
    shown(qtbot, panel)
    panel.zoom_fit()
    row = panel.rows.rows[Factor.EYES]
    panel.menus.open_header(row, QPoint(10, 10))
    lines(panel)["Hold the last pose in gaps"].trigger()
    assert laid.project.document.track(Factor.EYES).gap is Gap.HOLD
    closed(qtbot, panel)
    panel.menus.open_header(row, QPoint(10, 10))
    assert lines(panel)["Hold the last pose in gaps"].isChecked()
    lines(panel)["Mirror left and right"].trigger()
    assert all(s.mirror for s in laid.project.document.track(Factor.EYES).strips)
    lines(panel)["Show curves"].trigger()
    assert row.header.expand.isChecked()
    closed(qtbot, panel)
    panel.menus.open_ruler(QPoint(round(panel.axis.to_x(30)), 10))
    lines(panel)["Set in"].trigger()
    assert laid.project.document.in_frame == 30
    closed(qtbot, panel)
    body = panel.rows.rows[Factor.EXPRESSION].body
    panel.menus.open_body(body, QPoint(10, 10), QPointF(panel.axis.to_x(40), 10))
    emotions = lines(panel)["Emotion"].menu()
    assert isinstance(emotions, QMenu)
    emotions.actions()[1].trigger()
    assert laid.project.document.track(Factor.EXPRESSION).strips[0].start == 40
    closed(qtbot, panel)

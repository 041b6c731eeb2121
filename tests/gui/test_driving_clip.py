"""A driving clip: whose face, where it is looked for, how it is used, and where it shows none."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.base.controls import Factor
from core.media.image import read_image, write_png
from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor
from core.motion.track import FactorTrack
from core.session.takes import save_take
from core.timeline.source import ClipParams, CropBox, PortraitParams
from studio.controller.preview import State
from studio.controller.studio import Studio
from studio.panels.crop_dialog import CropDialog
from studio.panels.inspector import InspectorPanel, Tab
from studio.panels.timeline.clip_dialog import ClipDialog
from studio.panels.timeline.drops import Drop
from studio.panels.timeline.panel import TimelinePanel
from studio.panels.viewer import ViewerPanel
from studio.widgets.box_view import BoxView

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="session")
def group(
    shared_home: Path, sample_portrait: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A picture of two faces, the larger one on the left."""
    face = np.ascontiguousarray(read_image(sample_portrait, max_side=720).rgb[20:400, 40:420])
    picture = np.full((400, 620, 3), 90, np.uint8)
    picture[10:390, 10:390] = face
    picture[150:340, 410:600] = cv2.resize(face, (190, 190), interpolation=cv2.INTER_AREA)
    path = tmp_path_factory.mktemp("group") / "group.png"
    write_png(path, picture)
    return path


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    path = tmp_path / "wall.png"
    write_png(path, np.full((160, 240, 3), 90, np.uint8))
    return path


def shown(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(1200, 700)
    widget.show()
    qtbot.waitExposed(widget)


def drag_box(qtbot: QtBot, view: BoxView, box: tuple[float, float, float, float]) -> None:
    rect = view.picture_rect()

    def at(x: float, y: float) -> QPoint:
        return QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height()).toPoint()

    qtbot.mousePress(view, LEFT, pos=at(*box[:2]))
    qtbot.mouseMove(view, at(*box[2:]))
    qtbot.mouseRelease(view, LEFT, pos=at(*box[2:]))


def params_of(studio: Studio, source_id: str) -> ClipParams:
    source = studio.project.document.source(source_id)
    assert source is not None
    assert isinstance(source.params, ClipParams)
    return source.params


def laid(qtbot: QtBot, studio: Studio, path: Path, factor: Factor) -> str:
    """Drops a clip on one track, selects its strip and returns its source."""
    studio.settings.set("link_media", True)
    with qtbot.waitSignal(studio.imported, timeout=20_000):
        studio.drop_clip(path, (factor,), 0)
    strip = studio.project.document.track(factor).strips[0]
    studio.selection.select_strips((strip.id,))
    return strip.source_id


def test_the_inspector_lists_the_faces_of_a_clip(qtbot: QtBot, studio: Studio, group: Path) -> None:
    inspector = InspectorPanel(studio)
    shown(qtbot, inspector)
    source_id = laid(qtbot, studio, group, Factor.EYES)
    faces = inspector.clip_faces
    qtbot.waitUntil(lambda: len(faces.buttons) == 2, timeout=20_000)
    assert faces.isVisible()
    assert [button.isChecked() for button in faces.buttons] == [True, False]
    faces.buttons[1].click()
    assert params_of(studio, source_id).face == 1
    assert [button.isChecked() for button in faces.buttons] == [False, True]
    studio.project.undo()
    assert params_of(studio, source_id).face is None


def test_a_crop_is_drawn_on_the_clips_frame(qtbot: QtBot, studio: Studio, group: Path) -> None:
    inspector = InspectorPanel(studio)
    shown(qtbot, inspector)
    source_id = laid(qtbot, studio, group, Factor.EYES)
    faces = inspector.clip_faces
    qtbot.waitUntil(lambda: len(faces.buttons) == 2, timeout=20_000)
    faces.draw.click()
    dialog = faces.findChild(CropDialog)
    assert dialog is not None
    assert not dialog.use.isEnabled()
    drag_box(qtbot, dialog.view, (0.64, 0.3, 1.0, 0.9))
    dialog.use.click()
    crop = params_of(studio, source_id).crop
    assert crop is not None
    assert crop.sides == pytest.approx((0.64, 0.3, 1.0, 0.9), abs=0.01)
    qtbot.waitUntil(lambda: len(faces.buttons) == 1, timeout=20_000)
    faces.reset.click()
    assert params_of(studio, source_id).crop is None


def test_the_box_is_moved_resized_and_stays_in_the_picture(qtbot: QtBot, group: Path) -> None:
    view = BoxView()
    shown(qtbot, view)
    view.set_picture(read_image(group).rgb)
    drag_box(qtbot, view, (0.2, 0.2, 0.5, 0.6))
    drag_box(qtbot, view, (0.5, 0.6, 0.7, 0.8))
    assert view.box == pytest.approx((0.2, 0.2, 0.7, 0.8), abs=0.01)
    drag_box(qtbot, view, (0.4, 0.4, 0.9, 0.9))
    assert view.box == pytest.approx((0.5, 0.4, 1.0, 1.0), abs=0.01)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert view.box == pytest.approx((0.49, 0.4, 0.99, 1.0), abs=0.01)
    drag_box(qtbot, view, (0.1, 0.1, 0.11, 0.11))
    assert view.box is None


def test_the_dialog_sets_everything_at_once(qtbot: QtBot, studio: Studio, group: Path) -> None:
    studio.settings.set("link_media", True)
    panel = TimelinePanel(studio)
    shown(qtbot, panel)
    panel._ask_factors(Drop((group,), None, 5))
    dialog = panel.findChild(ClipDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: len(dialog.faces.buttons) == 2, timeout=20_000)
    dialog.faces.buttons[1].click()
    dialog.boxes[Factor.LIPS].click()
    for title, value in (
        ("Reference", "first"), ("Speed", 50.0), ("Clip end", "pingpong"), ("Gain", 80.0),
        ("Mirror", True),
    ):  # fmt: skip
        dialog.rows[title].changed.emit(value)
    with qtbot.waitSignal(studio.imported, timeout=20_000):
        dialog.accept()
    document = studio.project.document
    assert not document.track(Factor.LIPS).strips
    (strip,) = document.track(Factor.HEAD_POSE).strips
    assert (strip.start, strip.n_frames) == (5, 100)  # 2 s at half speed
    assert (strip.reference, strip.clip_end) == (Anchor.FIRST, ClipEnd.PINGPONG)
    assert (strip.speed, strip.gain, strip.mirror) == (0.5, 0.8, True)
    assert params_of(studio, strip.source_id).face == 1
    studio.project.undo()
    assert not studio.project.document.sources


def test_another_face_of_a_library_clip_is_a_source_of_its_own(
    qtbot: QtBot, studio: Studio, group: Path
) -> None:
    source_id = laid(qtbot, studio, group, Factor.EYES)
    panel = TimelinePanel(studio)
    shown(qtbot, panel)
    panel._ask_factors(Drop((), source_id, 0))
    dialog = panel.findChild(ClipDialog)
    assert dialog is not None
    dialog.faces.face_chosen.emit(1)
    dialog.accept()
    (strip,) = studio.project.document.track(Factor.HEAD_POSE).strips
    assert params_of(studio, source_id).face is None
    assert params_of(studio, strip.source_id).face == 1


def test_a_portrait_without_a_face_offers_to_draw_the_crop(
    qtbot: QtBot, studio: Studio, wall: Path
) -> None:
    viewer = ViewerPanel(studio)
    shown(qtbot, viewer)
    studio.settings.set("link_media", True)
    studio.set_portrait(wall)
    qtbot.waitUntil(lambda: studio.preview.state is State.FAILED, timeout=20_000)
    assert "No face found in wall.png. Draw the crop by hand?" in viewer.empty.title
    viewer.empty.crop_wanted.emit()
    dialog = viewer.findChild(CropDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: not dialog.view.picture_rect().isEmpty(), timeout=20_000)
    drag_box(qtbot, dialog.view, (0.1, 0.1, 0.6, 0.9))
    dialog.use.click()
    source = studio.project.document.source(studio.project.document.avatar.source_id)
    assert source is not None
    assert isinstance(source.params, PortraitParams)
    assert isinstance(source.params.crop, CropBox)


def test_the_avatars_face_is_chosen_by_its_picture(
    qtbot: QtBot, studio: Studio, group: Path
) -> None:
    inspector = InspectorPanel(studio)
    shown(qtbot, inspector)
    studio.settings.set("link_media", True)
    with qtbot.waitSignal(studio.imported, timeout=20_000):
        studio.set_portrait(group)
    inspector.show_tab(Tab.AVATAR)
    qtbot.waitUntil(lambda: len(inspector.portrait_faces.buttons) == 2, timeout=20_000)
    inspector.portrait_faces.buttons[1].click()
    assert studio.project.document.avatar.face == 1


@pytest.fixture
def gappy(tmp_path: Path, small_portrait: Path) -> Callable[[], Path]:
    """A clip of 2.4 s at 25 fps that shows no face from 0.4 s to 1.6 s."""

    def make() -> Path:
        face = read_image(small_portrait, max_side=320).rgb
        folder = tmp_path / "gappy"
        folder.mkdir()
        for i in range(60):
            picture = np.full_like(face, 90) if 10 <= i < 40 else face
            write_png(folder / f"{i:03d}.png", picture)
        return folder

    return make


def test_gaps_are_hatched_and_warned_of(
    qtbot: QtBot, studio: Studio, gappy: Callable[[], Path]
) -> None:
    panel, inspector = TimelinePanel(studio), InspectorPanel(studio)
    shown(qtbot, panel)
    shown(qtbot, inspector)
    laid(qtbot, studio, gappy(), Factor.HEAD_POSE)
    panel.zoom_fit()
    body = panel.rows.rows[Factor.HEAD_POSE].body

    def red(frame: int) -> bool:
        image = body.grab().toImage()
        color = image.pixelColor(
            round(panel.axis.to_x(frame)), round(body.strips.rect.bottom()) - 5
        )
        return color.red() > color.green() + 60

    assert not red(25)
    qtbot.waitUntil(lambda: inspector.warning != "", timeout=30_000)
    assert "1 gap, 1.2 s" in inspector.warning
    assert red(25)
    assert not red(5)
    assert not red(50)
    strip = studio.project.document.track(Factor.HEAD_POSE).strips[0]
    at = QPointF(panel.axis.to_x(25), 10)
    hit = body.strips.strip_at(at)
    assert hit is not None
    assert "1 gap, 1.2 s" in body.strips.tooltip(*hit)
    assert strip.n_frames == 60


def test_a_take_of_another_session_is_laid_like_a_clip(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    values = np.zeros((50, 6), np.float32)
    values[:, 0], values[:, 5] = np.linspace(0.0, 20.0, 50), 1.0
    valid = np.ones(50, np.bool_)
    track = FactorTrack(Factor.HEAD_POSE, values, valid, Fraction(25), "take", 0)
    media = save_take(tmp_path, "Head take 01", {Factor.HEAD_POSE: track})
    with qtbot.waitSignal(studio.imported, timeout=20_000):
        studio.drop_clip(tmp_path / media.path, (Factor.HEAD_POSE,), 10)
    (strip,) = studio.project.document.track(Factor.HEAD_POSE).strips
    source = studio.project.document.source(strip.source_id)
    assert source is not None
    assert (source.kind, strip.start, strip.n_frames) == ("take", 10, 50)
    qtbot.waitUntil(lambda: strip.source_id in studio.preview.bank, timeout=20_000)
    (tmp_path / "bad.safetensors").write_text("no")
    with qtbot.waitSignal(studio.failed, timeout=20_000) as told:
        studio.drop_clip(tmp_path / "bad.safetensors", (Factor.HEAD_POSE,), 10)
    assert "bad.safetensors" in told.args[0]

"""The person alone, through to the files that hold opacity."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from core.base.controls import INDEX, REST
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.mesh.cut_out import CutOut
from core.engines.mesh.engine import MeshEngine
from core.engines.protocol import Avatar, Framing, Source, View
from core.export.job import ExportJob, job_steps
from core.export.settings import ExportSettings, Mark, SoundMode
from core.motion.motion import Motion
from core.timeline.document import AvatarSettings, Document
from core.timeline.source import MediaReference, PortraitParams
from core.timeline.source import Source as DocumentSource

RATE = Fraction(25)
FACE = View(size=128, is_cut_out=True)


@pytest.fixture(scope="module")
def engine() -> MeshEngine:
    return MeshEngine()


@pytest.fixture(scope="module")
def portrait(sample_portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample at a third of its size."""
    picture = cv2.imread(str(sample_portrait))
    path = tmp_path_factory.mktemp("small") / "portrait.png"
    cv2.imwrite(str(path), cv2.resize(picture, None, fx=1 / 3, fy=1 / 3))
    return path


@pytest.fixture(scope="module")
def avatar(engine: MeshEngine, portrait: Path) -> Avatar:
    avatar = engine.prepare(Source(portrait), progress=Progress())
    avatar.refine(Progress())
    return avatar


def turned(yaw: float) -> Motion:
    controls = REST.copy()[None]
    controls[0, INDEX["yaw"]] = yaw
    return Motion(controls, RATE)


def test_the_person_is_opaque_and_the_background_is_not(engine: MeshEngine, avatar: Avatar) -> None:
    (frame,) = engine.render(avatar, turned(0), FACE)
    (plain,) = engine.render(avatar, turned(0), View(size=128))
    assert frame.shape == (128, 128, 4)
    assert frame[60:80, 55:75, 3].min() == 255
    assert frame[:10, :20, 3].max() == 0
    solid = frame[..., 3] == 255
    assert (frame[..., :3][solid] == plain[solid]).all()


def test_the_opacity_moves_with_the_head(engine: MeshEngine, avatar: Avatar) -> None:
    frames = [next(engine.render(avatar, turned(yaw), FACE))[..., 3] for yaw in (-20, 20)]
    x = np.arange(128)
    left, right = (float((f[:60] * x).sum() / f[:60].sum()) for f in frames)
    assert right - left > 1  # yaw + turns to the viewer's right


def test_a_picture_with_opacity_of_its_own_keeps_it(
    engine: MeshEngine, portrait: Path, tmp_path: Path
) -> None:
    rgb = cv2.imread(str(portrait))
    alpha = np.full(rgb.shape[:2], 255, np.uint8)
    alpha[:, : rgb.shape[1] // 4] = 0
    path = tmp_path / "own.png"
    cv2.imwrite(str(path), np.dstack([rgb, alpha]))
    own = engine.prepare(Source(path), progress=Progress())
    (frame,) = engine.render(own, turned(0), View(Framing.FULL, None, is_cut_out=True))
    assert np.abs(frame[..., 3].astype(int) - alpha[: len(frame), : frame.shape[1]]).max() <= 1


def test_soft_edges_take_the_colour_of_the_person() -> None:
    frame = np.zeros((64, 64, 3), np.uint8)
    frame[:, :32], frame[:, 32:] = (200, 30, 30), (0, 0, 255)
    matte = np.clip((34 - np.arange(64)) * 63, 0, 255).astype(np.uint8)[None].repeat(64, 0)
    places = np.dstack(np.meshgrid(np.arange(64), np.arange(64))).astype(np.float32) + 0.5
    result = CutOut(matte, (64, 64)).of_frame(frame, places)
    assert (result[..., 3] == matte).all()
    seen = (matte[0] > 0) & (matte[0] < 127)
    assert seen.sum() == 2
    assert (result[32, seen, 0] > 190).all()
    assert (result[32, seen, 2] < 60).all()


@pytest.fixture
def job(portrait: Path, tmp_path: Path) -> ExportJob:
    source = DocumentSource("it", "It", PortraitParams(), MediaReference(str(portrait)))
    document = Document(rate=RATE, n_frames=3, sources=(source,), avatar=AvatarSettings("it"))
    settings = ExportSettings("prores", size=128, is_cut_out=True, sound=SoundMode.NONE)
    return ExportJob(document, tmp_path, FrameRange(0, 3), tmp_path / "film.mov", settings)


def test_prores_holds_the_opacity(engine: MeshEngine, avatar: Avatar, job: ExportJob) -> None:
    motion = Motion(np.repeat(turned(10).controls, 3, 0), RATE)
    list(job_steps(job, engine, avatar, motion, Progress()))
    (wanted,) = engine.render(avatar, turned(10), FACE)
    with av.open(str(job.output)) as film:
        stream = film.streams.video[0]
        assert stream.codec_context.name == "prores"
        assert str(stream.codec_context.pix_fmt).startswith("yuva444p1")
        frames = [frame.to_ndarray(format="rgba") for frame in film.decode(stream)]
    assert len(frames) == 3
    difference = np.abs(frames[1].astype(int) - wanted)
    assert difference[..., 3].max() <= 2
    assert difference[..., :3][wanted[..., 3] > 0].mean() < 4


def test_pictures_hold_the_opacity_and_the_mark(
    engine: MeshEngine, avatar: Avatar, job: ExportJob
) -> None:
    settings = replace(job.settings, preset="png", mark=Mark("AI-generated"))
    job = replace(job, output=job.folder / "film", settings=settings)
    list(job_steps(job, engine, avatar, Motion.rest(3, RATE), Progress()))
    with Image.open(job.output / "000002.png") as picture:
        assert picture.mode == "RGBA"
        pixels = np.asarray(picture)
    assert pixels[60:80, 55:75, 3].min() == 255
    assert pixels[:10, :20, 3].max() == 0
    white = (pixels[110:, 40:] > 200).all(-1)
    assert white.sum() > 20

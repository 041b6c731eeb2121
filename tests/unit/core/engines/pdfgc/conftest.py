"""Tiny networks, a small portrait with its avatar, and a clip in which a face comes and goes."""

import runpy
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.base.progress import Progress
from core.engines.pdfgc.avatar import PdfgcAvatar
from core.engines.pdfgc.engine import PdfgcEngine
from core.engines.pdfgc.networks import Networks
from core.engines.protocol import Source
from core.media.encode import Mp4Writer
from core.media.image import read_image, write_png

RATE = Fraction(25)
N_FRAMES, GAP = 11, slice(5, 7)  # frames of the clip, and those without a face

_TESTS = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PdfgcEngine]:
    folder = tmp_path_factory.mktemp("weights")
    runpy.run_path(str(_TESTS / "pdfgc_weights.py"))["write_pdfgc_weights"](folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVATAR_STUDIO_WEIGHTS", str(folder))
        yield PdfgcEngine()


@pytest.fixture(scope="module")
def networks(engine: PdfgcEngine) -> Networks:
    return engine._networks


@pytest.fixture(scope="module")
def portrait(sample_portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    rgb = read_image(sample_portrait).rgb
    path = tmp_path_factory.mktemp("portrait") / "small.png"
    write_png(path, cv2.resize(rgb, (320, 476), interpolation=cv2.INTER_AREA))
    return path


@pytest.fixture(scope="module")
def avatar(engine: PdfgcEngine, portrait: Path) -> PdfgcAvatar:
    made = engine.prepare(Source(portrait), progress=Progress())
    assert isinstance(made, PdfgcAvatar)
    return made


@pytest.fixture(scope="module")
def clip(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portrait, turned in the image a little more with each frame."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    rgb = read_image(portrait).rgb
    with Mp4Writer(path, 320, 476, RATE, duration_s=N_FRAMES / RATE) as writer:
        for i in range(N_FRAMES):
            turn = cv2.getRotationMatrix2D((150, 130), 2.0 * i, 1.0)
            frame = cv2.warpAffine(rgb, turn, (320, 476), borderMode=cv2.BORDER_REPLICATE)
            is_gone = i in range(N_FRAMES)[GAP]
            writer.write(np.full_like(rgb, 90) if is_gone else np.asarray(frame, np.uint8))
    return path

"""The command line on media made here: a driver with known motion, films read back and tracked."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.base.controls import INDEX, REST
from core.base.progress import Progress
from core.cli import main
from core.engines.protocol import Source, View
from core.engines.registry import load_engine
from core.face.measures import Measures, measure
from core.face.tracker import create_tracker
from core.media.encode import Mp4Writer
from core.media.image import read_image, write_png
from core.motion.motion import Motion

RATE = Fraction(25)
N_DRIVEN = 60
_BAR = re.compile(r"\S.* \d+/[\d?]+ · \S+ left$")


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One home and cache for all runs of the command line, as a user has."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("AVATAR_STUDIO_CACHE", str(home / "cache"))
        patch.setenv("AVATAR_STUDIO_WEIGHTS", str(home / "weights"))
        yield home


@pytest.fixture(autouse=True)
def isolated_folders(shared_home: Path) -> None:
    """Instead of a fresh home per test: what one run has tracked the next one finds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of the command line came to.

    Attributes:
        code: The exit code.
        events: The JSON lines, of `studio`.
        said: What stood on stderr besides progress bars, of `terminal`.
    """

    code: int
    events: list[dict[str, Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def last(self) -> dict[str, Any]:
        return self.events[-1]


Studio = Callable[..., Outcome]


@pytest.fixture(scope="session")
def studio(shared_home: Path) -> Studio:
    """Runs `avatar-studio … --json` in this process; every line it prints is JSON."""

    def run(*arguments: object) -> Outcome:
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*map(str, arguments), "--json"])
        assert err.getvalue() == ""
        return Outcome(code, [json.loads(line) for line in out.getvalue().splitlines()])

    return run


@pytest.fixture(scope="session")
def terminal(shared_home: Path) -> Studio:
    """Runs `avatar-studio …` in this process as people see it."""

    def run(*arguments: object) -> Outcome:
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([*map(str, arguments)])
        lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[\w", "", err.getvalue()))
        return Outcome(code, said=[line for line in lines if line.strip() and not _BAR.match(line)])

    return run


@pytest.fixture(scope="session")
def small_portrait(
    shared_home: Path, sample_portrait: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The sample portrait at 480 px width, which is quicker to prepare."""
    rgb = read_image(sample_portrait).rgb
    height = round(rgb.shape[0] * 480 / rgb.shape[1])
    path = tmp_path_factory.mktemp("portrait") / "small.png"
    write_png(path, cv2.resize(rgb, (480, height), interpolation=cv2.INTER_AREA))
    return path


def driven_controls() -> NDArray[np.float32]:
    """float32 [60, 58]: the head sweeps, two blinks, the gaze wanders, the jaw opens thrice."""
    controls = np.tile(REST, (N_DRIVEN, 1))
    time = np.arange(N_DRIVEN) / N_DRIVEN
    controls[:, INDEX["yaw"]] = 9 + 13 * np.sin(2 * np.pi * time)  # the portrait looks to a side
    controls[:, INDEX["pitch"]] = 8 * np.sin(4 * np.pi * time)
    for middle in (15, 42):
        lids = np.clip(1.5 - np.abs(np.arange(N_DRIVEN) - middle) / 2.5, 0, 1)
        for side in ("Left", "Right"):
            controls[:, INDEX["eyeBlink" + side]] += lids
    look = 0.7 * np.sin(2 * np.pi * time * 1.5)
    for name in ("eyeLookOutLeft", "eyeLookInRight"):
        controls[:, INDEX[name]] = np.maximum(look, 0)
    for name in ("eyeLookInLeft", "eyeLookOutRight"):
        controls[:, INDEX[name]] = np.maximum(-look, 0)
    controls[:, INDEX["jawOpen"]] = 0.6 * np.sin(3 * np.pi * time) ** 2
    return controls


@pytest.fixture(scope="session")
def driver(
    shared_home: Path, sample_portrait: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A clip of 2.4 s in which the sample portrait moves through `driven_controls`."""
    path = tmp_path_factory.mktemp("driver") / "driver.mp4"
    engine = load_engine("mesh")
    avatar = engine.prepare(Source(sample_portrait), progress=Progress())
    motion = Motion(driven_controls(), RATE)
    with Mp4Writer(path, 512, 512, RATE, duration_s=N_DRIVEN / RATE) as writer:
        for frame in engine.render(avatar, motion, View()):
            writer.write(frame)
    return path


class Film:
    """A written film, read back."""

    def __init__(self, path: Path) -> None:
        with av.open(str(path)) as container:
            self.tags = dict(container.metadata)
            self.rate = container.streams.video[0].average_rate
            self.has_sound = bool(container.streams.audio)
            self.lengths_s = [float(s.duration * s.time_base) for s in container.streams]
            self.frames = [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width, _ = self.frames[0].shape
        return width, height

    def track(self) -> Measures:
        """Its measures, tracked again; every frame must show a face."""
        faces = list(create_tracker().track(self.frames))
        return measure(np.stack([face.points for face in faces if face is not None]))


@pytest.fixture(scope="session")
def watch() -> Callable[[Path], Film]:
    """Reads a film."""
    return Film


@pytest.fixture(scope="session")
def driver_measures(driver: Path) -> Measures:
    """What the tracker sees in the driver."""
    return Film(driver).track()

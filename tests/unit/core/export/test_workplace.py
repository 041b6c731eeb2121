"""Unfinished exports: whose they are, who takes them away, and how they go on."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.content import sha256_file
from core.base.controls import INDEX, REST
from core.base.errors import MediaError
from core.base.parts import PartFolder, part_folder, remove_abandoned
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.protocol import EngineSpec, Frame, View
from core.export.job import ExportJob, job_steps
from core.export.presets import PRESETS, available_presets
from core.export.workplace import Workplace
from core.media.audio import read_audio
from core.media.video import read_frames
from core.motion.motion import Motion
from core.timeline.document import Document
from core.timeline.source import MediaReference, PortraitParams, Source

RATE = Fraction(25)
N = 300
MAKER = """
import sys
from pathlib import Path
from core.export.workplace import Workplace
with Workplace(Path(sys.argv[1]), "a job") as place:
    (place.folder / "half").write_bytes(b"half a film")
    sys.stdout.write("working\\n")
    sys.stdout.flush()
    sys.stdin.read()
"""


class Flickering:
    """Draws noise that depends on the frame; stops for good at one frame, if asked to."""

    spec = EngineSpec("flickering", "Flickering", can_cut_out=True, is_sequential=False)

    def __init__(self, fails_at: int | None = None) -> None:
        self._fails_at = fails_at
        self.drawn: list[int] = []

    def prepare(self, source: object, *, progress: Progress) -> "Flickering":
        return self

    def output_size(self, view: View) -> tuple[int, int]:
        return 64, 64

    def refine(self, progress: Progress) -> None:
        pass

    def render(self, avatar: object, motion: Motion, view: View) -> Iterator[Frame]:
        for row in motion.controls:
            frame = round(row[INDEX["yaw"]] * 10)
            if frame == self._fails_at:
                raise MediaError("The lamp broke.")
            self.drawn.append(frame)
            rng = np.random.default_rng(frame // 5)
            shape = (8, 8, 4 if view.is_cut_out else 3)
            yield np.kron(rng.integers(0, 256, shape, np.uint8), np.ones((8, 8, 1), np.uint8))


@pytest.fixture
def long_job(document: Document, job: ExportJob, sample_portrait: Path) -> ExportJob:
    """300 frames of a still portrait, with the speech in between."""
    portrait = Source("it", "It", PortraitParams(), MediaReference(str(sample_portrait)))
    document = replace(document, n_frames=N, sources=(*document.sources, portrait))
    document = replace(document, avatar=replace(document.avatar, source_id="it"))
    return replace(job, document=document, frames=FrameRange(0, N))


def export(job: ExportJob, fails_at: int | None = None) -> Flickering:
    controls = np.tile(REST, (len(job.frames), 1))
    controls[:, INDEX["yaw"]] = np.arange(len(job.frames)) / 10
    engine = Flickering(fails_at)
    motion = Motion(controls, RATE)
    list(job_steps(job, engine, engine, motion, Progress(), keeps=True))  # type: ignore[arg-type]
    return engine


def frames_of(path: Path) -> list[Frame]:
    return list(read_frames(path, RATE))


@pytest.mark.parametrize("name", [p.name for p in available_presets() if p.codec])
def test_a_failed_export_goes_on_and_ends_as_if_nothing_had_been(
    long_job: ExportJob, tmp_path: Path, name: str
) -> None:
    preset = PRESETS[name]
    settings = replace(long_job.settings, preset=name)
    whole = replace(long_job, output=tmp_path / f"whole{preset.ending}", settings=settings)
    broken = replace(whole, output=tmp_path / f"broken{preset.ending}")
    export(whole)
    with pytest.raises(MediaError, match="lamp"):
        export(broken, fails_at=280)
    assert not broken.output.exists()
    assert export(broken).drawn == list(range(250, N))
    ours, theirs = frames_of(broken.output), frames_of(whole.output)
    assert len(ours) == N
    assert all((a == b).all() for a, b in zip(ours, theirs, strict=True))
    assert (read_audio(broken.output, 16_000) == read_audio(whole.output, 16_000)).all()
    assert not part_folder(broken.output).exists()


def test_failed_pictures_go_on_after_the_last(long_job: ExportJob, tmp_path: Path) -> None:
    settings = replace(long_job.settings, preset="png")
    whole = replace(long_job, output=tmp_path / "whole", settings=settings)
    whole = replace(whole, frames=FrameRange(0, 30))
    broken = replace(whole, output=tmp_path / "broken")
    export(whole)
    with pytest.raises(MediaError, match="lamp"):
        export(broken, fails_at=20)
    assert export(broken).drawn == list(range(20, 30))
    assert sha256_file(broken.output) == sha256_file(whole.output)


def test_what_was_made_for_another_job_is_not_used(long_job: ExportJob) -> None:
    with pytest.raises(MediaError, match="lamp"):
        export(long_job, fails_at=280)
    other = replace(long_job, settings=replace(long_job.settings, crf=30))
    assert export(other).drawn[0] == 0


def test_a_frame_that_depends_on_others_is_not_skipped(
    long_job: ExportJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flickering, "spec", EngineSpec("flickering", "Flickering"))
    with pytest.raises(MediaError, match="lamp"):
        export(long_job, fails_at=280)
    assert export(long_job).drawn == list(range(N))
    assert len(frames_of(long_job.output)) == N


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """Starts another program that works on an output, and waits until it does."""
    started: list[subprocess.Popen[str]] = []

    def start(output: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", MAKER, str(output)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        return process

    yield start
    for process in started:
        with process:
            process.kill()


def test_what_a_killed_program_left_goes_with_the_next_export(
    maker: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    dead, alive = maker(tmp_path / "dead.mp4"), maker(tmp_path / "alive.mp4")
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert (part_folder(tmp_path / "dead.mp4") / "half").exists()
    with Workplace(tmp_path / "mine.mp4"):
        assert sorted(p.name for p in tmp_path.iterdir()) == [".alive.mp4.part", ".mine.mp4.part"]
        assert (part_folder(tmp_path / "alive.mp4") / "half").exists()
    assert alive.poll() is None


def test_two_programs_do_not_write_the_same_film(
    maker: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    maker(tmp_path / "film.mp4")
    with pytest.raises(MediaError, match=r"“film\.mp4” is being written already"):
        Workplace(tmp_path / "film.mp4").__enter__()


def test_a_held_part_folder_stays(tmp_path: Path) -> None:
    held = PartFolder(part_folder(tmp_path / "film.mp4"))
    assert held.is_held
    remove_abandoned(tmp_path)
    assert held.path.exists()
    held.release()
    remove_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []

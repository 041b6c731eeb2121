"""Ctrl-C stops within a second and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SLOWEST_S = 5.0
"""Bound on a loaded machine; alone it takes a fraction of a second."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a run ended after Ctrl-C: exit code, seconds it took, last line, stderr."""

    code: int
    seconds: float
    last: dict[str, Any]
    stderr: str


def interrupt_in(stage: str, arguments: list[object], cache: Path) -> Stopped:
    """Starts the command line and sends SIGINT as soon as it reports a step of `stage`."""
    run = subprocess.Popen(
        [sys.executable, "-m", "core.cli", *map(str, arguments), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "AVATAR_STUDIO_CACHE": str(cache)},
    )  # fmt: skip
    watchdog = threading.Timer(120, run.kill)
    watchdog.start()
    try:
        assert run.stdout is not None
        event: dict[str, Any] = {}
        while event.get("stage") != stage:
            line = run.stdout.readline()
            assert line, f"the run ended before “{stage}”, after {event}"
            event = json.loads(line)
        sent = time.monotonic()
        run.send_signal(signal.SIGINT)
        out, err = run.communicate()
        seconds = time.monotonic() - sent
    finally:
        watchdog.cancel()
        run.kill()
    return Stopped(run.returncode, seconds, json.loads(out.splitlines()[-1]), err)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., None]:
    """Interrupts `animate` in a stage, and finds neither film nor session nor a part of them."""
    out, cache = tmp_path / "out", tmp_path / "cache"
    out.mkdir()

    def run(stage: str, *arguments: object) -> None:
        arguments = (*arguments, "--session", out / "take.avatar", "-o", out / "film.mp4")
        stopped = interrupt_in(stage, ["animate", *arguments], cache)
        assert stopped.code == 130
        assert (stopped.last["event"], stopped.last["kind"]) == ("error", "cancelled")
        assert "Traceback" not in stopped.stderr
        assert stopped.seconds < SLOWEST_S
        assert list(out.iterdir()) == []
        assert all(path.suffix == ".safetensors" for path in files_in(cache))

    return run


@pytest.mark.parametrize(
    ("stage", "way"),
    [("Listening", "facial"), ("Recognising speech", "phones"), ("Portrait", "facial")],
)
def test_while_voice_and_portrait_are_prepared(
    check: Callable[..., None], small_portrait: Path, sample_speech: Path, stage: str, way: str
) -> None:
    check(stage, small_portrait, "--audio", sample_speech, "--lips-from", way)


def test_while_a_clip_is_tracked(
    check: Callable[..., None], small_portrait: Path, driver: Path
) -> None:
    check("Tracking", small_portrait, "--pose", driver, "--eyes", driver)


def test_while_the_film_is_rendered(check: Callable[..., None], small_portrait: Path) -> None:
    check("Rendering", small_portrait, "--duration", 30)


def test_an_older_film_survives(tmp_path: Path, small_portrait: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"an older film")
    arguments = ["animate", small_portrait, "--duration", 30, "-o", film]
    assert interrupt_in("Rendering", arguments, tmp_path / "cache").code == 130
    assert film.read_bytes() == b"an older film"
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == ["film.mp4"]

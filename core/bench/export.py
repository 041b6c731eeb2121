"""Times the finished command in a fresh process, imports included, and weighs its memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.base.errors import EngineError
from core.base.progress import Progress
from core.bench.figure import Figure, at_most
from core.media.audio import read_audio

EXPORT_GOAL: Final = at_most(12.0)
MEMORY_GOAL: Final = at_most(1.10)
SHORT_S: Final = 10.0
LONG_S: Final = 600.0
_LONG_SIZE_PX: Final = 256  # memory does not depend on it much, time does
_AUDIO_RATE: Final = 16_000
_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One finished command: wall time in seconds and peak memory in bytes (None on Windows)."""

    seconds: float
    peak_bytes: int | None


def bench_export(
    portrait: Path,
    speech: Path,
    pose_clip: Path | None,
    progress: Progress,
    *,
    long_s: float = LONG_S,
) -> list[Figure]:
    """Wall time of `animate` for 10 s with speech and a pose clip, and memory for long sound.

    Args:
        portrait: a still.
        speech: a recording; repeated to the length that a job needs.
        pose_clip: drives the head; generated motion when None.
        progress: cancelling stops the running command.
        long_s: length of the long job in seconds.

    Raises:
        EngineError: the command failed.
        MediaError: the recording cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="avatar-studio-bench-") as name:
        folder = Path(name)
        short, long = folder / "short.wav", folder / "long.wav"
        write_repeated(speech, short, SHORT_S)
        write_repeated(speech, long, long_s)
        pose = [] if pose_clip is None else ["--pose", str(pose_clip)]
        timed = _animate(folder, portrait, short, [*pose, "--size", "512"], progress)
        case = f"{SHORT_S:g} s, 512 px" + (", pose clip" if pose_clip else "")
        figures = [Figure(case, "animate, fresh process", timed.seconds, "s", EXPORT_GOAL)]
        size = ["--size", str(_LONG_SIZE_PX)]
        light = _animate(folder, portrait, short, size, progress)
        heavy = _animate(folder, portrait, long, size, progress)
    for label, run in ((f"{SHORT_S:g} s", light), (f"{long_s:g} s", heavy)):
        peak = None if run.peak_bytes is None else run.peak_bytes / 2**20
        figures.append(Figure(f"{label}, {_LONG_SIZE_PX} px", "peak memory", peak, "MiB"))
    ratio = None
    if light.peak_bytes is not None and heavy.peak_bytes is not None:
        ratio = heavy.peak_bytes / light.peak_bytes
    figures.append(Figure("long over short", "peak memory", ratio, "", MEMORY_GOAL))
    return figures


def write_repeated(recording: Path, output: Path, seconds: float) -> None:
    """Writes `seconds` of a recording, repeated with half a second between, as a 16 kHz WAV."""
    once = np.append(read_audio(recording, _AUDIO_RATE), np.zeros(_AUDIO_RATE // 2, np.float32))
    pcm = np.rint(np.clip(once, -1.0, 1.0) * 32767).astype("<i2")
    left = round(seconds * _AUDIO_RATE)
    with wave.open(str(output), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_AUDIO_RATE)
        while left > 0:
            sound.writeframes(pcm[:left].tobytes())
            left -= len(pcm)


def run_measured(
    command: Sequence[str], environment: dict[str, str], progress: Progress
) -> tuple[Run, str]:
    """Runs a command to its end; also returns what it wrote, both streams together.

    The peak is never below what this process weighs: Linux counts the moment of starting too.

    Raises:
        EngineError: it failed.
        Cancelled: it was stopped.
    """
    with tempfile.TemporaryFile() as written:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            command, stdout=written, stderr=subprocess.STDOUT, env=environment
        )
        try:
            peak = _wait(process, progress)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.perf_counter() - started
        written.seek(0)
        output = written.read().decode("utf-8", "replace")
    if process.returncode != 0:
        last = output.strip().rpartition("\n")[2]
        raise EngineError(f"“{' '.join(command[:4])} …” failed: {last}")
    return Run(seconds, peak), output


def _wait(process: subprocess.Popen[bytes], progress: Progress) -> int | None:
    """Waits for the end; returns the peak of resident memory in bytes where the system tells."""
    if not hasattr(os, "wait4"):
        while process.poll() is None:
            progress.check()
            time.sleep(_POLL_S)
        return None
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        progress.check()
        time.sleep(_POLL_S)


def _animate(
    folder: Path, portrait: Path, audio: Path, options: Sequence[str], progress: Progress
) -> Run:
    """Runs `animate` with an empty cache."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        command = [sys.executable, "-m", "core.cli", "animate", str(portrait)]
        command += ["--audio", str(audio), *options, "--json", "-o", str(folder / "out.mp4")]
        progress.report(f"Animating {audio.stem} sound", 0)
        run, output = run_measured(command, os.environ | {"AVATAR_STUDIO_CACHE": cache}, progress)
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    if not any(event.get("event") == "done" for event in events):
        raise EngineError("“animate” ended without reporting a finished film.")
    return run

"""What only a process can do: die, come back, and outlive nobody."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.parts import part_folder
from core.base.progress import Progress
from core.base.time import FrameRange
from core.engines.protocol import View
from core.export.render_plan import open_avatar
from core.export.settings import ExportSettings
from core.jobs.messages import (
    Cancel,
    Export,
    Exported,
    Failed,
    FrameReady,
    Gather,
    Gathered,
    Prepare,
    Prepared,
    Preview,
    Progressed,
    Refined,
)
from core.session.bank import final_motion
from core.session.store import PROJECT, load_project

Client = Any
N, SIDE = 250, 64
ASSETS = Path(__file__).parents[2] / "assets" / "sample"


def kill(client: Client) -> None:
    os.kill(client.host.process_id, signal.SIGKILL)


def test_after_a_death_the_avatar_is_prepared_again(
    process: Client, folder: Path, text: str, tmp_path: Path
) -> None:
    prepare = process.ask(Prepare(text, str(folder)))
    process.end(prepare)
    export = process.ask(Export(text, str(folder), str(tmp_path / "film.mp4")))
    process.until(lambda reply: isinstance(reply, Progressed) and reply.stage == "Rendering")
    old = process.host.process_id
    kill(process)
    failed = process.end(export)
    assert isinstance(failed, Failed)
    assert not failed.is_user_error
    assert failed.message == (
        "The engine stopped unexpectedly (SIGKILL): it was started again, try once more."
    )
    again = process.until(lambda reply: isinstance(reply, Prepared))
    assert again.ticket == prepare
    assert (process.host.restarts, process.host.is_alive) == (1, True)
    assert process.host.process_id != old
    assert isinstance(process.end(process.ask(Preview(text, str(folder), 9))), FrameReady)


def test_an_export_that_died_with_the_engine_goes_on(
    process: Client, folder: Path, text: str, tmp_path: Path
) -> None:
    output = tmp_path / "film"
    request = Export(text, str(folder), str(output), settings=ExportSettings("png", size=SIDE))
    process.end(process.ask(Prepare(text, str(folder))))
    first = process.ask(request)
    process.until(lambda r: isinstance(r, Progressed) and r.stage == "Rendering" and r.done > 5)
    kill(process)
    assert isinstance(process.end(first), Failed)
    part = part_folder(output) / "film"
    made = part.joinpath("000000.png").stat().st_mtime_ns
    assert isinstance(process.end(process.ask(request)), Exported)
    assert (output / "000000.png").stat().st_mtime_ns == made
    assert len(list(output.glob("*.png"))) == N
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_frame_that_kills_the_engine_fails_alone(
    process: Client, folder: Path, text: str
) -> None:
    process.end(process.ask(Prepare(text, str(folder))))
    (folder / "die").touch()
    failed = process.end(process.ask(Preview(text, str(folder), 0)))
    assert "(exit code 3)" in failed.message
    (folder / "die").unlink()
    assert isinstance(process.end(process.ask(Preview(text, str(folder), 0))), FrameReady)
    assert process.host.restarts == 1


def test_an_engine_that_dies_at_once_is_not_started_for_ever(
    process: Client, folder: Path, text: str
) -> None:
    (folder / "hold-prepare").touch()
    prepare = process.ask(Prepare(text, str(folder)))
    process.until(lambda reply: isinstance(reply, Progressed))
    kill(process)
    failed = process.end(prepare)
    assert "choose the portrait again" in failed.message
    assert (process.host.restarts, process.host.is_alive) == (0, False)
    refused = process.ask(Preview(text, str(folder), 0))
    assert "not running" in process.end(refused).message
    process.host.submit(Cancel(refused))
    (folder / "hold-prepare").unlink()
    assert isinstance(process.end(process.ask(Prepare(text, str(folder)))), Prepared)
    assert process.host.is_alive


def test_the_window_is_told_of_replies(folder: Path, text: str) -> None:
    import threading

    from core.jobs.process import ProcessHost

    told = threading.Event()
    host = ProcessHost(on_reply=told.set)
    try:
        host.submit(Prepare(text, str(folder)))
        assert told.wait(60)
        assert host.poll()
        told.clear()
        os.kill(host.process_id or 0, signal.SIGKILL)
        assert told.wait(10)
    finally:
        host.close()


def test_a_picture_that_was_overwritten_counts_as_cancelled(
    process: Client, folder: Path, text: str
) -> None:
    process.end(process.ask(Prepare(text, str(folder))))
    tickets = []
    for frame in range(8):  # more than the ring holds, and nobody listens
        tickets.append(process.host.submit(Preview(text, str(folder), frame)))
        time.sleep(0.15)
    process.poll()
    kinds = [process.kinds(ticket) for ticket in tickets]
    assert kinds[0] == ["CancelledReply"]
    assert kinds[-1] == ["FrameReady"]


def test_the_engine_ends_with_the_window(folder: Path, text: str) -> None:
    script = (
        "import os, sys\n"
        "from core.jobs.process import ProcessHost\n"
        "from core.jobs.messages import Prepare\n"
        "if __name__ == '__main__':\n"
        "    host = ProcessHost()\n"
        "    host.submit(Prepare(sys.argv[1], sys.argv[2]))\n"
        "    host.poll(60)\n"
        "    print(host.process_id, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    file = folder / "window.py"
    file.write_text(script)
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join([root, str(Path(__file__).parent / "painter")])
    done = subprocess.run(
        [sys.executable, str(file), text, str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    engine = int(done.stdout)
    deadline = time.monotonic() + 20
    while _is_running(engine):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@pytest.mark.slow
def test_the_sample_session_is_drawn_as_without_a_process(process: Client) -> None:
    folder = ASSETS / "sample.avatar"
    text = (folder / PROJECT).read_text(encoding="utf-8")
    document = load_project(folder / PROJECT).document
    prepare = process.ask(Prepare(text, str(folder)))
    gather = process.ask(Gather(text, str(folder)))
    assert isinstance(process.end(prepare), Prepared)
    draft = process.end(process.ask(Preview(text, str(folder), 60, side=256)))
    assert process.host.frame(draft).shape == (256, 256, 3)
    gathered = process.end(gather)
    assert isinstance(gathered, Gathered)
    if Refined(prepare) not in process.heard:
        process.until(lambda reply: reply == Refined(prepare))
    final = process.end(process.ask(Preview(text, str(folder), 60)))
    assert final.is_final
    engine, avatar = open_avatar(document, folder, Progress())
    avatar.refine(Progress())
    motion = final_motion(document, FrameRange(60, 61), gathered.bank, avatar.rest_pose)
    expected = next(engine.render(avatar, motion, View()))
    assert np.array_equal(process.host.frame(final), expected)

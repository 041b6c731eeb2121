"""The command line as people misuse it, with the real core behind it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.base.progress import Step
from core.cli import BAD_INPUT, CANCELLED, DONE, main
from core.console import TextConsole, counted
from core.doctor import examine

Captured = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("animate -o x.mp4", "The following arguments are required: PORTRAIT"),
        ("animate p.jpg -o x.mp4 --size big", "Argument --size: “big” is no whole number"),
        ("animate p.jpg -o x.mp4 --duration long", "“long” is no number of seconds"),
        ("animate p.jpg -o x.mp4 --clip-end stop", "“stop” is no way to end a clip"),
        ("animate p.jpg -o x.mp4 --pose-mode odd", "“odd” is no motion mode"),
        ("animate p.jpg -o x.mp4 --fps 1e999999999", "“1e999999999” is no frame rate"),
        ("fly", "nvalid choice: “fly”"),
        ("weights", "required: COMMAND"),
    ],
)
def test_wrong_arguments_are_one_sentence(arguments: str, sentence: str, capsys: Captured) -> None:
    assert main(arguments.split()) == BAD_INPUT
    [said] = capsys.readouterr().err.splitlines()
    assert sentence in said
    assert said.endswith(".")
    assert main([*arguments.split(), "--json"]) == BAD_INPUT
    event = json.loads(capsys.readouterr().out)
    assert (event["event"], event["kind"]) == ("error", "input")
    assert sentence in event["message"]


def test_no_arguments_show_the_help(capsys: Captured) -> None:
    assert main([]) == BAD_INPUT
    assert "animate" in capsys.readouterr().out


@pytest.mark.parametrize("option", ["PORTRAIT", "--audio", "--pose", "--session", "-o", "--seed"])
def test_impossible_values_are_the_users_fault(
    option: str, sample_portrait: Path, sample_speech: Path, tmp_path: Path, capsys: Captured
) -> None:
    values = {
        "PORTRAIT": str(sample_portrait),
        "--audio": str(sample_speech),
        "-o": str(tmp_path / "x.mp4"),
        "--duration": "0.1",
    }
    values[option] = "9" * 30 if option == "--seed" else f"{tmp_path}/{'long' * 80}.mp4"
    portrait = values.pop("PORTRAIT")
    assert (
        main(["animate", portrait, *(text for pair in values.items() for text in pair)])
        == BAD_INPUT
    )
    [said] = capsys.readouterr().err.splitlines()
    assert "path" in said or "name is too long" in said or "seed" in said
    assert ("output" in said) == (option == "-o")
    assert not list(tmp_path.iterdir())


def test_a_bad_voice_is_refused_before_any_work(
    sample_portrait: Path, tmp_path: Path, capsys: Captured
) -> None:
    arguments = ["--audio", str(tmp_path / "none.wav"), "--duration", "1"]
    output = ["-o", str(tmp_path / "x.mp4")]
    assert main(["animate", str(sample_portrait), *arguments, *output]) == BAD_INPUT
    [said] = capsys.readouterr().err.splitlines()
    assert "none.wav” does not exist" in said


@pytest.mark.parametrize("was_there", [False, True])
def test_a_session_that_fails_leaves_no_trace(
    was_there: bool, sample_portrait: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "er" / "s.avatar"
    if was_there:
        folder.mkdir(parents=True)
    arguments = ["--face", "7", "--session", str(folder), "-o", str(tmp_path / "x.mp4")]
    assert main(["animate", str(sample_portrait), *arguments]) == BAD_INPUT
    assert folder.exists() == was_there
    assert (tmp_path / "deep").exists() == was_there
    assert not was_there or not list(folder.iterdir())


def test_the_present_folder_is_named_when_it_is_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    folder = tmp_path / "my.avatar"
    folder.mkdir()
    (folder / "project.json").write_text("{")
    monkeypatch.chdir(folder)
    for name in (".", "project.json"):
        assert main(["render", name, "-o", str(tmp_path / "x.mp4")]) == BAD_INPUT
        assert "“my.avatar” is damaged" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "advice"),
    [("portrait.jpg", "let the output end in .csv"), ("nowhere/x.csv", "create it first")],
)
def test_track_checks_its_output_first(
    name: str, advice: str, sample_portrait: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "portrait.jpg").write_bytes(b"precious")
    assert main(["track", str(sample_portrait), "-o", str(tmp_path / name)]) == BAD_INPUT
    [said] = capsys.readouterr().err.splitlines()
    assert advice in said
    assert (tmp_path / "portrait.jpg").read_bytes() == b"precious"


def test_no_face_has_a_number_below_zero(
    sample_portrait: Path, tmp_path: Path, capsys: Captured
) -> None:
    output = ["-o", str(tmp_path / "x.csv"), "--face", "-1"]
    assert main(["track", str(sample_portrait), *output]) == BAD_INPUT
    assert "There is no face -1" in capsys.readouterr().err


def test_a_cache_folder_to_be_is_no_riddle_for_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AVATAR_STUDIO_CACHE", "not/yet")
    assert any(row["check"] == "Free disk" for row in examine())


def test_a_reader_that_leaves_cancels_the_work(sample_portrait: Path, tmp_path: Path) -> None:
    output = ["--duration", "20", "-o", str(tmp_path / "x.mp4"), "--json"]
    assert read_one_line("animate", str(sample_portrait), *output) == CANCELLED
    assert not list(tmp_path.iterdir())
    # whether a table reaches the pipe before the program ends depends on the buffer
    assert read_one_line("engines") in (DONE, CANCELLED)


def read_one_line(*arguments: str) -> int:
    """The exit code of a command whose reader leaves after the first line, without complaint."""
    command = [sys.executable, "-m", "core.cli", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        return process.wait(60)


_LOADING = """
import sys
import core.app
from core.cli import main

def load(*_, **__):
    import takes_a_minute

core.app.list_engines = load
sys.exit(main(["engines"]))
"""


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_modules_are_loaded_cancels(kind: signal.Signals, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    (tmp_path / "takes_a_minute.py").write_text(
        "import pathlib, time\n"
        f"pathlib.Path({str(begun)!r}).touch()\n"
        "for _ in range(600):\n"
        "    time.sleep(0.1)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[3])])
    command = [sys.executable, "-c", _LOADING]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        for _ in range(1200):
            if begun.exists():
                break
            time.sleep(0.05)
        process.send_signal(kind)
        try:
            assert process.wait(30) == CANCELLED
        finally:
            process.kill()
        assert process.stderr is not None
        assert process.stderr.read().decode().strip() == "Cancelled: nothing was written."


def test_a_terminal_without_a_size_still_shows_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminals of build machines are 0 × 0, as a new pseudo-terminal is."""
    pty = pytest.importorskip("pty")
    monkeypatch.delenv("COLUMNS", raising=False)
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", 0) as terminal, os.fdopen(follower, "w") as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        console = TextConsole()
        for stage in ("Portrait", "Rendering"):
            console.hear(Step(stage, 0, 4))
            console.hear(Step(stage, 4, 4))
        console.close()
        shown = terminal.read(4096).decode()
    for stage in ("Portrait", "Rendering"):
        assert re.search(stage + r" .*█+ 4/4 · \d\d:\d\d left", shown)


def test_one_is_not_counted_as_many() -> None:
    assert (counted(1, "frame"), counted(2, "frame")) == ("1 frame", "2 frames")

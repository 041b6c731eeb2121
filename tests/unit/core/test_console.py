"""What people and programs see of the command line."""

import json
import re
import threading
from io import StringIO
from pathlib import Path

import pytest

from core.base.progress import Note, Step
from core.console import JsonConsole, TextConsole

Captured = pytest.CaptureFixture[str]


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


class Terminal(StringIO):
    """A stderr that people look at."""

    def isatty(self) -> bool:
        return True


def test_bars_show_stage_count_and_time_left_on_a_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    console = TextConsole()
    for done in range(5):
        console.hear(Step("Rendering", done, 4))
    console.hear(Step("Tracking", 1))
    console.close()
    shown = terminal.getvalue()
    assert re.search(r"Rendering +\S+ +4/4 · \S+ left", shown)
    assert re.search(r"Tracking .* 1/\? · \S+ left", shown)
    assert capsys.readouterr().out == ""


def test_without_a_terminal_a_stage_is_one_line(capsys: Captured) -> None:
    console = TextConsole()
    for done in range(5):
        console.hear(Step("Rendering", done, 4))
    console.close()
    assert capsys.readouterr() == ("", "Rendering              4/4 · 00:00 left\n")


def test_text_results_go_to_stdout_and_failures_to_stderr(capsys: Captured) -> None:
    console = TextConsole()
    console.finish_export(Path("out.mp4"), 50, 2.04)
    console.fail("input", "No face was found.")
    console.hear(Note("Two faces."))
    printed = capsys.readouterr()
    assert printed.out == "Wrote out.mp4 (50 frames, made in 2.0 s).\n"
    assert printed.err == "No face was found.\nTwo faces.\n"


def test_a_table_lines_its_columns_up(capsys: Captured) -> None:
    TextConsole().table("x", [{"name": "mesh", "n": 1.23456}, {"name": "a", "ok": True}])
    assert capsys.readouterr().out.splitlines() == [
        "name  n     ok",
        "mesh  1.23  –",
        "a     –     yes",
    ]


def test_an_empty_table_says_nothing(capsys: Captured) -> None:
    TextConsole().table("x", [])
    assert capsys.readouterr().out == ""


def test_json_steps_count_and_estimate_the_time_left(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([10.0, 12.0])
    monkeypatch.setattr("core.console.time.monotonic", lambda: next(now))
    console = JsonConsole()
    console.hear(Step("Rendering", 0, 4))
    console.hear(Step("Rendering", 1, 4))
    first, second = lines(capsys.readouterr().out)
    assert first == {"event": "progress", "stage": "Rendering", "done": 0, "total": 4,
                     "left_s": None}  # fmt: skip
    assert second["left_s"] == 6.0


def test_json_events(capsys: Captured) -> None:
    console = JsonConsole()
    console.hear(Note("Zwei Gesichter – 顔"))
    console.finish_export(Path("out.mp4"), 50, 2.046)
    console.finish({"frames": 3}, "unused")
    console.table("engine", [{"name": "mesh"}])
    console.fail("cancelled", "Cancelled.")
    text = capsys.readouterr().out
    assert "顔" in text
    assert lines(text) == [
        {"event": "note", "text": "Zwei Gesichter – 顔"},
        {"event": "done", "output": "out.mp4", "frames": 50, "seconds": 2.05},
        {"event": "done", "frames": 3},
        {"event": "engine", "name": "mesh"},
        {"event": "error", "kind": "cancelled", "message": "Cancelled."},
    ]


def test_lines_of_several_threads_stay_whole(capsys: Captured) -> None:
    console = JsonConsole()

    def report(stage: str) -> None:
        for done in range(200):
            console.hear(Step(stage, done, 200))

    threads = [threading.Thread(target=report, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = lines(capsys.readouterr().out)
    for name in "abc":
        assert [e["done"] for e in events if e["stage"] == name] == list(range(200))

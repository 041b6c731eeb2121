"""`avatar-studio weights`: what it shows, asks and refuses, and its exit codes."""

import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.base.paths import imported_weights_dir
from core.cli import BAD_INPUT, CANCELLED, DONE, main
from core.weights.loading import load_state

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    """A folder with the smallest published file, in its published layout with other values."""
    manifest = json.loads(
        (Path(__file__).parents[2] / "parity" / "kit" / "pdfgc_audio_encoder.json").read_text()
    )
    generator = torch.Generator().manual_seed(0)
    state = {
        entry["name"]: torch.randn(entry["shape"], generator=generator)
        if entry["dtype"] == "float32"
        else torch.zeros(entry["shape"], dtype=torch.int64)
        for entry in manifest["state_dict"]
    }
    folder = tmp_path / "usb"
    folder.mkdir()
    torch.save(state, folder / "audio_model.pth")
    return folder


def events(capsys: Captured, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if line["event"] == kind]


def test_a_published_file_is_imported_listed_and_verified(capsys: Captured, usb: Path) -> None:
    assert main(["weights", "import", str(usb), "--yes"]) == DONE
    shown = capsys.readouterr().out
    assert "CC-BY-4.0" in shown
    assert "PD-FGC" in shown
    assert load_state("pdfgc-audio")[1].config["mouth_size"] == 500
    assert main(["weights", "list", "--json"]) == DONE
    rows = {row["name"]: row for row in events(capsys, "weights")}
    assert rows["pdfgc-audio"]["state"] == "ready"
    assert rows["pdfgc-motion"]["state"] == "missing"
    assert rows["pdfgc-motion"]["where"].startswith("get motion_model.pth from PD-FGC")
    assert rows["pdfgc-motion"]["needed for"].startswith("PD-FGC: motion of driving clips")
    assert main(["weights", "verify", "--json"]) == DONE
    verified = {row["name"] for row in events(capsys, "weights")}
    assert verified == {"pdfgc-audio", "facial-speaker"}  # the one that comes with the program
    assert main(["weights", "import", str(usb), "--json"]) == DONE, "nothing new, no question"
    [row] = events(capsys, "weights")
    assert (row["name"], row["outcome"]) == ("pdfgc-audio", "already there")
    path = imported_weights_dir() / "pdfgc-audio.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert main(["weights", "verify", "pdfgc-audio"]) == BAD_INPUT
    assert "Damaged: pdfgc-audio (wrong content" in capsys.readouterr().err


def test_refusals_are_told_and_fail(capsys: Captured, usb: Path) -> None:
    (usb / "motion_model.pth").write_text("<html>")
    assert main(["weights", "import", str(usb), "--yes", "--json"]) == BAD_INPUT
    said = capsys.readouterr().out.splitlines()
    rows = [row for line in said if (row := json.loads(line))["event"] == "weights"]
    assert [row["outcome"] for row in rows] == ["taken", "refused"]
    assert "it is text" in rows[1]["why"]
    assert "Refused motion_model.pth: it is text" in json.loads(said[-1])["message"]


def test_without_a_terminal_licences_need_yes(capsys: Captured, usb: Path) -> None:
    assert main(["weights", "import", str(usb), "--json"]) == BAD_INPUT
    assert "--yes" in capsys.readouterr().out
    assert not imported_weights_dir().exists()


class Terminal(io.StringIO):
    """Somebody who types; a function as the text is done instead."""

    def __init__(self, text: str, act: Callable[[], None] | None = None) -> None:
        super().__init__(text)
        self._act = act

    def isatty(self) -> bool:
        return True

    def readline(self, *_: Any) -> str:
        if self._act is not None:
            self._act()
        return super().readline()


@pytest.mark.parametrize(
    ("text", "code"), [("y\n", DONE), ("YES\n", DONE), ("\n", CANCELLED), ("", CANCELLED)]
)
def test_at_a_terminal_licences_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, usb: Path, text: str, code: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(text))
    assert main(["weights", "import", str(usb)]) == code
    assert imported_weights_dir().exists() == (code == DONE)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_the_question_can_be_interrupted(
    monkeypatch: pytest.MonkeyPatch, usb: Path, kind: signal.Signals
) -> None:
    interrupt = Terminal("y\n", lambda: signal.raise_signal(kind))
    monkeypatch.setattr(sys, "stdin", interrupt)
    assert main(["weights", "import", str(usb)]) == CANCELLED
    assert not imported_weights_dir().exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("import nowhere", "Refused nowhere: it cannot be read (No such file"),
        ("import", "required: FOLDER|FILE"),
        ("verify nothing", "There are no weights “nothing”"),
        ("verify pdfgc-motion", "get motion_model.pth from PD-FGC"),
    ],
)
def test_wrong_requests_are_one_sentence(arguments: str, sentence: str, capsys: Captured) -> None:
    assert main(["weights", *arguments.split()]) == BAD_INPUT
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_an_empty_folder_is_told(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.base.paths._BUNDLED", tmp_path)
    assert main(["weights", "import", str(tmp_path)]) == BAD_INPUT
    assert "None of 0 files" in capsys.readouterr().err
    assert main(["weights", "verify"]) == DONE
    assert "No weights are there yet" in capsys.readouterr().out

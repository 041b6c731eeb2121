"""Arguments in, calls of `core.app` and exit codes out; nothing is rendered here."""

import json
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from core import app
from core.base.controls import Factor
from core.base.errors import Cancelled, MediaError
from core.base.progress import Progress
from core.cli import main
from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor, Mode
from core.timeline.document import Document, ViewSettings

Captured = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture
def asked(monkeypatch: Patch) -> list[tuple[app.Ingredients, Path, Path | None]]:
    """What `animate` was asked for."""
    calls: list[tuple[app.Ingredients, Path, Path | None]] = []

    def animate(
        ingredients: app.Ingredients, output: Path, *, session: Path | None, progress: Progress
    ) -> app.Result:
        progress.report("Rendering", 1, 1)
        calls.append((ingredients, output, session))
        return app.Result(output, 1, 0.5)

    monkeypatch.setattr(app, "animate", animate)
    return calls


def fail_with(monkeypatch: Patch, error: BaseException) -> None:
    def animate(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(app, "animate", animate)


def test_defaults(asked: Any) -> None:
    assert main(["animate", "a.jpg", "-o", "out.mp4"]) == 0
    [(ingredients, output, session)] = asked
    assert ingredients == app.Ingredients(Path("a.jpg"))
    assert (output, session) == (Path("out.mp4"), None)
    assert ingredients.view == ViewSettings("face", 512)
    assert ingredients.rate == 25


def test_every_option_arrives(asked: Any) -> None:
    arguments = (
        "animate a.jpg --audio s.wav --lips l.mp4 --pose p.mp4 --eyes e.mp4 --expression x.csv "
        "--engine other --full --fps 29.97 --duration 2.5 --pose-mode absolute --reference 7 "
        "--clip-end pingpong --seed 3 --face 1 --session s.avatar -o out.mp4 --json"
    )
    assert main(arguments.split()) == 0
    [(ingredients, _, session)] = asked
    assert ingredients == app.Ingredients(
        portrait=Path("a.jpg"),
        audio=Path("s.wav"),
        clips={
            Factor.LIPS: Path("l.mp4"),
            Factor.HEAD_POSE: Path("p.mp4"),
            Factor.EYES: Path("e.mp4"),
            Factor.EXPRESSION: Path("x.csv"),
        },
        engine="other",
        view=ViewSettings("full", None),
        rate=Fraction(30000, 1001),
        duration_s=2.5,
        pose_mode=Mode.ABSOLUTE,
        reference=7,
        clip_end=ClipEnd.PINGPONG,
        seed=3,
        face=1,
    )
    assert session == Path("s.avatar")


def test_all_gives_way_to_a_factors_own_clip_and_to_the_voice(asked: Any) -> None:
    main(
        [
            "animate",
            "a.jpg",
            "--all",
            "d.mp4",
            "--eyes",
            "e.mp4",
            "--reference",
            "last",
            "-o",
            "out.mp4",
        ]
    )
    main(["animate", "a.jpg", "--all", "d.mp4", "--audio", "s.wav", "-o", "out.mp4"])
    main(
        [
            "animate",
            "a.jpg",
            "--all",
            "d.mp4",
            "--audio",
            "s.wav",
            "--lips",
            "l.mp4",
            "-o",
            "out.mp4",
        ]
    )
    plain, spoken, dubbed = (ingredients for ingredients, *_ in asked)
    assert plain.reference is Anchor.LAST
    assert plain.clips == {factor: Path("d.mp4") for factor in Factor} | {
        Factor.EYES: Path("e.mp4")
    }
    assert Factor.LIPS not in spoken.clips
    assert spoken.clips[Factor.EXPRESSION] == Path("d.mp4")
    assert dubbed.clips[Factor.LIPS] == Path("l.mp4")


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        ("fly", "fly"),
        ("animate a.jpg", "-o"),
        ("animate -o out.mp4", "PORTRAIT"),
        ("animate a.jpg -o o.mp4 --size 512 --full", "--full"),
        ("animate a.jpg -o o.mp4 --size 5", "5 px"),
        ("animate a.jpg -o o.mp4 --seed x", "x"),
        ("animate a.jpg -o o.mp4 --pose-mode odd", "odd"),
        ("animate a.jpg -o o.mp4 --clip-end odd", "odd"),
        ("animate a.jpg -o o.mp4 --reference odd", "odd"),
        ("animate a.jpg -o o.mp4 --fps odd", "odd"),
        ("bench weight", "weight"),
    ],
)
def test_arguments_that_make_no_sense_are_told_in_one_sentence(
    asked: Any, arguments: str, about: str, capsys: Captured
) -> None:
    assert main(arguments.split()) == 2
    printed = capsys.readouterr()
    [sentence] = printed.err.splitlines()
    assert about in sentence
    assert sentence.endswith(".")
    assert printed.out == ""
    assert asked == []


def test_no_arguments_at_all_show_the_help(capsys: Captured) -> None:
    assert main([]) == 2
    assert "animate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [(MediaError("It is broken."), 2, "input"), (Cancelled("Cancelled."), 130, "cancelled"),
     (RuntimeError("oops"), 1, "internal")],
)  # fmt: skip
def test_exit_codes(
    monkeypatch: Patch, capsys: Captured, error: Exception, code: int, kind: str
) -> None:
    fail_with(monkeypatch, error)
    assert main(["animate", "a.jpg", "-o", "out.mp4", "--json"]) == code
    printed = capsys.readouterr()
    last = json.loads(printed.out.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("error", kind)
    assert printed.err == ""


def test_our_own_fault_is_one_sentence_and_the_trace_is_kept_for_a_report(
    monkeypatch: Patch, capsys: Captured, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fail_with(monkeypatch, ZeroDivisionError("oops"))
    assert main(["animate", "a.jpg", "-o", "out.mp4"]) == 1
    [sentence] = capsys.readouterr().err.splitlines()
    [log] = tmp_path.iterdir()
    assert log.name in sentence
    assert "Traceback" not in sentence
    assert "ZeroDivisionError: oops" in log.read_text("utf-8")


def test_ctrl_c_cancels_and_the_old_handler_comes_back(
    monkeypatch: Patch, capsys: Captured
) -> None:
    def animate(*_: Any, progress: Progress, **__: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        progress.check()

    monkeypatch.setattr(app, "animate", animate)
    before = signal.getsignal(signal.SIGINT)
    assert main(["animate", "a.jpg", "-o", "out.mp4"]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err == "Cancelled: nothing was written.\n"


def test_ctrl_c_cancels_even_if_a_library_makes_another_error_of_it(
    monkeypatch: Patch, capsys: Captured
) -> None:
    def animate(*_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        raise ValueError("too many values to unpack")

    monkeypatch.setattr(app, "animate", animate)
    assert main(["animate", "a.jpg", "-o", "out.mp4"]) == 130
    assert capsys.readouterr().err == "Cancelled: nothing was written.\n"


def test_render_keeps_the_sessions_view_unless_told(monkeypatch: Patch) -> None:
    calls: list[dict[str, Any]] = []

    def render_session(folder: Path, output: Path, **options: Any) -> app.Result:
        calls.append({"folder": folder, **options})
        return app.Result(output, 1, 0.5)

    monkeypatch.setattr(app, "render_session", render_session)
    assert main(["render", "s.avatar", "-o", "out.mp4"]) == 0
    assert main(["render", "s.avatar", "-o", "out.mp4", "--range", "2.0:5.5", "--size", "256"]) == 0
    assert main(["render", "s.avatar", "-o", "out.mp4", "--full"]) == 0
    assert [call["view"] for call in calls] == [
        None, ViewSettings("face", 256), ViewSettings("full", None)
    ]  # fmt: skip
    assert [call["seconds"] for call in calls] == [None, "2.0:5.5", None]


def test_engines_are_listed(capsys: Captured) -> None:
    assert main(["engines", "--json"]) == 0
    engines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"event": "engine", "engine": "mesh"}.items() <= engines[0].items()


def test_a_range_is_read_in_seconds() -> None:
    document = Document(rate=Fraction(25), n_frames=250)
    assert app.parse_range("2.0:5.5", document) == app.FrameRange(50, 138)
    assert app.parse_range(":1", document) == app.FrameRange(0, 25)
    assert app.parse_range("9:", document) == app.FrameRange(225, 250)
    assert app.parse_range("9:99", document) == app.FrameRange(225, 250)
    for text in ("", "5", "a:b", "3:1", "2:2", "10:11", "-1:2", "1/0:2"):
        with pytest.raises(MediaError, match="0:10"):
            app.parse_range(text, document)


@pytest.mark.parametrize("size", [255, 1081, 0, -1])
def test_a_size_out_of_bounds_names_the_bounds(size: int) -> None:
    with pytest.raises(MediaError, match="256 to 1080"):
        app.view_of(size, full=False)

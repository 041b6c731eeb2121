"""The command line: arguments in, exit code out. Everything it does goes through `core.app`.

Exit codes: 0 done, 1 our fault, 2 bad input, 130 cancelled.
"""

import argparse
import logging
import os
import re
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType
from typing import Never

from core.base.errors import Cancelled, StudioError
from core.base.progress import Progress
from core.cli_animate import add_animate
from core.cli_options import Commands, add_size, seconds, whole
from core.cli_sessions import add_sessions
from core.cli_train import add_train
from core.cli_weights import add_weights
from core.console import Console, JsonConsole, TextConsole, counted

DONE, OUR_FAULT, BAD_INPUT, CANCELLED = 0, 1, 2, 130

_CANCELLED = "Cancelled: nothing was written."

COMMANDS = "avatar_studio.commands"
"""Entry-point group of commands that other packages add."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if argv and (command := _installed_command(argv[0])) is not None:
        return int(command(argv[1:]))
    console: Console = JsonConsole() if "--json" in argv else TextConsole()
    progress = Progress(console.hear)

    def interrupt(_signal: int, frame: FrameType | None) -> None:
        progress.cancel()
        if _is_importing(frame):  # which nothing else can stop
            raise Cancelled("Cancelled.")

    previous = {kind: signal.signal(kind, interrupt) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        parser = _parser()
        if not argv:
            console.say(parser.format_help().rstrip())
            return BAD_INPUT
        arguments = parser.parse_args(argv)
        run: Callable[[argparse.Namespace, Progress, Console], None] = arguments.run
        run(arguments, progress, console)
    except Cancelled:
        console.fail("cancelled", _CANCELLED)
        return CANCELLED
    except StudioError as error:
        console.fail("input", str(error))
        return BAD_INPUT
    except BrokenPipeError:  # whoever asked for the work reads no more
        return CANCELLED
    except Exception as error:  # noqa: BLE001  (the outermost border: never a traceback for the user)
        if progress.is_cancelled:  # a library that was being imported made another error of it
            console.fail("cancelled", _CANCELLED)
            return CANCELLED
        console.fail("internal", f"{_report(error)}")
        return OUR_FAULT
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)
        _close(console)
    return DONE


def _installed_command(name: str) -> Callable[[Sequence[str]], int] | None:
    """A command of a package above the core (the studio's window): it gets the other arguments."""
    for point in entry_points(group=COMMANDS, name=name):
        command: Callable[[Sequence[str]], int] = point.load()
        return command
    return None


def _close(console: Console) -> None:
    try:
        console.close()
    except BrokenPipeError:  # the rest goes nowhere, or Python complains when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _report(error: Exception) -> str:
    with tempfile.NamedTemporaryFile(
        "w", prefix="avatar-studio-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        traceback.print_exception(error, file=log)
    return (
        f"Something went wrong that is our fault ({type(error).__name__}); "
        f"please report it with the details in {log.name}."
    )


class _UsageError(StudioError):
    """Arguments that make no command."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence instead of the whole usage text."""

    def error(self, message: str) -> Never:
        sentence = re.sub(r"'([^']*)'", r"“\1”", message)
        raise _UsageError(f"{sentence[:1].upper()}{sentence[1:]}: see {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = _Parser(
        prog="avatar-studio",
        description="Direct a talking head: lips, head pose, eyes and expression, one by one.",
        epilog="Exit codes: 0 done, 1 our fault, 2 bad input, 130 cancelled.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="report as JSON lines on stdout")

    add_animate(commands, common)
    _add_render(commands, common)
    add_sessions(commands, common)

    for point in entry_points(group=COMMANDS):
        commands.add_parser(point.name, help="open the window", add_help=False)
    track = commands.add_parser(
        "track", parents=[common], help="write a clip's motion as a Live Link Face CSV"
    )
    track.add_argument(
        "clip", type=Path, metavar="CLIP", help="a video, a folder of pictures or a picture"
    )
    track.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.csv", help="the file to write"
    )
    track.add_argument("--face", type=whole, metavar="N", help="which face, 0 = the largest")
    track.set_defaults(run=_track)

    _add_latents(commands, common)
    engines = commands.add_parser("engines", parents=[common], help="list the engines")
    engines.set_defaults(run=_engines)
    add_weights(commands, common)
    add_train(commands, common)
    doctor = commands.add_parser("doctor", parents=[common], help="check this machine")
    doctor.set_defaults(run=_doctor)
    _add_bench(commands, common)
    return parser


def _add_render(commands: Commands, common: argparse.ArgumentParser) -> None:
    render = commands.add_parser("render", parents=[common], help="render a session")
    render.add_argument("session", type=Path, metavar="SESSION", help="its folder")
    render.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.mp4", help="the video to write"
    )
    render.add_argument("--range", metavar="A:B", help="seconds, e.g. 2.0:5.5")
    add_size(render)
    render.set_defaults(run=_render)


def _add_latents(commands: Commands, common: argparse.ArgumentParser) -> None:
    latents = commands.add_parser(
        "latents", parents=[common], help="write what an engine's encoder makes of a clip"
    )
    latents.add_argument(
        "clip", type=Path, metavar="CLIP", help="a video, a folder of pictures or a picture"
    )
    latents.add_argument(
        "--engine", default="pdfgc", metavar="NAME", help="whose encoder (default pdfgc)"
    )
    latents.add_argument("--face", type=whole, metavar="N", help="which face, 0 = the largest")
    latents.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT.safetensors",
        help="the file to write",
    )
    latents.set_defaults(run=_latents)


def _add_bench(commands: Commands, common: argparse.ArgumentParser) -> None:
    from core.bench.runner import bench_names

    bench = commands.add_parser("bench", parents=[common], help="measure speed and fidelity")
    bench.add_argument("what", choices=bench_names())
    bench.add_argument("--portraits", type=Path, metavar="DIR", help="stills (default: the sample)")
    bench.add_argument("--drivers", type=Path, nargs="+", metavar="DIR", help="folders of clips")
    bench.add_argument("--seconds", type=seconds, metavar="S", help="of each clip")
    bench.set_defaults(run=_bench)


def _render(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core import app

    view = app.view_of(arguments.size, arguments.full)
    result = app.render_session(
        arguments.session,
        arguments.output,
        seconds=arguments.range,
        view=view if arguments.size or arguments.full else None,
        progress=progress,
    )
    console.finish_export(result.output, result.n_frames, result.seconds)


def _track(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core import app

    n_frames = app.track(arguments.clip, arguments.output, face=arguments.face, progress=progress)
    console.finish(
        {"output": str(arguments.output), "frames": n_frames},
        f"Wrote {counted(n_frames, 'frame')} of motion to {arguments.output}.",
    )


def _latents(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core import app

    n_frames, widths = app.latents(
        arguments.clip,
        arguments.output,
        engine=arguments.engine,
        face=arguments.face,
        progress=progress,
    )
    sizes = ", ".join(f"{name.replace('_', ' ')} {width}" for name, width in widths.items())
    console.finish(
        {"output": str(arguments.output), "frames": n_frames, **widths},
        f"Wrote the latents of {counted(n_frames, 'frame')} ({sizes}) to {arguments.output}.",
    )


def _engines(_arguments: argparse.Namespace, _progress: Progress, console: Console) -> None:
    from core import app

    console.table("engine", app.list_engines())


def _doctor(_arguments: argparse.Namespace, _progress: Progress, console: Console) -> None:
    from core.doctor import examine

    console.table("check", examine())


def _bench(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core.bench.runner import run_bench

    rows = run_bench(
        arguments.what,
        portraits=arguments.portraits,
        drivers=arguments.drivers or [],
        seconds=arguments.seconds,
        progress=progress,
    )
    console.table(arguments.what, rows)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    sys.exit(main())

"""The commands on saved sessions that mirror the window: generate, export, batch."""

import argparse
from pathlib import Path

from core.base.errors import Cancelled, StudioError
from core.base.progress import Progress
from core.base.time import parse_rate
from core.console import Console, counted
from core.export.presets import PRESETS, preset_named
from core.export.settings import ExportSettings, Mark, Picture, Sidecar, SoundMode
from core.media.codec import PRESETS as SPEEDS


def add_sessions(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
) -> None:
    """Adds the three commands; `common` holds the options of every command."""
    generate = commands.add_parser(
        "generate", parents=[common], help="fill a session's empty tracks with generated motion"
    )
    generate.add_argument("session", type=Path, metavar="SESSION", help="its folder")
    generate.set_defaults(run=_generate)

    export = commands.add_parser(
        "export", parents=[common], help="export a session as the window does"
    )
    export.add_argument("session", type=Path, metavar="SESSION", help="its folder")
    export.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="what to write"
    )
    export.add_argument("--range", metavar="A:B", help="seconds, e.g. 2.0:5.5")
    _add_settings(export)
    export.set_defaults(run=_export)

    batch = commands.add_parser("batch", parents=[common], help="export every session of a folder")
    batch.add_argument("folder", type=Path, metavar="DIR", help="holds the session folders")
    batch.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="where films go (default: DIR)"
    )
    _add_settings(batch)
    batch.set_defaults(run=_batch)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    usual = ExportSettings()
    parser.add_argument("--preset", help=f"{', '.join(PRESETS)} (default: by OUT's ending)")
    parser.add_argument(
        "--picture", choices=list(Picture), default=usual.picture, help="what frames show"
    )
    parser.add_argument("--size", type=int, metavar="PX", help="side of the face crop, or longest")
    parser.add_argument("--fps", metavar="RATE", help="default: the session's")
    quality = parser.add_mutually_exclusive_group()
    quality.add_argument("--crf", type=int, default=usual.crf, help="0 (lossless) to 51")
    quality.add_argument("--bit-rate", type=float, metavar="MBIT/S", help="megabits a second")
    parser.add_argument("--speed", choices=SPEEDS, default=usual.speed, help="of the encoder")
    parser.add_argument("--transparent", action="store_true", help="only the person (prores, png)")
    parser.add_argument(
        "--sound", choices=list(SoundMode), default=usual.sound, help="what becomes of it"
    )
    parser.add_argument(
        "--sidecar", choices=list(Sidecar), action="append", default=[], help="may be repeated"
    )
    parser.add_argument("--mark", default="", metavar="TEXT", help="drawn on every frame")


def _settings(arguments: argparse.Namespace, preset: str) -> ExportSettings:
    megabits = arguments.bit_rate
    picture = Picture(arguments.picture)
    size = arguments.size or (None if picture is Picture.FULL else ExportSettings().size)
    try:
        return ExportSettings(
            preset=preset_named(preset).name,
            picture=picture,
            size=size,
            rate=None if arguments.fps is None else parse_rate(arguments.fps),
            crf=arguments.crf,
            bits_per_s=None if megabits is None else round(megabits * 1e6),
            speed=arguments.speed,
            sound=SoundMode(arguments.sound),
            is_cut_out=arguments.transparent,
            sidecars=frozenset(Sidecar(name) for name in arguments.sidecar),
            mark=Mark(arguments.mark),
        )
    except ValueError as error:
        if isinstance(error, StudioError):
            raise
        raise StudioError(f"{str(error).capitalize()}: choose another.") from error


def _preset_of(output: Path) -> str:
    """The kind of output that a name asks for: pictures where it has no ending."""
    endings = {preset.ending: preset.name for preset in reversed(PRESETS.values())}
    name = endings.get(output.suffix.lower()) if output.suffix else "png"
    if name is None:
        known = ", ".join(sorted(ending for ending in endings if ending))
        raise StudioError(f"“{output.name}” has an unknown ending: use one of {known}.")
    return name


def _generate(arguments: argparse.Namespace, _progress: Progress, console: Console) -> None:
    from core import app

    filled = app.generate_session(arguments.session)
    tracks = ", ".join(name.replace("_", " ") for name in filled)
    sentence = f"Filled {tracks}." if filled else "Every track has motion already."
    console.finish({"session": str(arguments.session), "filled": tracks}, sentence)


def _export(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core import app

    settings = _settings(arguments, arguments.preset or _preset_of(arguments.output))
    result = app.export_session(
        arguments.session,
        arguments.output,
        settings,
        seconds=arguments.range,
        progress=progress,
    )
    console.finish_export(result.output, result.n_frames, result.seconds)


def _batch(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core import app

    preset = arguments.preset or "mp4"
    settings = _settings(arguments, preset)
    folder = arguments.output or arguments.folder
    rows, n_failed = [], 0
    for session in app.find_sessions(arguments.folder):
        output = folder / (session.stem + preset_named(preset).ending)
        state = "done"
        try:
            app.export_session(session, output, settings, progress=progress)
        except Cancelled:
            raise
        except StudioError as error:
            n_failed += 1
            state = str(error)
        rows.append({"session": session.name, "output": str(output), "state": state})
    console.table("batch", rows)
    if n_failed:
        raise StudioError(
            f"{counted(n_failed, 'session')} of {len(rows)} could not be exported: see the list."
        )

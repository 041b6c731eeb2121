"""The command line's `animate`: a portrait, a voice and clips become a film."""

import argparse
from pathlib import Path

from core.base.controls import Factor
from core.base.progress import Progress
from core.cli_options import Commands, add_size, seconds, whole
from core.console import Console

_CLIP_OPTIONS = {
    "lips": Factor.LIPS,
    "pose": Factor.HEAD_POSE,
    "eyes": Factor.EYES,
    "expression": Factor.EXPRESSION,
}


def add_animate(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Adds `animate`."""
    animate = commands.add_parser(
        "animate", parents=[common], help="make a talking video from a portrait"
    )
    animate.add_argument("portrait", type=Path, metavar="PORTRAIT", help="a picture or a clip")
    animate.add_argument(
        "--audio", type=Path, metavar="FILE", help="speech: is heard and moves the lips"
    )
    for option, factor in _CLIP_OPTIONS.items():
        words = factor.value.replace("_", " ")
        animate.add_argument(
            f"--{option}", type=Path, metavar="CLIP", help=f"take the {words} from this clip"
        )
    animate.add_argument(
        "--all",
        type=Path,
        metavar="CLIP",
        help="take every factor that nothing else drives from it",
    )
    animate.add_argument(
        "--engine", default="mesh", metavar="NAME", help="see avatar-studio engines (default mesh)"
    )
    add_size(animate)
    animate.add_argument(
        "--fps", default="25", metavar="RATE", help="25, 29.97, 30000/1001 … (default 25)"
    )
    animate.add_argument(
        "--duration",
        type=seconds,
        metavar="S",
        help="seconds (default: the voice's length, else the longest clip's, else 10)",
    )
    animate.add_argument(
        "--pose-mode",
        default="relative",
        metavar="relative|absolute",
        help="the change of the clip's head pose, or its own angles (default relative)",
    )
    animate.add_argument(
        "--reference",
        default="auto",
        metavar="auto|first|last|average|N",
        help="the clip's rest: found by itself, or frame N (default auto)",
    )
    animate.add_argument(
        "--clip-end",
        default="hold",
        metavar="hold|loop|pingpong",
        help="what a clip shows after its end (default hold)",
    )
    animate.add_argument(
        "--seed",
        type=whole,
        default=0,
        metavar="N",
        help="of generated blinks, gaze and nods (default 0)",
    )
    animate.add_argument("--face", type=whole, metavar="N", help="which face, 0 = the largest")
    animate.add_argument(
        "--lips-from",
        default="facial",
        choices=("facial", "phones"),
        help="the voice moves lips, head and blinks by a trained network, or the lips by its "
        "sounds without one (default facial)",
    )
    animate.add_argument(
        "--style", type=Path, metavar="CLIP", help="move as lively as the person in this clip"
    )
    animate.add_argument(
        "--session", type=Path, metavar="DIR", help="keep the session in this new folder"
    )
    animate.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT.mp4", help="the video to write"
    )
    animate.set_defaults(run=_animate)


def _animate(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core import app

    clips = {
        factor: clip
        for option, factor in _CLIP_OPTIONS.items()
        if (clip := getattr(arguments, option) or arguments.all) is not None
        and not (factor is Factor.LIPS and arguments.audio and arguments.lips is None)
    }
    ingredients = app.Ingredients(
        portrait=arguments.portrait,
        audio=arguments.audio,
        clips=clips,
        engine=arguments.engine,
        view=app.view_of(arguments.size, arguments.full),
        rate=app.parse_rate(arguments.fps),
        duration_s=arguments.duration,
        pose_mode=app.parse_mode(arguments.pose_mode),
        reference=app.parse_reference(arguments.reference),
        clip_end=app.parse_clip_end(arguments.clip_end),
        seed=arguments.seed,
        face=arguments.face,
        lips_from=app.VoiceMethod(arguments.lips_from),
        style=arguments.style,
    )
    result = app.animate(
        ingredients, arguments.output, session=arguments.session, progress=progress
    )
    console.finish_export(result.output, result.n_frames, result.seconds)

"""The command line's `train`: networks of our own, from plain clips."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.progress import Progress
from core.cli_options import Commands
from core.console import Cell, Console

if TYPE_CHECKING:
    from core.training.scores import Agreement


def add_train(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Adds `train facial`."""
    train = commands.add_parser("train", help="train a network on clips of your own")
    own = train.add_subparsers(required=True, metavar="NETWORK")
    facial = own.add_parser("facial", parents=[common], help="lips, head and blinks from a voice")
    facial.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder of talking clips, or one with the subfolders train and val",
    )
    facial.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of weights, log and previews"
    )
    facial.add_argument("--resume", action="store_true", help="go on with what DIR holds")
    facial.add_argument("--steps", type=int, metavar="N", help="of each member (default: tuned)")
    facial.add_argument("--members", type=int, metavar="N", help="networks that speak together")
    facial.add_argument("--seed", type=int, default=0, metavar="N", help="of everything drawn")
    facial.add_argument(
        "--folds", type=int, metavar="N", help="measure by N-fold cross-validation instead"
    )
    facial.set_defaults(run=_facial)


def _facial(arguments: argparse.Namespace, progress: Progress, console: Console) -> None:
    from core.base.cache import ArrayCache
    from core.base.paths import cache_dir
    from core.training.facial import cross_validate, plan_of, train_facial

    plan = plan_of(arguments.steps, arguments.members, arguments.seed)
    cache = ArrayCache(cache_dir())
    if arguments.folds is not None:
        scores = cross_validate(
            arguments.data, arguments.folds, plan, cache=cache, progress=progress
        )
        console.table("clip", [_row(name, score) for name, score in scores.items()])
        return
    outcome = train_facial(
        arguments.data, arguments.out, plan, resume=arguments.resume, cache=cache,
        progress=progress,
    )  # fmt: skip
    reached = outcome.held_out
    console.finish(
        {"output": str(outcome.weights), "opening_r": reached.opening, "width_r": reached.width},
        f"Trained on {outcome.minutes:.1f} minutes; held out: opening r {reached.opening:.2f}, "
        f"width r {reached.width:.2f}. Weights: {outcome.weights}.",
    )


def _row(clip: str, score: "Agreement") -> dict[str, Cell]:
    return {
        "clip": clip,
        "mouth opening r": round(score.opening, 4),
        "mouth width r": round(score.width, 4),
    }

"""Options that several commands share, and the kinds of their values."""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def whole(text: str) -> int:
    """An argument that is a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no whole number") from None


def seconds(text: str) -> float:
    """An argument that is a number of seconds."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds") from None


def add_size(parser: argparse.ArgumentParser) -> None:
    """Adds `--size` and `--full`."""
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--size", type=whole, metavar="PX", help="square face crop, 256 to 1080 px (default 512)"
    )
    size.add_argument(
        "--full", action="store_true", help="the whole portrait at its own resolution"
    )

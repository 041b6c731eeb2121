"""Names of outputs: tokens, and never over a file that is there."""

import re
from collections.abc import Collection
from datetime import date
from itertools import count
from pathlib import Path
from typing import Final

from core.session.media import portable_name

DEFAULT_PATTERN: Final = "{project}_{date}_{n}"
TOKENS: Final[dict[str, str]] = {
    "{project}": "name of the session",
    "{date}": "today, as 2026-01-31",
    "{n}": "number that makes the name new",
    "{preset}": "kind of output",
    "{size}": "side of the picture in px",
    "{rate}": "frames per second",
}
"""Token → what it stands for."""

_NUMBER: Final = "{n}"
_BRACES: Final = re.compile(r"[{}]")


def output_path(
    folder: Path,
    pattern: str,
    ending: str,
    values: dict[str, str],
    today: date,
    promised: Collection[Path] = (),
) -> Path:
    """The first free name that `pattern` gives in `folder`.

    Args:
        folder: Where it goes; it need not exist.
        pattern: Text with tokens; without `{n}` a number is added when the name is taken.
        ending: Of the file's name; empty for a folder or a group of files.
        values: Token without braces → its text; `date` and `n` are filled in here.
        today: What `{date}` gives.
        promised: Outputs that are going to be written.
    """
    filled = pattern.strip() or DEFAULT_PATTERN
    for token, text in {**values, "date": today.isoformat()}.items():
        filled = filled.replace(f"{{{token}}}", text)
    for number in count(1):
        stem = portable_name(_BRACES.sub("", _numbered(filled, number))).removesuffix(ending)
        output = folder / (stem + ending)
        if output not in promised and not _is_taken(folder, stem):
            return output
    raise AssertionError("whole numbers never end")


def _numbered(text: str, number: int) -> str:
    if _NUMBER in text:
        return text.replace(_NUMBER, f"{number:02d}")
    return text if number == 1 else f"{text}_{number:02d}"


def _is_taken(folder: Path, stem: str) -> bool:
    """Whether a file or folder of that name, or a file of it with any ending, exists."""
    if not folder.is_dir():
        return False
    return any(p.name == stem or p.name.startswith(f"{stem}.") for p in folder.iterdir())

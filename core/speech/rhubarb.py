"""Mouth cues in the files of Rhubarb Lip Sync: JSON and tab-separated text, in and out."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from core.base.errors import MotionError
from core.speech.cues import REST_SHAPE, SHAPES, MouthCue

_DIGITS: Final = 3
_MAX_BYTES: Final = 50_000_000


def rhubarb_json(cues: Sequence[MouthCue], sound: str, duration_s: float) -> str:
    """JSON as `rhubarb -f json` prints it."""
    data = {
        "metadata": {"soundFile": sound, "duration": round(duration_s, _DIGITS)},
        "mouthCues": [
            {
                "start": round(cue.start_s, _DIGITS),
                "end": round(cue.end_s, _DIGITS),
                "value": cue.shape,
            }
            for cue in cues
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def rhubarb_tsv(cues: Sequence[MouthCue], duration_s: float) -> str:
    """Lines of second and shape as `rhubarb -f tsv` prints them; the last one is the rest."""
    rows = [(cue.start_s, cue.shape) for cue in cues]
    return "".join(f"{second:.2f}\t{shape}\n" for second, shape in [*rows, (duration_s, "X")])


def read_rhubarb(path: Path) -> tuple[MouthCue, ...]:
    """The cues of a JSON or tab-separated file; gaps between them are rest.

    Raises:
        MotionError: the file cannot be read or is none of Rhubarb's.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise MotionError(f"“{path.name}” is far too large for mouth shapes.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MotionError(f"“{path.name}” cannot be read as text: choose another file.") from error
    try:
        cues = _of_json(text) if text.lstrip().startswith("{") else _of_tsv(text)
        return _checked(cues)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MotionError(
            f"“{path.name}” holds no mouth shapes of Rhubarb Lip Sync ({error}): choose its JSON "
            "or TSV output."
        ) from error


def _of_json(text: str) -> list[MouthCue]:
    rows: list[dict[str, Any]] = json.loads(text)["mouthCues"]
    return [MouthCue(float(r["start"]), float(r["end"]), str(r["value"])) for r in rows]


def _of_tsv(text: str) -> list[MouthCue]:
    rows: list[tuple[float, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        second, tab, shape = line.strip().partition("\t")
        if not tab:
            raise ValueError(f"line {number} has no tab")
        rows.append((float(second), shape.strip()))
    return [MouthCue(a[0], b[0], a[1]) for a, b in pairwise(rows)]


def _checked(cues: list[MouthCue]) -> tuple[MouthCue, ...]:
    """Cues from 0 on without gaps; empty ones are left out."""
    result: list[MouthCue] = []
    last_s = 0.0
    for cue in cues:
        if len(cue.shape) != 1 or cue.shape not in SHAPES:
            raise ValueError(f"there is no shape {cue.shape[:12]}")
        if not last_s - 1e-6 <= cue.start_s <= cue.end_s < float("inf"):
            raise ValueError(f"the times at {cue.start_s:g} s do not follow each other")
        if cue.start_s > last_s:
            result.append(MouthCue(last_s, cue.start_s, REST_SHAPE))
        if cue.end_s > cue.start_s:
            result.append(MouthCue(max(cue.start_s, last_s), cue.end_s, cue.shape))
        last_s = cue.end_s
    if not result:
        raise ValueError("it is empty")
    return tuple(result)

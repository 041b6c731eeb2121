"""What the command line shows: bars and sentences for people, or JSON lines for programs."""

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Never, Protocol

from tqdm import tqdm

from core.base.progress import Note, Step

Cell = str | int | float | bool | None


class Console(Protocol):
    """Where the command line's output goes."""

    def hear(self, event: Step | Note) -> None:
        """Shows progress or a note; may be called from any thread."""

    def say(self, text: str) -> None:
        """Shows one sentence."""

    def finish(self, facts: Mapping[str, Cell], sentence: str) -> None:
        """Reports success."""

    def finish_export(self, output: Path, n_frames: int, seconds: float) -> None:
        """Reports a written video of `n_frames`, made in `seconds` of wall time."""

    def table(self, kind: str, rows: Sequence[Mapping[str, Cell]]) -> None:
        """Shows rows that share their columns."""

    def fail(self, kind: str, sentence: str) -> None:
        """Reports a failure; `kind` is input, cancelled or internal."""

    def close(self) -> None:
        """Leaves the terminal as it was."""


class TextConsole:
    """Progress bars on stderr, results on stdout."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Never]] = {}
        self._lock = threading.Lock()

    def hear(self, event: Step | Note) -> None:
        """Shows a step or a note; may be called from any thread."""
        if isinstance(event, Note):
            tqdm.write(event.text, file=sys.stderr)
            return
        with self._lock:
            bar = self._bars.get(event.stage)
            if bar is None:
                bar = self._bars[event.stage] = tqdm(
                    desc=event.stage,
                    total=event.total,
                    file=sys.stderr,
                    dynamic_ncols=True,
                    bar_format="{desc:<22} {bar} {n_fmt}/{total_fmt} · {remaining} left",
                )
            bar.total = event.total
            bar.update(event.done - bar.n)

    def say(self, text: str) -> None:
        """Shows one sentence."""
        sys.stdout.write(text + "\n")

    def finish(self, facts: Mapping[str, Cell], sentence: str) -> None:
        """Reports success."""
        self.close()
        self.say(sentence)

    def finish_export(self, output: Path, n_frames: int, seconds: float) -> None:
        """Reports a written video."""
        self.finish({}, f"Wrote {output} ({n_frames} frames, made in {seconds:.1f} s).")

    def table(self, kind: str, rows: Sequence[Mapping[str, Cell]]) -> None:
        """Shows rows that share their columns."""
        self.close()
        if not rows:
            return
        columns = list(dict.fromkeys(column for row in rows for column in row))
        cells = [columns] + [[_text(row.get(column)) for column in columns] for row in rows]
        widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
        for line in cells:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.say("  ".join(padded).rstrip())

    def fail(self, kind: str, sentence: str) -> None:
        """Reports a failure."""
        self.close()
        sys.stderr.write(sentence + "\n")

    def close(self) -> None:
        """Flushes what is shown."""
        with self._lock:
            for bar in self._bars.values():
                bar.close()
            self._bars.clear()


class JsonConsole:
    """One JSON object a line on stdout; every object has an `event`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}

    def hear(self, event: Step | Note) -> None:
        """Shows a step or a note; may be called from any thread."""
        if isinstance(event, Note):
            self._write("note", {"text": event.text})
            return
        now = time.monotonic()
        elapsed = now - self._started.setdefault(event.stage, now)
        left = None
        if event.total and event.done:
            left = round(elapsed * (event.total - event.done) / event.done, 1)
        facts: dict[str, Cell] = {
            "stage": event.stage,
            "done": event.done,
            "total": event.total,
            "left_s": left,
        }
        self._write("progress", facts)

    def say(self, text: str) -> None:
        """Shows one sentence."""
        self._write("note", {"text": text})

    def finish(self, facts: Mapping[str, Cell], sentence: str) -> None:
        """Reports success."""
        self._write("done", facts)

    def finish_export(self, output: Path, n_frames: int, seconds: float) -> None:
        """Reports a written video."""
        facts: dict[str, Cell] = {
            "output": str(output),
            "frames": n_frames,
            "seconds": round(seconds, 2),
        }
        self._write("done", facts)

    def table(self, kind: str, rows: Sequence[Mapping[str, Cell]]) -> None:
        """Shows rows that share their columns."""
        for row in rows:
            self._write(kind, row)

    def fail(self, kind: str, sentence: str) -> None:
        """Reports a failure."""
        self._write("error", {"kind": kind, "message": sentence})

    def close(self) -> None:
        """Flushes what is shown."""
        sys.stdout.flush()

    def _write(self, event: str, facts: Mapping[str, Cell]) -> None:
        with self._lock:
            line = json.dumps({"event": event, **facts}, ensure_ascii=False)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


def _text(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)

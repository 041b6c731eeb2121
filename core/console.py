"""What the command line shows: bars and sentences for people, or JSON lines for programs."""

import json
import shutil
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


_BAR = "{desc:<22} {bar} {n_fmt}/{total_fmt} · {remaining} left"
_MAX_WIDTH = 100
_LINE_EVERY_S = 10.0


class _Clock:
    """Knows since when each stage runs, and how long it will take on."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}

    def left_s(self, step: Step) -> float | None:
        """Seconds until the stage ends at its present pace; None while unknown."""
        now = time.monotonic()
        elapsed = now - self._started.setdefault(step.stage, now)
        if not step.total or not step.done:
            return None
        return elapsed * (step.total - step.done) / step.done


class TextConsole:
    """Progress bars on stderr, results on stdout. Where stderr is no terminal, bars are lines."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Never]] = {}
        self._lock = threading.Lock()
        self._clock = _Clock()
        self._told: dict[str, float] = {}  # when a stage's last line was written

    def hear(self, event: Step | Note) -> None:
        """Shows a step or a note; may be called from any thread."""
        if isinstance(event, Note):
            tqdm.write(event.text, file=sys.stderr)
            return
        with self._lock:
            if sys.stderr.isatty():
                self._draw(event)
            else:
                self._tell(event)

    def say(self, text: str) -> None:
        """Shows one sentence."""
        sys.stdout.write(text + "\n")

    def finish(self, facts: Mapping[str, Cell], sentence: str) -> None:
        """Reports success."""
        self.close()
        self.say(sentence)

    def finish_export(self, output: Path, n_frames: int, seconds: float) -> None:
        """Reports a written video."""
        self.finish({}, f"Wrote {output} ({counted(n_frames, 'frame')}, made in {seconds:.1f} s).")

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
        sys.stdout.flush()

    def _draw(self, step: Step) -> None:
        bar = self._bars.get(step.stage)
        if bar is None:
            size = shutil.get_terminal_size()  # 80 × 24 for a terminal that says 0 × 0
            bar = self._bars[step.stage] = tqdm(
                desc=step.stage,
                total=step.total,
                file=sys.stderr,
                ncols=min(size.columns - 1, _MAX_WIDTH),
                nrows=size.lines,
                bar_format=_BAR,
            )
        bar.total = step.total
        bar.update(step.done - bar.n)

    def _tell(self, step: Step) -> None:
        """A line when the stage ends, and now and then before."""
        left_s, now = self._clock.left_s(step), time.monotonic()
        told = self._told.setdefault(step.stage, now)
        if step.done != step.total and now - told < _LINE_EVERY_S:
            return
        self._told[step.stage] = now
        left = "?" if left_s is None else tqdm.format_interval(left_s)
        sys.stderr.write(f"{step.stage:<22} {step.done}/{step.total or '?'} · {left} left\n")


class JsonConsole:
    """One JSON object a line on stdout; every object has an `event`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clock = _Clock()

    def hear(self, event: Step | Note) -> None:
        """Shows a step or a note; may be called from any thread."""
        if isinstance(event, Note):
            self._write("note", {"text": event.text})
            return
        left = self._clock.left_s(event)
        facts: dict[str, Cell] = {
            "stage": event.stage,
            "done": event.done,
            "total": event.total,
            "left_s": None if left is None else round(left, 1),
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


def counted(number: int, noun: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _text(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)

"""The Live Link Face CSV: its columns, its time codes, its angles, and reading it.

Facts checked on recordings of the app and on Epic's importer:
- Columns are found by name whatever their case and order; camelCase and Right-before-Left occur.
- `Timecode` is `HH:MM:SS:FF.sss`. The file names no rate: a frame number of 30 or more means 60
  counts a second, else 30. Rows may step by several counts, so only differences of time codes
  tell the time. It is a time of day and may pass midnight.
- A row that ends after `BlendShapeCount` 0 is a moment without a face. Any other short or long
  row is damage.
- Head columns that are zero throughout mean that head capture was off.
- Angles are radians in the axes of the face: yaw + to the subject's right, pitch + down, roll +
  clockwise in the image. For the eyes this was measured against the eyeLook columns; the head
  has the same axes in Epic's source (portrait orientation; the app turns yaw and pitch around
  in landscape).
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, CONTROLS, FACTOR_CONTROLS, Factor
from core.base.errors import MotionError
from core.base.progress import Progress
from core.motion.neutral import find_neutral
from core.motion.track import FactorTrack

HEAD_COLUMNS: Final = ("HeadYaw", "HeadPitch", "HeadRoll")
EYE_COLUMNS: Final = (
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
COLUMNS: Final = (
    "Timecode",
    "BlendShapeCount",
    *(name[0].upper() + name[1:] for name in ARKIT),
    *HEAD_COLUMNS,
    *EYE_COLUMNS,
)
"""The 63 columns as the app writes them."""

HEAD_SIGNS: Final = {"yaw": -1.0, "pitch": -1.0, "roll": 1.0}
"""Our angle = sign · the file's: ours are + to the viewer's right, up, clockwise."""

_DAY_S = 86400.0
_GAP_S = 0.25
_SNAP_FRAMES = 0.1
_RATES = (Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001))
_RATE_TOLERANCE = 5e-4
_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})[:;](\d{1,3}(?:\.\d+)?)", re.ASCII)
_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What a Live Link Face CSV holds.

    Attributes:
        tracks: One track per factor at one steady rate; head pose is absent when the app did not
            record it.
        rate: Rows per second.
        notes: Sentences for the user.
    """

    tracks: Mapping[Factor, FactorTrack]
    rate: Fraction
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    seconds: _Array  # [R], from the first row
    values: _Array  # [R, C]; the columns that were found
    seen: NDArray[np.bool_]  # [R]; False in moments without a face
    counts: float  # time code counts a second


def read_live_link(path: Path, progress: Progress | None = None) -> Recording:
    """Reads a Live Link Face CSV.

    Rows are brought to a steady rate by their time codes; missing rows up to 0.25 s are
    interpolated, longer pauses and moments without a face are invalid. Head angles come as
    absolute head pose; x, y and scale are not part of the format and stay at rest.

    Raises:
        MotionError: the file cannot be read, is no Live Link Face CSV, holds no coefficients
            (`frame_log.csv`), or a line is damaged; the message names the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            columns, rows = _read_rows(path, stream, progress or Progress())
    except OSError as error:
        raise MotionError(f"“{path.name}” cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise MotionError(
            f"“{path.name}” is no text file with comma-separated values: choose the .csv of a "
            "Live Link Face take."
        ) from error
    rate = _row_rate(rows)
    values, valid = _steady(rows, rate)
    return _recording(path, columns, values, valid, rate)


def parse_timecode(text: str) -> tuple[int, float]:
    """The whole seconds of the day and the counts (frames and fraction) of a time code.

    Raises:
        ValueError: the text is no `HH:MM:SS:FF.sss`.
    """
    match = _TIMECODE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"“{text}” is no time code HH:MM:SS:FF.sss")
    hours, minutes, seconds = (int(part) for part in match.groups()[:3])
    counts = float(match[4])
    if hours > 23 or minutes > 59 or seconds > 59 or counts >= 60.0:
        raise ValueError(f"“{text}” is no time of day with at most 60 frames a second")
    return hours * 3600 + minutes * 60 + seconds, counts


def _read_rows(path: Path, stream: TextIO, progress: Progress) -> tuple[tuple[str, ...], _Rows]:
    reader = csv.reader(stream)
    header = [name.strip().lower() for name in next(reader, [])]
    places = _places(path, header)
    columns = tuple(places)
    indices = list(places.values())
    code_place = header.index("timecode")
    codes: list[tuple[int, float]] = []
    values: list[list[float]] = []
    seen: list[bool] = []
    empty = [0.0] * len(columns)
    for row in reader:
        if not row or row == [""]:
            continue
        if len(values) % 1000 == 0:
            progress.report("Reading motion", len(values))
        try:
            is_seen = _has_face(row, len(header))
            code = parse_timecode(row[code_place] if is_seen else row[0])
            numbers = [float(row[i]) for i in indices] if is_seen else empty
            if not all(map(math.isfinite, numbers)):
                raise ValueError("a value is no finite number")
        except ValueError as error:
            raise MotionError(
                f"Line {reader.line_num} of “{path.name}” is damaged ({error}): export the take "
                "again or remove the line."
            ) from error
        codes.append(code)
        values.append(numbers)
        seen.append(is_seen)
    if not any(seen):
        raise MotionError(
            f"“{path.name}” holds no frame with a face: choose another take of Live Link Face."
        )
    whole, counts = np.array(codes).T
    base = 60.0 if counts.max() >= 30.0 else 30.0
    clock = whole + counts / base
    steps = np.diff(clock, prepend=clock[0])
    days = np.cumsum(steps < -_DAY_S / 2)
    seconds = clock - clock[0] + days * _DAY_S
    _check_order(path, seconds)
    return columns, _Rows(seconds, np.array(values), np.array(seen), base)


def _places(path: Path, header: Sequence[str]) -> dict[str, int]:
    """Known column → its place in the file."""
    known = {name.lower(): name for name in COLUMNS[2:]}
    places = {known[name]: i for i, name in enumerate(header) if name in known}
    shapes = [name for name in places if name not in HEAD_COLUMNS + EYE_COLUMNS]
    if "timecode" in header and shapes:
        return places
    if path.stem.lower() == "frame_log" or any("time" in name for name in header):
        raise MotionError(
            f"“{path.name}” holds time stamps but no face coefficients: record the take in Live "
            "Link Face's ARKit mode and choose its <slate>_<take>_<subject>.csv."
        )
    raise MotionError(
        f"“{path.name}” is no Live Link Face recording: its first line must name Timecode, "
        "BlendShapeCount and ARKit's coefficients."
    )


def _has_face(row: Sequence[str], width: int) -> bool:
    if len(row) == width:
        return True
    if len(row) == 2 and row[1].strip() == "0":
        return False
    raise ValueError(f"it has {len(row)} columns instead of {width}")


def _check_order(path: Path, seconds: _Array) -> None:
    backwards = np.flatnonzero(np.diff(seconds) < 0)
    if len(backwards):
        raise MotionError(
            f"The time codes of “{path.name}” run backwards after its row {backwards[0] + 1}: "
            "export the take again."
        )


def _row_rate(rows: _Rows) -> Fraction:
    """Rows per second: of a usual step between rows, refined over the rows that keep to it."""
    steps = np.diff(rows.seconds)
    steps = steps[steps > 0]
    if len(steps) == 0:
        return Fraction(int(rows.counts))
    usual = float(np.median(steps))
    regular = steps[np.abs(steps - usual) < 0.25 * usual]
    measured = 1.0 / float(regular.mean())
    candidates = (*_RATES, Fraction(max(1, round(measured))))
    best = min(candidates, key=lambda rate: abs(float(rate) - measured))
    if abs(float(best) - measured) <= _RATE_TOLERANCE * measured:
        return best
    return max(Fraction(1), Fraction(measured).limit_denominator(1001))


def _steady(rows: _Rows, rate: Fraction) -> tuple[_Array, NDArray[np.bool_]]:
    """Values [T, C] and validity [T] at i / rate seconds."""
    positions = rows.seconds * float(rate)
    nearest = np.rint(positions)
    grid = np.arange(int(nearest[-1]) + 1, dtype=np.float64)
    if np.abs(positions - nearest).max() <= _SNAP_FRAMES:
        positions = nearest  # rounded time codes must not blur what was one row per frame
    keep = np.append(np.diff(positions) > 0, True)
    positions, values, seen = positions[keep], rows.values[keep], rows.seen[keep]
    after = np.clip(np.searchsorted(positions, grid), 0, len(positions) - 1)
    exact = positions[after] == grid
    before = np.where(exact, after, np.maximum(after - 1, 0))
    span = positions[after] - positions[before]
    is_near = span <= max(_GAP_S * float(rate), 1.5)
    valid = seen[before] & seen[after] & is_near
    # moments without a face hold no numbers: interpolate over the rows that do
    known = np.flatnonzero(seen)
    result = np.stack(
        [np.interp(grid, positions[known], column) for column in values[known].T], axis=1
    )
    return result, valid


def _recording(
    path: Path,
    columns: Sequence[str],
    values: _Array,
    valid: NDArray[np.bool_],
    rate: Fraction,
) -> Recording:
    by_name = {name.lower(): values[:, i] for i, name in enumerate(columns)}
    controls = np.zeros((len(values), len(CONTROLS)), np.float32)
    controls[:, CONTROLS.index("scale")] = 1.0
    for i, name in enumerate(CONTROLS):
        column = by_name.get(name.lower())
        if column is not None:
            controls[:, i] = np.clip(column, 0.0, 1.0)
    has_head = False
    for name, sign in HEAD_SIGNS.items():
        column = by_name.get(f"head{name}")
        if column is not None and column.any():
            has_head = True
            controls[:, CONTROLS.index(name)] = sign * np.degrees(column)
    neutral = find_neutral(controls, valid, float(rate))
    factors = [f for f in Factor if has_head or f is not Factor.HEAD_POSE]
    tracks = {
        factor: FactorTrack(
            factor,
            controls[:, [CONTROLS.index(name) for name in FACTOR_CONTROLS[factor]]],
            valid,
            rate,
            f"“{path.name}”",
            neutral,
        )
        for factor in factors
    }
    note = f"“{path.name}” holds no head motion: the app's head capture was off."
    return Recording(tracks, rate, () if has_head else (note,))

"""Time codes, and where a ruler puts its marks."""

import math
from fractions import Fraction

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


def timecode(frame: int, rate: Fraction) -> str:
    """`HH:MM:SS:FF` of a frame; the frame's number within its second is counted from 0."""
    sign = "-" if frame < 0 else ""
    frame = abs(frame)
    seconds = math.floor(frame / rate)
    rest = frame - math.ceil(seconds * rate)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{sign}{hours:02d}:{minutes:02d}:{seconds % 60:02d}:{rest:02d}"


def short_timecode(frame: int, rate: Fraction) -> str:
    """`M:SS` where a second begins, `M:SS:FF` elsewhere, for the ruler's labels."""
    seconds = math.floor(frame / rate)
    rest = frame - math.ceil(seconds * rate)
    text = f"{seconds // 60}:{seconds % 60:02d}"
    return text if rest == 0 else f"{text}:{rest:02d}"


def tick_steps(px_per_frame: float, rate: Fraction, label_px: float = 76.0) -> tuple[int, int]:
    """Frames between two labels and between two small marks, so that labels do not touch."""
    per_second = max(1, round(rate))
    candidates = [n for n in (1, 2, 5, 10) if n < per_second]
    candidates += [per_second * step for step in _STEPS_S]
    major = next((n for n in candidates if n * px_per_frame >= label_px), candidates[-1])
    parts = [n for n in (*candidates, 1) if major % n == 0 and n * px_per_frame >= 7.0]
    return major, min(parts, default=major)

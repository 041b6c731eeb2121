"""Rational frame rates and half-open frame ranges."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from core.base.errors import MediaError

_NTSC = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "59.94": Fraction(60000, 1001),
}
MAX_RATE = Fraction(240)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{0,30}|/\d{1,12})?|\.\d{1,30}", re.ASCII)


def parse_rate(text: str) -> Fraction:
    """Reads a frame rate such as `25`, `29.97` or `30000/1001` in frames per second.

    Raises:
        MediaError: the text is no number or outside 1..240.
    """
    try:
        rate = _NTSC.get(text.strip()) or parse_number(text).limit_denominator(1001)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 <= rate <= MAX_RATE:
        raise MediaError(
            f"“{text}” is no frame rate: give frames per second from 1 to 240, e.g. 25."
        )
    return rate


def parse_number(text: str) -> Fraction:
    """Reads a number ≥ 0 such as `2`, `2.5` or `30000/1001` exactly.

    Exponents are refused: a few characters of them can name a number that fills the memory.

    Raises:
        ValueError: the text is no such number.
        ZeroDivisionError: the lower half of the fraction is zero.
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f"“{text}” is no number")
    return Fraction(text.strip())


def frames_in(seconds: float | Fraction, rate: Fraction) -> int:
    """The number of frames whose start lies in [0, `seconds`), at least 1."""
    return max(1, math.ceil(Fraction(seconds).limit_denominator(10**6) * rate))


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `start` ≤ i < `stop`, in the time frame that its owner names."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if self.stop < self.start:
            raise ValueError(f"empty frame range {self.start}..{self.stop}")

    def __len__(self) -> int:
        return self.stop - self.start

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.stop))

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame < self.stop

    def intersection(self, other: "FrameRange") -> "FrameRange":
        """The frames in both ranges (empty at this range's start when there are none)."""
        start, stop = max(self.start, other.start), min(self.stop, other.stop)
        return FrameRange(start, stop) if stop > start else FrameRange(self.start, self.start)

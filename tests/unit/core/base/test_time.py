from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import MediaError
from core.base.time import FrameRange, frames_in, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", Fraction(25)),
        ("29.97", Fraction(30000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_rates_are_read_as_rationals(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text", ["", "fast", "0", "-25", "1/0", "1000", "nan", "inf", "1e999999999", "9" * 99]
)
def test_no_rate_is_named_in_the_error(text: str) -> None:
    with pytest.raises(MediaError, match="frame rate"):
        parse_rate(text)


@given(st.integers(1, 10_000), st.sampled_from([Fraction(25), Fraction(30000, 1001)]))
def test_n_frames_last_exactly_n_frames(n: int, rate: Fraction) -> None:
    assert frames_in(Fraction(n) / rate, rate) in (n, n + 1)
    assert frames_in(n / 25, Fraction(25)) == n


@given(*(st.integers(0, 50) for _ in range(4)))
def test_intersection_holds_exactly_the_common_frames(a: int, b: int, c: int, d: int) -> None:
    first, second = FrameRange(a, a + b), FrameRange(c, c + d)
    assert set(first.intersection(second)) == set(first) & set(second)

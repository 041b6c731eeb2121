"""The value axis of a track's curves: each lane's own range fills the same height."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class ValueView:
    """Which part of the ranges is seen: shares of the range, 0 at the bottom, 1 at the top."""

    low: float = -0.06
    high: float = 1.06

    def zoomed(self, factor: float, at: float) -> "ValueView":
        """Zoomed in by a factor about the share `at`; never farther out than the whole range."""
        whole = ValueView()
        span = min((self.high - self.low) / factor, whole.high - whole.low)
        span = max(span, 0.02)
        share = (at - self.low) / (self.high - self.low)
        low = min(max(at - share * span, whole.low), whole.high - span)
        return ValueView(low, low + span)

    def panned(self, by: float) -> "ValueView":
        """Moved up by a share of the range, as far as there is something."""
        whole, span = ValueView(), self.high - self.low
        low = min(max(self.low + by, whole.low), whole.high - span)
        return ValueView(low, low + span)


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Maps values of a lane to y in px and back.

    Attributes:
        lower: Smallest value.
        upper: Largest value.
        top: y of the area's upper edge.
        height: Its height, px.
        view: Which part is seen.
    """

    lower: float
    upper: float
    top: float
    height: float
    view: ValueView = ValueView()

    @property
    def px_per_unit(self) -> float:
        """Height of one unit of the value."""
        return self.height / ((self.view.high - self.view.low) * (self.upper - self.lower))

    def to_y(self, value: Value) -> Value:
        """The y of a value or of many, px."""
        return self._y_of_lower - (value - self.lower) * self.px_per_unit

    def to_value(self, y: float) -> float:
        """The value at y px; may lie outside the range."""
        return self.lower + (self._y_of_lower - y) / self.px_per_unit

    @property
    def _y_of_lower(self) -> float:
        span = self.view.high - self.view.low
        return self.top + self.height * self.view.high / span

"""One measured number with its goal: the row that every bench reports."""

from dataclasses import dataclass

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure must reach.

    Attributes:
        limit: The bound, in the figure's unit.
        at_least: True asks for `limit` or more, False for `limit` or less.
    """

    limit: float
    at_least: bool

    def is_met(self, value: float) -> bool:
        """Whether `value` reaches the goal; NaN never does."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


def at_least(limit: float) -> Goal:
    """The goal `limit` or more."""
    return Goal(limit, at_least=True)


def at_most(limit: float) -> Goal:
    """The goal `limit` or less."""
    return Goal(limit, at_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        case: What was measured on: a portrait, a clip, a size; “all” for a summary.
        measure: What was measured.
        value: The number, in `unit`; None when there was too little to measure it on.
        unit: Unit of `value`; empty for ratios and correlations.
        goal: What it must reach, or None for a figure that is only reported.
        worst: The worst single case behind a summary, in words.
    """

    case: str
    measure: str
    value: float | None
    unit: str = ""
    goal: Goal | None = None
    worst: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; None without a goal or a value."""
        if self.goal is None or self.value is None:
            return None
        return self.goal.is_met(self.value)

    def row(self) -> dict[str, Cell]:
        """The figure as the cells of a table; all figures share the columns."""
        return {
            "case": self.case,
            "measure": self.measure,
            "value": None if self.value is None else round(self.value, 4),
            "unit": self.unit,
            "goal": "" if self.goal is None else str(self.goal),
            "met": self.is_met,
            "worst": self.worst,
        }

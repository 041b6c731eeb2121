import pytest

from core.bench.figure import Figure, at_least, at_most


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (at_least(0.9), 0.9, True),
        (at_least(0.9), 0.89, False),
        (at_most(12), 12.0, True),
        (at_most(12), 12.1, False),
        (at_least(0.9), float("nan"), False),
        (at_most(0.9), float("nan"), False),
    ],
)
def test_goals_are_bounds_that_count_as_reached(goal, value, met):
    assert Figure("a", "b", value, goal=goal).is_met is met


def test_without_goal_or_value_nothing_is_met_or_missed():
    assert Figure("a", "b", 1.0).is_met is None
    assert Figure("a", "b", None, goal=at_least(1)).is_met is None


def test_rows_of_all_figures_share_their_columns():
    full = Figure("case", "yaw r", 0.987654, "", at_least(0.99), "worst").row()
    assert full == {
        "case": "case",
        "measure": "yaw r",
        "value": 0.9877,
        "unit": "",
        "goal": "≥ 0.99",
        "met": False,
        "worst": "worst",
    }
    assert Figure("case", "speed", None).row().keys() == full.keys()

"""What the mouse pad moves: the lanes of x, y and the wheel."""

from dataclasses import dataclass
from typing import Final

from core.base.controls import Factor
from core.timeline.lanes import LANES, Lane


@dataclass(frozen=True, slots=True)
class PadTarget:
    """What one pad moves.

    Attributes:
        title: For people.
        factor: Whose controls.
        across: Lane of x.
        up: Lane of y.
        wheel: Lane of the wheel.
    """

    title: str
    factor: Factor
    across: str
    up: str
    wheel: str

    @property
    def lanes(self) -> tuple[Lane, Lane, Lane]:
        """The lanes of x, y and the wheel."""
        return LANES[self.across], LANES[self.up], LANES[self.wheel]


PAD_TARGETS: Final[dict[Factor, PadTarget]] = {
    Factor.LIPS: PadTarget("Lips", Factor.LIPS, "spread", "open", "round"),
    Factor.HEAD_POSE: PadTarget("Head", Factor.HEAD_POSE, "yaw", "pitch", "roll"),
    Factor.EYES: PadTarget("Gaze", Factor.EYES, "gaze_x", "gaze_y", "openness"),
    Factor.EXPRESSION: PadTarget("Face", Factor.EXPRESSION, "smile", "brows", "happy"),
}
"""Factor → what the pad moves on its track."""


def pad_lanes(target: PadTarget, x: float, y: float, wheel: float) -> dict[str, float]:
    """Lane → value for where the pad and the wheel stand.

    Args:
        target: What is moved.
        x: −1..1.
        y: −1..1.
        wheel: −1..1.
    """
    result = {}
    for lane, amount in zip(target.lanes, (x, y, wheel), strict=True):
        reach = lane.upper - lane.default if amount >= 0 else lane.default - lane.lower
        result[lane.name] = lane.default + amount * reach
    return result

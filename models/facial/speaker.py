"""Our trained configuration: several generators that speak together, in the units of controls.

Little data makes a network sure of much that is not so. Several networks from different seeds and
one linear reading of the same windows err differently; their mean errs less than each.
"""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from models.facial.generator import Generator, GeneratorConfig
from models.facial.stitching import stitch

RATE: Final = 25
"""States per second."""
N_LIPS: Final = 22
N_EXPRESSION: Final = 16
N_BLINKS: Final = 2
N_POSE: Final = 6
LIPS: Final = slice(0, N_LIPS)
EXPRESSION: Final = slice(LIPS.stop, LIPS.stop + N_EXPRESSION)
MOUTH: Final = slice(0, EXPRESSION.stop)
"""What follows each sound: lips and expression."""
BLINKS: Final = slice(EXPRESSION.stop, EXPRESSION.stop + N_BLINKS)
POSE: Final = slice(BLINKS.stop, BLINKS.stop + N_POSE)
N_STATES: Final = POSE.stop

_LINEAR_SHARE: Final = 0.5
_PIECE: Final = 256  # frames that are read linearly at once


class Speaker(nn.Module):
    """The mean of several generators, and for the mouth of a linear reading of their windows.

    Args:
        config: of each generator.
        n_members: how many there are.
    """

    feature_mean: Tensor
    feature_std: Tensor
    state_mean: Tensor
    state_std: Tensor

    def __init__(self, config: GeneratorConfig, n_members: int) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(Generator(config) for _ in range(n_members))
        self.reading = nn.Linear(config.n_rows * config.n_features, MOUTH.stop)
        for name, width in (("feature", config.n_features), ("state", config.n_states)):
            self.register_buffer(f"{name}_mean", torch.zeros(width))
            self.register_buffer(f"{name}_std", torch.ones(width))

    @classmethod
    def of(cls, members: Sequence["Speaker"]) -> "Speaker":
        """All members of speakers that were trained on the same clips."""
        first = members[0]
        speaker = cls(first.config, 0)
        speaker.members.extend(member for one in members for member in one.members)
        own = {k: v for k, v in first.state_dict().items() if not k.startswith("members.")}
        speaker.load_state_dict(speaker.state_dict() | own)
        return speaker

    def heard(self, windows: Tensor) -> Tensor:
        """Features [..., F] as the generators take them."""
        return (windows - self.feature_mean) / self.feature_std

    def forward(self, cut: Callable[[int, int], Tensor], n_frames: int, style: Tensor) -> Tensor:
        """States of a clip of any length, without a step where chunks meet.

        Args:
            cut: gives the windows float32 [stop − start, R, F] of frames start ≤ i < stop.
            n_frames: T ≥ 1, at `RATE`.
            style: float32 [P], the style code; zeros are neutral.

        Returns:
            float32 [T, S]: lips, expression, blinks, pose, in the units of controls.
        """

        def spoken(member: nn.Module) -> Tensor:
            return stitch(
                lambda chunk, initial: member(self.heard(chunk), initial, style[None]),
                cut,
                n_frames,
                style.new_zeros(self.config.n_states),
            )

        states = torch.stack([spoken(member) for member in self.members]).mean(0)
        pieces = [
            self.reading(self.heard(cut(start, min(start + _PIECE, n_frames))).flatten(1))
            for start in range(0, n_frames, _PIECE)
        ]
        mouth = torch.lerp(states[:, MOUTH], torch.cat(pieces), _LINEAR_SHARE)
        states = torch.cat([_smoothed(mouth), states[:, MOUTH.stop :]], 1)
        return states * self.state_std + self.state_mean


def _smoothed(states: Tensor) -> Tensor:
    """Binomial weights over three frames: mouths are no quicker. float32 [T, S]."""
    padded = torch.cat([states[:1], states, states[-1:]])
    return 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]

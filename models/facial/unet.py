"""A U-Net over time: every frame sees the whole chunk, at several scales."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class UNet1d(nn.Module):
    """Halves the number of frames once per level and doubles it again, with skips.

    Args:
        channels: of the input and the output.
        widths: channels of each level, outermost first; frames must divide by 2^levels.
    """

    def __init__(self, channels: int, widths: Sequence[int]) -> None:
        super().__init__()
        last = len(widths) - 1
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        for level, width in enumerate(widths):
            above = channels if level == 0 else widths[level - 1]
            inner = width if level == last else 2 * width  # the level below and this one's skip
            down: list[nn.Module] = [nn.Conv1d(above, width, 4, 2, 1, bias=False)]
            if 0 < level < last:
                down.append(nn.BatchNorm1d(width))
            up: list[nn.Module] = [nn.ConvTranspose1d(inner, above, 4, 2, 1, bias=level == 0)]
            if level > 0:
                up.append(nn.BatchNorm1d(above))
            self.downs.append(nn.Sequential(*down))
            self.ups.append(nn.Sequential(*up))

    def forward(self, frames: Tensor) -> Tensor:
        """float32 [B, C, T] → [B, C, T] in −1..1."""
        skips: list[Tensor] = []
        for level, down in enumerate(self.downs):
            frames = down(frames if level == 0 else nn.functional.leaky_relu(frames, 0.2))
            skips.append(frames)
        frames = self.ups[-1](skips.pop().relu())
        for up in reversed(list(self.ups)[:-1]):
            frames = up(torch.cat([skips.pop(), frames], 1).relu())
        return frames.tanh()

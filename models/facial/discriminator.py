"""The discriminator: real or made, by the picture that states and their changes form over time."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class DiscriminatorConfig:
    """Channels of the convolutions; all but the last of them halve the picture."""

    widths: tuple[int, ...] = (64, 128, 256, 512)


class Discriminator(nn.Module):
    """Scores patches of the (time, attribute) plane (FACIAL, section 3.3)."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        widths = config.widths
        layers: list[nn.Module] = [
            nn.Sequential(nn.Conv2d(1, widths[0], 3, 2, 1), nn.LeakyReLU(0.2))
        ]
        for i in range(1, len(widths)):
            stride = 1 if i == len(widths) - 1 else 2
            conv = nn.Conv2d(widths[i - 1], widths[i], 3, stride, 1, bias=False)
            layers.append(nn.Sequential(conv, nn.BatchNorm2d(widths[i]), nn.LeakyReLU(0.2)))
        self.layers = nn.Sequential(*layers)
        self.head = nn.Conv2d(widths[-1], 1, 3, 1, 1)

    def forward(self, states: Tensor) -> Tensor:
        """float32 [B, T, S] → scores [B, 1, T', S']: 1 for real, 0 for made."""
        plane = torch.cat([states, states.diff(dim=1)], 1)[:, None]  # [B, 1, 2T−1, S]
        score: Tensor = self.head(self.layers(plane))
        return score

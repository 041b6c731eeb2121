"""The generator of PD-FGC: one style vector and an identity map → image.

StyleGAN2's synthesis network (Karras et al. 2020, section 2.2 and appendix B) from 7 px to 224 px
with the mapping network left out, as published. Weights here include StyleGAN2's run-time scales
(1/√fan-in). Instead of weights, activations are modulated, and outputs demodulated: equation 3 of
the paper needs only the sum of the squared weights per input channel for that, so that all images
of a batch share one convolution.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.pdfgc.layers import check_shape
from models.pdfgc.styled import StyledConv, prepare


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Sizes of the generator; the defaults are the published ones.

    Attributes:
        style_size: Length of the style: identity 2048, then motion 542.
        map_channels: Channels of the identity map.
        map_side: Side of the identity map in px.
        channels: Channels at each scale, each twice as large as the one before.
    """

    style_size: int = 2590
    map_channels: int = 512
    map_side: int = 7
    channels: tuple[int, ...] = (512, 512, 512, 512, 256, 128)

    @property
    def image_side(self) -> int:
        """Side of the image in px."""
        return self.map_side << (len(self.channels) - 1)


class ToRgb(nn.Module):
    """Modulated 1×1 convolution to colours, added to those of the scale before."""

    def __init__(self, *, n_in: int) -> None:
        super().__init__()
        weight = nn.init.kaiming_uniform_(torch.empty(3, n_in), nonlinearity="linear")
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """X [B, n_in, H, W], style [B, n_in] → [B, 3, H, W]."""
        weight = self.weight * style[:, None, :]  # [B, 3, n_in]
        rgb = weight @ x.flatten(2) + self.bias[:, None]  # [B, 3, H·W]
        return rgb.view(len(x), 3, *x.shape[2:])


def double(rgb: Tensor) -> Tensor:
    """Twice the size by zero insertion and the low-pass filter, black beyond the border.

    That is bilinear interpolation of the picture with a border of zeros.
    """
    padded = F.pad(rgb, (1, 1, 1, 1))
    return F.interpolate(padded, scale_factor=2, mode="bilinear")[:, :, 2:-2, 2:-2]


class Scale(nn.Module):
    """One doubling of the size."""

    def __init__(self, *, n_in: int, n_out: int, side: int) -> None:
        super().__init__()
        self.up: nn.Module = StyledConv(n_in=n_in, n_out=n_out, side=side, is_up=True)
        self.same: nn.Module = StyledConv(n_in=n_out, n_out=n_out, side=side, is_up=False)
        self.to_rgb = ToRgb(n_in=n_out)

    def forward(self, x: Tensor, rgb: Tensor, styles: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Features, colours, styles (up, same, colours) → features and colours, twice the size."""
        x = self.same(self.up(x, styles[0]), styles[1])
        return x, self.to_rgb(x, styles[2]).add_(double(rgb))


class Generator(nn.Module):
    """Style and identity map → image, float [B, 3, side, side], RGB in -1..1.

    Each styled convolution adds its noise map: a buffer, so that pictures are reproducible.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        first = config.channels[0]
        self.first: nn.Module = StyledConv(
            n_in=config.map_channels, n_out=first, side=config.map_side, is_up=False
        )
        self.first_to_rgb = ToRgb(n_in=first)
        self.scales = nn.ModuleList(
            Scale(n_in=n_in, n_out=n_out, side=config.map_side << level)
            for level, (n_in, n_out) in enumerate(pairwise(config.channels), 1)
        )
        self.style_sizes = [config.map_channels, first]
        for n_in, n_out in pairwise(config.channels):
            self.style_sizes += [n_in, n_out, n_out]
        self.modulation = nn.Linear(config.style_size, sum(self.style_sizes))

    def forward(self, style: Tensor, identity_map: Tensor) -> Tensor:
        """The image of `style` [B, style_size] and `identity_map` [B, channels, side, side].

        Raises:
            ValueError: an input has another shape.
        """
        config = self.config
        check_shape(style, (None, config.style_size), "style")
        sides = (config.map_side, config.map_side)
        check_shape(identity_map, (len(style), config.map_channels, *sides), "identity_map")
        styles = self.modulate(style)
        x = identity_map.contiguous(memory_format=torch.channels_last)
        x = self.first(x, styles[0])
        rgb = self.first_to_rgb(x, styles[1])
        for level, scale in enumerate(self.scales):
            x, rgb = scale(x, rgb, styles[2 + 3 * level : 5 + 3 * level])
        return torch.tanh(rgb)

    def modulate(self, style: Tensor) -> tuple[Tensor, ...]:
        """The modulation [B, n_in] of each layer: first, its colours, then (up, same, colours)."""
        y: Tensor = self.modulation(style)
        return torch.split(y, self.style_sizes, 1)

    def for_inference(self, *, winograd: bool) -> "Generator":
        """Itself in eval mode with all that no input changes computed once; state changed.

        Args:
            winograd: for CPUs, whose library has no fast 3×3 routine; GPUs bring their own.
        """
        self.eval()
        with torch.no_grad():
            for module in list(self.modules()):
                for name, child in list(module.named_children()):
                    if isinstance(child, StyledConv):
                        setattr(module, name, prepare(child, winograd=winograd))
        return self

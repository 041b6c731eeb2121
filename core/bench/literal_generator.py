"""PD-FGC's generator as its papers write it down: the yardstick of `core.bench.pdfgc`.

Nothing but the bench uses it. Weights are modulated and demodulated for each sample (Karras et al.
2020, equations 1 and 3) and applied as one grouped convolution; the filter after an upsampling, the
noise, the bias and the activation are passes of their own; the mapping network is built, though
the published model bypasses it. It computes what `models.pdfgc.generator` computes.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.pdfgc.generator import Generator, ToRgb
from models.pdfgc.styled import EPSILON, FILTER, GAIN, SLOPE, StyledConv, Up

_N_MAPPING: Final = 8


class LiteralGenerator(nn.Module):
    """The layers of `network`, whose weights it shares, in their literal form."""

    def __init__(self, network: Generator) -> None:
        super().__init__()
        size = network.config.style_size
        self.mapping = nn.Sequential(
            *(module for _ in range(_N_MAPPING) for module in (nn.Linear(size, size), nn.ReLU()))
        )
        pairs = zip(
            torch.split(network.modulation.weight, network.style_sizes),
            torch.split(network.modulation.bias, network.style_sizes),
            strict=True,
        )
        self.modulations = nn.ModuleList(_linear(weight, bias) for weight, bias in pairs)
        layers = (m for m in network.modules() if isinstance(m, (StyledConv, ToRgb)))
        self.layers = nn.ModuleList(layers)  # in the order of their styles

    def forward(self, style: Tensor, identity_map: Tensor) -> Tensor:
        """As `Generator.forward`."""
        x, rgb = identity_map, identity_map.new_zeros(0)
        for layer, modulation in zip(self.layers, self.modulations, strict=True):
            scale = modulation(style)  # [B, n_in]
            if isinstance(layer, StyledConv):
                x = styled_conv(layer, x, scale)
            elif isinstance(layer, ToRgb):
                colours = to_rgb(layer, x, scale)
                rgb = colours if rgb.numel() == 0 else colours + _double(rgb)
        return torch.tanh(rgb)


def styled_conv(layer: StyledConv, x: Tensor, style: Tensor) -> Tensor:
    """One styled convolution: x [B, n_in, H, W], style [B, n_in]."""
    n, n_in, height, width = x.shape
    weight = layer.conv.weight * style[:, None, :, None, None]  # [B, n_out, n_in, 3, 3]
    weight = weight * torch.rsqrt(weight.pow(2).sum((2, 3, 4), keepdim=True) + EPSILON)
    x = x.reshape(1, n * n_in, height, width)
    if isinstance(layer.conv, Up):
        weight = weight.transpose(1, 2).reshape(n * n_in, -1, 3, 3)
        y = F.conv_transpose2d(x, weight, stride=2, groups=n)
        y = _filter(F.pad(y.view(n, -1, 2 * height + 1, 2 * width + 1), (1, 1, 1, 1)))
    else:
        y = F.conv2d(x, weight.flatten(0, 1), padding=1, groups=n).view(n, -1, height, width)
    y = y + layer.noise_gain * layer.noise
    return GAIN * F.leaky_relu(y + layer.bias[:, None, None], SLOPE)


def to_rgb(layer: ToRgb, x: Tensor, style: Tensor) -> Tensor:
    """One conversion to colours: x [B, n_in, H, W], style [B, n_in] → [B, 3, H, W]."""
    n, n_in, height, width = x.shape
    weight = (layer.weight * style[:, None, :]).reshape(3 * n, n_in, 1, 1)
    y = F.conv2d(x.reshape(1, n * n_in, height, width), weight, groups=n)
    return y.view(n, 3, height, width) + layer.bias[:, None, None]


def _double(rgb: Tensor) -> Tensor:
    n, n_channels, height, width = rgb.shape
    spread = rgb.new_zeros(n, n_channels, height, 2, width, 2)
    spread[:, :, :, 0, :, 0] = rgb
    return _filter(F.pad(spread.view(n, n_channels, 2 * height, 2 * width), (2, 1, 2, 1)))


def _filter(x: Tensor) -> Tensor:
    n, n_channels, height, width = x.shape
    taps = torch.tensor(FILTER, device=x.device, dtype=x.dtype)
    y = F.conv2d(x.reshape(-1, 1, height, width), taps.outer(taps)[None, None])
    return y.view(n, n_channels, height - 3, width - 3)


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear

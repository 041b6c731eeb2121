"""The generator's convolutions: modulated, with noise, bias and leaky ReLU.

`StyledConv` holds what is loaded; `prepare` derives a form of it that does at load whatever does
not depend on the input. Both compute the same.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.pdfgc.winograd import Winograd, as_tiles, fits, frame, inside

SLOPE = 0.2
GAIN = 2.0**0.5
EPSILON = 1e-8
FILTER = (0.25, 0.75, 0.75, 0.25)
"""The low-pass filter [1, 3, 3, 1] with the gain that doubling a side needs."""


class Same(nn.Module):
    """3×3 convolution at the same size."""

    def __init__(self, *, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, H, W]."""
        return F.conv2d(x, self.weight, padding=1)


class Up(nn.Module):
    """Transposed 3×3 convolution of stride 2, then the low-pass filter."""

    filter: Tensor

    def __init__(self, *, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)  # [n_out, n_in, 3, 3]
        taps = torch.tensor([[down * across for across in FILTER] for down in FILTER])
        self.register_buffer("filter", taps.repeat(len(weight), 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, 2·H, 2·W]."""
        y = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)  # [B, n_out, 2·H + 1, ...]
        return F.conv2d(y, self.filter, padding=1, groups=len(self.filter))


class StyledConv(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU."""

    noise: Tensor

    def __init__(self, *, n_in: int, n_out: int, side: int, is_up: bool) -> None:
        super().__init__()
        weight = nn.init.kaiming_uniform_(torch.empty(n_out, n_in, 3, 3), nonlinearity="linear")
        self.conv = Up(weight=weight) if is_up else Same(weight=weight)
        self.bias = nn.Parameter(torch.zeros(n_out))
        self.noise_gain = nn.Parameter(torch.zeros(1))
        self.register_buffer("noise", torch.zeros(side, side))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """X [B, n_in, ...], style [B, n_in] → [B, n_out, side, side]."""
        y = self.conv(x * style[:, :, None, None])
        scale = demodulation(style, self.energy())
        y = torch.addcmul(self.offset(), y, scale[:, :, None, None])
        return F.leaky_relu_(y, SLOPE)

    def energy(self) -> Tensor:
        """Squared weights summed over the kernel [n_in, n_out]."""
        return self.conv.weight.square().sum((2, 3)).T

    def offset(self) -> Tensor:
        """What is added before the leaky ReLU [1, n_out, side, side]."""
        return GAIN * (self.bias[None, :, None, None] + self.noise_gain * self.noise)


def demodulation(style: Tensor, energy: Tensor) -> Tensor:
    """Factor of each output [B, n_out] that makes its variance 1, times the ReLU's gain."""
    return GAIN * torch.rsqrt(style.square() @ energy + EPSILON)


class _Prepared(nn.Module):
    """What all prepared forms know in advance."""

    energy: Tensor
    offset: Tensor

    def __init__(self, styled: StyledConv) -> None:
        super().__init__()
        offset = styled.offset().detach().contiguous(memory_format=torch.channels_last)
        self.register_buffer("energy", styled.energy().detach().contiguous())
        self.register_buffer("offset", offset)


class PreparedConv(_Prepared):
    """A `StyledConv` with the library's convolutions."""

    def __init__(self, styled: StyledConv) -> None:
        super().__init__(styled)
        self.conv = styled.conv
        weight = self.conv.weight.detach().contiguous(memory_format=torch.channels_last)
        if isinstance(self.conv, Up):  # as the library wants it: transposed in memory
            weight = weight.transpose(0, 1).contiguous().transpose(0, 1)
        self.conv.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """X [B, n_in, ...], style [B, n_in] → [B, n_out, side, side]."""
        y = self.conv(x * style[:, :, None, None])
        scale = demodulation(style, self.energy)
        y = torch.addcmul(self.offset, y, scale[:, :, None, None])
        return F.leaky_relu_(y, SLOPE)


class PreparedWinograd(_Prepared):
    """A `StyledConv` at the same size with `Winograd`; modulation and ReLU inside its stripes."""

    def __init__(self, styled: StyledConv) -> None:
        super().__init__(styled)
        self.winograd = Winograd(styled.conv.weight)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """X [B, n_in, side, side], style [B, n_in] → [B, n_out, side, side], channels last."""
        padded = frame(x)
        torch.mul(x.permute(0, 2, 3, 1), style[:, None, None], out=inside(padded))
        scale = demodulation(style, self.energy)[:, None, None, None, None]
        offset = as_tiles(self.offset.permute(0, 2, 3, 1))
        out = x.new_empty(len(x), *self.offset.shape[2:], self.offset.shape[1])
        tiles = as_tiles(out)
        for rows, y in self.winograd.stripes(padded):
            torch.addcmul(offset[:, rows], y, scale, out=tiles[:, rows])
            F.leaky_relu_(tiles[:, rows], SLOPE)
        return out.permute(0, 3, 1, 2)


def prepare(styled: StyledConv, *, winograd: bool) -> nn.Module:
    """The fastest form of `styled`; `winograd` where the library has no such routine itself."""
    if winograd and isinstance(styled.conv, Same) and fits(*styled.noise.shape):
        return PreparedWinograd(styled)
    return PreparedConv(styled)

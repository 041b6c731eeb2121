"""What the networks share: shape checks, and convolutions whose norms can be folded away."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval


def check_shape(tensor: Tensor, shape: Sequence[int | None], name: str) -> None:
    """Holds a tensor's shape against `shape`, where None is any size.

    Raises:
        ValueError: it differs; the message names both.
    """
    sizes = tuple(tensor.shape)
    if len(sizes) != len(shape) or any(
        want is not None and size != want for size, want in zip(sizes, shape, strict=True)
    ):
        wanted = ", ".join("*" if want is None else str(want) for want in shape)
        raise ValueError(f"{name} is {list(sizes)} instead of [{wanted}]")


class ConvNorm(nn.Module):
    """Convolution and batch norm; `fold` makes them one convolution."""

    def __init__(
        self,
        *,
        n_in: int,
        n_out: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            n_in, n_out, kernel, stride, padding=kernel // 2, groups=groups, bias=bias
        )
        self.norm: nn.Module = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, H/stride, W/stride]."""
        y: Tensor = self.norm(self.conv(x))
        return y

    def fold(self) -> None:
        """Moves the norm's running statistics into the convolution; eval mode only."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


def fold_norms(network: nn.Module) -> None:
    """Folds every `ConvNorm` of a network in eval mode; lays all kernels out channels last."""
    with torch.no_grad():
        for module in list(network.modules()):
            if isinstance(module, ConvNorm):
                module.fold()
        for parameter in network.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def relu(x: Tensor) -> Tensor:
    """ReLU in place, for maps that nothing else reads."""
    return F.relu(x, inplace=True)

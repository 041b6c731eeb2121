"""The appearance encoder of PD-FGC: who the portrait shows, as a vector and as a map.

A ResNeXt-50 (Xie et al. 2017, section 3; groups 32 × 4) without its classifier; a 1×1 convolution
of the last map replaces the constant that a style-based generator starts from.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from models.pdfgc.layers import ConvNorm, check_shape, fold_norms, relu


@dataclass(frozen=True, slots=True)
class AppearanceConfig:
    """Sizes of the appearance encoder; the defaults are the published ones.

    Attributes:
        image_side: Side of the input in px, a multiple of 32.
        stem: Channels after the first convolution.
        depths: Blocks of each stage.
        groups: Groups of the 3×3 convolutions.
        group_width: Channels of one group in the first stage; doubled at each further stage.
        expansion: Output channels of the first stage as a multiple of `stem`.
        map_channels: Channels of the identity map.
        map_side: Side of the identity map.
    """

    image_side: int = 224
    stem: int = 64
    depths: tuple[int, ...] = (3, 4, 6, 3)
    groups: int = 32
    group_width: int = 4
    expansion: int = 4
    map_channels: int = 512
    map_side: int = 7

    @property
    def identity_size(self) -> int:
        """Length of the identity vector: the channels of the last stage."""
        return self.stem * self.expansion << (len(self.depths) - 1)


class Bottleneck(nn.Module):
    """1×1, grouped 3×3, 1×1, added to the input or its projection."""

    def __init__(self, *, n_in: int, n_inner: int, n_out: int, groups: int, stride: int) -> None:
        super().__init__()
        self.reduce = ConvNorm(n_in=n_in, n_out=n_inner, kernel=1)
        self.spatial = ConvNorm(n_in=n_inner, n_out=n_inner, kernel=3, stride=stride, groups=groups)
        self.expand = ConvNorm(n_in=n_inner, n_out=n_out, kernel=1)
        self.shortcut = (
            nn.Identity()
            if n_in == n_out and stride == 1
            else ConvNorm(n_in=n_in, n_out=n_out, kernel=1, stride=stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, H/stride, W/stride]; not negative."""
        y = self.expand(relu(self.spatial(relu(self.reduce(x)))))
        return relu(y.add_(self.shortcut(x)))


class AppearanceEncoder(nn.Module):
    """Portrait → identity vector and identity map.

    Images are float [B, 3, side, side], RGB in -1..1, aligned as the published loader does.
    """

    def __init__(self, config: AppearanceConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = ConvNorm(n_in=3, n_out=config.stem, kernel=7, stride=2)
        self.stages = nn.ModuleList()
        n_in = config.stem
        for level, depth in enumerate(config.depths):
            n_inner = config.groups * config.group_width << level
            n_out = config.stem * config.expansion << level
            stage = nn.Sequential()
            for index in range(depth):
                stride = 2 if level > 0 and index == 0 else 1
                stage.append(
                    Bottleneck(
                        n_in=n_in,
                        n_inner=n_inner,
                        n_out=n_out,
                        groups=config.groups,
                        stride=stride,
                    )
                )
                n_in = n_out
            self.stages.append(stage)
        self.to_map = nn.Conv2d(n_in, config.map_channels, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Identity [B, identity_size] and identity map [B, map_channels, map_side, map_side].

        Raises:
            ValueError: the image has another shape.
        """
        config = self.config
        check_shape(image, (None, 3, config.image_side, config.image_side), "image")
        x = relu(self.stem(image))  # [B, stem, side/2, side/2]
        x = F.max_pool2d(x, 3, stride=2, padding=1)  # [B, stem, side/4, side/4]
        for stage in self.stages:
            x = stage(x)
        identity = x.mean((2, 3))  # [B, identity_size]
        identity_map = F.adaptive_avg_pool2d(self.to_map(x), config.map_side)
        return identity, identity_map

    def for_inference(self) -> "AppearanceEncoder":
        """Itself in eval mode with its norms folded: equal within rounding, state changed."""
        fold_norms(self.eval())
        return self

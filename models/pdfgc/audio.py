"""The audio encoder of PD-FGC: the mouth code of 0.2 s of speech.

A ResNet-34 with squeeze and excitation (Hu et al. 2018) and self-attentive pooling over time, as
used for speaker recognition (Chung et al. 2020).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.pdfgc.layers import ConvNorm, check_shape, fold_norms, relu


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """Sizes of the audio encoder; the defaults are the published ones.

    Attributes:
        n_bands: Mel bands of the input.
        n_ticks: Mel rows of the input, 10 ms each.
        widths: Channels of each stage; each after the first halves bands and ticks.
        depths: Blocks of each stage.
        reduction: Channels per hidden unit of the excitation.
        attention_size: Hidden units of the pooling.
        feature_size: Length of the pooled vector.
        mouth_size: Length of the mouth code.
    """

    n_bands: int = 80
    n_ticks: int = 20
    widths: tuple[int, ...] = (32, 64, 128, 256)
    depths: tuple[int, ...] = (3, 4, 6, 3)
    reduction: int = 8
    attention_size: int = 128
    feature_size: int = 512
    mouth_size: int = 500


class Excitation(nn.Module):
    """Weighs channels by what all of the map says."""

    def __init__(self, *, n_channels: int, reduction: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(n_channels, n_channels // reduction)
        self.excite = nn.Linear(n_channels // reduction, n_channels)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, C, H, W] → the same."""
        weight = torch.sigmoid(self.excite(F.relu(self.squeeze(x.mean((2, 3))))))  # [B, C]
        return x * weight[:, :, None, None]


class Block(nn.Module):
    """Convolution, ReLU, norm, convolution, norm, excitation, added to the input; ReLU."""

    def __init__(self, *, n_in: int, n_out: int, stride: int, reduction: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False)
        self.enter_norm = nn.BatchNorm2d(n_out)
        self.leave = ConvNorm(n_in=n_out, n_out=n_out, kernel=3)
        self.excitation = Excitation(n_channels=n_out, reduction=reduction)
        self.shortcut = (
            nn.Identity()
            if n_in == n_out and stride == 1
            else ConvNorm(n_in=n_in, n_out=n_out, kernel=1, stride=stride)
        )

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, H/stride, W/stride]; not negative."""
        y = self.leave(self.enter_norm(relu(self.enter(x))))
        return relu(self.excitation(y).add_(self.shortcut(x)))


class AttentivePooling(nn.Module):
    """Sum over time, each channel with weights of its own that add up to 1."""

    def __init__(self, *, n_channels: int, hidden: int) -> None:
        super().__init__()
        self.enter = nn.Conv1d(n_channels, hidden, 1)
        self.norm = nn.BatchNorm1d(hidden)
        self.leave = nn.Conv1d(hidden, n_channels, 1)

    def weights(self, x: Tensor) -> Tensor:
        """Weights [B, C, T] of x [B, C, T]."""
        return F.softmax(self.leave(self.norm(relu(self.enter(x)))), 2)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, C, T] → [B, C]."""
        return (x * self.weights(x)).sum(2)


class AudioEncoder(nn.Module):
    """Mel window → mouth code.

    Windows are float [B, 1, n_bands, n_ticks], levels in 0..1 as `core.speech.mel` makes them.
    """

    def __init__(self, config: AudioConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Conv2d(1, config.widths[0], 3, padding=1)
        self.stem_norm = nn.BatchNorm2d(config.widths[0])
        self.stages = nn.ModuleList()
        n_in, n_bands = config.widths[0], config.n_bands
        for level, (width, depth) in enumerate(zip(config.widths, config.depths, strict=True)):
            stage = nn.Sequential()
            for index in range(depth):
                stride = 2 if level > 0 and index == 0 else 1
                n_bands = -(-n_bands // stride)
                stage.append(
                    Block(n_in=n_in, n_out=width, stride=stride, reduction=config.reduction)
                )
                n_in = width
            self.stages.append(stage)
        self.pooling = AttentivePooling(n_channels=n_in * n_bands, hidden=config.attention_size)
        self.project = nn.Linear(n_in * n_bands, config.feature_size)
        self.mouth = nn.Linear(config.feature_size, config.mouth_size)

    def forward(self, mel: Tensor) -> Tensor:
        """The mouth code [B, mouth_size] of each window.

        Raises:
            ValueError: the windows have another shape.
        """
        y: Tensor = self.mouth(F.relu(self.feature(mel)))
        return y

    def feature(self, mel: Tensor) -> Tensor:
        """The pooled vector [B, feature_size] of each window.

        Raises:
            ValueError: the windows have another shape.
        """
        check_shape(mel, (None, 1, self.config.n_bands, self.config.n_ticks), "mel")
        x = self.stem_norm(relu(self.stem(mel)))  # [B, C, bands, ticks]
        for stage in self.stages:
            x = stage(x)
        y: Tensor = self.project(self.pooling(x.flatten(1, 2)))  # over [B, C·bands, ticks]
        return y

    def for_inference(self) -> "AudioEncoder":
        """Itself in eval mode with its norms folded: equal within rounding, state changed."""
        fold_norms(self.eval())
        return self

"""The motion encoder of PD-FGC: head pose, eyes, expression and mouth of a driving frame.

The trunk is one stack of a face alignment network (Bulat and Tzimiropoulos 2017): pre-activation
blocks around an hourglass. Four heads read its 512-vector.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.pdfgc.layers import ConvNorm, check_shape, fold_norms, relu
from models.pdfgc.winograd import FastConv2d

_WIDE = 64  # channels from which on a quarter of the products pays for the transforms


@dataclass(frozen=True, slots=True)
class MotionConfig:
    """Sizes of the motion encoder; the defaults are the published ones.

    Attributes:
        image_side: Side of the input in px, a multiple of 8.
        stem: Channels after the first convolution.
        width: Channels of the hourglass.
        depth: Levels of the hourglass.
        n_maps: Maps at the trunk's end.
        feature_size: Length of the trunk's vector and of each head's.
        pose_size: Length of the head pose code.
        eyes_size: Length of the eye code.
        expression_size: Length of the expression code.
        mouth_size: Length of the mouth code.
    """

    image_side: int = 224
    stem: int = 64
    width: int = 256
    depth: int = 4
    n_maps: int = 68
    feature_size: int = 512
    pose_size: int = 6
    eyes_size: int = 6
    expression_size: int = 30
    mouth_size: int = 500


class MotionCodes(NamedTuple):
    """What one frame's face does; not normalised.

    Attributes:
        pose: [B, 6].
        eyes: [B, 6]; dims 2, 3 are the gaze, 0, 1, 4, 5 the blink.
        expression: [B, 30].
        mouth_feature: [B, 512]; `MotionEncoder.embed_mouth` makes the mouth code of it.
    """

    pose: Tensor
    eyes: Tensor
    expression: Tensor
    mouth_feature: Tensor


class PreActivation(nn.Module):
    """Batch norm, ReLU, convolution without bias."""

    def __init__(self, *, n_in: int, n_out: int, kernel: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(n_in)
        self.conv: nn.Module = nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, H, W]."""
        y: Tensor = self.conv(relu(self.norm(x)))
        return y

    def quicken(self) -> None:
        """Lets `Winograd` do the convolution where its channels outweigh the transforms."""
        conv = self.conv
        if (
            isinstance(conv, nn.Conv2d)
            and conv.kernel_size == (3, 3)
            and min(conv.in_channels, conv.out_channels) >= _WIDE
        ):
            self.conv = FastConv2d(conv)


class Block(nn.Module):
    """Three 3×3 units of 1/2, 1/4 and 1/4 of the channels side by side, plus a shortcut."""

    def __init__(self, *, n_in: int, n_out: int) -> None:
        super().__init__()
        widths = (n_in, n_out // 2, n_out // 4, n_out // 4)
        self.units = nn.ModuleList(
            PreActivation(n_in=a, n_out=b, kernel=3) for a, b in pairwise(widths)
        )
        self.shortcut = (
            nn.Identity() if n_in == n_out else PreActivation(n_in=n_in, n_out=n_out, kernel=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """X [B, n_in, H, W] → [B, n_out, H, W]."""
        parts = []
        part = x
        for unit in self.units:
            part = unit(part)
            parts.append(part)
        y: Tensor = self.shortcut(x)
        return y + torch.cat(parts, 1)


class Hourglass(nn.Module):
    """A block at full size beside a detour through half the size, which holds the next level."""

    def __init__(self, *, width: int, depth: int) -> None:
        super().__init__()
        self.skip = Block(n_in=width, n_out=width)
        self.before = Block(n_in=width, n_out=width)
        self.inner = (
            Hourglass(width=width, depth=depth - 1) if depth > 1 else Block(n_in=width, n_out=width)
        )
        self.after = Block(n_in=width, n_out=width)

    def forward(self, x: Tensor) -> Tensor:
        """X [B, width, H, W] → the same."""
        low = self.after(self.inner(self.before(F.max_pool2d(x, 2))))
        detour = F.interpolate(low, size=x.shape[2:], mode="bilinear", align_corners=False)
        y: Tensor = self.skip(x)
        return y.add_(detour)


class Trunk(nn.Module):
    """Image → feature vector."""

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        half = config.width // 2
        self.stem = ConvNorm(n_in=3, n_out=config.stem, kernel=7, stride=2, bias=True)
        self.first = Block(n_in=config.stem, n_out=half)
        self.second = Block(n_in=half, n_out=half)
        self.third = Block(n_in=half, n_out=config.width)
        self.hourglass = Hourglass(width=config.width, depth=config.depth)
        self.top = Block(n_in=config.width, n_out=config.width)
        self.last = ConvNorm(n_in=config.width, n_out=config.width, kernel=1, bias=True)
        self.maps = ConvNorm(n_in=config.width, n_out=config.n_maps, kernel=1, bias=True)
        self.merge = nn.Conv2d(config.n_maps, 1, 3, stride=2, padding=1)
        self.project = nn.Linear((config.image_side // 8) ** 2, config.feature_size)

    def forward(self, image: Tensor) -> Tensor:
        """Image [B, 3, side, side] → feature [B, feature_size]."""
        x = relu(self.stem(image))  # [B, stem, side/2, side/2]
        x = F.max_pool2d(self.first(x), 2)  # [B, width/2, side/4, side/4]
        x = self.third(self.second(x))  # [B, width, side/4, side/4]
        x = self.top(self.hourglass(x))
        x = relu(self.maps(relu(self.last(x))))  # [B, n_maps, side/4, side/4]
        x = relu(self.merge(x))  # [B, 1, side/8, side/8]
        y: Tensor = self.project(x.flatten(1))  # [B, feature_size]
        return y


class Head(nn.Module):
    """Trunk vector → head vector (`forward`) → code (`embed`)."""

    def __init__(self, *, feature_size: int, code_size: int) -> None:
        super().__init__()
        self.enter = nn.Linear(feature_size, feature_size)
        self.norm = nn.BatchNorm1d(feature_size)
        self.leave = nn.Linear(feature_size, feature_size)
        self.code = nn.Linear(feature_size, code_size)

    def forward(self, feature: Tensor) -> Tensor:
        """Feature [B, feature_size] → head vector, the same."""
        y: Tensor = self.leave(self.norm(F.relu(self.enter(feature))))
        return y

    def embed(self, feature: Tensor) -> Tensor:
        """The code [B, code_size] of a head vector."""
        y: Tensor = self.code(F.relu(feature))
        return y


class MotionEncoder(nn.Module):
    """Driving frame → codes of every factor.

    Images are float [B, 3, side, side], RGB in -1..1, aligned as the published loader does.
    """

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(config)
        size = config.feature_size
        self.pose = Head(feature_size=size, code_size=config.pose_size)
        self.eyes = Head(feature_size=size, code_size=config.eyes_size)
        self.expression = Head(feature_size=size, code_size=config.expression_size)
        self.mouth = Head(feature_size=size, code_size=config.mouth_size)

    def forward(self, image: Tensor) -> MotionCodes:
        """The codes of each image.

        Raises:
            ValueError: the image has another shape.
        """
        side = self.config.image_side
        check_shape(image, (None, 3, side, side), "image")
        feature = self.trunk(
            image.contiguous(memory_format=torch.channels_last)
        )  # [B, feature_size]
        return MotionCodes(
            pose=self.pose.embed(self.pose(feature)),
            eyes=self.eyes.embed(self.eyes(feature)),
            expression=self.expression.embed(self.expression(feature)),
            mouth_feature=self.mouth(feature),
        )

    def embed_mouth(self, mouth_feature: Tensor) -> Tensor:
        """The mouth code [B, mouth_size] of `MotionCodes.mouth_feature` [B, feature_size]."""
        check_shape(mouth_feature, (None, self.config.feature_size), "mouth_feature")
        return self.mouth.embed(mouth_feature)

    def for_inference(self, *, winograd: bool = False) -> "MotionEncoder":
        """Itself in eval mode with its norms folded: equal within rounding, state changed.

        Args:
            winograd: for CPUs, whose library has no fast 3×3 routine; GPUs bring their own.
        """
        fold_norms(self.eval())
        if winograd:
            for unit in list(self.modules()):
                if isinstance(unit, PreActivation):
                    unit.quicken()
        return self

"""The generator: a temporal code of the whole chunk, and attributes frame by frame."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.facial.local import LocalNet
from models.facial.unet import UNet1d

N_FRAMES = 128
"""Frames of one chunk."""
_SLOPE = 0.01


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """Sizes of a generator.

    Attributes:
        n_features: Audio features per row.
        n_rows: Rows of the window around each frame.
        n_states: Attributes per frame.
        n_style: Width of the style code that is given beside the initial state; 0 for none.
        code: Width of the temporal code.
        front: Channels of the four convolutions over (time, feature).
        unet: Channels of the U-Net's levels.
        head: Channels of the convolutions between U-Net and code.
        local: Channels of the local network's convolutions.
        hidden: Width of what the local network hears.
        dropout: Share of what is heard and of the code that training hides.
    """

    n_features: int
    n_rows: int
    n_states: int
    n_style: int
    code: int
    front: tuple[int, int, int, int]
    unet: tuple[int, ...]
    head: int
    local: tuple[int, ...]
    hidden: int
    dropout: float = 0.0


PUBLISHED = GeneratorConfig(
    n_features=29,
    n_rows=16,
    n_states=71,
    n_style=0,
    code=32,
    front=(32, 128, 256, 256),
    unet=(256, 256, 512, 512, 512),
    head=256,
    local=(32, 32, 64, 64),
    hidden=32,
)
"""The published layout: DeepSpeech logits to pose 6, blink 1, expression 64."""

CONTROLS = GeneratorConfig(
    n_features=44,
    n_rows=16,
    n_states=46,
    n_style=2,
    code=16,
    front=(8, 16, 32, 32),
    unet=(32, 32, 48, 48, 48),
    head=32,
    local=(64, 64, 64, 64),
    hidden=64,
    dropout=0.3,
)
"""Ours: phone posteriors to lips 22, expression 16, blinks 2, pose 6; 25 frames a second."""


class TemporalNet(nn.Module):
    """The code of each frame from a whole chunk and from where the face was before it."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        widths = config.front
        self.front = nn.ModuleList(
            [
                nn.Conv2d(1, widths[0], 4, 2, (2, 0)),
                nn.Conv2d(widths[0], widths[1], 4, 2, (2, 0)),
                nn.Conv2d(widths[1], widths[2], 4, 1, (2, 0)),
                nn.Conv2d(widths[2], widths[3], (3, 1), 1, (1, 0)),
            ]
        )
        self.front_norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.unet = UNet1d(widths[3], config.unet)
        before = widths[3] + config.n_states + config.n_style
        self.head = nn.ModuleList(
            [nn.Conv1d(before, config.head, 3, 1, 1), nn.Conv1d(config.head, config.head, 3, 1, 1)]
        )
        self.head_norms = nn.ModuleList(nn.BatchNorm1d(config.head) for _ in range(2))
        self.code = nn.Conv1d(config.head, config.code, 3, 1, 1)

    def listen(self, rows: Tensor) -> Tensor:
        """What is heard per frame: float32 [B, T, F] → [B, C, T]."""
        heard = rows[:, None]  # [B, 1, T, F]
        for conv, norm in zip(self.front, self.front_norms, strict=True):
            heard = nn.functional.leaky_relu(norm(conv(heard)), _SLOPE)
        # time and what is left of the features share an axis, features running faster
        flat = heard.flatten(2)[..., None]  # [B, C, T'·F', 1]
        size = (rows.shape[1], 1)
        return nn.functional.interpolate(flat, size, mode="bilinear", align_corners=True)[..., 0]

    def forward(self, rows: Tensor, given: Tensor) -> Tensor:
        """The temporal code.

        Args:
            rows: float32 [B, T, F], one row of audio features per frame.
            given: float32 [B, G], initial state and style code.

        Returns:
            float32 [B, T, C].
        """
        seen = self.unet(self.listen(rows))
        seen = torch.cat([seen, given[..., None].expand(-1, -1, seen.shape[2])], 1)
        for conv, norm in zip(self.head, self.head_norms, strict=True):
            seen = nn.functional.leaky_relu(norm(conv(seen)), _SLOPE)
        code: Tensor = self.code(seen).transpose(1, 2)
        return code


class Generator(nn.Module):
    """Attributes of a chunk from its sound (FACIAL, section 3.2, equations 1 and 2)."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.temporal = TemporalNet(config)
        self.local = LocalNet(
            n_features=config.n_features,
            n_rows=config.n_rows,
            widths=config.local,
            hidden=config.hidden,
            code=config.code,
            n_states=config.n_states,
            dropout=config.dropout,
        )

    def forward(self, windows: Tensor, initial: Tensor, style: Tensor | None = None) -> Tensor:
        """One row of attributes per frame.

        Args:
            windows: float32 [B, 128, R, F], audio features around each frame.
            initial: float32 [B, S], the state before the chunk; zeros at the start of a clip.
            style: float32 [B, P], the style code of a configuration that has one.

        Returns:
            float32 [B, 128, S].
        """
        n_batch, n_frames, n_rows, n_features = windows.shape
        if (n_frames, n_rows, n_features) != (
            N_FRAMES,
            self.config.n_rows,
            self.config.n_features,
        ):
            raise ValueError(
                f"windows must be [B, {N_FRAMES}, {self.config.n_rows}, {self.config.n_features}], "
                f"not {tuple(windows.shape)}"
            )
        given = initial if style is None else torch.cat([initial, style], 1)
        code = self.temporal(windows[:, :, n_rows // 2], given)
        states: Tensor = self.local(windows.flatten(0, 1), code.flatten(0, 1))
        return states.reshape(n_batch, n_frames, -1)

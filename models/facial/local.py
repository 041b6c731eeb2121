"""The local network: what follows each sound at once, from a window around one frame."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class LocalNet(nn.Module):
    """The face attributes of single frames (FACIAL, section 3.2).

    Args:
        n_features: audio features per row of the window.
        n_rows: rows of the window.
        widths: channels of the convolutions over the rows, each of which halves them.
        hidden: width of what is heard, beside the temporal code.
        code: width of the temporal code.
        n_states: attributes.
        dropout: share of features, of what is heard and of the code that training hides.
    """

    def __init__(
        self,
        *,
        n_features: int,
        n_rows: int,
        widths: Sequence[int],
        hidden: int,
        code: int,
        n_states: int,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if n_rows != 2 ** len(widths):
            raise ValueError(f"{len(widths)} convolutions need {2 ** len(widths)} rows")
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(before, width, (3, 1), (2, 1), (1, 0)), nn.ReLU())
            for before, width in zip((n_features, *widths), widths, strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths)
        self.squeeze = nn.Linear(widths[-1], hidden)
        self.squeeze_norm = nn.BatchNorm1d(hidden)
        self.hide_features, self.hide_code = nn.Dropout2d(dropout), nn.Dropout(dropout)
        self.head = nn.Linear(hidden + code, n_states)

    def forward(self, windows: Tensor, code: Tensor) -> Tensor:
        """One row of attributes per frame.

        Args:
            windows: float32 [N, R, F], audio features.
            code: float32 [N, C], the temporal branch's code of the frame.

        Returns:
            float32 [N, S].
        """
        heard = windows.transpose(1, 2)[..., None]  # [N, F, R, 1]
        heard = self.hide_features(heard)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            heard = norm(conv(heard))
        heard = self.squeeze_norm(self.squeeze(heard.flatten(1)).tanh())
        attributes: Tensor = self.head(self.hide_code(torch.cat([heard, code], 1)))
        return attributes

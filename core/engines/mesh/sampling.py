"""Sampling of pictures and lattices at arbitrary points: cv2's remap with types that are true."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def sample(
    source: NDArray[Any],
    at: NDArray[np.float32],
    *,
    out: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Bilinear values of `source` [h, w(, c)] at `at` float32 [H, W, 2] (x, y) px.

    Points outside take the value of the nearest border pixel. Positions are rounded to 1/32 px.
    """
    return cv2.remap(  # type: ignore[call-overload,no-any-return]
        source, at, None, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE
    )


def sample_sharply(source: NDArray[np.uint8], at: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values of uint8 `source` [h, w(, c)] at `at` float32 [H, W, 2] (x, y) px.

    Lanczos' kernel: sharp between px, exact at whole ones. Points outside take the value of the
    nearest border pixel.
    """
    return cv2.remap(  # type: ignore[call-overload,no-any-return]
        source, at, None, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )

"""The stage's picture at the resolution at which a view samples it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.geometry import Geometry
from core.engines.mesh.sampling import enlarge_sharply, sample, sample_sharply
from core.engines.mesh.stage import Picture, Stage
from core.engines.mesh.viewport import Viewport

Points = NDArray[np.float64]

_TEXTURE_PER_OUTPUT: Final = 2.0
"""Bilinear sampling at two px per output px averages every px once: no aliasing, no blur."""
_FINE_ENOUGH: Final = 1.5  # px per output px from which a portrait is not enlarged
_MOST_ENLARGED: Final = 4
_MOST_PX: Final = 24e6  # memory: a larger texture is not worth it


def shrink_for(portrait: Picture, px_per_output: float) -> tuple[Picture, Points]:
    """A portrait [h, w, 3] at up to two px per output px, and how much it shrank in x and y."""
    height, width = portrait.shape[:2]
    factor = min(1.0, _TEXTURE_PER_OUTPUT / px_per_output)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return portrait, np.ones(2)
    small = cv2.resize(portrait, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.array(size) / (width, height)


def show(portrait: Picture, viewport: Viewport) -> Picture:
    """What a viewport shows of a picture at rest, uint8 RGB [H, W, 3]."""
    if viewport.shows_whole_px:
        rows = slice(int(viewport.y0), int(viewport.y0) + viewport.height)
        columns = slice(int(viewport.x0), int(viewport.x0) + viewport.width)
        return portrait[rows, columns].copy()
    if viewport.step < _FINE_ENOUGH:
        return sample_sharply(portrait, viewport.grid(np.ones(2)))
    small, shrink = shrink_for(portrait, viewport.step)
    return np.asarray(sample(small, viewport.grid(shrink)), np.uint8)


@dataclass(frozen=True, slots=True)
class Texture:
    """The stage's picture at sampling resolution.

    Attributes:
        stage: For the painters.
        shrink: Texture px per portrait px, x and y; above 1 where the portrait is enlarged.
        corner: Where the stage begins: portrait px p lies at (p + .5)·shrink − .5 − corner.
    """

    stage: Stage
    shrink: Points
    corner: Points

    @classmethod
    def of(cls, portrait: Picture, geometry: Geometry, px_per_output: float) -> "Texture":
        """Cuts the stage out of a portrait at the resolution that `px_per_output` asks for.

        Bilinear sampling between px blurs: a portrait that has too few of them is enlarged by a
        whole factor, its own px kept exactly.
        """
        x0, y0, x1, y1 = geometry.stage_px
        factor = 1
        if px_per_output < _FINE_ENOUGH:
            wanted = int(np.ceil(_TEXTURE_PER_OUTPUT / px_per_output))
            bearable = int(np.sqrt(_MOST_PX / ((x1 - x0) * (y1 - y0))))
            factor = min(wanted, bearable, _MOST_ENLARGED)
        if factor > 1:
            return cls._enlarged(portrait, geometry, factor)
        small, shrink = shrink_for(portrait, px_per_output)
        low = np.floor(np.array([x0, y0]) * shrink + 1e-9).astype(int)
        high = np.ceil(np.array([x1, y1]) * shrink - 1e-9).astype(int)
        pixels = np.ascontiguousarray(small[low[1] : high[1], low[0] : high[0]])
        return cls._cut(pixels, geometry, shrink, low.astype(np.float64))

    @classmethod
    def _enlarged(cls, portrait: Picture, geometry: Geometry, factor: int) -> "Texture":
        pixels = enlarge_sharply(portrait, geometry.stage_px, factor)
        corner = np.array(geometry.stage_px[:2], np.float64) * factor + (factor - 1) / 2
        return cls._cut(pixels, geometry, np.full(2, float(factor)), corner)

    @classmethod
    def _cut(cls, pixels: Picture, geometry: Geometry, shrink: Points, corner: Points) -> "Texture":
        placement = geometry.placement
        mean = float(shrink.mean())
        scale = placement.scale * mean
        offset = placement.offset * mean
        offset[:2] = (placement.offset[:2] + 0.5) * shrink - 0.5 - corner
        pixels.setflags(write=False)
        stage = Stage(
            texture=pixels,
            landmarks=geometry.landmarks * scale + offset,
            scale=scale,
            rotation=placement.rotation,
            translation=offset,
            depth=np.asarray(geometry.depth * scale + offset[2], np.float32),
            depth_step=geometry.lattice.step * scale,
        )
        return cls(stage, shrink, corner)

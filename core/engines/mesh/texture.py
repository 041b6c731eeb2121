"""The stage's picture at the resolution at which a view samples it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.geometry import Geometry
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import Picture, Stage
from core.engines.mesh.viewport import Viewport

Points = NDArray[np.float64]

_TEXTURE_PER_OUTPUT: Final = 2.0


def shrink_for(portrait: Picture, px_per_output: float) -> tuple[Picture, Points]:
    """A portrait [h, w, 3] at up to two px per output px, and how much it shrank in x and y.

    Bilinear sampling at two px per output px averages every px once: no aliasing, no blur.
    """
    height, width = portrait.shape[:2]
    factor = min(1.0, _TEXTURE_PER_OUTPUT / px_per_output)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return portrait, np.ones(2)
    small = cv2.resize(portrait, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.array(size) / (width, height)


def show(portrait: Picture, viewport: Viewport) -> Picture:
    """What a viewport shows of a picture at rest, uint8 RGB [H, W, 3]."""
    small, shrink = shrink_for(portrait, viewport.step)
    return np.asarray(sample(small, viewport.grid(shrink)), np.uint8)


@dataclass(frozen=True, slots=True)
class Texture:
    """The stage's picture at sampling resolution.

    Attributes:
        stage: For the painters.
        shrink: Texture px per portrait px, x and y.
        corner: Texture px of the whole shrunk portrait at which the stage begins.
    """

    stage: Stage
    shrink: Points
    corner: Points

    @classmethod
    def of(cls, portrait: Picture, geometry: Geometry, px_per_output: float) -> "Texture":
        """Cuts the stage out of a shrunk portrait (see `shrink_for`)."""
        small, shrink = shrink_for(portrait, px_per_output)
        x0, y0, x1, y1 = geometry.stage_px
        low = np.floor(np.array([x0, y0]) * shrink + 1e-9).astype(int)
        high = np.ceil(np.array([x1, y1]) * shrink - 1e-9).astype(int)
        pixels = np.ascontiguousarray(small[low[1] : high[1], low[0] : high[0]])
        pixels.setflags(write=False)
        stage = cls._stage(pixels, geometry, shrink, low)
        return cls(stage, shrink, low.astype(np.float64))

    @staticmethod
    def _stage(
        pixels: Picture, geometry: Geometry, shrink: Points, corner: NDArray[np.int_]
    ) -> Stage:
        placement = geometry.placement
        mean = float(shrink.mean())
        scale = placement.scale * mean
        offset = placement.offset * mean
        offset[:2] = (placement.offset[:2] + 0.5) * shrink - 0.5 - corner
        return Stage(
            texture=pixels,
            landmarks=geometry.landmarks * scale + offset,
            scale=scale,
            rotation=placement.rotation,
            translation=offset,
            depth=np.asarray(geometry.depth * scale + offset[2], np.float32),
            depth_step=geometry.lattice.step * scale,
        )

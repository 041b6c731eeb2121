"""Painted rows of teeth on a curved arch.

`TeethRow` holds the picture of one row, unrolled along the arch, and places it in a frame: the
arch is projected point by point, so side teeth turn and hide as the head turns. Sizes are
canonical cm after common dental averages (Wheeler's Dental Anatomy); only `mouth` uses this
module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur
from core.engines.mesh.lattice import smooth
from core.engines.mesh.mouth_plane import MouthPlane
from core.engines.mesh.mouth_tone import MouthTone
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import FloatMap, Points

_DENSITY: Final = 48.0  # texture px per cm of arch
_GUM: Final = 0.40  # cm of gum above the crowns
_ARCH_SAMPLES: Final = 25
_GUM_TONE = np.array([0.72, 0.36, 0.36])  # of the scene's white
_GAP_TONE: Final = 0.74  # darkest line between neighbours, of the tooth
_TONES = (1.0, 0.985, 0.95, 0.965, 0.94, 0.92)  # from the middle outwards


@dataclass(frozen=True, slots=True)
class RowShape:
    """One row of teeth, canonical cm; the lists run from the middle outwards.

    Attributes:
        widths, heights: Crowns.
        half_width, depth: Half axes of the elliptic arch.
        front: z of its foremost point.
        edge: y of the biting edge of the front teeth with the jaw closed.
        points_down: Whether the biting edge is the lower one.
        light: Brightness relative to the scene's white tooth.
    """

    widths: tuple[float, ...]
    heights: tuple[float, ...]
    half_width: float
    depth: float
    front: float
    edge: float
    points_down: bool
    light: float


UPPER: Final = RowShape(
    widths=(0.84, 0.66, 0.76, 0.70, 0.68, 0.95),
    heights=(1.00, 0.95, 0.98, 0.90, 0.85, 0.80),
    half_width=2.60,
    depth=3.50,
    front=-2.20,
    edge=6.98,
    points_down=True,
    light=1.0,
)
LOWER: Final = RowShape(
    widths=(0.52, 0.58, 0.68, 0.70, 0.72, 1.0),
    heights=(0.88, 0.89, 0.92, 0.86, 0.82, 0.78),
    half_width=2.40,
    depth=3.30,
    front=-1.95,
    edge=6.82,
    points_down=False,
    light=0.80,
)


class TeethRow:
    """A row of teeth of one portrait's colour."""

    def __init__(self, shape: RowShape, tone: MouthTone) -> None:
        """Paints the row in the portrait's tone."""
        self._shape = shape
        self._reach = sum(shape.widths)
        self._height = _GUM + max(shape.heights)
        gum_rgb = tone.tinted(tone.white_rgb * _GUM_TONE)
        picture = _paint(shape, self._height, tone.tooth_rgb * shape.light, gum_rgb)
        self._levels = [picture]
        for _ in range(3):
            self._levels.append(np.asarray(cv2.pyrDown(self._levels[-1]), np.float32))
        angle = np.linspace(-1.25, 1.25, _ARCH_SAMPLES)
        fine = np.linspace(-1.25, 1.25, 500)
        speed = np.hypot(shape.half_width * np.cos(fine), shape.depth * np.sin(fine))
        length = np.r_[0, np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(fine))]
        self._arc = np.interp(angle, fine, length) - length[-1] / 2
        x = shape.half_width * np.sin(angle)
        z = shape.front + shape.depth * (1 - np.cos(angle))
        sign = -1.0 if shape.points_down else 1.0
        edge = np.stack([x, np.full_like(x, shape.edge), z], 1)
        root = edge + np.array([0, sign * self._height, 0])
        self._points = np.concatenate([root, edge])

    def draw(self, plane: MouthPlane, project: Callable[[Points], Points]) -> FloatMap:
        """The row as a layer over the plane's pixels.

        Args:
            plane: The mouth's pixels and their (u, v).
            project: Canonical cm [N, 3] → frame px [N, 2].

        Returns:
            float32 [h, w, 4], colour 0..255 times coverage, and coverage 0..1.
        """
        at = plane.to_plane(project(self._points))
        root, edge = at[:_ARCH_SAMPLES], at[_ARCH_SAMPLES:]
        u = _monotone((root[:, 0] + edge[:, 0]) / 2)
        table = np.stack([self._arc, root[:, 1], edge[:, 1]], 1)
        arc, top, bottom = cv2.split(plane.look_up(u, table))
        middle = _ARCH_SAMPLES // 2
        px_per_cm = abs(edge[middle, 1] - root[middle, 1]) / self._height
        level = int(np.clip(np.round(np.log2(_DENSITY / max(px_per_cm, 1e-6))), 0, 3))
        picture = self._levels[level]
        height, width = picture.shape[:2]
        scale_x = width / (2 * self._reach)
        x = (arc + np.float32(self._reach)) * np.float32(scale_x) - np.float32(0.5)
        down = bottom - top
        down[np.abs(down) < 1e-3] = 1e-3
        y = (plane.v - top) / down * np.float32(height) - np.float32(0.5)
        layer = np.asarray(sample(picture, np.dstack([x, y]).astype(np.float32)), np.float32)
        layer[(plane.u < u[0]) | (plane.u > u[-1]) | (y > height)] = 0
        return layer


def _monotone(values: Points) -> Points:
    """Makes projected arch positions rise strictly: folded-back sides collapse to a line."""
    middle = len(values) // 2
    right = np.maximum.accumulate(values[middle:])
    left = np.minimum.accumulate(values[: middle + 1][::-1])[::-1]
    rising = np.r_[left[:-1], right]
    return np.asarray(rising + np.arange(len(values)) * 1e-4)


def _paint(shape: RowShape, height: float, tooth_rgb: Points, gum_rgb: Points) -> FloatMap:
    """Unrolled row float32 [h, w, 4], root at the top, edge at the bottom, premultiplied."""
    reach = sum(shape.widths)
    columns, rows = round(2 * reach * _DENSITY), round(height * _DENSITY)
    s = (np.arange(columns) + 0.5) / _DENSITY - reach
    t = (np.arange(rows) + 0.5)[:, None] / _DENSITY  # cm below the top of the gum
    tone = np.full((rows, columns), _GAP_TONE)
    crown = np.zeros((rows, columns))
    edge_line = np.interp(
        np.abs(s), np.cumsum(shape.widths) - np.array(shape.widths) / 2, shape.heights
    )
    body = smooth(_GUM + edge_line - 0.11 - t, -0.04, 0.04)  # neighbours touch above the edge
    start = 0.0
    for width, high, own in zip(shape.widths, shape.heights, _TONES, strict=True):
        for side in (-1, 1):
            across = (s - side * (start + width / 2)) / (width / 2)
            along = (t - _GUM) / high  # 0 at the gum, 1 at the edge
            radius = np.abs(across) ** 7 + np.clip(along, 0, 2) ** 12
            inside = np.clip((1 - radius) * width * _DENSITY * 0.12, 0, 1)
            inside *= np.abs(across) < 1.02
            round_light = 1 - 0.10 * np.abs(across) ** 3 - 0.10 * np.clip(0.35 - along, 0, 1)
            tone = np.where(inside > crown, own * round_light, tone)
            crown = np.maximum(crown, inside)
        start += width
    tooth = _GAP_TONE + (tone - _GAP_TONE) * crown
    cover = np.maximum(crown, body)
    colour = np.asarray(tooth_rgb) * tooth[..., None]
    scallop = _GUM + 0.10 * np.cos(_phase(s, shape.widths)) - 0.04
    gum = smooth(scallop - t, -0.04, 0.04)[..., None]
    colour += (gum_rgb - colour) * gum
    cover = np.maximum(cover, gum[..., 0])
    fall = 1 - 0.45 * smooth(np.abs(s) / reach, 0.30, 0.95)
    colour *= fall[None, :, None]
    layer = np.dstack([colour * cover[..., None], cover]).astype(np.float32)
    return np.asarray(blur(layer, 1.2), np.float32)


def _phase(s: Points, widths: tuple[float, ...]) -> NDArray[np.float64]:
    """Phase of the gum's scallops: 0 between teeth, π over the middle of each."""
    borders = np.r_[0, np.cumsum(widths)]
    return np.asarray(np.interp(np.abs(s), borders, np.arange(len(borders)) * 2 * np.pi))

"""The inside of a mouth that is open in the portrait: its own teeth, kept as two layers.

What lies above the darkest line of the gap rides on the skull, what lies below it on the jaw.
Built once per stage; only `mouth` uses this module.
"""

from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur
from core.engines.mesh.fill import fill_holes
from core.engines.mesh.lattice import smooth
from core.engines.mesh.mouth_plane import MouthPlane
from core.engines.mesh.mouth_tone import MouthTone
from core.engines.mesh.stage import FloatMap, Points, Stage

_OPEN: Final = 0.06  # gap over mouth width from which teeth are worth keeping
_WIDE_OPEN: Final = 0.30  # the same for whatever the gap shows
_TEETH_SHARE: Final = 0.20  # of the gap's pixels that must look like teeth
_INSET: Final = 0.018  # of the mouth's width: the rim next to the lips is lip
_HIDDEN: Final = 0.10  # of the mouth's width: how far teeth go on behind the lips
_LIP_SHADE: Final = 0.6  # how much darker they get there
_DARK: Final = 0.72  # the parting line is darker than this share of the teeth around it


class OwnMouth:
    """Layers cut from an open mouth.

    Attributes:
        has_lower: Whether something light lies below the dark of the gap.
    """

    def __init__(self, stage: Stage, upper_px: Points, lower_px: Points) -> None:
        """Cuts the layers.

        Args:
            stage: The portrait.
            upper_px: Inner contour of the upper lip at rest, dense, texture px [K, 2].
            lower_px: The same of the lower lip.
        """
        width = float(np.hypot(*(upper_px[-1] - upper_px[0])))
        centre = (upper_px[0] + upper_px[-1]) / 2
        axis = (upper_px[-1] - upper_px[0]) / max(width, 1e-6)
        both = np.r_[upper_px, lower_px]
        w, h = stage.size
        low = np.clip(np.floor(both.min(0) - 0.25 * width), 0, [w - 2, h - 2]).astype(int)
        high = np.clip(np.ceil(both.max(0) + 0.25 * width), low + 2, [w, h]).astype(int)
        plane = MouthPlane((int(low[0]), int(low[1]), int(high[0]), int(high[1])), centre, axis)
        source = stage.texture[low[1] : high[1], low[0] : high[0]].astype(np.float32)
        upper, lower = plane.to_plane(upper_px), plane.to_plane(lower_px)
        top = plane.look_up(upper[:, 0], upper[:, 1:])[..., 0]
        bottom = plane.look_up(lower[:, 0], lower[:, 1:])[..., 0]
        inside = (np.abs(plane.u) < width / 2).astype(np.float32)
        inset = _INSET * width
        core = ((plane.v > top + inset) & (plane.v < bottom - inset)) * inside
        filled = fill_holes(source, core)
        colour = np.where(core[..., None] > 0, source, filled)
        behind = np.clip((top + inset - plane.v) / (_HIDDEN * width), 0, 1)
        colour *= (1 - _LIP_SHADE * behind)[..., None]
        part = _parting_line(source.mean(-1), plane.v, top, bottom, core)
        self.has_lower = part < 0.85
        share = (plane.v - top) / np.maximum(bottom - top, 1)
        grow = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(2 * inset)) + 1,) * 2)
        near = np.asarray(cv2.dilate(core, grow), np.float32)
        hidden = max(2, round(_HIDDEN * width))
        soft = max(0.04, 1.5 / max(float((bottom - top).max()), 1))
        above = _stretch(near, hidden, up=True)
        if self.has_lower:
            above = above * smooth(share, part + soft, part - soft)
        self._upper = _premultiplied(colour, blur(above, 0.02 * width))
        below = _stretch(near, hidden, up=False) * smooth(share, part - soft, part + soft)
        self._lower = _premultiplied(colour, blur(below, 0.02 * width))
        self._corners = (
            np.array(
                [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]],
                np.float64,
            )
            - 0.5
        )

    @staticmethod
    def is_worth_keeping(stage: Stage, upper_px: Points, lower_px: Points, tone: MouthTone) -> bool:
        """Whether the gap between dense inner contours [K, 2] shows teeth, or is wide open.

        Trackers put the contours of many closed lips apart; what lies there is lip.
        """
        width = float(np.hypot(*(upper_px[-1] - upper_px[0])))
        gap = float(np.hypot(*(upper_px - lower_px).T).max())
        if gap < _OPEN * width:
            return False
        if gap > _WIDE_OPEN * width:
            return True
        mask = np.zeros(stage.texture.shape[:2], np.uint8)
        ring = np.r_[upper_px, lower_px[::-1]].round().astype(np.int32)
        cv2.fillPoly(mask, [ring], (1,))
        inside = stage.texture[mask > 0].astype(np.float32)
        if not len(inside):
            return False
        lip_saturation = float(_saturation(tone.lip_rgb))
        is_pale = (_saturation(inside) < 0.85 * lip_saturation) | (lip_saturation < 0.05)
        is_light = inside.mean(-1) > 1.1 * float(tone.lip_rgb.mean())
        return float((is_pale & is_light).mean()) > _TEETH_SHARE

    def draw_upper(self, plane: MouthPlane, project: Callable[[Points], Points]) -> FloatMap:
        """The part on the skull as a layer float32 [h, w, 4]; `project`: texture px → frame px."""
        return self._place(self._upper, plane, project)

    def draw_lower(self, plane: MouthPlane, project: Callable[[Points], Points]) -> FloatMap:
        """The part on the jaw; `project` must turn the jaw as well."""
        return self._place(self._lower, plane, project)

    def _place(
        self, layer: FloatMap, plane: MouthPlane, project: Callable[[Points], Points]
    ) -> FloatMap:
        h, w = layer.shape[:2]
        source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32) - np.float32(0.5)
        target = (project(self._corners) - plane.box[:2]).astype(np.float32)
        warp = cv2.getPerspectiveTransform(source, target)
        size = plane.u.shape[1], plane.u.shape[0]
        return np.asarray(cv2.warpPerspective(layer, warp, size), np.float32)


def _parting_line(
    grey: FloatMap, v: FloatMap, top: FloatMap, bottom: FloatMap, core: FloatMap
) -> float:
    """Share of the gap's height where upper teeth end: its darkest level, or 1 without one."""
    share = (v - top) / np.maximum(bottom - top, 1)
    levels = np.linspace(0.1, 0.9, 17)
    use = core > 0
    rows: list[float] = []
    for level in levels:
        at = use & (np.abs(share - level) < 0.05)
        rows.append(float(np.median(grey[at])) if at.sum() > 4 else np.nan)
    profile: NDArray[np.float64] = np.array(rows)
    if not np.isfinite(profile).all():
        return 1.0
    darkest = int(np.argmin(profile))
    before = profile[: darkest + 1].max()
    after = profile[darkest:].max()
    if profile[darkest] > _DARK * min(before, after):
        # one light band: teeth down to the lip, or a dark hole below them
        return 1.0 if profile[-1] > _DARK * before else float(levels[darkest])
    return float(levels[darkest])


def _saturation(rgb: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    top = rgb.max(-1)
    return np.asarray((top - rgb.min(-1)) / np.maximum(top, 1))


def _stretch(mask: FloatMap, reach: int, *, up: bool) -> FloatMap:
    """Grows a mask by `reach` px upwards or downwards only."""
    kernel = np.zeros((2 * reach + 1, 1), np.uint8)
    kernel[reach:] = 1
    return np.asarray(cv2.dilate(mask, kernel if up else kernel[::-1].copy()), np.float32)


def _premultiplied(colour: FloatMap, cover: FloatMap) -> FloatMap:
    return np.dstack([colour * cover[..., None], cover]).astype(np.float32)

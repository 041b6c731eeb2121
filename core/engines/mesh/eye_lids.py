"""The skin around one eye: how lids slide over the ball for given lid positions.

`Lids.skin` pulls the skin above and below the eye along with the lid edges by one remap of the
portrait's own pixels; `Lids.coverage` says where the ball shows. Only `eyes` uses this module.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur, light, mix, mix_evenly
from core.engines.mesh.eye_frame import EyeFrame
from core.engines.mesh.lattice import smooth
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import FloatMap, Picture

_LASHES: Final = 0.030  # of the eye's width: the rim that moves rigidly with the upper lid
_OVERLAP: Final = 0.035  # how far the closed upper lid passes the lower one
_RIGID: Final = 0.10  # share of the lid's skin, next to the lashes, that is not stretched
_CREASE_SHADE, _LID_LIGHT, _LASH_SHADE = -0.07, 0.05, -0.05
_PLAIN: Final = 0.75  # share of plain lid colour where hidden skin comes out
_OWN_LID, _SOCKET = 0.2, 0.96  # the lid's colour: its own, and the cheek's in the socket's shade
_GRAIN: Final = 14.0  # grey levels: stronger detail below the eye is no grain
_HAIR: Final = 0.07  # of the eye's width: dark structures thinner than this are lashes
_LASH_LENGTH: Final = 0.16
_LASH_BAND, _LASH_DARK = 0.045, 0.55  # of the eye's width, of the light: soft edge of closed lids
_TUFT_FROM, _TUFT_TO = (0.18, 0.32), (0.62, 0.50)  # of the eye's width, outwards from its middle
_EDGE: Final = 0.02  # softness of the lid's edge on the ball


@dataclass(frozen=True, slots=True)
class LidPose:
    """Where the lids are, each as a share of the portrait's own opening.

    Attributes:
        upper: 1 closes onto the lower lid, 0 is the portrait's own, below 0 is wider.
        lower: How far the lower lid is raised.
    """

    upper: float
    lower: float


class Lids:
    """Lid skin of one eye."""

    def __init__(self, frame: EyeFrame) -> None:
        self._frame = frame
        e = frame.width
        peak = max(frame.max_opening, 1e-6)
        profile = np.clip(frame.opening / (0.35 * peak), 0, 1)
        self._overlap: FloatMap = (profile * np.float32(_OVERLAP * e)).astype(np.float32)
        self._rim = np.float32(_LASHES * e)
        self._soft = np.float32(max(1.0, _EDGE * e))
        self._inside = (
            (frame.u > frame.ends[0]) & (frame.u < frame.ends[1]) & (frame.opening > 0)
        ).astype(np.float32)
        self._normal = frame.normal.astype(np.float32)
        self._along: FloatMap = smooth(np.abs(frame.u) / frame.width, 0.52, 0.15)
        self._bare = self._without_lashes()
        self._lash_light = self._lash_ratio()
        self._lid_colour = self._colour_of_lid()
        self._bare = self._without_corner()
        emerges = smooth(frame.v - frame.upper, -0.14 * e, 0.0)
        corners = smooth(profile, 0.0, 1.0)
        self._emerges: FloatMap = emerges * corners * np.float32(_PLAIN)

    def edges(self, pose: LidPose) -> tuple[FloatMap, FloatMap]:
        """Moved v of the upper and the lower lid edge, float32 [h, w] each."""
        frame = self._frame
        lower = frame.lower - frame.opening * np.float32(pose.lower)
        if pose.upper < 0:
            return frame.upper + frame.opening * np.float32(pose.upper), lower
        way = lower + self._overlap * np.float32(pose.upper) - frame.upper
        return frame.upper + way * np.float32(pose.upper), lower

    def skin(self, upper: FloatMap, lower: FloatMap, closed: float) -> Picture:
        """The region's skin with the lid edges at `upper` and `lower` (v), uint8 [h, w, 3]."""
        frame = self._frame
        travel = upper - frame.upper
        edge = upper + self._rim
        share = (edge - frame.v) / np.maximum(edge - frame.top, 1)
        pulled = travel * _falloff(share)
        turned = float(smooth(np.array(closed), 0.25, 0.85))
        source = mix_evenly(self._bare, frame.source, turned)
        above = self._moved(source, pulled)
        if closed > 0:
            plain = self._emerges * np.clip(travel / (0.12 * frame.width), 0, 1)
            plain *= np.clip((upper - frame.v) / (0.02 * frame.width), 0, 1)
            above = mix(self._lid_colour, above, plain)

        rise = frame.lower - lower
        share = np.clip((frame.v - lower) / np.maximum(frame.bottom - lower, 1), 0, 1)
        below = self._moved(frame.source, -rise * (1 - share * share * (3 - 2 * share)))

        weight = np.clip((frame.v - edge) / np.maximum(self._soft, 1.5) + 0.5, 0, 1)
        skin = mix(below, above, weight)
        return self._shade(skin, upper, travel)

    def coverage(self, upper: FloatMap, lower: FloatMap) -> FloatMap:
        """How much of each pixel shows the ball, float32 [h, w] 0..1."""
        v = self._frame.v
        over = np.clip((v - upper - self._rim) / self._soft + 0.5, 0, 1)
        under = np.clip((lower - np.float32(0.2) * self._rim - v) / self._soft + 0.5, 0, 1)
        return np.asarray(over * under * self._inside, np.float32)

    def shadow(self, upper: FloatMap, v: FloatMap, strength: float) -> FloatMap:
        """Factor of the ball's light at `v` under the upper lid's edge, float32 [h, w]."""
        depth = np.maximum(v - upper - np.float32(0.5) * self._rim, 0)
        fall = np.exp(depth * np.float32(-1 / (0.05 * self._frame.width)))
        return np.asarray(1 - np.float32(strength) * fall, np.float32)

    def lash(self, picture: Picture, upper: FloatMap, closed: float) -> Picture:
        """Lets the upper lashes hang over the lid's edge once it is low."""
        turned = float(smooth(np.array(closed), 0.35, 0.95))
        if turned == 0:
            return picture
        frame = self._frame
        below = frame.v - upper
        through = self._moved(self._lash_light, 2 * frame.v - upper - frame.upper)
        fade = np.clip(1 - below / (_LASH_LENGTH * frame.width), 0, 1) * (below > 0)
        gain = 1 - (1 - through) * fade * np.float32(turned)
        across = (below - np.float32(0.5) * self._rim) * np.float32(1 / (_LASH_BAND * frame.width))
        gain *= 1 - np.exp(-across * across) * self._along * np.float32(_LASH_DARK * turned)
        return light(picture, gain)

    def _without_lashes(self) -> Picture:
        """The source without thin dark hairs above the lid's edge and glints below it."""
        frame = self._frame
        size = max(3, round(_HAIR * frame.width)) | 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        closed = cv2.morphologyEx(frame.source, cv2.MORPH_CLOSE, kernel)
        bare = np.asarray(np.maximum(blur(np.asarray(closed), size / 4), frame.source), np.uint8)
        height = (frame.upper - frame.v) / frame.width
        weight = smooth(height, -0.01, 0.03) * smooth(height, 0.34, 0.20)
        bare = mix(bare, frame.source, weight)
        dull = np.asarray(cv2.morphologyEx(bare, cv2.MORPH_OPEN, kernel), np.uint8)
        return mix(dull, bare, smooth(height, 0.02, 0.0))

    def _without_corner(self) -> Picture:
        """The bare source without the dark tuft of lashes above the outer corner.

        Nothing moves there when the lid comes down, and a tuft that stays looks like an iris.
        """
        frame = self._frame
        height = (frame.upper - frame.v) / frame.width
        corner = smooth(frame.outward, 0.42, 0.50)
        weight = smooth(frame.outward, *_TUFT_FROM) * smooth(frame.outward, *_TUFT_TO)
        weight *= smooth(height + corner * np.float32(0.07), 0.0, 0.03) * smooth(height, 0.24, 0.06)
        return mix(np.maximum(self._bare, self._lid_colour), self._bare, weight)

    def _lash_ratio(self) -> FloatMap:
        """Light that the lashes let through, float32 [h, w] 0..1, 1 where there are none."""
        full = self._frame.source.astype(np.float32).mean(-1) + 8
        bare = self._bare.astype(np.float32).mean(-1) + 8
        return np.asarray(np.clip(full / bare, 0, 1), np.float32)

    def _colour_of_lid(self) -> Picture:
        """Plain skin of the lid along u, with the grain of the skin below the eye."""
        frame, e = self._frame, self._frame.width
        height = frame.upper - frame.v
        heights = np.linspace(0.05, 0.14, 7, dtype=np.float32) * np.float32(e)
        lid = np.percentile([self._moved(self._bare, h - height) for h in heights], 75, axis=0)
        depth = frame.v - frame.lower
        depths = np.linspace(0.14, 0.28, 5, dtype=np.float32) * np.float32(e)
        cheek = np.median([self._moved(frame.source, depth - d) for d in depths], 0)
        plain = (_OWN_LID * lid + (1 - _OWN_LID) * _SOCKET * cheek).astype(np.float32)
        plain = blur(plain, 0.06 * e)

        grain = frame.source.astype(np.float32) - blur(frame.source, 0.03 * e)
        mirrored = self._moved(grain, 2 * depth - np.float32(0.10 * e))
        with_grain = np.clip(plain + np.clip(mirrored, -_GRAIN, _GRAIN), 0, 255)
        return np.asarray(with_grain, np.uint8)

    def _moved(self, source: NDArray[Any], displacement: FloatMap) -> NDArray[Any]:
        """The source with its pixels moved by `displacement` px along v."""
        return sample(source, self._frame.grid - displacement[..., None] * self._normal)

    def _shade(self, skin: Picture, upper: FloatMap, travel: FloatMap) -> Picture:
        """Models the light on a lid that comes down over the round ball."""
        e = self._frame.width
        amount = np.clip(travel / (0.15 * e), 0, 1)
        if not amount.any():
            return skin
        along = (upper - self._frame.v) / np.maximum(travel, 1)
        gain = (
            _CREASE_SHADE * np.exp(-(((along - 1.05) / 0.28) ** 2))
            + _LID_LIGHT * np.exp(-(((along - 0.5) / 0.25) ** 2))
            + _LASH_SHADE * np.exp(-((along / 0.12) ** 2))
        ) * amount
        return light(skin, np.asarray(1 + gain, np.float32))


def _falloff(share: FloatMap) -> FloatMap:
    """How far skin follows the lid: 1 at the lashes, 0 at the end of the lid's skin."""
    t = np.clip((share - _RIGID) / (1 - _RIGID), 0, 1)
    return np.asarray(1 - t * t * (3 - 2 * t) * 0.55 - t * 0.45, np.float32)

"""What the portrait tells about its mouth: the colour of light, lips and teeth, and its softness.

Measured once per stage; only `mouth` and its parts use it.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur
from core.engines.mesh.eye_frame import EyeFrame
from core.engines.mesh.stage import Picture, Points, Side, Stage
from core.face import topology

_IVORY: Final = np.array([0.95, 0.91, 0.84])  # of a white surface
_PLAIN_SKIN: Final = np.array([205.0, 160.0, 138.0])  # in neutral light
_CAST: Final = 0.22  # share of skin's and sclera's colour cast that is the light's
_MORE_CAST: Final = 0.25  # added to it where the cast is strong
_WHITE_SKIN: Final = 215.0  # grey level of bright skin in full light
_SCLERA_GAIN: Final = 1.32  # teeth face the light, the white of the eye lies in shade
_CHEEKS: Final = (50, 280, 152, 205, 425)
_LEAST_LEVEL: Final = 0.82  # of what bright skin says
_LIVELY: Final = 0.12  # saturation of skin from which a picture counts as coloured
_REBLUR: Final = 1.5


@dataclass(frozen=True, slots=True)
class MouthTone:
    """Colours are float64 RGB 0..255.

    Attributes:
        light: Brightness of the scene, about 0.35 (dark) to 1.08.
        tooth_rgb: A front tooth in the portrait's light.
        white_rgb: A white surface in it.
        lip_rgb: Median of the lips' red.
        chroma: 1 in a colour picture, 0 in a grey one.
        softness_px: Standard deviation of the portrait's blur in texture px.
    """

    light: float
    tooth_rgb: Points
    white_rgb: Points
    lip_rgb: Points
    chroma: float
    softness_px: float

    def tinted(self, rgb: Points) -> Points:
        """A colour [3] as the portrait would show it: grey in a grey picture."""
        return np.asarray(rgb.mean() + (rgb - rgb.mean()) * self.chroma)


def measure_tone(stage: Stage) -> MouthTone:
    """Reads the tone off the portrait's skin, lips, eyes and edges."""
    texture, points = stage.texture, stage.landmarks[:, :2]
    lips = np.zeros(texture.shape[:2], np.uint8)
    for outer, inner in (
        (topology.UPPER_OUTER, topology.UPPER_INNER),
        (topology.LOWER_OUTER, topology.LOWER_INNER),
    ):
        ring = np.r_[points[outer], points[inner][::-1]]
        cv2.fillPoly(lips, [ring.astype(np.int32)], (1,))
    face = np.zeros_like(lips)
    cv2.fillConvexPoly(face, cv2.convexHull(points[list(_CHEEKS)].astype(np.int32)), (1,))
    skin = _pixels(texture, (face > 0) & (lips == 0))
    lip_rgb = np.median(_pixels(texture, lips > 0), 0)
    light = float(np.clip(np.percentile(skin.mean(1), 85) / _WHITE_SKIN, 0.35, 1.08))
    plain = np.median(skin, 0)
    chroma = float(np.clip((plain.max() - plain.min()) / max(plain.max(), 1) / _LIVELY, 0, 1))
    cast = (_hue(plain) / _hue(_PLAIN_SKIN)) ** chroma
    level = 255.0 * float(np.clip(0.30 + 0.65 * light, 0.35, 0.95))
    sclera = _sclera(stage)
    if sclera is not None:
        cast = cast * _hue(sclera)
        # lids and lenses may shade the eye, but they never light it
        of_eye = float(np.clip(sclera.mean() * _SCLERA_GAIN, 60, 250))
        level = max(0.45 * level + 0.55 * of_eye, _LEAST_LEVEL * level)
    cast = np.clip(cast, 0.5, 1.6)
    white = level * _hue(cast ** _light_share(cast))
    ivory = _IVORY.mean() + (_IVORY - _IVORY.mean()) * chroma
    return MouthTone(
        light=light,
        tooth_rgb=np.clip(white * ivory, 0, 238),
        white_rgb=np.clip(white, 0, 250),
        lip_rgb=lip_rgb.astype(np.float64),
        chroma=chroma,
        softness_px=measure_softness(stage),
    )


def measure_softness(stage: Stage) -> float:
    """Blur of the face's sharpest edges, as the sigma of a Gaussian in texture px.

    A second blur weakens a soft edge less than a sharp one; the ratio gives the first blur.
    """
    oval = stage.landmarks[topology.FACE_OVAL, :2]
    x0, y0 = np.maximum(oval.min(0).astype(int), 0)
    x1, y1 = oval.max(0).astype(int) + 1
    grey = cv2.cvtColor(stage.texture[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY).astype(np.float32)
    if min(grey.shape) < 16:
        return 1.0
    sharp = _slope(grey)
    soft = _slope(blur(grey, _REBLUR))
    strong = sharp >= np.percentile(sharp, 98)
    ratio = float(np.median(sharp[strong] / np.maximum(soft[strong], 1e-3)))
    return float(_REBLUR / np.sqrt(max(ratio * ratio - 1, 0.05)))


def _light_share(cast: Points) -> float:
    """How much of a colour cast is the light's: more of a strong one, as under yellow varnish."""
    strength = float(np.log(cast.max() / cast.min()))
    return _CAST + _MORE_CAST * float(np.clip((strength - 0.35) / 0.6, 0, 1))


def _hue(rgb: Points) -> Points:
    """The colour at brightness 1."""
    return np.asarray(rgb / max(float(rgb.mean()), 1e-3))


def _slope(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    dx = grey[1:-1, 2:] - grey[1:-1, :-2]
    dy = grey[2:, 1:-1] - grey[:-2, 1:-1]
    return np.asarray(np.hypot(dx, dy), np.float32)


def _pixels(texture: Picture, where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Pixels float32 [N, 3] of a mask; a mid grey where the mask is empty."""
    found = texture[where].astype(np.float32)
    return found if len(found) > 10 else np.full((1, 3), 128, np.float32)


def _sclera(stage: Stage) -> Points | None:
    """Bright white of both eyes, float64 [3], or None where lids hide it."""
    whites = []
    for side in Side:
        frame = EyeFrame(stage, side)
        rows, columns = np.indices(frame.u.shape)
        away = np.hypot(columns - frame.iris[0], rows - frame.iris[1])
        white = frame.aperture(0.03 * frame.width) & (away > 1.18 * frame.iris_radius)
        if white.sum() > 0.008 * frame.width**2:
            pixels = frame.source[white].astype(np.float64)
            grey = pixels.mean(1)
            whites.append(np.median(pixels[grey >= np.median(grey)], 0))
    return np.mean(whites, 0) if whites else None

"""The tongue: a soft dome behind the lower teeth, or put out over the lower lip.

Only `mouth` uses this module.
"""

from typing import Final

import numpy as np

from core.engines.mesh.lattice import smooth
from core.engines.mesh.mouth_plane import MouthPlane
from core.engines.mesh.mouth_tone import MouthTone
from core.engines.mesh.stage import FloatMap, Points

_COLOUR: Final = np.array([0.78, 0.42, 0.42])  # of the scene's white
_HALF_WIDTH: Final = 1.45  # cm
_RISE: Final = 0.80  # cm from the dome's base to its top
DOME: Final = np.array([[0.0, 7.35, -1.0], [_HALF_WIDTH, 7.35, -0.6], [0.0, 7.35 - _RISE, -1.2]])
"""Middle, side and top of the resting tongue on the jaw, canonical cm."""
_OUT_LENGTH: Final = 1.9  # cm beyond the lower lip at tongueOut 1
_OUT_HALF_WIDTH: Final = 1.35


def draw_dome(plane: MouthPlane, dome_px: Points, tone: MouthTone) -> FloatMap:
    """The resting tongue as a layer, float32 [h, w, 4] premultiplied.

    Args:
        plane: The mouth's pixels.
        dome_px: `DOME` in frame px, float [3, 2].
        tone: The portrait's colours.
    """
    middle, side, top = plane.to_plane(dome_px)
    wide = max(float(np.hypot(*(side - middle))), 1.0)
    high = max(float(np.hypot(*(top - middle))), 1.0)
    u = (plane.u - np.float32(middle[0])) * np.float32(1 / wide)
    v = (plane.v - np.float32(middle[1])) * np.float32(1 / high)
    above = np.minimum(v, 0)  # below its middle the dome continues straight down
    cover = np.clip((1.1 - u * u - above * above) * 1.6, 0, 1) * np.float32(0.92)
    light = 0.48 + 0.42 * smooth(v, -1.1, 0.2) - 0.10 * np.exp(-((u / 0.12) ** 2))
    return _layer(light, cover, tone)


def draw_out(
    plane: MouthPlane, root_px: Points, tip_px: Points, amount: float, tone: MouthTone
) -> FloatMap:
    """The tongue between the lips and over the lower one, float32 [h, w, 4] premultiplied.

    Args:
        plane: Pixels from the mouth to below the tongue's tip.
        root_px: Left and right edge of its root between the lips, frame px [2, 2].
        tip_px: Its tip, frame px [2].
        amount: tongueOut, 0..1.
        tone: The portrait's colours.
    """
    at = plane.to_plane(np.vstack([root_px, tip_px]))
    root, tip = (at[0] + at[1]) / 2, at[2]
    half = float(np.hypot(*(at[1] - at[0]))) / 2
    length = max(float(tip[1] - root[1]), 1.0)
    along = (plane.v - np.float32(root[1])) / np.float32(length)
    lean = np.float32(root[0]) + along * np.float32(tip[0] - root[0])
    across = (plane.u - lean) / np.float32(half)
    # sides that narrow a little, then a rounded tip
    across *= 1 + np.float32(0.14) * np.clip(along, 0, 1)
    rounding = np.clip((along * length - (length - half)) / half, 0, 1)
    edge = np.sqrt(np.maximum(1 - rounding * rounding, 0)) - np.abs(across)
    cover = np.clip(edge * half * 0.6 + 0.5, 0, 1) * (along < 1)
    cover *= smooth(along, -0.30, 0.10)  # its back is lost in the dark
    cover *= np.float32(smooth(np.array(amount), 0.0, 0.15))
    bend = np.sqrt(np.clip(1 - across * across, 0, 1))
    light = (0.66 + 0.32 * bend) * (0.84 + 0.16 * smooth(along, 0.0, 0.6))
    light *= 1 - 0.16 * np.exp(-((across / 0.10) ** 2)) * smooth(along, 0.95, 0.6)
    light *= 1 - 0.30 * smooth(rounding, 0.55, 1.0)
    light += 0.10 * np.exp(-(((np.abs(across) - 0.35) / 0.18) ** 2) - ((along - 0.5) / 0.2) ** 2)
    return _layer(light, cover, tone)


def out_points(amount: float) -> tuple[Points, Points]:
    """Root [2, 3] and tip [1, 3] of the tongue put out, canonical cm on the closed jaw."""
    grown = 0.75 + 0.25 * amount
    root = np.array([[-_OUT_HALF_WIDTH * grown, 6.62, -2.6], [_OUT_HALF_WIDTH * grown, 6.62, -2.6]])
    tip = np.array([[0.0, 6.9 + _OUT_LENGTH * amount, -3.4]])
    return root, tip


def _layer(light: FloatMap, cover: FloatMap, tone: MouthTone) -> FloatMap:
    own = tone.tinted(_COLOUR * tone.white_rgb)
    rgb = (0.5 * own + 0.5 * tone.lip_rgb).astype(np.float32)
    colour = light[..., None] * rgb
    return np.dstack([colour * cover[..., None], cover]).astype(np.float32)

"""Eyes of the mesh engine: blink, gaze, squint and wide, painted into the texture.

The layers of an eye, back to front: the ball with its completed iris, then the skin of the lids.
Gaze of 1.0 is 40° to the side, 30° down and 25° up, on top of the portrait's own.
"""

from dataclasses import dataclass

import numpy as np

from core.base.controls import INDEX
from core.engines.mesh.blend import light, mix, mix_evenly
from core.engines.mesh.easing import eased
from core.engines.mesh.eye_ball import BALL_RADIUS, Eyeball
from core.engines.mesh.eye_frame import EyeFrame
from core.engines.mesh.eye_lids import LidPose, Lids
from core.engines.mesh.glasses import Glasses
from core.engines.mesh.lattice import smooth
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import Controls, FloatMap, Picture, Side, Stage
from core.face.lid_rig import LOOK_DOWN_DEG, LOOK_SIDE_DEG, LOOK_UP_DEG

_NAMES = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_LID_FOLLOWS_DOWN, _LID_FOLLOWS_UP = 0.60, 0.40
_LOWER_FOLLOWS_DOWN = -0.30
_FOLLOWED = 0.30  # of the eye's width: way of the iris for which the lids go that far
_DOWN_WAY = 0.80  # the lids hide the rest of the iris's way down
_SQUINT_UPPER, _SQUINT_LOWER = 0.22, 0.28
_WIDE_UPPER, _WIDE_LOWER = -0.24, -0.06
_BLINK_LOWER = 0.10
# Way of the lids for a coefficient, so that the openness that a tracker sees falls linearly.
_BLINK_CURVE = (
    (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0),
    (0.0, 0.2, 0.41, 0.6, 0.67, 0.75, 0.85, 1.0),
)
_SHADOW = 0.35  # of the ball's light right under the upper lid
_SEES = (0.09, 0.16)  # opening over width from which a portrait's eye shows where it looks
_FARTHEST_ASIDE = 0.36  # of the eye's width: the iris's centre comes no nearer to a corner
_CLEAR = 0.2  # of the iris's radius: its centre stays that far below the upper lid
_LEAST_WAY = 0.25  # of the radius that an iris can go in any case
_KEPT = 0.6  # of the way to a limit goes unhindered
_OWN_PIXELS = (0.012, 0.05)  # gaze shift over which the drawn ball replaces the photographed one


@dataclass(frozen=True, slots=True)
class _Coefficients:
    """The seven controls of one eye, 0..1."""

    blink: float
    down: float
    look_in: float
    look_out: float
    up: float
    squint: float
    wide: float


class Eye:
    """Repaints one eye of a stage's texture.

    Attributes:
        region: x0, y0, x1, y1 of the only part of the texture that `paint` writes to.
    """

    def __init__(self, stage: Stage, side: Side, glasses: Glasses | None = None) -> None:
        self._frame = EyeFrame(stage, side, has_glasses=glasses is not None)
        self._glasses = None if glasses is None else glasses.within(self._frame.region)
        self._ball = Eyeball(self._frame)
        self._lids = Lids(self._frame)
        self._iris_uv = self._frame.to_eye(self._ball.iris)
        opening = self._frame.max_opening / self._frame.width
        self._sight = float(smooth(np.array(opening), *_SEES))
        self._outwards = 1.0 if side is Side.LEFT else -1.0
        self._indices = [INDEX[f"eye{name}{side.value.capitalize()}"] for name in _NAMES]
        self.region = self._frame.region
        self._target: Picture | None = None
        self._painted: tuple[float, ...] = ()

    @property
    def sclera_rgb(self) -> FloatMap | None:
        """Bright white of the eye, float32 [3], or None where too little was visible."""
        if not self._ball.has_sclera:
            return None
        return np.asarray(self._ball.sclera_rgb, np.float32)

    def paint(self, target: Picture, controls: Controls) -> bool:
        """Draws the eye as `controls` say into `region` of `target` (see `EyePainter`)."""
        values = tuple(float(controls[i]) for i in self._indices)
        if target is self._target and values == self._painted:
            return False
        self._target, self._painted = target, values
        x0, y0, x1, y1 = self.region
        if any(values):
            drawn = self._render(_Coefficients(*values))
            if self._glasses is not None:
                drawn = mix(self._frame.source, drawn, self._glasses)
            target[y0:y1, x0:x1] = drawn
        else:
            target[y0:y1, x0:x1] = self._frame.source
        return True

    def _render(self, c: _Coefficients) -> Picture:
        """The region's pixels, uint8 [h, w, 3]."""
        frame = self._frame
        shift = self._gaze_shift(c)
        pose = self._lid_pose(c, shift[1])
        upper, lower = self._lids.edges(pose)
        out = self._lids.skin(upper, lower, pose.upper)
        show = self._lids.coverage(upper, lower)
        window = _window(show)
        if window is None:
            return self._lids.lash(out, upper, pose.upper)
        ball = self._gazing_ball(shift, pose, window)
        drop = min(max(pose.upper, 0.0) * 3, 1.0)
        if drop > 0:
            shade = self._lids.shadow(upper[window], frame.v[window], float(_SHADOW * drop))
            ball = light(ball, shade)
        out[window] = mix(ball, out[window], show[window])
        return self._lids.lash(out, upper, pose.upper)

    def _gaze_shift(self, c: _Coefficients) -> tuple[float, float]:
        """The iris's way in eye coordinates (u, v), px."""
        radius = BALL_RADIUS * self._ball.radius
        side = np.deg2rad(LOOK_SIDE_DEG * (c.look_out - c.look_in) * self._outwards)
        tilt = np.deg2rad(LOOK_DOWN_DEG * _DOWN_WAY * c.down - LOOK_UP_DEG * c.up)
        reach = radius * self._sight
        return self._within_lids(float(reach * np.sin(side)), float(reach * np.sin(tilt)))

    def _within_lids(self, aside: float, drop: float) -> tuple[float, float]:
        """The same way, but eased where the iris would leave the eye at a corner or upwards."""
        frame, radius = self._frame, self._ball.radius
        u, v = self._iris_uv
        farthest = _FARTHEST_ASIDE * frame.width - u * np.sign(aside)
        aside = eased(aside, max(float(farthest), _LEAST_WAY * radius), _KEPT)
        if drop >= 0:
            return aside, drop
        lid, opening = frame.lid_at(u + aside)
        # the lid gives way to an iris that rises
        given = _LID_FOLLOWS_UP * min(opening / (_FOLLOWED * frame.width), 1.5)
        gap = (v - lid - _CLEAR * radius) / (1 - given)
        return aside, eased(drop, max(gap, _LEAST_WAY * radius), _KEPT)

    def _lid_pose(self, c: _Coefficients, drop_px: float) -> LidPose:
        """Lid positions; a blink closes whatever the other controls leave open."""
        follow = float(np.clip(drop_px / (_FOLLOWED * self._frame.width), -1, 1))
        blink = float(np.interp(c.blink, *_BLINK_CURVE))
        upper = max(follow, 0) * _LID_FOLLOWS_DOWN + min(follow, 0) * _LID_FOLLOWS_UP
        upper += c.squint * _SQUINT_UPPER + c.wide * _WIDE_UPPER * self._sight
        lower = (
            c.squint * _SQUINT_LOWER + c.wide * _WIDE_LOWER + max(follow, 0) * _LOWER_FOLLOWS_DOWN
        )
        return LidPose(
            upper=blink + (1 - blink) * upper,
            lower=_BLINK_LOWER * blink + (1 - blink) * lower,
        )

    def _gazing_ball(
        self, shift: tuple[float, float], pose: LidPose, window: tuple[slice, slice]
    ) -> Picture:
        """The ball in the window: photographed pixels near the rest, drawn ones beyond it."""
        frame = self._frame
        length = float(np.hypot(*shift)) / frame.width
        drawn = float(smooth(np.array(length), *_OWN_PIXELS))
        drawn = max(drawn, float(smooth(np.array(-pose.upper), 0.0, 0.08)))
        xy = frame.axis * shift[0] + frame.normal * shift[1]
        own: Picture = frame.source[window]
        if drawn < 1 and length > 0:
            rows, columns = window
            away = frame.grid[window] - self._ball.iris.astype(np.float32)
            distance = np.sqrt((away * away).sum(-1)) * np.float32(1 / self._ball.radius)
            weight = smooth(distance, 2.0, 1.0)[..., None]
            at = frame.grid[rows, columns] - weight * xy.astype(np.float32)
            own = sample(frame.source, at)
        if drawn == 0:
            return np.ascontiguousarray(own)
        ball = self._ball.draw((float(xy[0]), float(xy[1])), window)
        return mix_evenly(ball, own, drawn)


def _window(show: FloatMap) -> tuple[slice, slice] | None:
    """Rows and columns that hold everything above 0, or None."""
    rows = np.flatnonzero(show.any(1))
    if not len(rows):
        return None
    columns = np.flatnonzero(show.any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)

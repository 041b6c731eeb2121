"""The eyeball of a portrait: completed sclera, completed iris and a highlight that lags behind.

Built once per eye from the pixels between its lids; `Eyeball.draw` gives the ball with the iris
turned, as if no lid covered it. Only `eyes` uses this module.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import blur
from core.engines.mesh.eye_frame import EyeFrame
from core.engines.mesh.fill import fill_holes
from core.engines.mesh.iris_fit import fit_iris
from core.engines.mesh.lattice import smooth
from core.engines.mesh.stage import FloatMap, Picture

BALL_RADIUS: Final = 2.05
"""Radius of the eyeball in iris radii (12 mm and 5.85 mm)."""
_HIGHLIGHT_LAG = 0.5  # of the iris's way: a reflection stays nearer to the lamp
_HIGHLIGHT_STEP = 38.0  # grey levels above the iris that make a reflection
_INSET = 0.030  # of the eye's width: lashes and lid rims are not eyeball
_MIN_SCLERA = 0.008  # of the squared eye width: fewer visible pixels are no sample
_IRIS_EDGE = 0.14  # of the iris radius: softness of the limbus


class Eyeball:
    """Sclera, iris and highlight of one eye.

    Attributes:
        iris, radius: The iris's circle in region px, fitted to the pixels.
        sclera_rgb: float64 [3], the bright part of the white of the eye.
        has_sclera: Whether enough of it was visible to measure.
    """

    def __init__(self, frame: EyeFrame) -> None:
        self._frame = frame
        picture = frame.source.astype(np.float32)
        aperture = frame.aperture(frame.width * _INSET)
        self.iris, self.radius = fit_iris(frame.source, aperture, frame.iris, frame.iris_radius)
        rows = np.arange(frame.u.shape[0], dtype=np.float32)[:, None]
        columns = np.arange(frame.u.shape[1], dtype=np.float32)[None]
        distance = np.hypot(columns - self.iris[0], rows - self.iris[1]).astype(np.float32)
        self._complete_sclera(picture, aperture, distance)
        self._complete_iris(picture, aperture)

    def _complete_sclera(
        self, picture: FloatMap, aperture: NDArray[np.bool_], distance: FloatMap
    ) -> None:
        """The white of the eye over the whole region, real where it was visible."""
        frame, e = self._frame, self._frame.width
        visible = aperture & (distance > self.radius * 1.18)
        grey = picture.mean(-1)
        self.has_sclera = bool(visible.sum() > e * e * _MIN_SCLERA)
        if not self.has_sclera:
            below = (frame.v > frame.lower + 0.05 * e) & (frame.v < frame.lower + 0.2 * e)
            skin = np.median(picture[below], 0) if below.any() else picture.mean((0, 1))
            self.sclera_rgb = skin * 0.55 + np.array([210.0, 205.0, 200.0]) * 0.45
            self._sclera = np.broadcast_to(self.sclera_rgb, picture.shape).astype(np.uint8)
            return
        bright = visible & (grey >= np.percentile(grey[visible], 25))
        self.sclera_rgb = np.median(
            picture[visible & (grey >= np.percentile(grey[visible], 50))], 0
        ).astype(np.float64)
        filled = fill_holes(picture, bright.astype(np.float32))
        filled = blur(filled, e * 0.03)
        filled = filled * 0.85 + self.sclera_rgb.astype(np.float32) * 0.15
        filled *= self._hollow()[..., None]
        real = (aperture & (distance > self.radius * 1.22)).astype(np.float32)
        real = blur(np.asarray(cv2.erode(real, np.ones((3, 3), np.uint8))), e * 0.02)
        weight = np.minimum(real, 1.0)[..., None]
        self._sclera = np.clip(filled * (1 - weight) + picture * weight, 0, 255).astype(np.uint8)

    def _hollow(self) -> FloatMap:
        """Light that reaches the ball between the portrait's lids, float32 [h, w] 0..1."""
        frame, e = self._frame, self._frame.width
        under = np.exp(-np.maximum(frame.v - frame.upper, 0) / (0.09 * e))
        over = np.exp(-np.maximum(frame.lower - frame.v, 0) / (0.06 * e))
        corner = smooth(np.abs(frame.u) / (0.5 * e), 0.45, 1.0)
        return np.asarray(0.95 - 0.38 * under - 0.14 * over - 0.16 * corner, np.float32)

    def _complete_iris(self, picture: FloatMap, aperture: NDArray[np.bool_]) -> None:
        """The whole iris disc: hidden parts come from its mirror images, then from its rings."""
        r = self.radius
        reach = int(np.ceil(r * 1.25))
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
        ring = np.hypot(x, y)
        at = np.stack([x + self.iris[0], y + self.iris[1]], -1).astype(np.float32)
        disc = cv2.remap(picture, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
        seen = cv2.remap(aperture.astype(np.float32), at, None, cv2.INTER_LINEAR) > 0.99  # type: ignore[call-overload]
        profile = _ring_medians(disc, seen & (ring < r * 0.97), ring)
        plain = profile[np.minimum(ring.astype(int), len(profile) - 1)]

        excess = disc.mean(-1) - plain.mean(-1) - _HIGHLIGHT_STEP
        spot = np.clip(excess / 30, 0, 1) * smooth(ring / r, 0.75, 0.5) * seen
        spot = cv2.GaussianBlur(cv2.dilate(spot, np.ones((3, 3))), (0, 0), 0.8)
        self._highlight = (np.maximum(disc - plain, 0) * spot[..., None]).astype(np.float32)
        clean = disc + (plain - disc) * spot[..., None]

        usable = seen & (spot < 0.3)
        complete, missing = clean.copy(), ~usable
        for flip in (np.s_[::-1], np.s_[::-1, ::-1], np.s_[:, ::-1]):
            take = missing & usable[flip]
            complete[take] = clean[flip][take]
            missing &= ~take
        complete[missing] = plain[missing]
        keep = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), max(r * 0.06, 0.3))
        keep = np.minimum(keep, seen)[..., None]
        soft = cv2.GaussianBlur(complete, (0, 0), max(0.5, r * 0.05))
        colour = np.clip(clean * keep + soft * (1 - keep), 0, 255)
        alpha = np.clip((r * 1.02 - ring) / (r * _IRIS_EDGE) + 0.5, 0, 1) * 255
        self._iris: Picture = np.dstack([colour, alpha]).astype(np.uint8)
        self._reach = reach

    def draw(self, shift: tuple[float, float], window: tuple[slice, slice]) -> Picture:
        """The ball with its iris `shift` px (x, y) away from where the portrait has it.

        Args:
            shift: Texture px; the iris is foreshortened as on a sphere.
            window: Rows and columns of the region to draw.

        Returns:
            uint8 [h, w, 3] of the window.
        """
        rows, columns = window
        ball = self._sclera[rows, columns].astype(np.float32)
        size = ball.shape[1], ball.shape[0]
        origin = np.array([columns.start, rows.start], np.float64)
        turned = self._placement(shift, origin)
        layer = cv2.warpAffine(self._iris, turned, size, flags=cv2.INTER_LINEAR)
        alpha = layer[..., 3:].astype(np.float32) * np.float32(1 / 255)
        ball += (layer[..., :3] - ball) * alpha
        if self._highlight.any():
            lag = (shift[0] * _HIGHLIGHT_LAG, shift[1] * _HIGHLIGHT_LAG)
            move = self._placement(lag, origin, is_flat=True)
            # only the cornea mirrors the lamp
            ball += cv2.warpAffine(self._highlight, move, size, flags=cv2.INTER_LINEAR) * alpha
        return np.clip(ball, 0, 255, out=ball).astype(np.uint8)

    def _placement(
        self, shift: tuple[float, float], origin: NDArray[np.float64], *, is_flat: bool = False
    ) -> NDArray[np.float64]:
        """Affine map [2, 3] of the iris picture's px to the window's px."""
        move = np.array(shift, np.float64)
        linear = np.eye(2)
        length = float(np.hypot(*move))
        if length > 1e-6 and not is_flat:
            sine = min(length / (BALL_RADIUS * self.radius), 0.9)
            along = move / length
            linear += (np.sqrt(1 - sine * sine) - 1) * np.outer(along, along)
        centre = self.iris + move - origin
        return np.asarray(np.c_[linear, centre - linear @ np.full(2, float(self._reach))])


def _ring_medians(disc: FloatMap, seen: NDArray[np.bool_], ring: FloatMap) -> FloatMap:
    """Median colour [n, 3] of each one-px ring of the disc, carried outwards where unseen."""
    index = ring.astype(int)
    last = np.median(disc[seen], 0) if seen.sum() > 5 else np.median(disc.reshape(-1, 3), 0) * 0.5
    rows = []
    for radius in range(int(index.max()) + 1):
        at = seen & (index == radius)
        if at.sum() > 3:
            last = np.median(disc[at], 0)
        rows.append(last)
    profile = np.array(rows, np.float32)[:, None]
    return np.asarray(cv2.GaussianBlur(profile, (1, 5), 0)[:, 0], np.float32)

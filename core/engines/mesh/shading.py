"""Light on moving skin: folds that come with smile, brow and jaw, and relighting as the head turns.

Everything is a factor of brightness on the face lattice in source space, so that it is warped
with the skin. Folds are hand-drawn maps, scaled by the controls. The portrait's light is fitted
as `ambient + direction · normal` over its skin (Lambert's law); a turned head gets the light that
this fit predicts, in part.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX, N_CONTROLS
from core.engines.mesh.blend import blur
from core.engines.mesh.lattice import smooth
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import Controls, FloatMap, Points, Stage
from core.face import topology
from core.face.pose import rotation_from_pose

_RELIGHT: Final = 0.55  # share of the predicted change of light
_RELIGHT_LIMIT: Final = 0.16
_MAX_SLANT: Final = 0.7  # of the light that may come from one direction
_DARKEST: Final = 0.35  # of the mean light: what divides the predicted change at least
_EDGE: Final = 0.9  # cm inside the face's outline over which shading fades out
_FOLDS = {
    "Right": ((129, 203, 206, 216, 212), (216, 212, 202), (61,)),
    "Left": ((358, 423, 426, 436, 432), (436, 432, 422), (291,)),
}
"""Landmarks along the fold from nose to mouth, of the line below the corner, and the corner."""
_UNDER_EYE = {"Right": (111, 117, 118, 119, 120), "Left": (340, 346, 347, 348, 349)}


@dataclass(frozen=True, slots=True)
class _Crease:
    """One map float32 [g, g'] of relative brightness and the controls that bring it out."""

    gain: FloatMap
    drivers: dict[str, float]


class Shading:
    """The gain of one stage's face."""

    def __init__(self, stage: Stage, lattice: FloatMap) -> None:
        """Draws the maps; `lattice` is float32 [g, g', 2], texture px of the lattice's points."""
        self._shape = lattice.shape[:2]
        flat = lattice.reshape(-1, 2).astype(np.float64)
        depth = stage.depth_at(flat)
        tone, skin_level = _luminance(stage, lattice)
        face = _face_mask(stage, lattice)
        drawing = _Drawing(stage, lattice, stage.to_canonical(np.c_[flat, depth]))
        creases = _creases(drawing)
        strength = np.float32(0.65 + 0.35 * np.clip(skin_level / 170, 0, 1))
        self._maps = [c.gain * face * strength for c in creases]
        self._drivers = np.zeros((N_CONTROLS, len(creases)), np.float32)
        for i, crease in enumerate(creases):
            for name, share in crease.drivers.items():
                self._drivers[INDEX[name], i] = share
        self._fit_light(tone, _normals(lattice, depth.reshape(self._shape)), face)

    def gain(self, controls: Controls) -> FloatMap | None:
        """Factor of brightness float32 [g, g'] (see `ShadingPainter`)."""
        weights = np.minimum(controls @ self._drivers, 1.2)
        yaw, pitch, roll = (float(controls[INDEX[n]]) for n in ("yaw", "pitch", "roll"))
        if not weights.any() and not (yaw or pitch or roll):
            return None
        gain = np.ones(self._shape, np.float32)
        for i in np.flatnonzero(weights):  # one by one: a matrix product would wake threads
            gain += np.float32(weights[i]) * self._maps[i]
        if yaw or pitch or roll:
            turned = np.asarray(rotation_from_pose(yaw, pitch, roll)).T @ self._light
            away = (turned - self._light)[None]
            change = np.asarray(cv2.transform(self._facing, away), np.float32)
            limit = np.float32(_RELIGHT_LIMIT)
            gain += self._lit * (limit * np.tanh(change / limit))
        return gain

    def _fit_light(self, tone: FloatMap, normals: FloatMap, face: FloatMap) -> None:
        """Least squares of the skin's brightness over the normals, outliers trimmed."""
        use = (face > 0.5).ravel()
        facing, level = normals.reshape(-1, 3), tone.ravel()
        system = np.c_[np.ones(len(facing)), facing]
        light = np.zeros(4)
        light[0] = float(level[use].mean()) if use.any() else 1.0
        for _ in range(3):
            if use.sum() < 50:
                break
            normal = system[use].T @ system[use] + np.diag([0, 1, 1, 1]) * 0.02 * use.sum()
            light = np.linalg.solve(normal, system[use].T @ level[use])
            error = np.abs(system @ light - level)
            use &= error <= 2.0 * np.median(error[use]) + 1e-6
        mean = max(float(level[use].mean()) if use.any() else 1.0, 1e-3)
        direction = light[1:] / mean
        slant = float(np.linalg.norm(direction))
        self._light = direction * min(1.0, _MAX_SLANT / max(slant, 1e-6))
        predicted = np.maximum((system @ light) / mean, _DARKEST)
        self._facing = (facing / predicted[:, None]).reshape(*self._shape, 3).astype(np.float32)
        self._lit = face * np.float32(_RELIGHT)


class _Drawing:
    """Brush strokes on the lattice; lengths in cm."""

    def __init__(self, stage: Stage, lattice: FloatMap, canonical: Points) -> None:
        self._shape = lattice.shape[:2]
        self._cm = (lattice / np.float32(stage.scale)).astype(np.float32)
        self._marks = stage.landmarks[:, :2] / stage.scale
        self.x = canonical[:, 0].reshape(self._shape).astype(np.float32)
        self.y = canonical[:, 1].reshape(self._shape).astype(np.float32)

    def line(self, marks: tuple[int, ...], width: float, *, shift: float = 0.0) -> FloatMap:
        """A soft stroke along landmarks, its ends faded; `shift` moves it away from the nose."""
        path = self._marks[list(marks)].copy()
        away = np.sign(path[:, :1].mean() - self._marks[1, 0])
        path[:, 0] += away * shift
        path[:, 1] -= 0.6 * shift
        dense = np.stack(
            [np.interp(np.linspace(0, len(path) - 1, 24), range(len(path)), c) for c in path.T], 1
        ).astype(np.float32)
        fade = np.sin(np.pi * np.linspace(0.12, 0.92, 24)).astype(np.float32)
        best = np.zeros(self._shape, np.float32)
        spread = np.float32(2 * width * width)
        for (x, y), weight in zip(dense, fade, strict=True):
            along = np.exp(-((self._cm[0, :, 0] - x) ** 2) / spread)
            down = np.exp(-((self._cm[:, 0, 1] - y) ** 2) / spread)
            np.maximum(best, np.outer(weight * down, along), out=best)
        return best

    def spot(self, x: float, y: float, width: float, height: float) -> FloatMap:
        """A soft ellipse at canonical (x, y)."""
        return np.asarray(
            np.exp(-(((self.x - x) / width) ** 2) - ((self.y - y) / height) ** 2), np.float32
        )

    def ripples(self, y0: float, y1: float, period: float) -> FloatMap:
        """Horizontal forehead lines between two heights, −1..0.4: thin dark, wide light."""
        phase = 2 * np.pi * (self.y - 0.015 * self.x**2 - y0) / period
        wave = 0.4 - 1.4 * np.exp(2.5 * (np.cos(phase) - 1))
        window = smooth(self.y, y0 - 0.3, y0 + 0.5) * smooth(self.y, y1 + 0.3, y1 - 0.5)
        return np.asarray(wave * window, np.float32)


def _creases(draw: _Drawing) -> list[_Crease]:
    """All folds; amounts were set by eye on photographs and paintings."""
    creases = []
    for side, sign in (("Right", -1.0), ("Left", 1.0)):
        fold, below, corner = _FOLDS[side]
        crease = -0.085 * draw.line(fold, 0.27) + 0.05 * draw.line(fold, 0.45, shift=0.60)
        smile = {
            f"mouthSmile{side}": 1.0,
            f"noseSneer{side}": 0.6,
            f"cheekSquint{side}": 0.3,
            f"mouthUpperUp{side}": 0.25,
            f"mouthStretch{side}": 0.2,
        }
        creases.append(_Crease(crease, smile))
        dimple = -0.08 * draw.line(corner, 0.30, shift=0.35)
        creases.append(
            _Crease(
                dimple,
                {f"mouthSmile{side}": 0.7, f"mouthDimple{side}": 1.0, f"mouthPress{side}": 0.5},
            )
        )
        apple = 0.06 * draw.spot(sign * 3.7, 3.3, 1.2, 1.0)
        creases.append(_Crease(apple, {f"mouthSmile{side}": 0.8, f"cheekSquint{side}": 0.8}))
        pouch = -0.06 * draw.line(_UNDER_EYE[side], 0.22)
        creases.append(
            _Crease(
                pouch,
                {f"cheekSquint{side}": 1.0, f"eyeSquint{side}": 0.7, f"mouthSmile{side}": 0.35},
            )
        )
        line = -0.10 * draw.line(below, 0.28)
        creases.append(_Crease(line, {f"mouthFrown{side}": 1.0, f"mouthStretch{side}": 0.4}))
        hollow = -0.05 * draw.spot(sign * 4.7, 7.2, 1.2, 2.0)
        creases.append(_Crease(hollow, {"jawOpen": 1.0, "mouthPucker": 0.6, "mouthFunnel": 0.4}))
        ball = 0.07 * draw.spot(sign * 4.0, 6.4, 1.2, 1.4)
        creases.append(_Crease(ball, {"cheekPuff": 1.0}))
        furrow = -0.11 * draw.spot(sign * 0.5, -1.7, 0.22, 0.9)
        creases.append(_Crease(furrow, {f"browDown{side}": 1.0, f"noseSneer{side}": 0.3}))
        temple = 0.038 * draw.ripples(-5.0, -2.8, 0.72) * smooth(sign * draw.x, 0.8, 2.6)
        creases.append(_Crease(temple, {f"browOuterUp{side}": 1.0}))
    middle = 0.042 * draw.ripples(-5.0, -2.8, 0.72) * smooth(np.abs(draw.x), 3.0, 1.2)
    creases.append(_Crease(middle, {"browInnerUp": 1.0}))
    chin = -0.06 * draw.spot(0, 8.35, 1.3, 0.28)
    creases.append(
        _Crease(chin, {"mouthShrugLower": 1.0, "mouthRollLower": 0.5, "mouthPucker": 0.4})
    )
    return creases


def _face_mask(stage: Stage, lattice: FloatMap) -> FloatMap:
    """1 well inside the face's outline, 0 outside it and at the lattice's border."""
    origin, far = lattice[0, 0], lattice[-1, -1]
    rows, columns = lattice.shape[:2]
    span = np.maximum(far - origin, 1e-3)
    oval = (stage.landmarks[topology.FACE_OVAL, :2] - origin) / span * [columns - 1, rows - 1]
    mask = np.zeros((rows, columns), np.uint8)
    cv2.fillPoly(mask, [np.round(oval).astype(np.int32)], (1,))
    mask[[0, -1]] = 0
    mask[:, [0, -1]] = 0
    step = float(span[0]) / max(columns - 1, 1) / stage.scale
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5) * step
    return smooth(np.asarray(distance, np.float32), 0.0, _EDGE)


def _luminance(stage: Stage, lattice: FloatMap) -> tuple[FloatMap, float]:
    """Blurred grey level at the lattice's points, and the face's median."""
    grey = cv2.cvtColor(stage.texture, cv2.COLOR_RGB2GRAY)
    soft = blur(grey, 0.15 * stage.scale)
    levels = np.asarray(sample(soft, lattice), np.float32)
    return levels, float(np.median(levels))


def _normals(lattice: FloatMap, depth: Points) -> FloatMap:
    """Unit normals towards the camera float32 [g, g', 3] of the smoothed relief."""
    z = blur(depth.astype(np.float32), 2.0)
    across = np.maximum(np.gradient(lattice[..., 0], axis=1), 1e-3)
    down = np.maximum(np.gradient(lattice[..., 1], axis=0), 1e-3)
    slope_x, slope_y = np.gradient(z, axis=1) / across, np.gradient(z, axis=0) / down
    normals: NDArray[np.float32] = np.dstack([slope_x, slope_y, -np.ones_like(z)])
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True), np.float32)

"""The mouth of the mesh engine: cavity, tongue and teeth between the deformed lips.

Layers, back to front: cavity, tongue, lower teeth (on the jaw), upper teeth (on the skull), or
the portrait's own teeth; then the shadows of the lips. `Mouth.draw` runs once per frame.
"""

from typing import Final

import numpy as np

from core.base.controls import INDEX
from core.engines.mesh.blend import blur
from core.engines.mesh.lattice import smooth
from core.engines.mesh.mouth_plane import MouthPlane
from core.engines.mesh.mouth_tone import measure_tone
from core.engines.mesh.own_mouth import OwnMouth
from core.engines.mesh.stage import Controls, FloatMap, Picture, Points, PoseFunction, Stage
from core.engines.mesh.teeth import LOWER, UPPER, TeethRow
from core.engines.mesh.tongue import DOME, draw_dome, draw_out, out_points
from core.face import topology
from core.face.canonical import CANONICAL
from core.face.mouth_rig import JAW_HINGE, jaw_rotation

_DENSE: Final = 48  # points along each lip
_RELIEF: Final = 1.2  # the moved surface's relief, relative to the tracked one
_CAVITY = np.array([34.0, 14.0, 16.0])
_JAW_SIDE: Final = 0.7  # cm at jawLeft or jawRight 1
_JAW_FORWARD: Final = 0.6  # cm
_APPEARS = (0.003, 0.012)  # lip movement over mouth width that brings the drawing in
_SHARP: Final = 0.8  # px: softer portraits get softer teeth
_UPPER_SHADOW, _LOWER_SHADOW = 0.48, 0.28


class Mouth:
    """Draws the inside of one stage's mouth."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._tone = measure_tone(stage)
        points = stage.landmarks
        upper, lower = points[topology.UPPER_INNER], points[topology.LOWER_INNER]
        self._spline = _spline_matrix(upper[:, :2])
        dense_upper, dense_lower = self._spline @ upper[:, :2], self._spline @ lower[:, :2]
        self._width = float(np.hypot(*(upper[-1, :2] - upper[0, :2])))
        self._rest = np.concatenate([upper, lower])
        self._rest[:, 2] = stage.depth_at(self._rest)
        self._own = (
            OwnMouth(stage, dense_upper, dense_lower)
            if OwnMouth.is_worth_keeping(stage, dense_upper, dense_lower, self._tone)
            else None
        )
        self._upper_row = TeethRow(UPPER, self._tone)
        self._lower_row = TeethRow(LOWER, self._tone)
        self._skull_shift = self._anchor(points, topology.UPPER_INNER[5])
        self._jaw_shift = self._anchor(points, topology.LOWER_INNER[5])
        self._lip_depth = float(stage.depth_at(points[[13, 14]]).mean())

    def _anchor(self, points: Points, index: int) -> Points:
        """Texture px [3] from the canonical lips to the portrait's (to their middle if shut)."""
        marks = [index] if self._own else [13, 14]
        canonical = self._stage.from_canonical(CANONICAL[marks])
        return np.asarray((points[marks] - canonical).mean(0))

    def draw(
        self,
        frame: Picture,
        upper_lip_px: Points,
        lower_lip_px: Points,
        pose_function: PoseFunction,
        controls: Controls,
    ) -> None:
        """Draws into `frame` in place (see `MouthPainter`)."""
        rest = pose_function(self._rest)
        moved = np.concatenate([upper_lip_px, lower_lip_px]) - rest
        width = max(float(np.hypot(*(rest[10] - rest[0]))), 1e-3)
        activity = float(np.hypot(*moved.T).max()) / width
        fade = float(smooth(np.array(activity), *_APPEARS))
        tongue_out = float(controls[INDEX["tongueOut"]])
        if fade == 0 and tongue_out == 0:
            return
        upper, lower = self._spline @ upper_lip_px, self._spline @ lower_lip_px
        if self._own is None:
            # a gap that shows no teeth is lip to both its lips: only what it grows by opens
            half = self._spline @ (rest[11:] - rest[:11]) / 2
            upper, lower = upper + half, lower - half
        gap = float(np.hypot(*(upper - lower).T).max())
        px_per_texture = width / max(self._width, 1e-6)
        softness = float(np.clip(self._tone.softness_px * px_per_texture, 0.55, 3.0))
        if gap > 0.3:
            self._draw_inside(frame, upper, lower, pose_function, controls, softness, fade)
        if tongue_out > 0:
            self._draw_tongue_out(frame, upper, lower, pose_function, controls, softness)

    def _draw_inside(
        self,
        frame: Picture,
        upper: Points,
        lower: Points,
        pose_function: PoseFunction,
        controls: Controls,
        softness: float,
        fade: float,
    ) -> None:
        plane = _plane_around(np.concatenate([upper, lower]), frame, upper, margin=2 * softness)
        if plane is None:
            return
        top, bottom = _lip_lines(plane, upper, lower)
        light = np.float32(0.35 + 0.65 * self._tone.light)
        base = self._tone.tinted(_CAVITY * light) + 0.08 * self._tone.lip_rgb
        colour = np.empty((*plane.u.shape, 3), np.float32)
        colour[:] = base.astype(np.float32)
        for layer in self._layers(plane, pose_function, controls):
            colour *= 1 - layer[..., 3:]
            colour += layer[..., :3]
        colour *= self._light_between(plane, upper, top, bottom)[..., None]
        if softness > _SHARP:
            colour = blur(colour, 0.6 * softness)
        cover = np.clip((plane.v - top) / softness + 0.5, 0, 1)
        cover *= np.clip((bottom - plane.v) / softness + 0.5, 0, 1)
        cover *= np.minimum((bottom - top) / np.float32(softness), 1) * np.float32(fade)
        _put(frame, plane, colour, np.maximum(cover, 0))

    def _layers(
        self, plane: MouthPlane, pose_function: PoseFunction, controls: Controls
    ) -> list[FloatMap]:
        """Everything in the cavity, back to front, premultiplied float32 [h, w, 4] each."""
        jaw = _JawMotion(controls)

        def on_skull(cm: Points) -> Points:
            return pose_function(self._to_texture(cm, self._skull_shift))

        def on_jaw(cm: Points) -> Points:
            return pose_function(self._to_texture(jaw.move(cm), self._jaw_shift))

        layers = [draw_dome(plane, on_jaw(DOME), self._tone)]
        if self._own is None or not self._own.has_lower:
            layers.append(self._lower_row.draw(plane, on_jaw))
        if self._own is None:
            layers.append(self._upper_row.draw(plane, on_skull))
            return layers
        depth = self._lip_depth

        def own_on_skull(px: Points) -> Points:
            return pose_function(np.c_[px, np.full(len(px), depth)])

        def own_on_jaw(px: Points) -> Points:
            at = np.c_[px, np.full(len(px), self._stage.from_canonical(CANONICAL[[14]])[0, 2])]
            turned = self._stage.from_canonical(jaw.move(self._stage.to_canonical(at)))
            turned[:, 2] += depth - at[:, 2]
            return pose_function(turned)

        if self._own.has_lower:
            layers.append(self._own.draw_lower(plane, own_on_jaw))
        layers.append(self._own.draw_upper(plane, own_on_skull))
        return layers

    def _to_texture(self, cm: Points, shift: Points) -> Points:
        """Canonical cm → texture px on the portrait's own mouth and its moved surface."""
        px = self._stage.from_canonical(cm) + shift
        lips = float(self._stage.landmarks[[13, 14], 2].mean())
        px[:, 2] = self._lip_depth + (px[:, 2] - lips) * _RELIEF
        return px

    def _light_between(
        self, plane: MouthPlane, upper: Points, top: FloatMap, bottom: FloatMap
    ) -> FloatMap:
        """Factor of light that reaches the inside past the lips, float32 [h, w]."""
        ends = plane.to_plane(upper[[0, -1]])[:, 0]
        width = np.float32(max(ends[1] - ends[0], 1))
        share = np.float32(0.35 if self._own else 1.0)
        under = np.exp(-np.maximum(plane.v - top, 0) / (width * 0.040))
        over = np.exp(-np.maximum(bottom - plane.v, 0) / (width * 0.040))
        light = (1 - share * _UPPER_SHADOW * under) * (1 - share * _LOWER_SHADOW * over)
        away = np.abs(plane.u - np.float32(ends.mean())) / (width / 2)
        return np.asarray(light * (1 - share * 0.75 * smooth(away, 0.50, 1.05)), np.float32)

    def _draw_tongue_out(
        self,
        frame: Picture,
        upper: Points,
        lower: Points,
        pose_function: PoseFunction,
        controls: Controls,
        softness: float,
    ) -> None:
        amount = min(float(controls[INDEX["tongueOut"]]), 1.0)
        jaw = _JawMotion(controls)
        root_cm, tip_cm = out_points(amount)
        cm = np.concatenate([root_cm, tip_cm])
        px = pose_function(self._to_texture(jaw.move(cm), self._jaw_shift))
        # it lies on the lower lip
        middle = 0.3 * upper[_DENSE // 2] + 0.7 * lower[_DENSE // 2]
        px += middle - px[:2].mean(0)
        corners = np.concatenate([upper, lower, px, px + (px[2] - middle) * 0.1])
        plane = _plane_around(corners, frame, upper, margin=3 * softness)
        if plane is None:
            return
        layer = draw_out(plane, px[:2], px[2], amount, self._tone)
        top, _ = _lip_lines(plane, upper, lower)
        under = np.clip((plane.v - top) / softness + 0.5, 0, 1)
        shade = 1 - 0.45 * np.exp(-np.maximum(plane.v - top, 0) / (6 * softness))
        cover = layer[..., 3] * under
        colour = layer[..., :3] / np.maximum(layer[..., 3:], 1e-3) * shade[..., None]
        _put(frame, plane, colour, cover.astype(np.float32))


class _JawMotion:
    """Where one frame's controls take points of the jaw."""

    def __init__(self, controls: Controls) -> None:
        self._rotation = jaw_rotation(float(controls[INDEX["jawOpen"]]))
        # the subject's left is the image's right
        side = float(controls[INDEX["jawLeft"]] - controls[INDEX["jawRight"]])
        self._shift = np.array(
            [_JAW_SIDE * side, 0.0, -_JAW_FORWARD * float(controls[INDEX["jawForward"]])]
        )

    def move(self, points_cm: Points) -> Points:
        """Canonical cm [N, 3] of the closed jaw → of the moved one."""
        return np.asarray((points_cm - JAW_HINGE) @ self._rotation.T + JAW_HINGE + self._shift)


def _spline_matrix(contour: Points) -> Points:
    """Matrix [48, 11] from contour points to a smooth dense curve, by their rest spacing."""
    from scipy.interpolate import CubicSpline

    steps = np.hypot(*np.diff(contour, axis=0).T) + 1e-3
    at = np.r_[0, np.cumsum(steps)] / steps.sum()
    dense = np.linspace(0, 1, _DENSE)
    return np.asarray(CubicSpline(at, np.eye(len(contour)))(dense), np.float64)


def _plane_around(
    points: Points, frame: Picture, upper: Points, *, margin: float
) -> MouthPlane | None:
    """The plane over the box of `points` in frame px, or None when it lies outside."""
    h, w = frame.shape[:2]
    low = np.maximum(np.floor(points.min(0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(points.max(0) + margin) + 1, [w, h]).astype(int)
    if (high - low < 2).any():
        return None
    along = upper[-1] - upper[0]
    axis = along / max(float(np.hypot(*along)), 1e-6)
    box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    return MouthPlane(box, (upper[0] + upper[-1]) / 2, axis)


def _lip_lines(plane: MouthPlane, upper: Points, lower: Points) -> tuple[FloatMap, FloatMap]:
    """Edges v of the upper and the lower lip at each pixel's u, float32 [h, w] each."""
    lines = []
    for curve in (upper, lower):
        at = plane.to_plane(curve)
        rising = np.maximum.accumulate(at[:, 0]) + np.arange(len(at)) * 1e-4
        lines.append(plane.look_up(rising, at[:, 1:])[..., 0])
    return lines[0], np.maximum(lines[1], lines[0])


def _put(frame: Picture, plane: MouthPlane, colour: FloatMap, cover: FloatMap) -> None:
    """Blends a colour float32 [h, w, 3] into the frame's box."""
    x0, y0, x1, y1 = plane.box
    under = frame[y0:y1, x0:x1]
    blended = under + (colour - under) * cover[..., None]
    frame[y0:y1, x0:x1] = np.clip(blended + 0.5, 0, 255).astype(np.uint8)

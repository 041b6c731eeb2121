"""Renders one view of one portrait: the order of the layers and every pixel operation.

Frame by frame: the eyes are painted into a working copy of the texture; the flow of head and
face is inverted; one bilinear sampling of the texture gives the skin, with a clean cut between
the lips; the plate shows where the head has left; shading and the inside of the mouth come last.
A renderer keeps buffers and serves one thread.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.engines.mesh.blend import light_skin, mix
from core.engines.mesh.fields import ExpressionFields, coefficients
from core.engines.mesh.flow import Flow, FlowMaker, Part, Screen
from core.engines.mesh.geometry import Geometry
from core.engines.mesh.lattice import smooth
from core.engines.mesh.layers import Layers
from core.engines.mesh.lips import LipCut
from core.engines.mesh.painters import Painters
from core.engines.mesh.posing import HeadMotion
from core.engines.mesh.sampling import sample
from core.engines.mesh.stage import Controls, Picture, PoseFunction
from core.engines.mesh.texture import Texture, show
from core.engines.mesh.viewport import Viewport
from core.face.topology import LOWER_INNER, UPPER_INNER

FloatMap = NDArray[np.float32]
Points = NDArray[np.float64]

_OPACITY_PX: Final = 3  # output px per cell of the warped opacity
_SHED_CM: Final = (0.1, 0.7)  # way over which the front layer loses its rim
_UNSCALED: Final = np.ones(2, np.float32)
_LIPS: Final = np.concatenate([UPPER_INNER, LOWER_INNER])


class Renderer:
    """Draws frames of one view."""

    def __init__(
        self,
        portrait: Picture,
        geometry: Geometry,
        viewport: Viewport,
        layers: Layers,
        fields: ExpressionFields | None,
        *,
        may_wear_glasses: bool = True,
    ) -> None:
        """Prepares a view of `portrait` uint8 RGB [h, w, 3].

        Args:
            portrait: The whole portrait.
            geometry: Its shape.
            viewport: What to show.
            layers: Front layer and plate of the stage; see `show_layers`.
            fields: All 53 expression rows, or None when frames bring their own.
            may_wear_glasses: Whether glasses are looked for.
        """
        self._geometry = geometry
        self._viewport = viewport
        self._screen = Screen(geometry, viewport)
        self._fields = fields
        self._texture = Texture.of(portrait, geometry, viewport.step)
        self._stage = self._texture.stage
        self._work = self._stage.texture.copy()
        self._painters = Painters(
            self._stage, self._lattice_px(), may_wear_glasses=may_wear_glasses
        )
        self._flows = FlowMaker(geometry, self._screen, self._painters.freedom)
        self._cut = LipCut(geometry.landmarks)
        self._to_texture = (geometry.placement.scale * self._texture.shrink).astype(
            np.float32
        )  # texture px per plane cm
        whole = viewport.grid(self._texture.shrink)[self._screen.stage.window]
        self._map = np.asarray(whole - self._texture.corner, np.float32)
        self._rest = show(portrait, viewport)
        self._use(layers)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="eyes")

    def _lattice_px(self) -> FloatMap:
        points = self._geometry.grid.fine.points()
        moved = points * np.float32(self._stage.scale)
        return np.asarray(moved + self._stage.translation[:2].astype(np.float32), np.float32)

    def show_layers(self, layers: Layers) -> None:
        """Uses these layers from the next frame on."""
        if layers is not self._layers:
            self._use(layers)

    def _use(self, layers: Layers) -> None:
        self._layers = layers
        self._plate: Picture | None = None
        if layers.plate is None:
            return
        at = self._layer_px(self._map)
        width, height = self._screen.stage.size
        small = (max(2, width // _OPACITY_PX), max(2, height // _OPACITY_PX))
        still = cv2.resize(at, small, interpolation=cv2.INTER_AREA)
        self._still_layer_px = np.asarray(still, np.float32)
        self._opacities = np.dstack([layers.opacity, layers.outline])
        rest = self._rest[self._screen.stage.window]
        hole = layers.hole.astype(np.float32)
        seam = np.maximum(cv2.GaussianBlur(hole, (0, 0), 0.004 * max(hole.shape)), hole)
        share = np.asarray(sample(seam.astype(np.float32), at), np.float32)
        plate = np.asarray(sample(layers.plate, at), np.uint8)
        self._plate = np.asarray(
            cv2.blendLinear(plate, np.ascontiguousarray(rest), share, 1 - share), np.uint8
        )

    def _layer_ratio(self) -> FloatMap:
        """Px of the layers' own resolution per texture px, x and y."""
        height, width = self._layers.hole.shape
        return np.array([width, height], np.float32) / np.array(self._stage.size, np.float32)

    def _layer_px(self, texture_px: FloatMap) -> FloatMap:
        """Texture px → px of the layers' own resolution."""
        return (texture_px + np.float32(0.5)) * self._layer_ratio() - np.float32(0.5)

    def render(
        self,
        controls: Controls,
        motion: HeadMotion,
        fields: ExpressionFields | None = None,
        weights: FloatMap | None = None,
    ) -> Picture:
        """One frame, uint8 RGB [H, W, 3].

        Args:
            controls: float32 [58], this frame's values.
            motion: The head's motion (what `controls` say, calibrated).
            fields: Fields for this frame only, instead of the renderer's own.
            weights: Their weights; from `controls` when None.
        """
        return self.draw(controls, motion, fields, weights)[0]

    def draw(
        self,
        controls: Controls,
        motion: HeadMotion,
        fields: ExpressionFields | None = None,
        weights: FloatMap | None = None,
    ) -> tuple[Picture, FloatMap | None]:
        """One frame as `render` gives it, and what `portrait_px` needs to know of it."""
        eyes = self._worker.submit(self._painters.paint_eyes, self._work, controls)
        fields = self._fields if fields is None else fields
        weights = coefficients(controls) if weights is None else weights
        flow = self._flows.flow(motion, fields, weights)
        lips = None
        if flow.lower_lip is not None:
            lips = self._screen.plane(flow.lower_lip.rectangle)
        maps = self._maps(flow, lips)
        eyes_open = eyes.result()
        frame = self._rest.copy()
        rectangle = self._screen.stage
        if rectangle.is_empty or (maps is None and eyes_open):
            return frame, None
        part = frame[rectangle.window]
        part[:] = sample(self._work, self._map if maps is None else maps)
        if flow.lower_lip is not None and lips is not None:
            contours = self._moved_lips(controls, motion)
            self._draw_lower_lip(part, flow.lower_lip, lips, contours)
        if flow.stage is not None:
            self._show_plate(part, flow.stage)
        if flow.face is not None and not flow.face.rectangle.is_empty:
            self._shade(frame, flow.face, controls)
        if flow.lower_lip is not None:
            self._painters.mouth.draw(frame, *contours, self._carrier(motion), controls)
        return frame, maps

    def portrait_px(self, moved: FloatMap | None) -> FloatMap:
        """Where every px of a frame comes from, float32 [H, W, 2]: portrait px, from 0.5 on.

        Args:
            moved: What `draw` gave with the frame.
        """
        places = np.asarray(self._viewport.grid(np.ones(2)) + np.float32(0.5), np.float32)
        if moved is not None:
            on_portrait = (moved + self._texture.corner + 0.5) / self._texture.shrink
            places[self._screen.stage.window] = on_portrait
        return places

    def close(self) -> None:
        """Stops the renderer's thread."""
        self._worker.shutdown()

    def _maps(self, flow: Flow, lips: FloatMap | None) -> FloatMap | None:
        """Texture px for every px of the stage's rectangle, or None when nothing moves.

        `lips` holds plane cm of the lower lip's rectangle.
        """
        if flow.face is None:
            return None
        outer = self._screen.stage
        if flow.stage is None:
            maps = self._map.copy()
        else:
            moved = flow.stage.full_size(self._to_texture)
            maps = np.asarray(cv2.subtract(self._map, moved), np.float32)
        if flow.face.rectangle.is_empty:
            return maps
        moved = flow.face.full_size(self._to_texture)
        if flow.lower_lip is not None and lips is not None:
            window = flow.lower_lip.rectangle.inside(flow.face.rectangle)
            clamped = self._cut.clamp_upper(lips, moved[window] / self._to_texture)
            moved[window] = clamped * self._to_texture
        window = flow.face.rectangle.inside(outer)
        maps[window] = cv2.subtract(np.ascontiguousarray(self._map[window]), moved)
        return maps

    def _moved_lips(self, controls: Controls, motion: HeadMotion) -> tuple[Points, Points]:
        """Inner contours of the upper and lower lip in this frame, float64 [11, 2] output px."""
        moved = self._geometry.moved_landmarks(_LIPS, controls, motion)
        both = self._screen.to_output(moved)
        return both[: len(UPPER_INNER)], both[len(UPPER_INNER) :]

    def _draw_lower_lip(
        self, part: Picture, lip: Part, cells: FloatMap, contours: tuple[Points, Points]
    ) -> None:
        """Puts the lower layer over the part of the stage below the lip line."""
        window = lip.rectangle.inside(self._screen.stage)
        moved = self._cut.clamp_lower(cells, lip.full_size(_UNSCALED))
        lower = sample(self._work, self._map[window] - moved * self._to_texture)
        share = self._cut.lower_side(*contours, lip.rectangle)
        part[window] = mix(np.asarray(lower, np.uint8), part[window], share)

    def _show_plate(self, part: Picture, moved: Part) -> None:
        """Puts the plate behind the moved front layer."""
        if self._plate is None:
            return
        small = self._still_layer_px.shape[1::-1]
        way_cm = np.asarray(cv2.resize(moved.displacement, small), np.float32)
        at = self._still_layer_px - way_cm * (self._layer_ratio() * self._to_texture)
        both = np.asarray(sample(self._opacities, at), np.float32)
        shed = smooth(np.abs(way_cm[..., 0]) + np.abs(way_cm[..., 1]), *_SHED_CM)
        solid = both[..., 0] + (both[..., 1] - both[..., 0]) * shed
        solid *= np.float32(1 / 255)
        share = np.asarray(cv2.resize(solid, moved.rectangle.size), np.float32)
        part[:] = mix(np.ascontiguousarray(part), self._plate, share)

    def _shade(self, frame: Picture, face: Part, controls: Controls) -> None:
        """Multiplies the frame by the light that expression and turn change."""
        gain = self._painters.gain(controls)
        if gain is None:
            return
        lattice = self._geometry.grid.fine
        moved = np.asarray(sample(gain, lattice.index(face.sources)), np.float32)
        window = face.rectangle.window
        gains = np.asarray(cv2.resize(moved, face.rectangle.size), np.float32)
        frame[window] = light_skin(np.ascontiguousarray(frame[window]), gains)

    def _carrier(self, motion: HeadMotion) -> PoseFunction:
        """This frame's map from texture px [N, 3] on the head to output px [N, 2]."""
        stage = self._stage

        def carry(points_px: Points) -> Points:
            plane = (points_px - stage.translation) / stage.scale
            return self._screen.to_output(self._geometry.posing.carry(plane, motion))

        return carry

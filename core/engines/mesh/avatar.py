"""A still portrait prepared for rendering."""

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.engines.mesh.avatar_stage import stage_picture
from core.engines.mesh.calibrate import PROBE_PX, Track, calibrate
from core.engines.mesh.cut_out import CutOut
from core.engines.mesh.eye_calibrate import calibrate_eyes
from core.engines.mesh.geometry import FloatMap, Geometry, Points, stage_box
from core.engines.mesh.layers import refine_layers, split_layers
from core.engines.mesh.matte import PersonSegmenter
from core.engines.mesh.posing import HeadMotion, Sides
from core.engines.mesh.renderer import Renderer
from core.engines.mesh.stage import Controls, Picture
from core.engines.mesh.viewport import Crop, Viewport, viewport_of
from core.engines.protocol import Framing, View
from core.face.pose import Pose
from core.face.topology import CHIN

_PERSON: Final = 0.25  # opacity from which a pixel belongs to the person
STAGE: Final = "Portrait"
_STEPS: Final = 4


def touched_sides(matte: FloatMap, chin_y: float) -> Sides:
    """At which borders (left, top, right, bottom) a matte [h, w] is cut.

    Shoulders cut at the sides below `chin_y` px do not count: they hardly move.
    """
    person = matte > _PERSON
    head = person[: max(1, int(chin_y))]
    left, right = head[:, 0].any(), head[:, -1].any()
    return bool(left), bool(person[0].any()), bool(right), bool(person[-1].any())


class StillAvatar:
    """Implements `Avatar` for one picture.

    Renderers are kept per view. `refine` may run in another thread than `render`; everything
    else belongs to one thread at a time.
    """

    def __init__(
        self,
        portrait: Picture,
        landmarks_px: Points,
        segmenter: PersonSegmenter,
        track: Track,
        progress: Progress,
        alpha: NDArray[np.uint8] | None = None,
    ) -> None:
        """Prepares uint8 RGB [h, w, 3] with landmarks float64 [478, 3] px.

        The picture's own opacity `alpha` uint8 [h, w] counts where a view is cut out; without one
        the person is looked for.
        """
        self._portrait = portrait
        self._landmarks_px = landmarks_px
        self._segmenter = segmenter
        self._alpha = alpha
        self._cut_out: CutOut | None = None
        self._size = (portrait.shape[1], portrait.shape[0])
        progress.report(STAGE, 0, _STEPS)
        box = stage_box(landmarks_px, self._size)
        self._stage, landmarks = stage_picture(portrait, landmarks_px, box)
        matte = segmenter.matte(self._stage, landmarks)
        self._layers = split_layers(self._stage, matte)
        progress.report(STAGE, 1, _STEPS)
        touched = touched_sides(matte, float(landmarks[CHIN, 1]))
        self._geometry = Geometry(landmarks_px, self._size, touched)
        self._crop = Crop.around([landmarks_px], self._size)
        self._fields = self._geometry.expression_fields()
        self._refining = threading.Lock()
        progress.report(STAGE, 2, _STEPS)
        self._renderers: dict[Viewport, Renderer] = {}
        probe = self._new_renderer(self.viewport(View(Framing.FACE, PROBE_PX)))
        progress.report(STAGE, 3, _STEPS)

        def draw(controls: Controls, motion: HeadMotion) -> Picture:
            progress.check()
            return probe.render(controls, motion)

        try:
            self._calibration, self._brows = calibrate(draw, track)

            def draw_calibrated(controls: Controls) -> Picture:
                held = self._brows.drawn(controls)
                return draw(held, self._calibration.motion(held))

            self._eye_calibration = calibrate_eyes(draw_calibrated, track)
        finally:
            probe.close()
        progress.report(STAGE, _STEPS, _STEPS)

    @property
    def rest_pose(self) -> Pose:
        """The portrait's own head pose, degrees."""
        yaw, pitch, roll = (float(v) for v in self._geometry.posing.angles)
        return Pose(yaw, pitch, roll)

    def output_size(self, view: View) -> tuple[int, int]:
        """Width and height in px of the frames of `view`."""
        viewport = self.viewport(view)
        return viewport.width, viewport.height

    def refine(self, progress: Progress) -> None:
        """Replaces the smooth background plate by one with texture."""
        with self._refining:
            self._layers = refine_layers(self._layers, self._stage, progress)

    def viewport(self, view: View) -> Viewport:
        """Where `view` lies in the portrait."""
        return viewport_of(view, self._crop, self._size)

    def draw(self, controls: Controls, view: View) -> Picture:
        """One frame uint8 RGB [H, W, 3] for control values float32 [58]; RGBA if cut out."""
        viewport = self.viewport(view)
        renderer = self._renderers.get(viewport)
        if renderer is None:
            renderer = self._renderers[viewport] = self._new_renderer(viewport)
        renderer.show_layers(self._layers)
        held = self._brows.drawn(controls)
        drawn = self._eye_calibration.drawn(held)
        frame, places = renderer.draw(drawn, self._calibration.motion(held))
        if not view.is_cut_out:
            return frame
        return self._person().of_frame(frame, renderer.portrait_px(places))

    def _person(self) -> CutOut:
        """The portrait's opacity, looked for when it is asked for first."""
        if self._cut_out is None and self._alpha is not None:
            self._cut_out = CutOut(self._alpha, self._size)
        elif self._cut_out is None:
            box = stage_box(self._landmarks_px, self._size)
            self._cut_out = CutOut.of(self._portrait, self._landmarks_px, box, self._segmenter)
        return self._cut_out

    def _new_renderer(self, viewport: Viewport) -> Renderer:
        return Renderer(self._portrait, self._geometry, viewport, self._layers, self._fields)

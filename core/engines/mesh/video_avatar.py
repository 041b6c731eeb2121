"""A clip as the source: every frame is a portrait of its own.

Only what the controls replace changes; they are relative to each frame's own rest.
"""

import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import REST
from core.base.errors import FaceError, MediaError
from core.base.progress import Progress
from core.engines.mesh.avatar import STAGE
from core.engines.mesh.avatar_stage import stage_picture
from core.engines.mesh.calibrate import Calibration
from core.engines.mesh.cut_out import CutOut
from core.engines.mesh.fields import coefficients
from core.engines.mesh.geometry import Geometry, Placement, stage_box
from core.engines.mesh.glasses import find_glasses
from core.engines.mesh.layers import opaque_layers, split_layers
from core.engines.mesh.matte import PersonSegmenter
from core.engines.mesh.renderer import Renderer
from core.engines.mesh.stage import Controls, Picture
from core.engines.mesh.texture import Texture, show
from core.engines.mesh.viewport import Crop, Viewport, viewport_of
from core.engines.protocol import Source, View
from core.face.pose import Pose, pose_from_rotation
from core.face.tracker import Face, FaceTracker
from core.media.probe import probe
from core.media.video import read_frames
from core.motion.motion import Motion

Points = NDArray[np.float64]

_SAMPLES: Final = 9  # frames that are looked at to frame the face
_DRAWN_AT_ONCE: Final = 2  # frames are portraits of their own, so threads share nothing
_LOOK_PX_PER_CM: Final = 16.0  # texture in which glasses are looked for


class VideoAvatar:
    """Implements `Avatar` for a clip. Belongs to one thread."""

    def __init__(
        self, source: Source, tracker: FaceTracker, segmenter: PersonSegmenter, progress: Progress
    ) -> None:
        """Looks at a few frames of the clip.

        Raises:
            MediaError: the clip cannot be read.
            FaceError: none of these frames shows a face.
        """
        self._path = source.path
        self._face = source.face or 0
        self._tracker = tracker
        self._segmenter = segmenter
        self._segmenting = threading.Lock()
        self._calibration = Calibration.plain()
        faces: list[Points] = []
        with_glasses = 0
        for done, rgb in enumerate(read_frames(self._path, self._sampling_rate())):
            progress.report(STAGE, min(done, _SAMPLES), _SAMPLES)
            self._size = (rgb.shape[1], rgb.shape[0])
            found = tracker.detect(rgb)
            if found:
                face = found[min(self._face, len(found) - 1)]
                faces.append(face.points.astype(np.float64))
                with_glasses += _shows_glasses(rgb, faces[-1])
        self._may_wear_glasses = 2 * with_glasses > len(faces)
        if not faces:
            raise FaceError(
                f"No face was found in “{source.path.name}”: choose a clip that shows one."
            )
        progress.report(STAGE, _SAMPLES, _SAMPLES)
        self._crop = Crop.around(faces, self._size)
        angles = [pose_from_rotation(Placement.of(points).rotation) for points in faces]
        self._angles = np.median(angles, 0)

    def _sampling_rate(self) -> Fraction:
        video = probe(self._path).video
        if video is None:
            raise MediaError(f"“{self._path.name}” has no picture: choose a video or a portrait.")
        duration = max(float(video.duration), 0.1)
        return Fraction(_SAMPLES / duration).limit_denominator(1000)

    @property
    def rest_pose(self) -> Pose:
        """The median head pose of the clip, degrees."""
        yaw, pitch, roll = (float(v) for v in self._angles)
        return Pose(yaw, pitch, roll)

    def output_size(self, view: View) -> tuple[int, int]:
        """Width and height in px of the frames of `view`."""
        viewport = viewport_of(view, self._crop, self._size)
        return viewport.width, viewport.height

    def refine(self, progress: Progress) -> None:
        """Does nothing: every frame has a background of its own."""
        progress.check()

    def frames(self, motion: Motion, view: View) -> Iterator[Picture]:
        """One frame per row of `motion`, from the clip's frames at the same time.

        Where the clip has ended its last frame is held; where no face is seen the clip's own
        frame is shown.
        """
        viewport = viewport_of(view, self._crop, self._size)
        start = Fraction(motion.start_frame) / motion.rate
        duration = Fraction(len(motion)) / motion.rate
        frames = read_frames(self._path, motion.rate, start=start, duration=duration)
        last: tuple[Picture, Face | None] | None = None
        pairs = self._with_faces(frames, motion, is_needed=view.is_cut_out)
        draw = partial(self._draw, viewport=viewport, is_cut_out=view.is_cut_out)
        drawn: deque[Future[Picture]] = deque()
        with ThreadPoolExecutor(_DRAWN_AT_ONCE, thread_name_prefix="frames") as pool:
            for controls in motion.controls:
                last = next(pairs, last)
                if last is None:
                    raise MediaError(f"“{self._path.name}” ends before the range that is rendered.")
                drawn.append(pool.submit(draw, *last, controls))
                if len(drawn) > _DRAWN_AT_ONCE:
                    yield drawn.popleft().result()
            while drawn:
                yield drawn.popleft().result()

    def _with_faces(
        self, frames: Iterator[Picture], motion: Motion, *, is_needed: bool
    ) -> Iterator[tuple[Picture, Face | None]]:
        """Each frame with its face; without looking for faces when nothing moves at all.

        `is_needed` looks for them in any case.
        """
        if not is_needed and (motion.controls == REST).all():
            for rgb in frames:
                yield rgb, None
            return
        waiting: deque[Picture] = deque()

        def shown() -> Iterator[Picture]:
            for rgb in frames:
                waiting.append(rgb)
                yield rgb

        for face in self._tracker.track(shown(), face=self._face):
            yield waiting.popleft(), face

    def _draw(
        self,
        rgb: Picture,
        face: Face | None,
        controls: Controls,
        viewport: Viewport,
        *,
        is_cut_out: bool,
    ) -> Picture:
        if face is None:
            return _opaque(show(rgb, viewport), is_cut_out)
        landmarks_px = face.points.astype(np.float64)
        geometry = Geometry(landmarks_px, self._size)
        motion = self._calibration.motion(controls)
        layers = opaque_layers()
        if not motion.is_rest:
            stage, landmarks = stage_picture(rgb, landmarks_px, geometry.stage_px)
            with self._segmenting:
                matte = self._segmenter.matte(stage, landmarks)
            layers = split_layers(stage, matte)
        weights = coefficients(controls)
        moved = np.tensordot(weights.astype(np.float64), geometry.displacements, 1)
        fields = geometry.expression_fields(moved[None]) if weights.any() else None
        renderer = Renderer(
            rgb, geometry, viewport, layers, None, may_wear_glasses=self._may_wear_glasses
        )
        try:
            if (controls == REST).all():
                frame, places = show(rgb, viewport), None
            else:
                frame, places = renderer.draw(controls, motion, fields, np.ones(1, np.float32))
            if not is_cut_out:
                return frame
            box = stage_box(landmarks_px, self._size)
            with self._segmenting:
                person = CutOut.of(rgb, landmarks_px, box, self._segmenter)
            return person.of_frame(frame, renderer.portrait_px(places))
        finally:
            renderer.close()


def _opaque(frame: Picture, is_cut_out: bool) -> Picture:
    """A frame in which nobody is seen, opaque where frames have opacity."""
    if not is_cut_out:
        return frame
    return np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])


def _shows_glasses(rgb: Picture, landmarks_px: Points) -> bool:
    """Whether one frame of a clip looks as if glasses were worn."""
    geometry = Geometry(landmarks_px, (rgb.shape[1], rgb.shape[0]))
    shrink = max(1.0, 2 * geometry.placement.scale / _LOOK_PX_PER_CM)
    return find_glasses(Texture.of(rgb, geometry, shrink).stage) is not None

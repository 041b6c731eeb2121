"""The default engine: a layered warp of the portrait itself. Needs no network weights."""

from collections.abc import Iterator

import numpy as np

from core.base.errors import EngineError
from core.base.progress import Progress
from core.engines.mesh.avatar import StillAvatar
from core.engines.mesh.matte import PersonSegmenter
from core.engines.mesh.video_avatar import VideoAvatar
from core.engines.protocol import Avatar, Frame, Source, SourceKind, View
from core.engines.registry import MESH
from core.face.crop import looking_through
from core.face.portrait import find_portrait_face
from core.face.tracker import create_tracker
from core.media.image import read_image
from core.motion.motion import Motion


class MeshEngine:
    """Implements `Engine`; see `StillAvatar` and `VideoAvatar` for how frames are made."""

    spec = MESH

    def __init__(self) -> None:
        self._tracker = create_tracker()
        self._segmenter = PersonSegmenter()

    def prepare(self, source: Source, *, progress: Progress) -> Avatar:
        """Makes an avatar of a portrait (about a second) or of a clip.

        Raises:
            MediaError: the file cannot be read.
            FaceError: it shows no usable face.
            Cancelled: the work was cancelled.
        """
        tracker = looking_through(self._tracker, source.crop)
        if source.kind is SourceKind.VIDEO:
            return VideoAvatar(source, tracker, self._segmenter, progress)
        image = read_image(source.path)
        face = find_portrait_face(image.rgb, tracker, source.face, progress)
        landmarks = face.points.astype(np.float64)
        return StillAvatar(
            image.rgb, landmarks, self._segmenter, self._tracker.track, progress, image.alpha
        )

    def render(self, avatar: Avatar, motion: Motion, view: View) -> Iterator[Frame]:
        """Yields one frame per row of `motion`, uint8 RGB [H, W, 3]; RGBA where it is cut out.

        Raises:
            EngineError: the avatar is another engine's, or the view cannot be rendered.
        """
        if isinstance(avatar, VideoAvatar):
            yield from avatar.frames(motion, view)
        elif isinstance(avatar, StillAvatar):
            for controls in motion.controls:
                yield avatar.draw(controls, view)
        else:
            raise EngineError("This avatar was made by another engine: prepare it again.")

"""A portrait prepared for PD-FGC: its identity, its own latents, and the way back into the picture.

A factor's latent is Σ weight · latent of the sources + the rest of the weight · the portrait's own
latent + offsets of what has no latents. Offsets are exact puppet latents, so that exports and
finished previews show the same; drafts, which are replaced within a moment, take the linear map
once it was rehearsed. Gains and switches are then applied as published.
"""

import time
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.base.cache import ArrayCache
from core.base.content import content_key
from core.base.controls import FACTOR_SLICE, REST, Factor, FloatArray
from core.base.errors import EngineError
from core.base.paths import cache_dir
from core.base.progress import Progress
from core.engines.mesh.texture import show
from core.engines.mesh.viewport import Crop, Viewport, viewport_of
from core.engines.pdfgc.alignment import align_portrait, invert, network_picture, to_network
from core.engines.pdfgc.composition import (
    BLINK_DIMS,
    GAZE_DIMS,
    Composition,
    Switch,
    compose,
)
from core.engines.pdfgc.networks import Networks
from core.engines.pdfgc.offset_map import VERSION, Offset, OffsetMap, fit_offset_map
from core.engines.pdfgc.paste import Paste, to_view
from core.engines.pdfgc.puppet import Puppet
from core.engines.protocol import Frame, View
from core.face.portrait import pose_of
from core.face.pose import Pose
from core.face.tracker import Face, Picture
from core.motion.motion import LatentMotion, Motion

STAGE: Final = "Portrait"
_STEPS: Final = 2
_BATCH_ON_GPU: Final = 8
_GIVE_WAY_S: Final = 0.002


class PdfgcAvatar:
    """Implements `Avatar` and `Rehearsing`.

    `rehearse` may run in another thread than everything else.
    """

    def __init__(
        self, portrait: Picture, face: Face, content: str, networks: Networks, progress: Progress
    ) -> None:
        """Encodes the face of a portrait uint8 [H, W, 3] whose file has this content hash."""
        progress.report(STAGE, 0, _STEPS)
        landmarks = face.points.astype(np.float64)
        matrix = align_portrait(landmarks)
        self._portrait = portrait
        self._size = (portrait.shape[1], portrait.shape[0])
        self._pose = pose_of(face)
        self._crop = Crop.around([landmarks], self._size)
        self._networks = networks
        self._to_portrait = invert(to_network(matrix, networks.picture_side))
        seen = network_picture(portrait, matrix, networks.eye_side)
        self._identity = networks.identify(seen)
        progress.report(STAGE, 1, _STEPS)
        self._own = {factor: rows[0] for factor, rows in networks.see(seen[None]).items()}
        self._puppet = Puppet(portrait, landmarks, matrix, networks)
        self._map: OffsetMap | None = None
        self._map_key = content_key(
            kind="pdfgc offsets",
            version=VERSION,
            portrait=content,
            landmarks=landmarks.tobytes().hex(),
            space=networks.space,
        )
        self._pastes: dict[Viewport, Paste] = {}
        progress.report(STAGE, _STEPS, _STEPS)

    @property
    def rest_pose(self) -> Pose:
        """The portrait's own head pose, degrees."""
        return self._pose

    @property
    def own_latents(self) -> dict[Factor, FloatArray]:
        """The latent float32 [D] of each factor in the portrait itself."""
        return self._own

    def output_size(self, view: View) -> tuple[int, int]:
        """Width and height in px of the frames of `view`."""
        viewport = viewport_of(view, self._crop, self._size)
        return viewport.width, viewport.height

    def refine(self, progress: Progress) -> None:
        """Does nothing: there is no draft of a portrait."""
        progress.check()

    def rehearse(self, progress: Progress) -> None:
        """Fits the map that drafts are made with, or takes it from the cache."""
        if self._map is not None:
            return
        cache = ArrayCache(cache_dir())
        arrays = cache.get(self._map_key)
        if arrays is not None and set(arrays) == set(Factor):
            self._map = OffsetMap.from_arrays(arrays)
            return
        fitted = fit_offset_map(self._patient_offset, progress)
        cache.put(self._map_key, fitted.to_arrays())
        self._map = fitted

    def _patient_offset(self, factor: Factor, controls: FloatArray) -> FloatArray:
        """An exact offset, then a moment in which a frame that waits for the puppet can have it."""
        offset = self._puppet.offset(factor, controls)
        time.sleep(_GIVE_WAY_S)
        return offset

    def frames(self, motion: Motion, view: View) -> Iterator[Frame]:
        """One frame per row of `motion`."""
        latents = motion.latents or LatentMotion({}, motion.controls)
        paste = self._paste(view)
        # one at a time on a processor: as quick, and a frame does not depend on its neighbours
        size = _BATCH_ON_GPU if self._networks.device.device.type != "cpu" else 1
        for first in range(0, len(motion), size):
            rows = self.rows(latents.rows(slice(first, first + size)), is_draft=view.is_draft)
            for picture in self._networks.draw(self._identity, rows):
                yield paste.frame(picture)

    def rows(self, latents: LatentMotion, *, is_draft: bool = False) -> FloatArray:
        """What the generator is given: float32 [N, 542]."""
        offset = self._map.offset if is_draft and self._map is not None else self._puppet.offset
        codes = {factor: self._latent(factor, latents, offset) for factor in Factor}
        return compose(
            mouth=codes[Factor.LIPS],
            expression=codes[Factor.EXPRESSION],
            eyes=codes[Factor.EYES],
            pose=codes[Factor.HEAD_POSE],
            how=Composition(
                pose_radius=0,  # the sources' latents are smooth
                mouth_sigma=0.0,
                off=frozenset(_switch(name) for name in latents.switched_off),
            ),
        )

    def _latent(self, factor: Factor, latents: LatentMotion, offset: Offset) -> FloatArray:
        """The latents [N, D] of one factor."""
        n_frames, own = len(latents.controls), self._own[factor]
        if factor in latents.muted:
            return np.zeros((n_frames, len(own)), np.float32)
        part = latents.parts.get(factor)
        codes = np.tile(own, (n_frames, 1))
        if part is not None:
            codes = part.values + part.own[:, None] * own
            if factor is Factor.EYES:
                _shape_eyes(codes, own, latents)
        columns = FACTOR_SLICE[factor]
        for row, controls in enumerate(latents.controls[:, columns]):
            if not np.array_equal(controls, REST[columns]):
                codes[row] += offset(factor, controls)
        return codes.astype(np.float32, copy=False)

    def _paste(self, view: View) -> Paste:
        viewport = viewport_of(view, self._crop, self._size)
        if viewport not in self._pastes:
            self._pastes[viewport] = Paste(
                show(self._portrait, viewport),
                to_view(viewport, self._to_portrait),
                self._networks.picture_side,
            )
        return self._pastes[viewport]


def _shape_eyes(codes: FloatArray, own: FloatArray, latents: LatentMotion) -> None:
    """Applies the eyes' two settings to latents [N, 6], in place; what is at its default is exact.

    Args:
        codes: changed.
        own: the portrait's own latent [6].
        latents: says how much.
    """
    for dims, gain in (
        (list(BLINK_DIMS), latents.blink_gain),
        (list(GAZE_DIMS), 1.0 - latents.look_at_camera),
    ):
        if gain != 1.0:
            codes[:, dims] = own[dims] + gain * (codes[:, dims] - own[dims])


def _switch(name: str) -> Switch:
    try:
        return Switch(name)
    except ValueError:
        raise EngineError(
            f"The session switches “{name}” off, which PD-FGC does not know: choose among "
            f"{', '.join(Switch)}."
        ) from None

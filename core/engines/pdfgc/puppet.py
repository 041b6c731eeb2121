"""Controls as latents: the mesh engine moves the portrait, the motion encoder looks at it.

Each factor is shown alone, so that what one does never reaches the latents of another. Offsets
are exact: what the encoder sees of the moved portrait, less what it sees of the resting one.
"""

import threading
from collections import OrderedDict
from typing import Final

import numpy as np

from core.base.controls import FACTOR_SLICE, REST, Factor, FloatArray
from core.base.progress import Progress
from core.engines.mesh.avatar import StillAvatar
from core.engines.mesh.geometry import Points
from core.engines.mesh.matte import PersonSegmenter
from core.engines.pdfgc.alignment import Array, compose, network_picture
from core.engines.pdfgc.networks import Networks
from core.engines.protocol import Frame, Framing, View
from core.face.tracker import Picture, create_tracker

_KEPT: Final = 4096  # offsets that are remembered; eyes at rest between blinks come again and again
_SIDES: Final = (64, 512)


class Puppet:
    """A still portrait that the mesh engine moves. Any thread may ask.

    The mesh is made when it is first needed, which takes about a second, and never refined: its
    background plate lies outside what the networks see.
    """

    def __init__(
        self, portrait: Picture, landmarks: Points, matrix: Array, networks: Networks
    ) -> None:
        """Takes a portrait uint8 [H, W, 3], its landmarks [478, 3] px and its alignment."""
        self._portrait = portrait
        self._landmarks = landmarks
        self._matrix = matrix
        self._networks = networks
        self._lock = threading.Lock()
        self._mesh: StillAvatar | None = None
        self._rest: dict[Factor, FloatArray] | None = None
        self._known: OrderedDict[tuple[Factor, bytes], FloatArray] = OrderedDict()

    def offset(self, factor: Factor, controls: FloatArray) -> FloatArray:
        """What a factor's controls float32 [d] add to its latent: float32 [D], zero at rest."""
        key = factor, controls.tobytes()
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            if self._rest is None:
                self._rest = self._encode(REST)
            moved = REST.copy()
            moved[FACTOR_SLICE[factor]] = controls
            is_resting = np.array_equal(moved, REST)
            codes = self._rest if is_resting else self._encode(moved)
            offset: FloatArray = codes[factor] - self._rest[factor]
            self._known[key] = offset
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return offset

    def picture(self, controls: FloatArray) -> Frame:
        """What the networks see of the portrait moved by controls float32 [58]."""
        if self._mesh is None:
            self._mesh = StillAvatar(
                self._portrait,
                self._landmarks,
                PersonSegmenter(),
                create_tracker().track,
                Progress(),
            )
        scale = float(np.hypot(*self._matrix[:, 0]))
        full = self._mesh.viewport(View(Framing.FACE, None))
        side = int(np.clip(full.width * full.step * scale, *_SIDES)) // 2 * 2
        view = View(Framing.FACE, side)
        port = self._mesh.viewport(view)
        shift = 0.5 * port.step - 0.5
        corner = [port.x0 + shift, port.y0 + shift]
        to_portrait = np.column_stack([port.step * np.eye(2), corner])
        frame = self._mesh.draw(controls, view)
        return network_picture(frame, compose(self._matrix, to_portrait), self._networks.eye_side)

    def _encode(self, controls: FloatArray) -> dict[Factor, FloatArray]:
        codes = self._networks.see(self.picture(controls)[None])
        return {factor: rows[0] for factor, rows in codes.items()}

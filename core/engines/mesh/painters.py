"""The painters of one stage, each built when a frame first needs it.

A frame of a clip is a stage of its own: what its controls leave alone is never looked at.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, Factor
from core.engines.mesh.eyes import Eye
from core.engines.mesh.glasses import find_glasses
from core.engines.mesh.mouth import Mouth
from core.engines.mesh.shading import Shading
from core.engines.mesh.stage import Controls, FloatMap, Picture, Side, Stage

_EYES = FACTOR_SLICE[Factor.EYES]


class Painters:
    """Eyes, mouth, shading and glasses of one stage.

    Attributes:
        freedom: float32 [g, g'] on the face lattice, how far expressions may move the skin (0 on
            the frame of glasses), or None without glasses.
    """

    def __init__(
        self, stage: Stage, lattice_px: NDArray[np.float32], *, may_wear_glasses: bool = True
    ) -> None:
        """Looks at the stage once.

        Args:
            stage: What is painted on.
            lattice_px: The face lattice (see `ShadingPainter`).
            may_wear_glasses: Whether glasses are looked for.
        """
        self._stage = stage
        self._eyes: tuple[Eye, ...] = ()
        self._lattice_px = lattice_px
        self._glasses = find_glasses(stage) if may_wear_glasses else None
        self.freedom = None if self._glasses is None else 1 - self._glasses.stillness(lattice_px)

    @functools.cached_property
    def mouth(self) -> Mouth:
        """The inside of the mouth."""
        return Mouth(self._stage)

    @functools.cached_property
    def _shading(self) -> Shading:
        return Shading(self._stage, self._lattice_px)

    def paint_eyes(self, work: Picture, controls: Controls) -> bool:
        """Paints both eyes; returns whether both are as in the portrait."""
        at_rest = not controls[_EYES].any()
        if not (at_rest or self._eyes):
            sides = (Side.RIGHT, Side.LEFT)
            self._eyes = tuple(Eye(self._stage, side, self._glasses) for side in sides)
        for eye in self._eyes:
            eye.paint(work, controls)
        return at_rest

    def gain(self, controls: Controls) -> FloatMap | None:
        """Brightness of the skin; see `ShadingPainter`."""
        return self._shading.gain(controls)

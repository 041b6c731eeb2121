"""The painters of one stage, built together and called once per frame by the renderer."""

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
    """Eyes, mouth and shading of one stage."""

    def __init__(self, stage: Stage, lattice_px: NDArray[np.float32]) -> None:
        self.glasses = find_glasses(stage)
        self.eyes = [Eye(stage, side, self.glasses) for side in (Side.RIGHT, Side.LEFT)]
        self.mouth = Mouth(stage)
        self._shading = Shading(stage, lattice_px)

    def paint_eyes(self, work: Picture, controls: Controls) -> bool:
        """Paints both eyes; returns whether both are as in the portrait."""
        for eye in self.eyes:
            eye.paint(work, controls)
        return not controls[_EYES].any()

    def gain(self, controls: Controls) -> FloatMap | None:
        """Brightness of the skin; see `ShadingPainter`."""
        return self._shading.gain(controls)

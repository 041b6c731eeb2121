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
    """Eyes, mouth, shading and glasses of one stage.

    Attributes:
        eyes: Right and left.
        mouth: The inside of the mouth.
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
        glasses = find_glasses(stage) if may_wear_glasses else None
        self.eyes = [Eye(stage, side, glasses) for side in (Side.RIGHT, Side.LEFT)]
        self.freedom = None if glasses is None else 1 - glasses.stillness(lattice_px)
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

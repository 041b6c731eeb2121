"""An engine of another package: quick, and obedient to files that lie beside the portrait.

While `hold-prepare` or `hold-refine` lies there, that work does not end; `die` and `break` let the
next frame end the process and raise what no engine should.
"""

import os
import time

import numpy as np

from core.base.controls import INDEX
from core.engines.protocol import EngineSpec, Framing
from core.face.pose import Pose

FRAME_S = 0.004


class Sheet:
    """An avatar of one colour: light as the jaw is open, without blue until refined."""

    rest_pose = Pose(1.0, 2.0, 3.0)

    def __init__(self, folder):
        self.folder = folder
        self.is_refined = False

    def output_size(self, view):
        size = view.size or 3000
        return (size, size) if view.mode is Framing.FACE else (size, size // 2)

    def refine(self, progress):
        while (self.folder / "hold-refine").exists():
            progress.check()
            time.sleep(0.005)
        self.is_refined = True


class Painter:
    spec = EngineSpec("painter", "Painter")

    def prepare(self, source, *, progress):
        progress.report("Painting", 0, 1)
        while (source.path.parent / "hold-prepare").exists():
            progress.check()
            time.sleep(0.005)
        progress.report("Painting", 1, 1)
        return Sheet(source.path.parent)

    def render(self, avatar, motion, view):
        width, height = avatar.output_size(view)
        for controls in motion.controls:
            if (avatar.folder / "die").exists():
                os._exit(3)
            if (avatar.folder / "break").exists():
                raise ZeroDivisionError("by design")
            time.sleep(FRAME_S)
            picture = np.full((height, width, 3), round(255 * controls[INDEX["jawOpen"]]), np.uint8)
            if not avatar.is_refined:
                picture[..., 2] = 0
            yield picture

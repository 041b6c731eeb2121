"""Motion of a face while it is being filmed: landmarks in, controls out, frame by frame.

The solver needs a stretch of film to find a person's rest. Live, the first second stands for it:
its frames are kept, and every new frame is solved together with them. One thread at a time.
"""

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_SLICE, REST, UPPER, Factor, FloatArray
from core.face.solver import solve
from core.face.tracker import Face

N_REST_FRAMES: Final = 20
"""Frames that rest is taken from."""
_N_RECENT: Final = 5  # so that the solver's smoothing has something to hold on to

_POSE: Final = FACTOR_SLICE[Factor.HEAD_POSE]
_ANGLES: Final = slice(_POSE.start, _POSE.start + 3)


class LiveSolver:
    """Controls of a filmed face, relative to how it looked at first.

    Args:
        rate: Frames per second that the camera gives, roughly.
    """

    def __init__(self, rate: float = 25.0) -> None:
        self._rate = rate
        self._rest: list[NDArray[np.float32]] = []
        self._recent: deque[NDArray[np.float32]] = deque(maxlen=_N_RECENT)

    @property
    def is_calibrated(self) -> bool:
        """Whether rest is known."""
        return len(self._rest) >= N_REST_FRAMES

    def calibrate(self) -> None:
        """Takes the next frames for rest."""
        self._rest.clear()
        self._recent.clear()

    def add(self, face: Face | None) -> FloatArray | None:
        """Takes in a frame and gives its controls, float32 [58]; None until rest is known.

        Args:
            face: The tracked face; None where it was not seen.
        """
        if face is None:
            self._recent.clear()
            return None
        if not self.is_calibrated:
            self._rest.append(face.points)
            return None
        self._recent.append(face.points)
        points = np.stack([*self._rest, *self._recent])
        controls = solve(points, rate=self._rate).controls.astype(np.float64)
        rest, now = controls[: len(self._rest)].mean(0), controls[-1].copy()
        now[_ANGLES] -= rest[_ANGLES]
        now[_ANGLES.stop : _POSE.stop] -= rest[_ANGLES.stop : _POSE.stop]
        now[_POSE.stop - 1] += REST[_POSE.stop - 1]
        others = np.ones(len(now), np.bool_)
        others[_POSE] = False
        now[others] = np.clip(now[others] - rest[others], 0.0, UPPER[others])
        result: FloatArray = now.astype(np.float32)
        return result

"""Self-calibration of the eyes: how to draw them so that a tracker measures what was meant.

How far an iris seems to go, and how far lids seem to close, depends on the portrait: on its light,
on lashes, on how much of the eye was visible; and a turned flat eye seems to look back. A few
small probe renders are tracked and what they show is taken back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX, REST
from core.engines.mesh.eye_response import EyeResponse, Look
from core.engines.mesh.stage import Controls, Picture
from core.face.eye_solver import GAZE_DOWN_PER_UNIT, GAZE_X_PER_UNIT
from core.face.lid_rig import WIDE
from core.face.measures import measure
from core.face.tracker import Face

Array = NDArray[np.float64]
Track = Callable[[Iterator[Picture]], Iterator[Face | None]]

_SETTLING: Final = 2  # times a probe is shown: a tracker follows jumps with delay
_WIDE_GAIN: Final = -sum(WIDE)  # openness that eyeWide 1 adds
_SIDES: Final = ("Left", "Right")
_POSE: Final = ("yaw", "pitch")

PROBES: Final = (
    Look(), Look(right=-0.4), Look(right=-0.9), Look(right=-0.6, down=0.5), Look(down=0.9),
    Look(down=0.4), Look(right=0.4), Look(right=0.9), Look(right=0.6, down=-0.6), Look(down=-0.9),
    Look(yaw=7.0), Look(yaw=15.0), Look(yaw=15.0, right=0.7), Look(yaw=15.0, right=-0.6),
    Look(pitch=10.0), Look(pitch=-10.0), Look(yaw=-7.0), Look(yaw=-15.0),
    Look(yaw=-15.0, right=-0.7), Look(yaw=-15.0, right=0.6), Look(openness=1.18),
    Look(openness=0.7), Look(openness=0.45), Look(openness=0.2), Look(openness=0.0),
)  # fmt: skip
"""What is tried: a walk in small steps, so that the tracker can follow."""


@dataclass(frozen=True, slots=True, eq=False)
class EyeCalibration:
    """Wanted eyes → drawn eyes.

    Attributes:
        response: What the portrait shows, or None to draw what is wanted.
    """

    response: EyeResponse | None = None

    def drawn(self, controls: Controls) -> Controls:
        """Control values float32 [58] with the eyes' replaced; rest stays exactly rest."""
        if self.response is None:
            return controls
        wanted = _look_of(controls)
        if wanted == Look() and not any(controls[i] for i in _EYES):
            return controls
        right, down = self.response.gaze_for(wanted)
        lift = self.response.lift(wanted, right, down)
        result = controls.copy()
        for side in _SIDES:
            own = _look_of(controls, (side,))
            _write_gaze(
                result, side, own.right + right - wanted.right, own.down + down - wanted.down
            )
            openness = self.response.openness_for(own.openness, lift)
            result[INDEX[f"eyeBlink{side}"]] = min(max(1.0 - openness, 0.0), 1.0)
            result[INDEX[f"eyeWide{side}"]] = min(max((openness - 1.0) / _WIDE_GAIN, 0.0), 1.0)
        return result


_EYES: Final = tuple(
    INDEX[f"eye{name}{side}"]
    for side in _SIDES
    for name in ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Wide")
)


def calibrate_eyes(draw: Callable[[Controls], Picture], track: Track) -> EyeCalibration:
    """Draws the probes, tracks them as one clip and fits what they show.

    Args:
        draw: a small picture of control values float32 [58], the head's calibrated already.
        track: follows the face through pictures.
    """

    def shown() -> Iterator[Picture]:
        for probe in PROBES:
            frame = draw(_controls_of(probe))
            for _ in range(_SETTLING):
                yield frame

    faces = list(track(shown()))[_SETTLING - 1 :: _SETTLING]
    seen = [face.points for face in faces if face is not None]
    if len(seen) < len(PROBES):
        return EyeCalibration()
    found = measure(np.stack(seen))
    measured = np.stack(
        [
            (found.ear_left + found.ear_right) / 2,
            found.gaze_x / GAZE_X_PER_UNIT,
            found.gaze_y / GAZE_DOWN_PER_UNIT,
        ],
        axis=1,
    )
    return EyeCalibration(EyeResponse.fit(list(PROBES), measured))


def _look_of(controls: Controls, sides: tuple[str, ...] = _SIDES) -> Look:
    """The mean look of the eyes of `sides`."""

    def of(name: str, side: str) -> float:
        return float(controls[INDEX[f"eye{name}{side}"]])

    looks = []
    for side in sides:
        outwards = of("LookOut", side) - of("LookIn", side)
        looks.append((
            outwards if side == "Left" else -outwards,
            of("LookDown", side) - of("LookUp", side),
            1.0 - of("Blink", side) + _WIDE_GAIN * of("Wide", side),
        ))  # fmt: skip
    right, down, openness = np.mean(looks, axis=0).tolist()
    yaw, pitch = (float(controls[INDEX[name]]) for name in _POSE)
    return Look(right, down, openness, yaw, pitch)


def _controls_of(look: Look) -> Controls:
    controls = REST.copy()
    for side in _SIDES:
        _write_gaze(controls, side, look.right, look.down)
        controls[INDEX[f"eyeBlink{side}"]] = max(1.0 - look.openness, 0.0)
        controls[INDEX[f"eyeWide{side}"]] = max((look.openness - 1.0) / _WIDE_GAIN, 0.0)
    for name, value in zip(_POSE, (look.yaw, look.pitch), strict=True):
        controls[INDEX[name]] = value
    return controls


def _write_gaze(controls: Controls, side: str, right: float, down: float) -> None:
    outwards = right if side == "Left" else -right
    for name, value in (
        ("LookOut", outwards), ("LookIn", -outwards), ("LookDown", down), ("LookUp", -down),
    ):  # fmt: skip
        controls[INDEX[f"eye{name}{side}"]] = max(value, 0.0)

"""Self-calibration: which head motion to draw so that a tracker measures what was asked for.

A picture of a head has less depth than the head: turned by 20° it looks turned by 17° or 18°,
and a little tilted. A few small probe renders are tracked again and the inverse of what they
show is fitted as a low polynomial per angle. Expressions mislead a tracker too (a blink looks
like a nod): how much is measured on a few more probes and taken back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX, REST
from core.engines.mesh.brow_calibrate import BrowCalibration
from core.engines.mesh.fields import CLOSE_ROW, N_ROWS, coefficients
from core.engines.mesh.geometry import Placement
from core.engines.mesh.posing import HeadMotion
from core.engines.mesh.stage import Controls, Picture
from core.face.measures import measure
from core.face.pose import pose_from_rotation
from core.face.tracker import Face

Points = NDArray[np.float64]
Track = Callable[[Iterator[Picture]], Iterator[Face | None]]

PROBE_PX: Final = 256
_UNIT_DEG: Final = 20.0
_RIDGE: Final = 1e-3
_LEAST_PROBES: Final = 8
_SETTLING: Final = 3  # times a probe is shown: a tracker follows jumps with delay
_MOST_PULL_DEG: Final = 4.0
_TAKEN_BACK: Final = 0.65
_TAKEN_BACK_OF_LIDS: Final = 0.9  # a blink must not nod
_GAIN_LIMITS: Final = (0.7, 1.7)
_POSE_COLUMNS: Final = tuple(INDEX[n] for n in ("yaw", "pitch", "roll", "x", "y", "scale"))

PROBES: Final = tuple(
    HeadMotion(yaw=float(yaw), pitch=float(pitch))
    for yaw, pitch in (
        (0, 0), (13, 0), (26, 0), (15, 12), (0, 11), (0, 22), (-15, 12),
        (-13, 0), (-26, 0), (-15, -12), (0, -11), (0, -22), (15, -12),
    )
)  # fmt: skip
"""The head motions that are tried: a walk in small steps, so that the tracker can follow.

Roll is a rotation of the picture and needs no probe."""


def _sided(name: str, value: float) -> dict[str, float]:
    return {f"{name}Left": value, f"{name}Right": value}


EXPRESSIONS: Final[tuple[dict[str, float], ...]] = (
    {"jawOpen": 0.7},
    {"jawOpen": 0.7, "mouthClose": 1.0},
    {"mouthPucker": 1.0},
    {"mouthRollLower": 0.7},
    {"mouthRollUpper": 0.7},
    {"mouthShrugLower": 0.7},
    {"mouthShrugUpper": 0.7},
    _sided("mouthLowerDown", 0.7),
    _sided("mouthUpperUp", 0.7),
    _sided("mouthSmile", 1.0),
    _sided("mouthFrown", 1.0),
    _sided("noseSneer", 0.7),
    {"browInnerUp": 1.0} | _sided("browOuterUp", 1.0),
    _sided("browDown", 1.0),
    _sided("eyeBlink", 1.0),
    _sided("eyeLookUp", 0.7),
    _sided("eyeLookDown", 0.7),
)
"""Expressions whose pull on the measured pitch is taken back, shared evenly by their controls.

A jaw that opens behind closed lips (`jawOpen` times `mouthClose`) pulls less than an open mouth,
so it has a probe and a pull of its own."""


def _features(angles: Points) -> Points:
    """Polynomial terms [..., 7] of angles [..., 2 or 3] in degrees; all vanish at 0."""
    yaw, pitch = np.moveaxis(angles[..., :2] / _UNIT_DEG, -1, 0)
    return np.stack([yaw, pitch, yaw**2, pitch**2, yaw * pitch, yaw**3, pitch**3], -1)


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Wanted angles → drawn angles.

    Attributes:
        terms: float64 [7, 3], what each polynomial term of yaw and pitch adds to yaw, pitch and
            roll, degrees.
        pulls: float64 [53], by how many degrees each field row (see `coefficients`) seems to
            raise the head.
    """

    terms: Points
    pulls: Points = field(default_factory=lambda: np.zeros(N_ROWS))

    @classmethod
    def plain(cls) -> "Calibration":
        """Typical gains, for pictures that are not probed."""
        terms = np.zeros((7, 3))
        terms[[0, 1], [0, 1]] = _UNIT_DEG * np.array([1.05, 1.12])
        return cls(terms)

    @classmethod
    def fit(cls, drawn: Sequence[HeadMotion], measured: Points) -> "Calibration":
        """From drawn motions and measured angles [N, 3] (NaN rows = face lost), degrees.

        Falls back to typical gains when too few probes were measured or they make no sense.
        """
        angles = np.array([[m.yaw, m.pitch, m.roll] for m in drawn])
        rest = measured[[m.is_rest for m in drawn]].mean(0)
        seen = np.isfinite(measured).all(1)
        if not np.isfinite(rest).all() or seen.sum() < _LEAST_PROBES:
            return cls.plain()
        seen_deg = measured[seen] - rest
        wanted = angles[seen]
        wanted[:, 2] -= seen_deg[:, 2]  # roll is exact: what a turn adds is taken back
        terms = _features(seen_deg)
        prior = cls.plain().terms
        gram = terms.T @ terms + _RIDGE * np.eye(terms.shape[1])
        found = prior + np.linalg.solve(gram, terms.T @ (wanted - terms @ prior))
        gains = np.diag(found[:2, :2]) / _UNIT_DEG
        low, high = _GAIN_LIMITS
        return cls(found) if ((gains > low) & (gains < high)).all() else cls.plain()

    def with_pulls(self, measured: Points) -> "Calibration":
        """The same with what `EXPRESSIONS` did to the pitch, [len(EXPRESSIONS)] degrees.

        Only a part is taken back: a driver's face misleads its tracker alike, and what is left
        keeps that alike. Lost faces (NaN) count as no pull.
        """
        blinks = np.array(["eyeBlinkLeft" in e for e in EXPRESSIONS])
        change = np.clip(np.nan_to_num(measured), -_MOST_PULL_DEG, _MOST_PULL_DEG)
        change *= np.where(blinks, _TAKEN_BACK_OF_LIDS, _TAKEN_BACK)
        shown = np.stack([coefficients(_expression(e)) for e in EXPRESSIONS]).astype(np.float64)
        shown[:, CLOSE_ROW] = 0.0  # it shuts a mouth that the portrait holds open: no pull
        pulls = np.linalg.pinv(shown) @ change
        return replace(self, pulls=pulls)

    def motion(self, controls: Controls) -> HeadMotion:
        """What to draw for control values float32 [58]; rest stays exactly rest."""
        yaw, pitch, roll, x, y, scale = (float(controls[i]) for i in _POSE_COLUMNS)
        pitch -= float(coefficients(controls) @ self.pulls)
        if yaw or pitch:
            yaw, pitch, tilt = _features(np.array([yaw, pitch])) @ self.terms
            roll += tilt
        return HeadMotion(float(yaw), float(pitch), float(roll), x, y, scale)


def _expression(values: dict[str, float]) -> Controls:
    """Control values float32 [58] of an avatar at rest but for these."""
    controls = REST.copy()
    for name, value in values.items():
        controls[INDEX[name]] = value
    return controls


def measure_pose(face: Face | None) -> Points:
    """Yaw, pitch and roll of a tracked face in degrees, float64 [3]; NaN where it is lost."""
    if face is None:
        return np.full(3, np.nan)
    return pose_from_rotation(Placement.of(face.points.astype(np.float64)).rotation)


def _brow_height(face: Face | None) -> float:
    """Height of the brows in inter-ocular distances; NaN where the face is lost."""
    return float("nan") if face is None else float(measure(face.points[None]).brow[0])


def calibrate(
    draw: Callable[[Controls, HeadMotion], Picture], track: Track
) -> tuple[Calibration, BrowCalibration]:
    """Draws the probes, tracks them as one clip and fits the inverse of what they show."""
    expressions = [_expression(values) for values in EXPRESSIONS]

    def probes() -> Iterator[tuple[Controls, HeadMotion]]:
        still = PROBES[0]
        yield REST, still
        for controls in expressions:
            yield controls, still
        for motion in PROBES[1:]:
            yield REST, motion

    def shown() -> Iterator[Picture]:
        for controls, motion in probes():
            frame = draw(controls, motion)
            for _ in range(_SETTLING):
                yield frame

    faces = list(track(shown()))[_SETTLING - 1 :: _SETTLING]
    measured = np.stack([measure_pose(face) for face in faces])
    heights = np.array([_brow_height(face) for face in faces])
    heights -= heights[0]
    first = 1 + len(EXPRESSIONS)
    turned = np.concatenate([measured[:1], measured[first:]])
    calibration = Calibration.fit(PROBES, turned).with_pulls(measured[1:first, 1] - measured[0, 1])
    angles = (measured[first:] - measured[0])[:, :2]
    brows = BrowCalibration.fit((angles, heights[first:]), (expressions, heights[1:first]))
    return calibration, brows

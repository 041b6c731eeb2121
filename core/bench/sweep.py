"""Moves one control at a time and looks at what happens to the face: slope, fit and leakage."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import INDEX, REST, Factor, FloatArray
from core.base.errors import EngineError
from core.base.progress import Progress
from core.bench.figure import Figure, Goal, at_least, at_most
from core.bench.measure import fit_line, spread
from core.bench.observe import Observation
from core.bench.transfer import MEASURES
from core.engines.protocol import Avatar, Engine, View
from core.face.measures import Measures, measure
from core.face.tracker import create_tracker
from core.motion.motion import Motion

_UNIT: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_BOTH_WAYS: Final = (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0)
_PROBE_DEG: Final = 15.0
_R2_POSE: Final = at_least(0.99)
_R2_FACE: Final = at_least(0.97)
MAX_SLOPE_ERROR: Final = at_most(0.05)
MAX_LEAKAGE: Final = at_most(0.05)
MAX_BLINK_PITCH: Final = at_most(0.5)

Values = dict[str, NDArray[np.float64]]
"""Measure by name → its value in every step of a plan; NaN where no face was found."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One movement and the measure that must follow it in a straight line.

    Attributes:
        name: What moves.
        factor: Whose movement it is.
        controls: Controls at value 1, times the value.
        values: The values, in the order they are rendered.
        follows: Name of the measure that must follow.
        r2: What the straight line's fit must reach; None for movements without a goal.
        opposite: Controls at value −1 where these are others than at 1.
    """

    name: str
    factor: Factor
    controls: Mapping[str, float]
    values: tuple[float, ...]
    follows: str
    r2: Goal | None = None
    opposite: Mapping[str, float] | None = None

    def at(self, value: float) -> FloatArray:
        """float32 [58]: the avatar at rest but for this movement at `value`."""
        result = REST.copy()
        moved = self.controls
        if value < 0 and self.opposite is not None:
            moved, value = self.opposite, -value
        for name, gain in moved.items():
            result[INDEX[name]] = gain * value
        return result

    @property
    def probes(self) -> tuple[float, ...]:
        """The values at which other measures must stand still: the ends, ±15° for pose."""
        if self.factor is Factor.HEAD_POSE:
            return -_PROBE_DEG, _PROBE_DEG
        return self.values[-1:] if self.opposite is None else (self.values[0], self.values[-1])


def _pose(name: str, limit: float) -> Sweep:
    values = tuple(float(v) for v in np.arange(-limit, limit + 1, 5.0))
    return Sweep(name, Factor.HEAD_POSE, {name: 1.0}, values, name, _R2_POSE)


def _sided(name: str, gain: float = 1.0) -> dict[str, float]:
    return {f"{name}Left": gain, f"{name}Right": gain}


SWEEPS: Final = (
    _pose("yaw", 25.0),
    _pose("pitch", 20.0),
    _pose("roll", 20.0),
    Sweep("jaw", Factor.LIPS, {"jawOpen": 1.0}, _UNIT, "mouth opening", _R2_FACE),
    Sweep("pucker", Factor.LIPS, {"mouthPucker": 1.0}, _UNIT, "mouth width"),
    Sweep("smile", Factor.EXPRESSION, _sided("mouthSmile"), _UNIT, "smile", _R2_FACE),
    Sweep("frown", Factor.EXPRESSION, _sided("mouthFrown"), _UNIT, "smile"),
    Sweep(
        "brows up",
        Factor.EXPRESSION,
        {"browInnerUp": 1.0} | _sided("browOuterUp"),
        _UNIT,
        "brow",
        _R2_FACE,
    ),
    Sweep("brows down", Factor.EXPRESSION, _sided("browDown"), _UNIT, "brow"),
    Sweep("blink", Factor.EYES, _sided("eyeBlink"), _UNIT, "blink"),
    Sweep(
        "gaze sideways",
        Factor.EYES,
        {"eyeLookOutLeft": 0.7, "eyeLookInRight": 0.7},
        _BOTH_WAYS,
        "gaze x",
        opposite={"eyeLookInLeft": 0.7, "eyeLookOutRight": 0.7},
    ),
    Sweep(
        "gaze up",
        Factor.EYES,
        _sided("eyeLookUp", 0.7),
        _BOTH_WAYS,
        "gaze y",
        opposite=_sided("eyeLookDown", 0.7),
    ),
)

_ANATOMICAL: Final = frozenset({("smile", "mouth width"), ("pucker", "smile"), ("jaw", "smile")})
"""Movements that carry another factor's measure along in every real face: a smile widens the
mouth, a pucker draws its corners, and corners are measured from the middle of the lips, which an
open jaw lowers."""

TYPICAL_RANGE: Final[Mapping[str, float]] = {
    "yaw": 50.0, "pitch": 40.0, "roll": 40.0, "blink": 0.42, "gaze x": 0.31, "gaze y": 0.15,
    "mouth opening": 0.58, "mouth width": 0.48, "smile": 0.18, "brow": 0.19,
}  # fmt: skip
"""Natural range of each measure: of the head, what must look natural; of the face, what 36 clips
of people who talk and act cover."""


def natural_ranges(clips: Sequence[Observation]) -> dict[str, float]:
    """How far people go from their own median in each measure of the face.

    The head's ranges are fixed: what must look natural does not depend on who was filmed. With no
    clips all ranges are the typical ones.
    """
    ranges = dict(TYPICAL_RANGE)
    for m in MEASURES if clips else ():
        if m.factor is not Factor.HEAD_POSE:
            curves = [m.of(clip.measures)[clip.valid] for clip in clips]
            ranges[m.name] = spread(np.concatenate([c - np.median(c) for c in curves]))
    return ranges


def plan() -> list[tuple[Sweep | None, float]]:
    """The steps of all sweeps; the first is the avatar at rest."""
    return [(None, 0.0), *((sweep, value) for sweep in SWEEPS for value in sweep.values)]


def run_sweeps(
    case: str, engine: Engine, avatar: Avatar, ranges: Mapping[str, float], progress: Progress
) -> list[Figure]:
    """Slope, fit, closure of the eyes and leakage of one portrait.

    Args:
        case: name of the portrait.
        engine: the engine that made `avatar`.
        avatar: the portrait, prepared.
        ranges: natural range of each measure, see `natural_ranges`.
        progress: checked once per frame.

    Raises:
        EngineError: the portrait at rest, rendered, shows no face.
    """
    values = _measured(case, engine, avatar, progress)
    return responses(case, values) + leaks(case, values, ranges)


def responses(case: str, values: Values) -> list[Figure]:
    """How each movement's own measure follows it."""
    figures = []
    for sweep in SWEEPS:
        steps = [i for i, (s, _) in enumerate(plan()) if s is sweep]
        found = [i for i in steps if np.isfinite(values[sweep.follows][i])]
        if len(found) < 3:
            figures.append(Figure(case, f"{sweep.name} R²", None, "", sweep.r2))
            continue
        line = fit_line(
            np.array([plan()[i][1] for i in found]), values[sweep.follows][np.array(found)]
        )
        figures.append(Figure(case, f"{sweep.name} R²", line.r2, "", sweep.r2))
        if sweep.factor is Factor.HEAD_POSE:
            figures.append(Figure(case, f"{sweep.name} slope", line.slope))
            off = abs(line.slope - 1.0)
            figures.append(Figure(case, f"{sweep.name} slope off 1", off, "", MAX_SLOPE_ERROR))
        if sweep.follows == "blink":
            closed = 1.0 - float(values["blink"][steps[-1]] / values["blink"][0])
            figures.append(Figure(case, "eyes closed by a blink", closed, "of opening"))
    return figures


def leaks(case: str, values: Values, ranges: Mapping[str, float]) -> list[Figure]:
    """How far each measure is moved at most by movements of other factors."""
    figures = []
    steps = plan()
    for m in MEASURES:
        shares = [
            (abs(float(values[m.name][i] - values[m.name][0])) / ranges[m.name], i)
            for i, (sweep, value) in enumerate(steps)
            if sweep is not None
            and value in sweep.probes
            and sweep.factor is not m.factor
            and (sweep.name, m.name) not in _ANATOMICAL
            and np.isfinite(values[m.name][i])
        ]
        share, i = max(shares, default=(None, 0))
        sweep, value = steps[i]
        label = case if sweep is None else f"{case}, {sweep.name} {value:g}"
        figures.append(Figure(label, f"{m.name} moved by others", share, "of range", MAX_LEAKAGE))
    blink = next(i for i, (s, v) in enumerate(steps) if s and s.follows == "blink" and v == 1.0)
    turned = abs(float(values["pitch"][blink] - values["pitch"][0]))
    if np.isfinite(turned):
        figures.append(Figure(case, "pitch moved by a blink", turned, "°", MAX_BLINK_PITCH))
    return figures


def _measured(case: str, engine: Engine, avatar: Avatar, progress: Progress) -> Values:
    """Renders the plan and tracks every frame by itself."""
    controls = np.stack([REST if s is None else s.at(v) for s, v in plan()])
    curves: dict[str, list[float]] = {m.name: [] for m in MEASURES}
    for n_frames, found in enumerate(_found_faces(engine, avatar, controls, progress), 1):
        progress.report(f"Sweeping {case}", n_frames, len(controls))
        for m in MEASURES:
            curves[m.name].append(float("nan") if found is None else float(m.of(found)[0]))
    if not np.isfinite(curves["yaw"][0]):
        raise EngineError(f"The portrait {case} shows no face any more once it is rendered.")
    return {name: np.array(curve) for name, curve in curves.items()}


def _found_faces(
    engine: Engine, avatar: Avatar, controls: FloatArray, progress: Progress
) -> Iterator[Measures | None]:
    tracker = create_tracker()
    for frame in engine.render(avatar, Motion(controls, Fraction(25)), View()):
        faces = tracker.detect(frame, progress)
        yield measure(faces[0].points[None]) if faces else None

"""Tracked landmarks of a clip → the 58 controls, by the same rig that the renderer uses.

Head pose is solved rigidly and undone, the person's own neutral shape is found and subtracted,
and what remains is explained by the rig. The same landmarks always give the same controls.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, FACTOR_SLICE, INDEX, REST, BoolArray, Factor, FloatArray
from core.face.canonical import FACE_HEIGHT, HEAD_PIVOT
from core.face.expression_fit import add_expression, divide_closing
from core.face.eye_solver import add_eyes
from core.face.measures import Measures, measure_shape, rigid_fit
from core.face.neutral_shape import Neutral, neutral_of, rest_frames
from core.face.pose import pose_from_rotation, unpose
from core.face.topology import N_POINTS, N_SURFACE, Points
from core.face.tremble import parabola_smoothed, steadied, window_frames

Array = NDArray[np.float64]
Fit = tuple[Array, Array, Array]

_CHUNK: Final = 512  # frames whose landmarks are held in double precision at a time
_STEADIED: Final = (Factor.HEAD_POSE, Factor.LIPS)
_EXPRESSION_S: Final = 0.28
"""Length of the expression's smoothing window. It fits a parabola, so peaks keep their height.
Nothing is delayed; eyes are not smoothed, since a blink lasts only a few frames."""
_ARKIT_COLUMNS: Final = np.array([INDEX[n] for n in ARKIT], np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What a clip says.

    Attributes:
        controls: float32 [T, 58]. ARKit values 0..1 relative to the person's neutral face; yaw,
            pitch and roll are absolute degrees; x and y say how far the head's pivot lies from
            where it was in the first valid frame, in face heights; scale is 1 in that frame.
            Frames without a face hold `REST`.
        valid: bool [T].
        neutral: the person's rest, None when no frame is valid.
    """

    controls: FloatArray
    valid: BoolArray
    neutral: Neutral | None


def solve(points: Points, valid: BoolArray | None = None, *, rate: float = 25.0) -> Solution:
    """Solves a whole clip.

    Args:
        points: [T, 478, 3], pixels; rows of invalid frames are ignored.
        valid: bool [T]; None when all frames show the face.
        rate: frames per second.
    """
    if points.ndim != 3 or points.shape[1:] != (N_POINTS, 3):
        raise ValueError(f"landmarks have the shape {points.shape}, not (T, {N_POINTS}, 3)")
    valid = np.ones(len(points), bool) if valid is None else np.asarray(valid, bool)
    controls = np.tile(REST, (len(points), 1))
    if not valid.any():
        return Solution(controls, valid, None)
    solved, neutral = _solve_seen(points[valid], rate)
    solved[:] = _smoothed_runs(solved, valid, rate)
    divide_closing(solved)
    solved[:, _ARKIT_COLUMNS] = solved[:, _ARKIT_COLUMNS].clip(0.0, 1.0)
    controls[valid] = solved
    return Solution(controls, valid, neutral)


def _solve_seen(points: Points, rate: float) -> tuple[Array, Neutral]:
    """Unsmoothed controls [T, 58] and the neutral shape of frames that all show the face."""
    chunks = [slice(i, i + _CHUNK) for i in range(0, len(points), _CHUNK)]
    fits = [rigid_fit(points[chunk]) for chunk in chunks]
    scale, rotation, offset = (np.concatenate(parts) for parts in zip(*fits, strict=True))
    measures = _joined([_measured(points[c], f) for c, f in zip(chunks, fits, strict=True)])
    rest = rest_frames(measures, rate)
    neutral = neutral_of(
        unpose(np.asarray(points[rest], np.float64), scale[rest], rotation[rest], offset[rest])
    )
    controls = np.tile(REST.astype(np.float64), (len(points), 1))
    controls[:, FACTOR_SLICE[Factor.HEAD_POSE]] = _head_pose(scale, rotation, offset)
    add_eyes(measures, rest, controls)
    for chunk, fit in zip(chunks, fits, strict=True):
        shapes = unpose(np.asarray(points[chunk], np.float64), *fit)
        add_expression((shapes - neutral.shape)[:, :N_SURFACE], controls[chunk])
    return controls, neutral


def _measured(points: Points, fit: Fit) -> Measures:
    shapes = unpose(np.asarray(points, np.float64), *fit)
    return measure_shape(shapes, *np.moveaxis(pose_from_rotation(fit[1]), -1, 0))


def _joined(parts: list[Measures]) -> Measures:
    curves = (np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Measures))
    return Measures(*curves)


def _head_pose(scale: Array, rotation: Array, offset: Array) -> Array:
    """The six pose controls [T, 6]."""
    pivot = scale[:, None] * (rotation @ np.array(HEAD_PIVOT)) + offset
    shift = (pivot - pivot[0])[:, :2] / (scale[0] * FACE_HEIGHT)
    size = (scale / scale[0])[:, None]
    return np.concatenate([pose_from_rotation(rotation), shift, size], 1)


def _smoothed_runs(solved: Array, valid: BoolArray, rate: float) -> Array:
    """Controls [n valid, 58], smoothed within each stretch of consecutive valid frames."""
    frames = np.flatnonzero(valid)
    starts = np.flatnonzero(np.diff(frames, prepend=-2) > 1)
    result = solved.copy()
    expression = FACTOR_SLICE[Factor.EXPRESSION]
    window = window_frames(_EXPRESSION_S, rate)
    for run in np.split(np.arange(len(frames)), starts[1:]):
        for columns in (FACTOR_SLICE[factor] for factor in _STEADIED):
            result[run, columns] = steadied(solved[run, columns], rate)
        if 3 < window <= len(run):
            result[run, expression] = parabola_smoothed(solved[run, expression], window)
    return result

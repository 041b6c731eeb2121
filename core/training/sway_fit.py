"""Measures how people's heads move, so that `core.motion.sway` moves like them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from core.motion.sway import BAND_EDGES_HZ, N_BANDS, N_POSE, SwayModel, sway

Array = NDArray[np.float64]

SMOOTHING: Final = (7, 3)
"""Savitzky-Golay frames and order that tracked poses are read through: tracking trembles."""

_TRIAL_S = 600.0
_ROUNDS = 12
_PIECE = 375  # frames of a trial that are looked at like one recording
_REACH = 1.3  # of what all but one in 200 frames stay within
_STEP = 0.9  # of the people's largest steps: others are calmer
_CAUTION = 0.7  # share of a correction that is made at once
_SWELLS = (0.1, 1.2)
_STILL = 1e-6  # degrees, fractions: too little to be motion
_SLOW_BANDS = sum(edge < 0.4 for edge in BAND_EDGES_HZ[:-1])
_SHORTEST_FRAMES = 60


@dataclass(frozen=True, slots=True, eq=False)
class HeadFigures:
    """Distributions of head motion, each float64 [6] in pose units (per second for speed)."""

    range_median: Array
    range_p95: Array
    speed_median: Array
    speed_p95: Array
    max_step: Array
    reach: Array


def smooth_pose(pose: Array) -> Array:
    """A tracked pose [T ≥ 7, 6] without the tracker's tremble."""
    return np.asarray(savgol_filter(pose, *SMOOTHING, axis=0))


def head_figures(poses: Sequence[Array], rate: float) -> HeadFigures:
    """Figures of several recordings; each pose [T, 6] is taken around its own median."""
    away = np.concatenate([np.abs(pose - np.median(pose, 0)) for pose in poses])
    steps = np.concatenate([np.abs(np.diff(pose, axis=0)) for pose in poses])
    return HeadFigures(
        np.median(away, 0),
        np.percentile(away, 95, axis=0),
        np.median(steps, 0) * rate,
        np.percentile(steps, 95, axis=0) * rate,
        np.percentile(steps, 99.5, axis=0),
        np.percentile(away, 99.5, axis=0),
    )


def fit_sway(
    poses: Sequence[Array], loudness: Sequence[Array], rate: float, seed: int
) -> SwayModel:
    """The model whose motion is distributed like that of people.

    Starts from the cross-spectra of the recordings; then the size of slow and of quick waves and
    the swell are set so that trial motion has the people's ranges and speeds.

    Args:
        poses: tracked poses [T, 6] of several people, smoothed.
        loudness: their voices' loudness [T], 0..1.
        rate: frames per second of both.
        seed: of the trial motion.
    """
    used = [pose for pose in poses if len(pose) >= _SHORTEST_FRAMES]
    people = head_figures(used, rate)
    reach = np.maximum(_REACH * people.reach, _STILL)
    model = SwayModel(_mixing(used, rate), np.full(N_POSE, 0.6), _STEP * people.max_step, reach)
    voice = np.resize(np.concatenate(loudness), round(_TRIAL_S * rate))
    for _ in range(_ROUNDS):
        trial = sway(model, voice, rate, seed)
        pieces = [trial[i : i + _PIECE] for i in range(0, len(trial) - _PIECE + 1, _PIECE)]
        made = head_figures(pieces, rate)
        low, high = (_ratio(people, made, f"range_{which}") for which in ("median", "p95"))
        slow, fast = (_ratio(people, made, f"speed_{which}") for which in ("median", "p95"))
        far, quick = np.sqrt(low * high), np.sqrt(slow * fast)
        gain = np.stack([far] * _SLOW_BANDS + [quick] * (N_BANDS - _SLOW_BANDS))
        tails = np.sqrt(high / low * fast / slow)
        swell = np.clip(model.swell * tails**_CAUTION, *_SWELLS)
        model = replace(model, mixing=model.mixing * gain[:, :, None] ** _CAUTION, swell=swell)
    return model


def _ratio(people: HeadFigures, made: HeadFigures, name: str) -> Array:
    """How many times larger a figure of the people is, [6]; 1 where nothing moves."""
    result: Array = (getattr(people, name) + _STILL) / (getattr(made, name) + _STILL)
    return result


def _mixing(poses: Sequence[Array], rate: float) -> Array:
    """For each band the Cholesky factor [8, 6, 6] of the poses' mean covariance in it."""
    total = np.zeros((N_BANDS, N_POSE, N_POSE))
    for pose in poses:
        window = np.hanning(len(pose))[:, None]
        spectrum = np.fft.rfft((pose - pose.mean(0)) * window, axis=0)
        hz = np.fft.rfftfreq(len(pose), 1.0 / rate)
        power = 2.0 / (len(pose) * float(np.square(window).sum()))
        for band in range(N_BANDS):
            low, high = BAND_EDGES_HZ[band : band + 2]
            inside = spectrum[(hz >= low) & (hz < high)]
            if not len(inside):  # a short recording has no such slow waves of its own
                inside = spectrum[[int(np.argmin(np.abs(hz - 0.5 * (low + high))))]]
            total[band] += power * (inside.conj().T @ inside).real
    covariance = total / len(poses)
    floor = 1e-6 * np.trace(covariance, axis1=1, axis2=2)[:, None, None] / N_POSE
    return np.asarray(np.linalg.cholesky(covariance + floor * np.eye(N_POSE)))

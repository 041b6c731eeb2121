"""A voice moves lips, expression, head and lids by the trained speaker, all from one hearing.

Loaded by name (`core.motion.voice.PERFORMERS`), so that documents need no networks.
"""

from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from core.base.controls import FACTOR_CONTROLS, Factor, FloatArray
from core.base.paths import weights_dirs
from core.base.progress import Progress
from core.base.time import frames_in
from core.motion.blinking import blinking
from core.motion.person import motion_of, person_of
from core.motion.smoothing import BLINKS as BLINK_CONTROLS
from core.motion.speaker_file import TrainedSpeaker, load_speaker
from core.motion.sway import limited, sway
from core.motion.track import FactorTrack, rest_of
from core.motion.voice import VoiceRequest
from core.speech.energy import (
    DEFAULT_GATE,
    SilenceGate,
    at_frames,
    loudness_per_frame,
    silent_ticks,
)
from core.speech.hearing import Hearing, hear
from core.speech.smoothing import smoothed
from core.speech.spectrum import TICKS_PER_S
from models.facial.speaker import BLINKS, EXPRESSION, LIPS, MOUTH, RATE
from models.facial.speaker import POSE as POSE_STATES

Array = NDArray[np.float64]

_RATE: Final = Fraction(RATE)
_POSE_SMOOTHING: Final = (7, 3)  # as published: Savitzky-Golay over time
_SHUT_SIGMA_S = 0.025  # how softly the gate shuts the lips
_REST_SIGMA_S = 0.12  # how softly the face comes to rest in silence
_INTENSITY_SIGMA_S = 0.5
_INTENSITIES = (0.5, 2.0)


def perform_voice(
    request: VoiceRequest, progress: Progress | None = None
) -> dict[Factor, FactorTrack]:
    """One track per factor, relative to rest.

    Raises:
        WeightsError: the trained speaker is missing or damaged.
        MediaError: the sound cannot be read.
        FaceError: the style clip shows no face.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    trained = _trained(weights_dirs())
    style = np.zeros(trained.speaker.config.n_style, np.float32)
    if request.style is not None:
        style = person_of(motion_of(request.style, None, progress)).style
    heard = hear(request.path, progress)
    n_frames = max(request.n_frames, frames_in(heard.spectrum.duration_s, request.rate))
    n_states = frames_in(n_frames / request.rate, _RATE) + 1
    states = spoken_states(trained, heard, n_states, style, progress)
    lips, expression = mouth_controls(trained, heard, states, style, request.gate)
    lids = _lids(trained, states, request, n_frames)
    columns = [FACTOR_CONTROLS[Factor.EYES].index(name) for name in BLINK_CONTROLS]
    eyes = np.zeros((n_frames, len(FACTOR_CONTROLS[Factor.EYES])))
    eyes[:, columns] = lids[:, None]
    made = {
        Factor.LIPS: (lips, _RATE),
        Factor.EXPRESSION: (expression, _RATE),
        Factor.HEAD_POSE: (head_pose(trained, heard, states, style, request.seed), _RATE),
        Factor.EYES: (eyes, request.rate),
    }
    title = f"voice of “{request.path.name}”"
    return {
        factor: FactorTrack(
            factor,
            (rest_of(factor) + values).astype(np.float32),
            np.ones(len(values), np.bool_),
            rate,
            title,
        )
        .resampled(request.rate)
        .slice(0, n_frames)
        for factor, (values, rate) in made.items()
    }


def spoken_states(
    trained: TrainedSpeaker, heard: Hearing, n_frames: int, style: FloatArray, progress: Progress
) -> Array:
    """States float64 [`n_frames`, 46] at 25 fps as the networks say them.

    Raises:
        Cancelled: the work was cancelled.
    """
    n_rows = trained.speaker.config.n_rows

    def cut(start: int, stop: int) -> torch.Tensor:
        progress.report("Speaking", start, n_frames)
        return torch.from_numpy(heard.windows(n_rows, RATE, start, stop))

    with torch.inference_mode():
        states = trained.speaker(cut, n_frames, torch.from_numpy(style))
    return np.asarray(states.numpy(), np.float64)


def mouth_controls(
    trained: TrainedSpeaker,
    heard: Hearing,
    states: Array,
    style: FloatArray,
    gate: SilenceGate | None = None,
) -> tuple[Array, Array]:
    """Lips [T, 22] and expression [T, 16], 0..1 above rest, shut where the voice is silent."""
    mean = trained.speaker.state_mean.numpy()[MOUTH].astype(np.float64)
    said = mean + trained.mouth_gain * (states[:, MOUTH] - mean)
    said = np.clip(said * np.exp(float(style[0])), 0.0, 1.0)
    gate = DEFAULT_GATE if gate is None else gate
    silent = np.zeros(len(heard.spectrum))
    if gate.is_on:
        silent = silent_ticks(heard.spectrum, gate).astype(np.float64)
    open_share = np.stack(
        [1.0 - smoothed(silent, sigma * TICKS_PER_S) for sigma in (_SHUT_SIGMA_S, _REST_SIGMA_S)], 1
    )
    shares = at_frames(open_share, _RATE, len(states)).astype(np.float64)  # 0 after the sound
    return said[:, LIPS] * shares[:, :1], said[:, EXPRESSION] * shares[:, 1:]


def head_pose(
    trained: TrainedSpeaker, heard: Hearing, states: Array, style: FloatArray, seed: int
) -> Array:
    """Head motion [T, 6] around rest: what the networks say, and the sway that people add.

    Both together take no step that people do not take, also where chunks of the networks meet.
    """
    loud = loudness_per_frame(heard.spectrum, _RATE, len(states)).astype(np.float64)
    said = states[:, POSE_STATES] - trained.speaker.state_mean.numpy()[POSE_STATES]
    if len(said) >= _POSE_SMOOTHING[0]:
        said = np.asarray(savgol_filter(said, *_POSE_SMOOTHING, axis=0))
    moved = (said - said[:1]) + sway(trained.sway, loud, RATE, seed)
    return limited(moved * np.exp(float(style[1])), trained.sway.max_step, RATE)


def _lids(trained: TrainedSpeaker, states: Array, request: VoiceRequest, n_frames: int) -> Array:
    """Closure of the lids [`n_frames`] at the rate of the request."""
    likely = smoothed(np.maximum(states[:, BLINKS].mean(1), 0.0), _INTENSITY_SIGMA_S * RATE)
    likely = np.clip(likely / max(float(likely.mean()), 1e-6), *_INTENSITIES)
    at = np.arange(n_frames) * (RATE / float(request.rate))
    intensity = np.interp(at, np.arange(len(likely)), likely)
    return blinking(trained.blinks, intensity, float(request.rate), request.seed)


@cache
def _trained(folders: tuple[Path, ...]) -> TrainedSpeaker:
    """Read once per process and set of folders."""
    return load_speaker(folders)

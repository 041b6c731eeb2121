"""How well speech alone moves the lips: against the mouths of the people who spoke.

Each clip's sound drives the control rig; what its geometry shows is compared with the mouth that
tracking finds in the clip's pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from core.base.controls import FACTOR_SLICE, REST, Factor, FloatArray
from core.base.errors import MediaError
from core.base.progress import Progress
from core.bench.figure import Figure, at_least, at_most
from core.bench.measure import correlation
from core.bench.observe import Observation, observe_film
from core.face.measures import Measures, measure_shape
from core.face.rig import deform
from core.media.probe import probe
from core.speech.energy import silent_ticks
from core.speech.lips import analyse_speech, lips_of
from core.speech.spectrum import TICKS_PER_S, Spectrum

OPENING_GOAL: Final = at_least(0.40)
WIDTH_GOAL: Final = at_least(0.45)
SILENCE_GOAL: Final = at_most(0.03)

_RATE: Final = Fraction(25)
_OTHERS_VOICE = "motion_"
_SMOOTHING_FRAMES = 5
_SETTLED_S = 0.08  # around the moment that is called silent


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """How one clip was spoken.

    Attributes:
        clip: Its file name.
        opening: Correlation of the opening of the mouth; None when nothing moves.
        width: The same for the distance of the corners.
        silent_opening: The widest opening while the voice is silent, inter-ocular distances; None
            when it never is.
    """

    clip: str
    opening: float | None
    width: float | None
    silent_opening: float | None


def bench_speech(clips: Sequence[Path], seconds: float | None, progress: Progress) -> list[Figure]:
    """Correlation of spoken and real mouths for each clip with sound, and their means.

    Args:
        clips: filmed speakers. Clips without sound, and those named motion_…, whose sound is not
            the person's, are left out.
        seconds: how much of each clip counts; all of it when None.
        progress: reports, and carries the cancel flag.

    Raises:
        MediaError: a clip cannot be read, or none has sound.
        FaceError: a clip shows no face.
    """
    spoken = [c for c in clips if not c.name.startswith(_OTHERS_VOICE) and probe(c).audio]
    if not spoken:
        raise MediaError("No clip shows a person who speaks: name videos with sound.")
    scores = [score_clip(clip, seconds, progress) for clip in spoken]
    figures: list[Figure] = []
    for score in scores:
        figures += [
            Figure(score.clip, "mouth opening r", score.opening),
            Figure(score.clip, "mouth width r", score.width),
            Figure(score.clip, "opening in silence", score.silent_opening, "eye distances"),
        ]
    opening, worst_opening = _mean([(s.opening, s.clip) for s in scores])
    width, worst_width = _mean([(s.width, s.clip) for s in scores])
    silent = [(s.silent_opening, s.clip) for s in scores if s.silent_opening is not None]
    widest, where = max(silent, default=(None, ""))
    return [
        *figures,
        Figure("all", "mouth opening r", opening, "", OPENING_GOAL, worst_opening),
        Figure("all", "mouth width r", width, "", WIDTH_GOAL, worst_width),
        Figure("all", "opening in silence", widest, "eye distances", SILENCE_GOAL, where),
    ]


def score_clip(clip: Path, seconds: float | None, progress: Progress) -> SpeechScore:
    """Speaks one clip's sound and compares with its pictures.

    Raises:
        MediaError: the clip cannot be read or has no sound.
        FaceError: it shows no face.
    """
    real = observe_film(clip, _RATE, seconds, progress)
    speech = analyse_speech(clip, progress)
    lips = lips_of(speech, _RATE, n_frames=len(real))
    spoken = mouth_of(lips)
    silent = _silent_frames(speech.spectrum, len(real))
    return SpeechScore(
        clip.name,
        _agreement(spoken.mouth_open, real.measures.mouth_open, real),
        _agreement(spoken.mouth_width, real.measures.mouth_width, real),
        float(spoken.mouth_open[silent].max()) if silent.any() else None,
    )


def mouth_of(lips: FloatArray) -> Measures:
    """What the control rig shows under lip controls [T, 22]."""
    controls = np.tile(REST, (len(lips), 1))
    controls[:, FACTOR_SLICE[Factor.LIPS]] = lips
    straight = np.zeros(len(lips))
    return measure_shape(deform(controls).astype(np.float64), straight, straight, straight)


def _agreement(
    spoken: NDArray[np.float64], real: NDArray[np.float64], seen: Observation
) -> float | None:
    if len(real) < _SMOOTHING_FRAMES:
        return None
    return correlation(spoken, savgol_filter(real, _SMOOTHING_FRAMES, 2), seen.valid)


def _silent_frames(spectrum: Spectrum, n_frames: int) -> NDArray[np.bool_]:
    """Frames [T] around which the gate is shut, bool."""
    silent = silent_ticks(spectrum)
    around = round(_SETTLED_S * TICKS_PER_S)
    result = np.zeros(n_frames, np.bool_)
    for frame in range(n_frames):
        tick = round(frame * TICKS_PER_S / _RATE)
        near = silent[max(0, tick - around) : tick + around + 1]
        result[frame] = len(near) > 0 and bool(near.all())
    return result


def _mean(values: list[tuple[float | None, str]]) -> tuple[float | None, str]:
    """The mean of what was measured, and the clip with the lowest value."""
    known = [(value, clip) for value, clip in values if value is not None]
    if not known:
        return None, ""
    low, clip = min(known)
    return sum(value for value, _ in known) / len(known), f"{low:.2f} on {clip}"

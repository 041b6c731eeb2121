"""How well speech alone moves a face: against the people who spoke.

Each clip's sound drives the control rig in every way there is; what its geometry shows is compared
with the mouth that tracking finds in the clip's pictures, head and lids with the person's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

from core.base.controls import FACTOR_SLICE, REST, Factor, FloatArray
from core.base.errors import MediaError
from core.base.progress import Progress
from core.bench.figure import Figure, Goal, at_least, at_most
from core.bench.liveliness import Heads, heads_of, liveliness
from core.bench.measure import correlation
from core.bench.observe import Observation, observe_film
from core.bench.speaking import FACIAL, PHONES, RATE, Speak, Spoken, speak, ways
from core.face.measures import Measures, measure_shape
from core.face.rig import deform
from core.media.probe import probe
from core.speech.energy import loudness_per_frame, silent_ticks
from core.speech.spectrum import TICKS_PER_S, Spectrum, measure_spectrum

OPENING_GOALS: Final = {PHONES: at_least(0.40), FACIAL: at_least(0.65)}
WIDTH_GOALS: Final = {PHONES: at_least(0.45), FACIAL: at_least(0.62)}
SILENCE_GOAL: Final = at_most(0.03)
SPEED_GOAL: Final = at_least(50.0)

_OTHERS_VOICE = "motion_"
_SMOOTHING_FRAMES = 5
_SETTLED_S = 0.08  # around the moment that is called silent


@dataclass(frozen=True, slots=True)
class SpeechScore:
    """How one clip was spoken in one way.

    Attributes:
        clip: Its file name.
        opening: Correlation of the opening of the mouth; None when nothing moves.
        width: The same for the distance of the corners.
        silent_opening: The widest opening while the voice is silent, inter-ocular distances; None
            when it never is.
        speed: Seconds of speech per second of work.
        heads: Head and lids beside the person's; None when the clip is too short.
    """

    clip: str
    opening: float | None
    width: float | None
    silent_opening: float | None
    speed: float
    heads: Heads | None


def bench_speech(clips: Sequence[Path], seconds: float | None, progress: Progress) -> list[Figure]:
    """Figures of each way to speak for each clip with sound, and over all of them.

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
    known = ways(progress)
    scores: dict[str, list[SpeechScore]] = {name: [] for name in known}
    for number, clip in enumerate(spoken):
        real = observe_film(clip, RATE, seconds, progress)
        spectrum = measure_spectrum(clip, progress)
        for name, way in known.items():
            scores[name].append(score_clip(clip, number, way, real, spectrum, progress))
    each = [f for name, found in scores.items() for s in found for f in _clip_figures(name, s)]
    return each + [f for name, found in scores.items() for f in _summary(name, found)]


def score_clip(
    clip: Path, seed: int, way: Speak, real: Observation, spectrum: Spectrum, progress: Progress
) -> SpeechScore:
    """Speaks one clip's sound in one way and compares with its pictures.

    Raises:
        MediaError: the clip cannot be read or has no sound.
    """
    spoken = speak(way, clip, len(real), seed, progress)
    shown = mouth_of(spoken)
    silent = _silent_frames(spectrum, len(real))
    loud = loudness_per_frame(spectrum, RATE, len(real)).astype(np.float64)
    return SpeechScore(
        clip.name,
        _agreement(shown.mouth_open, real.measures.mouth_open, real),
        _agreement(shown.mouth_width, real.measures.mouth_width, real),
        float(shown.mouth_open[silent].max()) if silent.any() else None,
        spectrum.duration_s / max(spoken.took_s, 1e-6),
        heads_of(real, spoken, loud),
    )


def mouth_of(spoken: Spoken) -> Measures:
    """What the control rig shows under the lips and expression of spoken controls."""
    controls: FloatArray = np.tile(REST, (len(spoken.controls), 1))
    for factor in (Factor.LIPS, Factor.EXPRESSION):
        controls[:, FACTOR_SLICE[factor]] = spoken.controls[:, FACTOR_SLICE[factor]]
    straight = np.zeros(len(controls))
    return measure_shape(deform(controls).astype(np.float64), straight, straight, straight)


def _clip_figures(way: str, score: SpeechScore) -> list[Figure]:
    return [
        Figure(score.clip, f"mouth opening r, {way}", score.opening),
        Figure(score.clip, f"mouth width r, {way}", score.width),
        Figure(score.clip, f"opening in silence, {way}", score.silent_opening, "eye distances"),
    ]


def _summary(way: str, scores: Sequence[SpeechScore]) -> list[Figure]:
    """Figures over all clips."""
    silent = [(s.silent_opening, s.clip) for s in scores if s.silent_opening is not None]
    widest, where = max(silent, default=(None, ""))
    speed = float(np.median([s.speed for s in scores]))
    figures = [
        _mean_figure("mouth opening r", way, [(s.opening, s.clip) for s in scores], OPENING_GOALS),
        _mean_figure("mouth width r", way, [(s.width, s.clip) for s in scores], WIDTH_GOALS),
        Figure("all", f"opening in silence, {way}", widest, "eye distances", SILENCE_GOAL, where),
        Figure("all", f"speed, {way}", speed, "× real time",
               SPEED_GOAL if way == FACIAL else None),
    ]  # fmt: skip
    heads = [s.heads for s in scores if s.heads is not None]
    return figures + (liveliness(heads, way) if heads and way == FACIAL else [])


def _mean_figure(
    measure: str, way: str, values: list[tuple[float | None, str]], goals: dict[str, Goal]
) -> Figure:
    mean, worst = _mean(values)
    return Figure("all", f"{measure}, {way}", mean, "", goals[way], worst)


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
        tick = round(frame * TICKS_PER_S / RATE)
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

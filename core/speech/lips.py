"""Speech becomes the 22 lip controls: what the phones ask for, as far as the sound bears it out.

Phones say which shape comes when, the spectrum says how far the mouth opens, the level says when
it is silent. Works offline and without network weights, for any language; about twenty times
faster than the speech.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import FACTOR_CONTROLS, Factor, FloatArray
from core.base.progress import Progress
from core.base.time import frames_in
from core.speech.acoustics import Acoustics, measure_acoustics
from core.speech.cues import MouthCue
from core.speech.direction import direct
from core.speech.energy import DEFAULT_GATE, SilenceGate, at_frames, silent_ticks
from core.speech.phones import PHONES, Phone, recognise_phones
from core.speech.smoothing import smoothed
from core.speech.spectrum import TICKS_PER_S, Array, Spectrum, measure_spectrum
from core.speech.visemes import Articulation, articulate

_LIPS: Final = FACTOR_CONTROLS[Factor.LIPS]

# How phones and sound share in the articulators.
_JAW_FROM_PHONES = 0.35
_JAW_FROM_SOUND = 1.0
_WIDTH_FROM_SOUND = 0.3
_WIDTH_FROM_JAW = 0.5  # lively speech pulls the corners apart
_USUAL_JAW = 0.3
_HISS_HIDES = 0.6  # a hiss is loud though the teeth are together
_JAW_SIGMA_S = 0.02
_CORNERS_SIGMA_S = 0.06
_SHUT_SIGMA_S = 0.025  # how softly the gate shuts the lips
_REST_SIGMA_S = 0.12  # how softly the corners come to rest in silence

# How far the controls go when an articulator is at its end.
_JAW_OPEN = 0.62
_PUCKER = 0.75
_STRETCH = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """Everything that the lips need to know about a recording; small, whatever its length."""

    spectrum: Spectrum
    phones: tuple[Phone, ...]

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """The same as arrays, for `core.base.cache.ArrayCache`."""
        times = [(phone.start_s, phone.end_s) for phone in self.phones]
        return {
            "level_db": self.spectrum.level_db,
            "bands_db": self.spectrum.bands_db,
            "phone_times_s": np.array(times, np.float64).reshape(-1, 2),
            "phone_labels": np.array([PHONES.index(p.label) for p in self.phones], np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Speech":
        """What `to_arrays` gave.

        Raises:
            KeyError: an array is missing.
        """
        times, labels = arrays["phone_times_s"].tolist(), arrays["phone_labels"].tolist()
        return cls(
            Spectrum(arrays["level_db"].astype(np.float32), arrays["bands_db"].astype(np.float32)),
            tuple(Phone(a, b, PHONES[i]) for (a, b), i in zip(times, labels, strict=True)),
        )


def analyse_speech(path: Path, progress: Progress | None = None) -> Speech:
    """Listens to any media file with sound; about 0.05 of its duration on one core.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    spectrum = measure_spectrum(path, progress)
    return Speech(spectrum, recognise_phones(path, progress, spectrum))


def lips_from_speech(
    path: Path,
    rate: Fraction,
    *,
    n_frames: int | None = None,
    progress: Progress | None = None,
    gate: SilenceGate | None = None,
    offset_s: float = 0.0,
) -> FloatArray:
    """Lip controls that speak a recording.

    Args:
        path: any media file with sound.
        rate: frames per second of the result.
        n_frames: length of the result; as long as the sound when None.
        progress: told about the two passes over the sound.
        gate: when the lips stay shut; `DEFAULT_GATE` when None.
        offset_s: how much later than the sound the lips move (negative: earlier).

    Returns:
        float32 [N, 22] in the order of `FACTOR_CONTROLS[Factor.LIPS]`, 0..1, relative to rest.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    speech = analyse_speech(path, progress)
    return lips_of(speech, rate, n_frames=n_frames, gate=gate, offset_s=offset_s)


def lips_of(
    speech: Speech,
    rate: Fraction,
    *,
    n_frames: int | None = None,
    gate: SilenceGate | None = None,
    offset_s: float = 0.0,
    cues: Sequence[MouthCue] = (),
) -> FloatArray:
    """The same as `lips_from_speech` for a recording that was listened to before; instant.

    `cues` are mouth shapes that a person edited (see `core.speech.direction`); none follows the
    recording alone.
    """
    spectrum = speech.spectrum
    if n_frames is None:
        n_frames = frames_in(spectrum.duration_s, rate)
    shown_s = max(0.06, 1.2 * float(1 / rate))  # a contact shows in one frame at least
    silent = _silent(spectrum, gate)
    acoustics, phones = measure_acoustics(spectrum), speech.phones
    if cues:
        direction = direct(phones, cues, spectrum.duration_s, len(spectrum))
        phones, asked = direction.phones, direction.is_edited
        acoustics = Acoustics(
            np.where(asked, direction.openness, acoustics.openness),
            np.where(asked, 0.0, acoustics.spread),
        )
        silent = np.where(asked, direction.is_rest, silent)
    values = _controls(articulate(phones, len(spectrum), shown_s), acoustics, silent)
    return at_frames(values, rate, n_frames, offset_s)


def gate_openness(
    speech: Speech, rate: Fraction, n_frames: int, gate: SilenceGate | None = None
) -> FloatArray:
    """How far the silence gate lets the lips move: float32 [n_frames], 0 (shut)..1.

    As softly as it shuts the lips of `lips_of`; shut outside the sound.
    """
    shut = _smooth(_silent(speech.spectrum, gate), _SHUT_SIGMA_S)
    return at_frames((1.0 - shut)[:, None], rate, n_frames)[:, 0]


def _silent(spectrum: Spectrum, gate: SilenceGate | None) -> Array:
    """1.0 where the gate is shut, 0.0 elsewhere: [T]."""
    gate = DEFAULT_GATE if gate is None else gate
    return (
        silent_ticks(spectrum, gate).astype(np.float64) if gate.is_on else np.zeros(len(spectrum))
    )


def _controls(articulation: Articulation, acoustics: Acoustics, silent: Array) -> Array:
    """Controls float64 [T, 22]; `silent` [T] is 1 where the gate is shut."""
    shut = _smooth(silent, _SHUT_SIGMA_S)
    close, bite = articulation.close * (1.0 - shut), articulation.bite * (1.0 - shut)
    apart = (1.0 - articulation.close) * (1.0 - 0.7 * articulation.bite) * (1.0 - shut)
    heard = acoustics.openness * (1.0 - _HISS_HIDES * articulation.teeth**2)
    jaw = _JAW_FROM_PHONES * articulation.jaw + _JAW_FROM_SOUND * heard
    jaw = np.clip(_smooth(jaw, _JAW_SIGMA_S), 0.0, 1.2)
    teeth = articulation.teeth * apart
    lively = _WIDTH_FROM_JAW * (_smooth(jaw, _CORNERS_SIGMA_S) - _USUAL_JAW)
    width = articulation.width + _WIDTH_FROM_SOUND * acoustics.spread + lively
    width = np.clip(width, -1.0, 1.0) * (1.0 - _smooth(silent, _REST_SIGMA_S))
    rounded, spread = np.maximum(-width, 0.0), np.maximum(width, 0.0)
    lower_jaw = (1.0 - 0.7 * articulation.close) * (1.0 - 0.5 * articulation.bite) * (1.0 - shut)
    curves = {
        "jawOpen": _JAW_OPEN * jaw * lower_jaw,
        "mouthClose": np.maximum(close, shut),
        "mouthPucker": _PUCKER * rounded * (1.0 - 0.3 * jaw),
        "mouthFunnel": rounded * (0.1 + 0.3 * jaw) * apart,
        "mouthStretch": _STRETCH * spread,
        "mouthLowerDown": (0.3 * jaw + 0.1 * teeth) * apart,
        "mouthUpperUp": (0.2 * jaw + 0.06 * teeth) * apart + 0.15 * bite,
        "mouthPress": 0.3 * close,
        "mouthRollLower": 0.2 * close + 0.55 * bite,
        "mouthRollUpper": 0.15 * close,
        "mouthShrugLower": 0.15 * close + 0.2 * bite,
    }
    values = np.zeros((len(jaw), len(_LIPS)))
    for column, name in enumerate(_LIPS):
        curve = curves.get(name.removesuffix("Left").removesuffix("Right"))
        if curve is not None:
            values[:, column] = np.clip(curve, 0.0, 1.0)
    return values


def _smooth(curve: Array, sigma_s: float) -> Array:
    return smoothed(curve, sigma_s * TICKS_PER_S)

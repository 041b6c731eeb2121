"""Speech becomes a lips track and the beats that a head nods on; listened to once, then cached.

What moves the whole head by a trained network is registered here by name, so that nothing loads
networks before it speaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Final

import numpy as np

from core.base.cache import ArrayCache
from core.base.content import content_key, sha256_file
from core.base.controls import Factor
from core.base.progress import Progress
from core.base.registry import Registry
from core.motion.latent import LatentTrack
from core.motion.track import FactorTrack
from core.speech.cues import MouthCue
from core.speech.energy import SilenceGate, stressed_syllables
from core.speech.lips import Speech, analyse_speech, gate_openness, lips_of

PERFORMERS: Final = Registry("way to speak")
PERFORMERS.register("facial", "core.motion.performance:perform_voice")

VERSION: Final = 1
"""Part of the cache key: raise it whenever listening gives other phones or levels."""


@dataclass(frozen=True, slots=True)
class VoiceRequest:
    """A voice that is to move a whole head.

    Attributes:
        path: Any media file with sound.
        rate: Frames per second of the tracks.
        n_frames: Shortest length of the tracks; after the sound the head breathes and blinks on.
        seed: Of head motion and blinks.
        gate: When the lips stay shut; `DEFAULT_GATE` when None.
        style: A short clip of the person whose liveliness is taken over; None is neutral.
    """

    path: Path
    rate: Fraction
    n_frames: int = 1
    seed: int = 0
    gate: SilenceGate | None = None
    style: Path | None = None


def listen(path: Path, cache: ArrayCache | None = None, progress: Progress | None = None) -> Speech:
    """What is said in a recording: taken from the cache, or listened to and kept there.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    if cache is None:
        return analyse_speech(path, progress)
    key = content_key(
        kind="speech",
        version=VERSION,
        sha256=sha256_file(path) if path.is_file() else "",
        recogniser=metadata.version("pocketsphinx"),
    )
    arrays = cache.get(key)
    if arrays is not None:
        try:
            return Speech.from_arrays(arrays)
        except (KeyError, ValueError, IndexError):
            pass  # another kind of entry: listen again and replace it
    speech = analyse_speech(path, progress)
    cache.put(key, speech.to_arrays())
    return speech


def lips_track(
    path: Path,
    rate: Fraction,
    *,
    gate: SilenceGate | None = None,
    cues: Sequence[MouthCue] = (),
    cache: ArrayCache | None = None,
    progress: Progress | None = None,
) -> FactorTrack:
    """Lips that speak a recording, from its first to its last moment.

    Args:
        path: any media file with sound.
        rate: frames per second of the track.
        gate: when the lips stay shut; the default gate when None.
        cues: mouth shapes that a person edited; none follows the recording alone.
        cache: where the recognised speech is kept.
        progress: told about the passes over the sound.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    values = lips_of(listen(path, cache, progress), rate, gate=gate, cues=cues)
    return FactorTrack(
        Factor.LIPS, values, np.ones(len(values), np.bool_), rate, f"voice of “{path.name}”"
    )


def gated(
    latents: LatentTrack,
    path: Path,
    gate: SilenceGate,
    cache: ArrayCache | None = None,
    progress: Progress | None = None,
) -> LatentTrack:
    """The mouth latents of a recording, which in its silence come to the avatar's own mouth.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    if not gate.is_on:
        return latents
    speech = listen(path, cache, progress)
    return latents.faded(gate_openness(speech, latents.rate, len(latents), gate))


def stressed_seconds(
    path: Path, cache: ArrayCache | None = None, progress: Progress | None = None
) -> tuple[float, ...]:
    """Seconds of the stressed syllables, ascending: what `head_idle` may nod on.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    spectrum = listen(path, cache, progress).spectrum
    return tuple(syllable.time_s for syllable in stressed_syllables(spectrum))

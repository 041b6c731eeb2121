"""Talking clips become what a speaker is trained on: motion, and what is heard in several variants.

Motion is tracked once and cached; sound is varied, heard and cached by content and seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.base.cache import ArrayCache
from core.base.content import content_key, sha256_file
from core.base.controls import FloatArray
from core.base.errors import MediaError
from core.base.progress import Progress
from core.base.randomness import stream
from core.media.audio import read_audio
from core.media.probe import probe
from core.motion.clip import ClipMotion
from core.motion.person import Person, motion_of, person_of
from core.speech.hearing import Hearing, hear_blocks
from core.speech.spectrum import AUDIO_RATE, Spectrum
from core.training.augment import Variant, vary
from core.training.duplicates import SAME, overlap
from models.facial.generator import N_FRAMES
from models.facial.speaker import RATE

OTHERS_VOICE: Final = "motion_"
"""Beginning of the names of clips whose sound is not that of the person who is seen."""
VERSION: Final = 1
"""Part of the cache key: raise it whenever hearing or varying gives other numbers."""

_ENDINGS = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi"})
_SHORTEST_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One variant of a clip: what is heard, and the original seconds per second of it."""

    hearing: Hearing
    speed: float

    def n_frames(self, person: Person) -> int:
        """Frames at 25 fps."""
        return max(1, int(len(person.states) / self.speed))

    def states(self, person: Person) -> tuple[FloatArray, FloatArray]:
        """States float32 [T, 46] and weights [T] (0 where no face was seen) at its speed."""
        at = np.minimum(np.arange(self.n_frames(person)) * self.speed, len(person.states) - 1.0)
        low = at.astype(np.intp)
        high = np.minimum(low + 1, len(person.states) - 1)
        part = (at - low).astype(np.float32)[:, None]
        states = person.states[low] + part * (person.states[high] - person.states[low])
        return states, (person.valid[low] & person.valid[high]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TalkingClip:
    """A person who speaks: the first take is the clip as it is."""

    path: Path
    motion: ClipMotion
    person: Person
    takes: tuple[Take, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def spectrum(self) -> Spectrum:
        """Of the clip as it is."""
        return self.takes[0].hearing.spectrum


def talking_clips(folder: Path) -> list[Path]:
    """The clips of a folder in which the person who is seen is heard, by name.

    Raises:
        MediaError: there is no folder, or no such clip in it.
    """
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        is_clip = path.suffix.lower() in _ENDINGS and not path.name.startswith(OTHERS_VOICE)
        sound = probe(path).audio if is_clip else None
        if sound is not None and sound.duration >= _SHORTEST_S:
            found.append(path)
    if not found:
        raise MediaError(
            f"There is no talking clip in {folder}: give a folder of videos of people."
        )
    return found


def prepare(
    paths: Sequence[Path], n_variants: int, seed: int, cache: ArrayCache, progress: Progress
) -> list[TalkingClip]:
    """Clips with their motion, and with `n_variants` takes besides the original.

    Raises:
        MediaError: a clip cannot be read.
        FaceError: a clip shows no face.
        Cancelled: the work was cancelled.
    """
    clips = []
    for done, path in enumerate(paths):
        progress.report("Preparing clips", done, len(paths))
        motion = motion_of(path, cache, progress)
        takes = tuple(_take(path, n, seed, cache, progress) for n in range(n_variants + 1))
        clips.append(TalkingClip(path, motion, person_of(motion), takes))
    progress.report("Preparing clips", len(paths), len(paths))
    return clips


def without_heard(
    clips: Sequence[TalkingClip], held_out: Sequence[TalkingClip], progress: Progress
) -> list[TalkingClip]:
    """The clips whose sound is not in a held-out clip; notes which ones are left out."""
    kept = []
    for clip in clips:
        progress.check()
        same = [h.name for h in held_out if overlap(clip.spectrum, h.spectrum) >= SAME]
        if same:
            progress.note(f"“{clip.name}” is left out: it has the sound of “{same[0]}”.")
        else:
            kept.append(clip)
    return kept


def folds(clips: Sequence[TalkingClip], n_folds: int, seed: int) -> list[list[TalkingClip]]:
    """The clips in `n_folds` parts; clips with the same sound are in the same one."""
    groups: list[list[TalkingClip]] = []
    for clip in clips:
        own = next(
            (g for g in groups if any(overlap(clip.spectrum, c.spectrum) >= SAME for c in g)), None
        )
        if own is None:
            groups.append([clip])
        else:
            own.append(clip)
    order = stream(seed, 0).permutation(len(groups))
    return [
        [clip for i in order[fold::n_folds] for clip in groups[int(i)]] for fold in range(n_folds)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """128 frames of one take.

    Attributes:
        windows: float32 [128, R, F].
        states: float32 [128, 46].
        weights: float32 [128]: 0 for frames that do not count.
        initial: float32 [46], the state before the first frame.
        style: float32 [2].
    """

    windows: FloatArray
    states: FloatArray
    weights: FloatArray
    initial: FloatArray
    style: FloatArray


def draw_chunk(clips: Sequence[TalkingClip], n_rows: int, random: np.random.Generator) -> Chunk:
    """A random chunk; longer clips are drawn more often."""
    lengths = np.array([len(clip.person.states) for clip in clips], np.float64)
    clip = clips[int(random.choice(len(clips), p=lengths / lengths.sum()))]
    take = clip.takes[int(random.integers(len(clip.takes)))]
    states, weights = take.states(clip.person)
    first = int(random.integers(max(1, len(states) - N_FRAMES + 1)))
    stop = min(first + N_FRAMES, len(states))
    windows = take.hearing.windows(n_rows, RATE, first, stop)
    initial = states[max(first - 1, 0)]
    missing = N_FRAMES - len(windows)
    return Chunk(
        np.pad(windows, ((0, missing), (0, 0), (0, 0))),
        np.pad(states[first : first + N_FRAMES], ((0, missing), (0, 0))),
        np.pad(weights[first : first + N_FRAMES], (0, missing)),
        initial,
        clip.person.style,
    )


def _take(path: Path, number: int, seed: int, cache: ArrayCache, progress: Progress) -> Take:
    progress.check()
    key = content_key(
        kind="take", version=VERSION, sha256=sha256_file(path), number=number, seed=seed
    )
    arrays = cache.get(key)
    if arrays is not None:
        spectrum = Spectrum(arrays["level_db"], arrays["bands_db"])
        return Take(Hearing(spectrum, arrays["rows"]), float(arrays["speed"][0]))
    samples = read_audio(path, AUDIO_RATE)
    variant = Variant(samples, 1.0) if number == 0 else vary(samples, stream(seed, 1, number))
    hearing = hear_blocks([variant.samples], progress)
    cache.put(
        key,
        {
            "level_db": hearing.spectrum.level_db,
            "bands_db": hearing.spectrum.bands_db,
            "rows": hearing.rows,
            "speed": np.array([variant.speed]),
        },
    )
    return Take(hearing, variant.speed)

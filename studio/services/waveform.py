"""What a recording looks like: waveform, silence and mouth shapes, made beside the main thread."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from core.media.audio import read_audio_blocks
from core.speech.cues import MouthCue, mouth_cues
from core.speech.energy import silent_ticks
from core.speech.phones import Phone, recognise_phones
from core.speech.spectrum import AUDIO_RATE, TICK_SAMPLES, TICKS_PER_S, Spectrum, spectrum_of
from studio.services.pool import Pool

Float32 = NDArray[np.float32]
PEAKS_PER_S: Final = TICKS_PER_S
_N_KEPT = 16


@dataclass(frozen=True, slots=True, eq=False)
class SoundPicture:
    """A recording for the eye; ticks are 1/100 s.

    Attributes:
        low: float32 [T], least sample of each tick, −1..1.
        high: float32 [T], largest sample of each tick, −1..1.
        silent: bool [T], where the lips' gate is shut.
        phones: The speech sounds; empty until they were recognised.
        cues: The mouth shapes; empty until then.
    """

    low: Float32
    high: Float32
    silent: NDArray[np.bool_]
    phones: tuple[Phone, ...] = ()
    cues: tuple[MouthCue, ...] = ()

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return len(self.low) / PEAKS_PER_S


class Waveforms(QObject):
    """Makes sound pictures when they are asked for. Main thread only.

    Args:
        pool: Threads to read the files in.
    """

    ready = Signal(object)
    """The `Path` whose picture came or grew."""

    def __init__(self, pool: Pool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._pictures: OrderedDict[Path, SoundPicture | None] = OrderedDict()

    def picture(self, path: Path) -> SoundPicture | None:
        """The picture of a file, or None while it is made (`ready` follows) or cannot be."""
        if path not in self._pictures:
            self._pictures[path] = None
            while len(self._pictures) > _N_KEPT:
                self._pictures.popitem(last=False)
            self._pool.run(
                lambda: draw_sound(path), lambda drawn: self._on_drawn(path, drawn), _silently
            )
        self._pictures.move_to_end(path)
        return self._pictures[path]

    def _on_drawn(self, path: Path, drawn: tuple[SoundPicture, Spectrum]) -> None:
        picture, spectrum = drawn
        self._keep(path, picture)
        self._pool.run(
            lambda: with_speech(path, picture, spectrum),
            lambda spoken: self._keep(path, spoken),
            _silently,
        )

    def _keep(self, path: Path, picture: SoundPicture) -> None:
        self._pictures[path] = picture
        self.ready.emit(path)


def draw_sound(path: Path) -> tuple[SoundPicture, Spectrum]:
    """Waveform and silence of a file. Runs in any thread.

    Raises:
        MediaError: it cannot be read or has no sound.
    """
    blocks = [block[:, 0] for block in read_audio_blocks(path, AUDIO_RATE)]
    spectrum = spectrum_of(blocks)
    samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    n_ticks = len(spectrum)
    padded = np.zeros(n_ticks * TICK_SAMPLES, np.float32)
    padded[: min(len(samples), len(padded))] = samples[: len(padded)]
    ticks = padded.reshape(n_ticks, TICK_SAMPLES)
    low, high = ticks.min(axis=1), ticks.max(axis=1)
    return SoundPicture(low, high, silent_ticks(spectrum)), spectrum


def with_speech(path: Path, picture: SoundPicture, spectrum: Spectrum) -> SoundPicture:
    """The picture with phones and mouth shapes. Runs in any thread; takes a while.

    Raises:
        MediaError: the file cannot be read.
    """
    phones = recognise_phones(path, spectrum=spectrum)
    cues = mouth_cues(phones, picture.duration_s)
    return SoundPicture(picture.low, picture.high, picture.silent, phones, cues)


def _silently(_: BaseException) -> None:
    """A sound without a picture is no reason to disturb: playing it tells what is wrong."""


Reader = Callable[[Path], SoundPicture | None]
"""Gives the picture of a file as far as it is known."""

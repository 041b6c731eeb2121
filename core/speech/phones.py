"""Speech sounds with their times, by pocketsphinx's phone loop; its model lies in the wheel.

The model knows the 39 phones of American English. Lips need far less than what a transcript
needs, so that other languages work too: their sounds land on the nearest English ones. Only the
voiced stretches are decoded, each cut at a pause, so that memory does not grow with the length.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.media.audio import read_audio_blocks
from core.speech.energy import NOMINAL_SPEECH_DB, Stretch, speech_level_db, speech_stretches
from core.speech.spectrum import AUDIO_RATE, TICKS_PER_S, Spectrum, measure_spectrum

if TYPE_CHECKING:
    from pocketsphinx import Decoder

# fmt: off
PHONES: Final = (
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F",
    "G", "HH", "IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R",
    "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
)
# fmt: on
"""The phones that can be recognised (ARPAbet without stress)."""
SILENCE: Final = "SIL"
"""The label of everything that is no phone: pauses, breath, noise."""

_SLICE_SAMPLES = AUDIO_RATE // 5  # between two looks at the cancel flag
_SLICE_BYTES = 2 * _SLICE_SAMPLES
_PRIMING_SAMPLES = 6 * AUDIO_RATE
_MAX_GAIN_DB = 40.0


@dataclass(frozen=True, slots=True)
class Phone:
    """One speech sound: half-open times in seconds and a label of `PHONES` or `SILENCE`."""

    start_s: float
    end_s: float
    label: str


def recognise_phones(
    path: Path, progress: Progress | None = None, spectrum: Spectrum | None = None
) -> tuple[Phone, ...]:
    """The phones of a recording in order; what lies between them is silence.

    Args:
        path: any media file with sound.
        progress: told the second that is reached; checked every 0.2 s of sound.
        spectrum: of the same file, when it was measured before.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    spectrum = measure_spectrum(path, progress) if spectrum is None else spectrum
    stretches = speech_stretches(spectrum)
    if not stretches:
        return ()
    gain = 10.0 ** (min(NOMINAL_SPEECH_DB - speech_level_db(spectrum), _MAX_GAIN_DB) / 20.0)
    total = math.ceil(spectrum.duration_s)
    recogniser = _Recogniser(progress, total)
    phones: list[Phone] = []
    for stretch, samples in _cut(path, stretches):
        phones.extend(recogniser.phones(stretch.start_s, _to_pcm(samples * gain)))
    progress.report("Recognising speech", total, total)
    return tuple(phones)


class _Recogniser:
    """A phone loop that keeps the speaker's mean spectrum from one stretch to the next."""

    def __init__(self, progress: Progress, total_s: int) -> None:
        self._decoder: Decoder = _create_decoder()
        self._progress = progress
        self._total_s = total_s
        self._is_primed = False

    def phones(self, start_s: float, pcm: bytes) -> Iterator[Phone]:
        """Phones of 16-bit samples whose first lies at `start_s`."""
        if not self._is_primed:
            # The model needs the mean spectrum of voice and room before it hears the first word.
            self._decode(start_s, pcm[: 2 * _PRIMING_SAMPLES])
            self._decoder.set_cmn(self._decoder.get_cmn(False))
            self._is_primed = True
        self._decode(start_s, pcm)
        for segment in self._decoder.seg() or ():
            label = segment.word if segment.word in PHONES else SILENCE
            first, stop = segment.start_frame, segment.end_frame + 1
            if label != SILENCE:
                yield Phone(start_s + first / TICKS_PER_S, start_s + stop / TICKS_PER_S, label)

    def _decode(self, start_s: float, pcm: bytes) -> None:
        self._decoder.start_utt()
        for first in range(0, len(pcm), _SLICE_BYTES):
            second = int(start_s + first / (2 * AUDIO_RATE))
            self._progress.report("Recognising speech", min(second, self._total_s), self._total_s)
            self._decoder.process_raw(pcm[first : first + _SLICE_BYTES])
        self._decoder.end_utt()


def _create_decoder() -> "Decoder":
    from pocketsphinx import Decoder, get_model_path  # only here: `import core` stays quick

    model = Path(get_model_path()) / "en-us"
    return Decoder(
        hmm=str(model / "en-us"),
        allphone=str(model / "en-us-phone.lm.bin"),
        lw=1.0,  # weak: the order of sounds in English says little about other languages
        beam=1e-20,
        pbeam=1e-20,
        loglevel="FATAL",
    )


def _cut(
    path: Path, stretches: tuple[Stretch, ...]
) -> Iterator[tuple[Stretch, NDArray[np.float32]]]:
    """Each stretch with its samples float32 [n]; one stretch at a time is in memory."""
    waiting = list(stretches)
    kept = np.zeros(0, np.float32)
    kept_from = 0  # sample that `kept` starts with
    for block in read_audio_blocks(path, AUDIO_RATE, block_s=1.0):
        kept = np.concatenate([kept, block[:, 0]])
        while waiting and kept_from + len(kept) >= round(waiting[0].end_s * AUDIO_RATE):
            stretch = waiting.pop(0)
            first = max(0, round(stretch.start_s * AUDIO_RATE) - kept_from)
            yield stretch, kept[first : round(stretch.end_s * AUDIO_RATE) - kept_from]
        next_needed = round(waiting[0].start_s * AUDIO_RATE) if waiting else kept_from + len(kept)
        drop = min(len(kept), max(0, next_needed - kept_from))
        kept, kept_from = kept[drop:], kept_from + drop
    if waiting:  # the last stretch may end with a tick that the file does not fill
        yield waiting[0], kept


def _to_pcm(samples: NDArray[Any]) -> bytes:
    """Little-endian 16-bit samples of floats; what is over full scale is clipped."""
    clean = np.clip(np.nan_to_num(samples), -1.0, 1.0)
    return (clean * 32767.0).astype("<i2").tobytes()

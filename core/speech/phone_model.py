"""How well each moment of a voice fits each English phone, without deciding for one.

The recogniser's acoustic model (it lies in its wheel) is evaluated directly: Gaussian mixtures
over cepstra, one codebook per phone (Huang et al., Spoken Language Processing, chapter 9). No
word or sound order is assumed, which makes this several times quicker than recognition, and
leaves the doubt between similar sounds to whoever reads the result.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.speech.smoothing import smoothed
from core.speech.spectrum import TICK_SAMPLES, Samples

N_CLASSES: Final = 42
"""Phones of the model, silence and two kinds of noise among them."""
N_CEPSTRA: Final = 13
CEPSTRA_PER_S: Final = 100
POSTERIORS_PER_S: Final = 50

_MAGIC = 0x11223344
_N_STREAMS, _N_GAUSSIANS, _N_STATES = 3, 128, 3
_VARIANCE_FLOOR = 1e-4
_LOG_STEP = 1024 * float(np.log(1.0001))  # what one unit of a stored mixture weight means
_TEMPERATURE = 0.4  # of the posteriors: Gaussian mixtures are far too sure of themselves
_SIGMA_S = 0.015

_WINDOW, _FFT, _RATE = 410, 512, 16000
_PRE_EMPHASIS, _FULL_SCALE = 0.97, 32768.0
_MEL_RANGE_HZ, _MEL_BANDS = (130.0, 6800.0), 25
_LIFTER = 22
_LOG_FLOOR = 1e-4
_PIECE = 256  # rows that are scored at once: 16 MB of Gaussians


@dataclass(frozen=True, slots=True, eq=False)
class PhoneModel:
    """Gaussian mixtures of every phone, ready for matrix products.

    Attributes:
        linear: float32 [3, 2·13, 42·128]: factors of a stream's values and of their squares.
        constant: float32 [3, 42·128].
        weights: float32 [3, 42, 128, 3], of each Gaussian in each state.
    """

    linear: NDArray[np.float32]
    constant: NDArray[np.float32]
    weights: NDArray[np.float32]


def load_phone_model() -> PhoneModel:
    """The acoustic model of the recogniser's wheel."""
    from pocketsphinx import get_model_path  # only here: `import core` stays quick

    folder = Path(get_model_path()) / "en-us" / "en-us"
    means = _gaussians(folder / "means")
    inverse = 1.0 / np.maximum(_gaussians(folder / "variances"), _VARIANCE_FLOOR)
    linear = np.concatenate([means * inverse, -0.5 * inverse], -1)  # [42, 3, 128, 26]
    constant = -0.5 * (means * means * inverse - np.log(inverse)).sum(-1)
    return PhoneModel(
        np.ascontiguousarray(linear.transpose(1, 3, 0, 2).reshape(_N_STREAMS, 2 * N_CEPSTRA, -1)),
        np.ascontiguousarray(constant.transpose(1, 0, 2).reshape(_N_STREAMS, -1)),
        _mixture_weights(folder / "sendump"),
    )


def cepstra_of(samples: Samples) -> Samples:
    """Cepstra float32 [T, 13] of ≥ 411 samples at 16 kHz; row i is of those from 160·i on.

    The very first sample only gives the change to the second.
    """
    loud = samples.astype(np.float64) * _FULL_SCALE
    loud = loud[1:] - _PRE_EMPHASIS * loud[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(loud, _WINDOW)[::TICK_SAMPLES]
    power = np.abs(np.fft.rfft(windows * np.hamming(_WINDOW), _FFT)) ** 2
    log_mel = np.log(np.maximum(power @ _FILTERS, _LOG_FLOOR))
    cepstra: Samples = (log_mel @ _COSINES).astype(np.float32)
    return cepstra


def phone_posteriors(
    model: PhoneModel, cepstra: Samples, mean: Samples, progress: Progress | None = None
) -> NDArray[np.float32]:
    """Posteriors float32 [⌈T/2⌉, 42] at 50 Hz; rows sum to 1.

    Args:
        model: the mixtures.
        cepstra: [T ≥ 1, 13] at 100 Hz.
        mean: [13], the recording's mean cepstrum, which microphone and voice leave in it.
        progress: carries the cancel flag.

    Raises:
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    streams = [values[::2] for values in _streams(cepstra - mean)]
    pieces = []
    for first in range(0, len(streams[0]), _PIECE):
        progress.check()
        pieces.append(_scores(model, [values[first : first + _PIECE] for values in streams]))
    scores = smoothed(np.concatenate(pieces).astype(np.float64), _SIGMA_S * POSTERIORS_PER_S)
    likely = np.exp(_TEMPERATURE * (scores - scores.max(1, keepdims=True)))
    posteriors: Samples = (likely / likely.sum(1, keepdims=True)).astype(np.float32)
    return posteriors


def _scores(model: PhoneModel, streams: Sequence[Samples]) -> Samples:
    """Log likelihood [T, 42] of each phone's best state; streams are [T, 13] each."""
    scores = np.zeros((len(streams[0]), N_CLASSES), np.float32)
    for values, linear, constant, weights in zip(
        streams, model.linear, model.constant, model.weights, strict=True
    ):
        terms = np.concatenate([values, values * values], 1) @ linear + constant
        terms = terms.reshape(len(values), N_CLASSES, _N_GAUSSIANS)
        top = terms.max(2, keepdims=True)
        mixed = np.matmul(np.exp(terms - top).transpose(1, 0, 2), weights)
        scores += top[..., 0] + np.log(mixed.max(2).T + 1e-30)
    return scores


def _streams(cepstra: Samples) -> tuple[Samples, Samples, Samples]:
    """The cepstra, their change over ±2 ticks and the change of that."""
    padded = np.pad(cepstra, ((3, 3), (0, 0)), mode="edge")

    def at(offset: int) -> Samples:
        return padded[3 + offset : 3 + offset + len(cepstra)]

    return cepstra, at(2) - at(-2), (at(3) - at(-1)) - (at(1) - at(-3))


def _gaussians(path: Path) -> NDArray[np.float32]:
    """A parameter file of the model as float32 [42, 3, 128, 13]."""
    data = path.read_bytes()
    start = data.index(b"endhdr\n") + len(b"endhdr\n")
    magic, n_books, n_streams, n_gaussians, *_ = struct.unpack_from("<4I", data, start)
    shape = (N_CLASSES, _N_STREAMS, _N_GAUSSIANS)
    if magic != _MAGIC or (n_books, n_streams, n_gaussians) != shape:
        raise ValueError(f"{path} is no model of {shape} Gaussians")
    first = start + 4 * (4 + n_streams + 1)
    values = np.frombuffer(data, "<f4", int(np.prod(shape)) * N_CEPSTRA, first)
    return values.reshape(*shape, N_CEPSTRA)


def _mixture_weights(path: Path) -> NDArray[np.float32]:
    """Weights float32 [3, 42, 128, 3] of the states of the phones without context."""
    data = path.read_bytes()
    start = 0
    while (length := struct.unpack_from("<i", data, start)[0]) > 0:  # lines of text
        start += 4 + length
    n_gaussians, n_states = struct.unpack_from("<2i", data, start + 4)
    if n_gaussians != _N_GAUSSIANS:
        raise ValueError(f"{path} is no model of {_N_GAUSSIANS} Gaussians")
    stored = np.frombuffer(data, np.uint8, _N_STREAMS * n_gaussians * n_states, start + 12)
    stored = stored.reshape(_N_STREAMS, n_gaussians, n_states)[..., : N_CLASSES * _N_STATES]
    weights = np.exp(-_LOG_STEP * stored.astype(np.float32))
    weights = weights.reshape(_N_STREAMS, n_gaussians, N_CLASSES, _N_STATES)
    return np.ascontiguousarray(weights.transpose(0, 2, 1, 3))


def _mel_filters() -> NDArray[np.float64]:
    """Triangles [257, 25] whose corners lie on bins of the Fourier transform."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in _MEL_RANGE_HZ)
    edges = 700.0 * (10.0 ** (np.linspace(low, high, _MEL_BANDS + 2) / 2595.0) - 1.0)
    edges = np.round(edges * _FFT / _RATE)
    bins = np.arange(_FFT // 2 + 1)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    return filters


def _cosines() -> NDArray[np.float64]:
    """Orthonormal cosine transform [25, 13] with the lifter's weights."""
    order = np.arange(N_CEPSTRA)
    angle = np.pi * np.outer(np.arange(_MEL_BANDS) + 0.5, order) / _MEL_BANDS
    scale = np.sqrt(np.where(order == 0, 1.0, 2.0) / _MEL_BANDS)
    lifter = 1.0 + _LIFTER / 2.0 * np.sin(np.pi * order / _LIFTER)
    result: NDArray[np.float64] = np.cos(angle) * scale * lifter
    return result


_FILTERS = _mel_filters()
_COSINES = _cosines()

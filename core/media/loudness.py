"""How loud a recording is to the ear: integrated loudness of ITU-R BS.1770-4, annex 1."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from core.base.progress import Progress
from core.media.audio import read_audio_blocks

STAGE: Final = "Measuring loudness"
SPEECH_LUFS: Final = -16.0
"""What spoken films are usually brought to."""

_RATE: Final = 48_000
_HOP: Final = _RATE // 10  # blocks of 400 ms overlap by three quarters
_HOPS: Final = 4
_K_WEIGHTING: Final = np.array(
    [
        [
            1.53512485958697, -2.69169618940638, 1.19839281085285,
            1.0, -1.69065929318241, 0.73248077421585,
        ],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)  # fmt: skip
"""The shelf and the high-pass of tables 1 and 2, at 48 kHz."""
_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0


def integrated_loudness(path: Path, progress: Progress | None = None) -> float | None:
    """Loudness in LUFS of a whole file, mixed to one channel; None for silence.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    progress = progress or Progress()
    state = np.zeros((len(_K_WEIGHTING), 2))
    powers: list[NDArray[np.float64]] = []
    rest = np.zeros(0)
    for done, block in enumerate(read_audio_blocks(path, _RATE)):
        progress.report(STAGE, done, None)
        weighted, state = sosfilt(_K_WEIGHTING, block[:, 0].astype(np.float64), zi=state)
        joined = np.concatenate([rest, weighted])
        n_hops = len(joined) // _HOP
        hops = joined[: n_hops * _HOP].reshape(n_hops, _HOP)
        powers.append(np.square(hops).mean(axis=1))
        rest = joined[n_hops * _HOP :]
    if len(rest):
        powers.append(np.array([np.square(rest).sum() / _HOP]))
    return _gated(np.concatenate(powers)) if powers else None


def _gated(hop_powers: NDArray[np.float64]) -> float | None:
    """The mean of the blocks that are neither silent nor far below the others."""
    if len(hop_powers) < _HOPS:
        hop_powers = np.pad(hop_powers, (0, _HOPS - len(hop_powers)))
    blocks = np.convolve(hop_powers, np.full(_HOPS, 1.0 / _HOPS), mode="valid")
    loud = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if len(loud) == 0:
        return None
    gate = _lufs(loud.mean()) + _RELATIVE_GATE
    return float(_lufs(loud[_lufs(loud) > gate].mean()))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(_OFFSET + 10.0 * np.log10(np.maximum(power, 1e-12)), np.float64)

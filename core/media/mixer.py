"""From a decoder's sound frames to float samples: any sample format, loudspeakers and rate.

Used by core.media only. A mixer keeps the resampler's state: one per stream and thread.
"""

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

# How much of each loudspeaker goes to the left of a stereo mix (ITU-R BS.775); its mirror image
# goes to the right, a mono mix is the mean of both. The low-frequency effects stay out.
_HALF_POWER = 0.5**0.5
_TO_LEFT = {
    "FL": 1.0,
    "FLC": 1.0,
    "FC": _HALF_POWER,
    "SL": _HALF_POWER,
    "BL": _HALF_POWER,
    "BC": 0.5,
}
_TO_RIGHT = {
    "FR": 1.0,
    "FRC": 1.0,
    "FC": _HALF_POWER,
    "SR": _HALF_POWER,
    "BR": _HALF_POWER,
    "BC": 0.5,
}
_WAV_ORDER = ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR")
_FULL_SCALE = {"u1": 2.0**7, "i2": 2.0**15, "i4": 2.0**31}


class Mixer:
    """Mixes and resamples the frames of one stream, whose format may change on the way.

    Args:
        rate: output samples per second.
        channels: 1 (mono) or 2 (left, right).
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self.channels = channels
        self._resampler: AudioResampler | None = None
        self._source_rate = 0

    def mix(self, frame: AudioFrame) -> NDArray[np.float32]:
        """The output samples [n, channels] in -1..1 that are ready after `frame`."""
        finished = self._empty()
        if frame.sample_rate != self._source_rate:
            finished = self.flush()
            self._source_rate = frame.sample_rate
            if frame.sample_rate != self.rate:
                self._resampler = AudioResampler("fltp", self._layout, self.rate)
        names = [channel.name for channel in frame.layout.channels]
        mixed = to_float(frame) @ mix_matrix(names, self.channels)
        if self._resampler is None:
            return np.concatenate([finished, np.clip(mixed, -1, 1)])
        planes = np.ascontiguousarray(mixed.T)
        source = AudioFrame.from_ndarray(planes, format="fltp", layout=self._layout)
        source.sample_rate = frame.sample_rate
        return np.concatenate([finished, *self._resample(source)])

    def flush(self) -> NDArray[np.float32]:
        """The samples [n, channels] that the resampler still holds; it starts afresh afterwards."""
        held = self._resample(None)
        self._resampler, self._source_rate = None, 0
        return np.concatenate([self._empty(), *held])

    @property
    def _layout(self) -> str:
        return "mono" if self.channels == 1 else "stereo"

    def _empty(self) -> NDArray[np.float32]:
        return np.zeros((0, self.channels), np.float32)

    def _resample(self, frame: AudioFrame | None) -> list[NDArray[np.float32]]:
        if self._resampler is None:
            return []
        frames = self._resampler.resample(frame)
        return [np.clip(f.to_ndarray().T, -1, 1).astype(np.float32, copy=False) for f in frames]


def to_float(frame: AudioFrame) -> NDArray[np.float32]:
    """The frame's samples as float32 [n, its channels]; -1..1 is full scale, no NaN."""
    stored = frame.to_ndarray()
    if not frame.format.is_planar:
        stored = stored.reshape(frame.samples, -1).T
    kind = stored.dtype.str[1:]
    samples: NDArray[np.float32] = stored.T.astype(np.float32)
    if kind not in _FULL_SCALE:
        return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
    if kind == "u1":
        samples -= 128
    return samples / np.float32(_FULL_SCALE[kind])


def mix_matrix(names: list[str], channels: int) -> NDArray[np.float32]:
    """Weights float32 [len(`names`), `channels`] that never make the mix louder than full scale.

    A file that does not name its 2, 6 or 8 loudspeakers means the usual ones; other unknown
    loudspeakers count all the same.
    """
    if len(names) in (2, 6, 8) and not set(names) & set(_WAV_ORDER):
        names = list(_WAV_ORDER[: len(names)])
    weights = np.array([[_TO_LEFT.get(n, 0.0), _TO_RIGHT.get(n, 0.0)] for n in names])
    if not weights.any(axis=0).all():
        weights = np.ones((len(names), 2))
    weights /= weights.sum(axis=0).max()
    if channels == 1:
        weights = weights.mean(axis=1, keepdims=True)
    return weights.astype(np.float32)

"""Finished pictures by what they show, within a budget of memory.

The newest are kept as they are, older ones as JPEG of a quality at which nobody sees it; when
that is full as well, the ones that were not asked for longest go.
"""

from collections import OrderedDict
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Key = bytes

_RAW_SHARE: Final = 0.25
_QUALITY: Final = 95
_FULL_CHROMA: Final = [
    cv2.IMWRITE_JPEG_QUALITY, _QUALITY,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
]  # fmt: skip


class FrameCache:
    """Pictures uint8 RGB [H, W, 3] by key. One thread.

    Args:
        budget: Bytes that all of them may take.
    """

    def __init__(self, budget: int) -> None:
        self._raw: OrderedDict[Key, Picture] = OrderedDict()
        self._packed: OrderedDict[Key, NDArray[np.uint8]] = OrderedDict()
        self._raw_bytes = self._packed_bytes = 0
        self._budget = budget

    def __contains__(self, key: Key) -> bool:
        return key in self._raw or key in self._packed

    def __len__(self) -> int:
        return len(self._raw) + len(self._packed)

    @property
    def n_bytes(self) -> int:
        """Memory in use."""
        return self._raw_bytes + self._packed_bytes

    def set_budget(self, budget: int) -> None:
        """Changes how many bytes may be taken; what is over goes."""
        self._budget = budget
        self._shrink()

    def put(self, key: Key, picture: Picture) -> None:
        """Keeps a picture; it must not be changed any more."""
        self._drop(key)
        self._raw[key] = picture
        self._raw_bytes += picture.nbytes
        self._shrink()

    def get(self, key: Key) -> Picture | None:
        """The picture of a key, if it is still here."""
        picture = self._raw.get(key)
        if picture is not None:
            self._raw.move_to_end(key)
            return picture
        packed = self._packed.get(key)
        if packed is None:
            return None
        self._packed.move_to_end(key)
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB), np.uint8)

    def clear(self) -> None:
        """Forgets all."""
        self._raw.clear()
        self._packed.clear()
        self._raw_bytes = self._packed_bytes = 0

    def _drop(self, key: Key) -> None:
        raw = self._raw.pop(key, None)
        self._raw_bytes -= 0 if raw is None else raw.nbytes
        packed = self._packed.pop(key, None)
        self._packed_bytes -= 0 if packed is None else packed.nbytes

    def _shrink(self) -> None:
        while self._raw_bytes > self._budget * _RAW_SHARE and len(self._raw) > 1:
            key, picture = self._raw.popitem(last=False)
            self._raw_bytes -= picture.nbytes
            packed = cv2.imencode(".jpg", picture[:, :, ::-1], _FULL_CHROMA)[1]
            self._packed[key] = np.asarray(packed, np.uint8)
            self._packed_bytes += self._packed[key].nbytes
        while self.n_bytes > self._budget and self._packed:
            _, packed_bytes = self._packed.popitem(last=False)
            self._packed_bytes -= packed_bytes.nbytes

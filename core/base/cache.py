"""A folder of arrays addressed by content. It can be deleted at any time."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from core.base.files import replacing


class ArrayCache:
    """Named arrays by key (see `core.base.content.content_key`), one safetensors file per key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """The arrays stored under `key`, or None; a damaged entry counts as absent."""
        path = self._path(key)
        try:
            return load_file(path)
        except (OSError, SafetensorError):
            return None

    def put(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Stores `arrays` under `key`. A cache that cannot be written is no error."""
        path = self._path(key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as part:
                part.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"

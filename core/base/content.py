"""Content hashes: what a cache entry or a relinked file is recognised by."""

import hashlib
import json
from pathlib import Path

from core.base.progress import Progress


def sha256_file(path: Path, progress: Progress | None = None) -> str:
    """Hex SHA-256 of a file, or of the names and contents of a folder's files, read in blocks.

    Raises:
        OSError: it cannot be read.
        Cancelled: the work was cancelled.
    """
    digest = hashlib.sha256()
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.name.encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                if progress is not None:
                    progress.check()
                digest.update(block)
    return digest.hexdigest()


def content_key(**parts: str | int | float | bool | None) -> str:
    """One hex key of named parts; equal parts give equal keys in every process."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

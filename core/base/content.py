"""Content hashes: what a cache entry or a relinked file is recognised by."""

import hashlib
import json
from pathlib import Path


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file, or of the names and contents of a folder's files, read in blocks."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(file.name.encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def content_key(**parts: str | int | float | bool | None) -> str:
    """One hex key of named parts; equal parts give equal keys in every process."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

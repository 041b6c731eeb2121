import errno
import os
from pathlib import Path

import numpy as np
import pytest

from core.base.cache import ArrayCache
from core.base.content import content_key, sha256_file
from core.base.registry import Registry


def test_a_stored_entry_comes_back_unchanged(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path)
    values = np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2]
    cache.put("abc", {"values": values})
    entry = cache.get("abc")
    assert entry is not None
    np.testing.assert_array_equal(entry["values"], values)
    assert not list(tmp_path.rglob("*.part"))


def test_damaged_and_absent_entries_count_as_absent(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path)
    cache.put("abc", {"values": np.zeros(3)})
    next(tmp_path.rglob("*.safetensors")).write_bytes(b"junk")
    assert cache.get("abc") is None
    assert cache.get("other") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    ArrayCache(blocker).put("abc", {"values": np.zeros(3)})


def test_content_decides_the_hash_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"same")
    (tmp_path / "b").write_bytes(b"same")
    assert sha256_file(tmp_path / "a") == sha256_file(tmp_path / "b")
    assert content_key(a=1, b=2) == content_key(b=2, a=1) != content_key(a=1, b=3)


def test_registry_imports_on_load_and_names_the_known_ones() -> None:
    registry = Registry("engine")
    registry.register("path", "pathlib:Path")
    assert registry.load("path") is Path
    with pytest.raises(KeyError, match="choose path"):
        registry.load("none")
    with pytest.raises(ValueError, match="twice"):
        registry.register("path", "pathlib:Path")
    with pytest.raises(ValueError, match="module:Class"):
        registry.register("bad", "pathlib.Path")


def test_a_full_disk_is_no_error_for_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    ArrayCache(tmp_path).put("abc", {"values": np.zeros(3)})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

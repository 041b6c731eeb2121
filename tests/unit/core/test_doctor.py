"""The doctor examines without ever failing."""

import importlib
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from core import doctor

Patch = pytest.MonkeyPatch


def rows() -> dict[str, dict[str, str]]:
    return {row["check"]: row for row in doctor.examine()}


def missing(name: str) -> str:
    raise metadata.PackageNotFoundError(name)


def unloadable(name: str) -> ModuleType:
    raise OSError(f"{name}: library not found")


def test_what_the_main_job_needs_is_there(monkeypatch: Patch, tmp_path: Path) -> None:
    monkeypatch.setenv("AVATAR_STUDIO_CACHE", str(tmp_path / "not" / "yet"))
    found = rows()
    for check in ("Python", "numpy", "av", "Face tracker", "Phone recogniser", "Device"):
        assert found[check]["state"] == "ok"
    assert str(tmp_path / "not" / "yet") in found["Cache"]["detail"]
    assert found["Free disk"]["detail"].endswith("GB")
    assert not (tmp_path / "not").exists()


def test_what_is_absent_is_said_with_a_remedy(monkeypatch: Patch) -> None:
    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(importlib, "import_module", unloadable)
    found = rows()
    assert found["numpy"]["state"] == "absent"
    assert "pip install" in found["numpy"]["detail"]
    for check in ("Device", "Sound", "Face tracker", "Phone recogniser"):
        assert found[check]["state"] == "absent"
        assert "library not found" in found[check]["detail"]


def test_a_disk_that_is_nearly_full_is_marked(monkeypatch: Patch) -> None:
    monkeypatch.setattr(importlib, "import_module", unloadable)

    class Usage:
        free = 2 * 10**8

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Usage)
    assert rows()["Free disk"]["state"] == "low"

"""What this machine has, in words: for `avatar-studio doctor` and for reports of problems."""

import importlib
import os
import platform
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from core.base import paths
from core.base.errors import WeightsError
from core.engines.protocol import EngineSpec
from core.engines.registry import lacks, list_engines

Row = dict[str, str]

_PACKAGES = ("numpy", "opencv-python", "av", "mediapipe", "pocketsphinx", "torch",
             "face-alignment", "PySide6-Essentials", "sounddevice")  # fmt: skip


def examine() -> list[Row]:
    """One row per check: what, state (ok, absent or the fact) and a detail that says what to do."""
    rows = [
        _row("Python", "ok", f"{platform.python_version()} on {platform.platform()}"),
        _row("Processor", "ok", f"{os.cpu_count()} cores"),
        *map(_package, _PACKAGES),
        _device(),
        _sound(),
        _import("Face tracker", "mediapipe.python.solutions.face_mesh", "ships its own model"),
        _import("Phone recogniser", "pocketsphinx", "ships its own model"),
    ]
    rows += [_engine(spec) for spec in list_engines() if spec.needs]
    cache = paths.cache_dir()
    rows.append(_row("Cache", "ok", f"{cache} (can be deleted at any time)"))
    free = shutil.disk_usage(_existing_parent(cache)).free / 1e9
    rows.append(_row("Free disk", "ok" if free > 1 else "low", f"{free:.1f} GB"))
    return rows


def _row(check: str, state: str, detail: str) -> Row:
    return {"check": check, "state": state, "detail": detail}


def _package(name: str) -> Row:
    try:
        return _row(name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return _row(name, "absent", "install it with: pip install -e .")


def _attempt(check: str, probe: Callable[[], str], absent: str) -> Row:
    try:
        return _row(check, "ok", probe())
    except (ImportError, OSError, RuntimeError) as error:
        return _row(check, "absent", f"{absent} ({error})")


def _device() -> Row:
    def probe() -> str:
        device = importlib.import_module("core.engines.device")
        *cards, _ = (words for _, words in device.present_devices())
        return ", ".join(cards) or "CPU only; the mesh engine needs no GPU"

    return _attempt("Device", probe, "torch cannot be imported")


def _engine(spec: EngineSpec) -> Row:
    try:
        lacking = lacks(spec)
    except WeightsError as error:
        lacking = str(error)
    return _row(f"Engine {spec.name}", "absent" if lacking else "ok", lacking or spec.title)


def _sound() -> Row:
    def probe() -> str:
        devices = importlib.import_module("sounddevice").query_devices()
        return f"{len(devices)} devices" if len(devices) else "PortAudio works, no device found"

    return _attempt("Sound", probe, "no playback or recording: install libportaudio2")


def _import(check: str, module: str, detail: str) -> Row:
    def probe() -> str:
        importlib.import_module(module)
        return detail

    return _attempt(check, probe, "cannot be imported")


def _existing_parent(path: Path) -> Path:
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.exists())

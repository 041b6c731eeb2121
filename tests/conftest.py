"""What every test gets: offscreen Qt, its own home, cache and weights folders, no network."""

import os
import runpy
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["QT_QPA_PLATFORM"] = "offscreen"

# equal examples on every machine, and no verdict by wall time
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def isolated_folders(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AVATAR_STUDIO_CACHE", str(home / "cache"))
    monkeypatch.setenv("AVATAR_STUDIO_WEIGHTS", str(home / "weights"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a test tried to use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="session")
def sample_portrait() -> Path:
    """The bundled public-domain portrait."""
    return Path(__file__).parent.parent / "assets" / "sample" / "portrait.jpg"


@pytest.fixture(scope="session")
def sample_speech() -> Path:
    """The bundled synthetic speech."""
    return Path(__file__).parent.parent / "assets" / "sample" / "speech.wav"


@pytest.fixture
def pdfgc_weights() -> Callable[..., None]:
    """Puts tiny networks of PD-FGC where weights are looked for; another seed, other weights."""
    write = runpy.run_path(str(Path(__file__).parent / "pdfgc_weights.py"))["write_pdfgc_weights"]

    def put(seed: int = 0) -> None:
        write(Path(os.environ["AVATAR_STUDIO_WEIGHTS"]), seed)

    return put

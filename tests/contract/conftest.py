"""Both hosts, a quick engine, and a watch over what must not be left behind."""

import contextlib
import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.base.controls import Factor
from core.engines import registry
from core.jobs.document import write_document
from core.jobs.host import Host
from core.jobs.inline import InlineHost
from core.jobs.messages import ENDINGS, Reply, Request
from core.jobs.process import ProcessHost
from core.jobs.ring import PREFIX
from core.timeline.curve import Curve, Interpolation, Key
from core.timeline.document import AvatarSettings, Document, OffsetCurve, ViewSettings
from core.timeline.source import MediaReference, PortraitParams, Source

N, SIDE = 250, 64
PATIENCE_S = 90.0
_SHARED = Path("/dev/shm")


@pytest.fixture(autouse=True)
def painter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installs the quick engine, for this process and those that it spawns."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "painter"))
    known = dict(registry.ENGINES._references)
    monkeypatch.setattr(registry.ENGINES, "_references", known)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Fails a test that leaves a thread, a process or shared memory behind."""
    threads = set(threading.enumerate())
    shared = _shared_memory()
    yield
    gc.collect()
    deadline = time.monotonic() + 5.0
    while left := _left(threads, shared):
        assert time.monotonic() < deadline, f"left behind: {left}"
        time.sleep(0.02)


def _left(threads: set[threading.Thread], shared: set[str]) -> list[object]:
    new_threads = [thread for thread in threading.enumerate() if thread not in threads]
    return [*new_threads, *multiprocessing.active_children(), *(_shared_memory() - shared)]


def _shared_memory() -> set[str]:
    """The names of this process's rings; elsewhere than on Linux they cannot be listed."""
    return {path.name for path in _SHARED.glob(f"{PREFIX}{os.getpid()}_*")}


@dataclass
class Client:
    """Talks to a host, and keeps what it said."""

    host: Host
    heard: list[Reply] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def ask(self, request: Request) -> int:
        self.asked.append(self.host.submit(request))
        return self.asked[-1]

    def poll(self) -> list[Reply]:
        replies = self.host.poll(0.05)
        self.heard += replies
        return replies

    def until(self, is_it: Callable[[Reply], bool]) -> Reply:
        """Polls until a reply is the one; those that were heard before do not count."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for reply in self.poll():
                if is_it(reply):
                    return reply
        raise AssertionError(f"it never came; heard {self.heard}")

    def end(self, ticket: int) -> Reply:
        """Polls until a ticket has ended."""
        for reply in self.heard:
            if isinstance(reply, ENDINGS) and reply.ticket == ticket:
                return reply
        return self.until(lambda reply: isinstance(reply, ENDINGS) and reply.ticket == ticket)

    def kinds(self, ticket: int) -> list[str]:
        return [type(reply).__name__ for reply in self.heard if reply.ticket == ticket]


@pytest.fixture(params=["inline", "process"])
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    host: Host = InlineHost() if request.param == "inline" else ProcessHost()
    with contextlib.closing(host):
        yield Client(host)


@pytest.fixture
def process() -> Iterator[Client]:
    """The process host alone: only a process can die."""
    with contextlib.closing(ProcessHost()) as host:
        yield Client(host)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A session folder with a portrait."""
    folder = tmp_path / "it.avatar"
    folder.mkdir()
    cv2.imwrite(str(folder / "portrait.png"), np.full((64, 64, 3), 128, np.uint8))
    return folder


@pytest.fixture
def document() -> Document:
    """The jaw opens evenly over 250 frames."""
    opening = Curve((Key(0.0, 0.0, Interpolation.LINEAR), Key(float(N - 1), 1.0)))
    source = Source("portrait", "Portrait", PortraitParams(), MediaReference("portrait.png"))
    document = Document(
        rate=Fraction(25),
        n_frames=N,
        avatar=AvatarSettings("portrait", engine="painter", view=ViewSettings("face", SIDE)),
        sources=(source,),
    )
    lips = document.track(Factor.LIPS)
    return document.with_track(replace(lips, offsets=(OffsetCurve("jawOpen", opening),)))


@pytest.fixture
def text(document: Document) -> str:
    return write_document(document)

"""Pictures through shared memory."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import EngineError
from core.jobs.ring import MAX_SIDE_PX, FrameRing


@pytest.fixture
def ring() -> Iterator[FrameRing]:
    ring = FrameRing()
    yield ring
    ring.close()


def picture_of(value: int, height: int = 40, width: int = 30) -> np.ndarray:
    rng = np.random.default_rng(value)
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def test_a_picture_arrives_as_it_was_and_is_the_readers_own(ring: FrameRing) -> None:
    picture = picture_of(1, MAX_SIDE_PX, MAX_SIDE_PX)
    slot = ring.put(7, picture)
    taken = ring.take(slot, 7, MAX_SIDE_PX, MAX_SIDE_PX)
    assert taken is not None
    assert np.array_equal(taken, picture)
    for ticket in range(8, 30):
        ring.put(ticket, picture_of(ticket, MAX_SIDE_PX, MAX_SIDE_PX))
    assert np.array_equal(taken, picture)


def test_it_goes_round_and_knows_what_was_overwritten(ring: FrameRing) -> None:
    slots = [ring.put(ticket, picture_of(ticket)) for ticket in range(1, 21)]
    n_slots = len(set(slots))
    assert 3 <= n_slots < 20
    for ticket, slot in zip(range(1, 21), slots, strict=True):
        taken = ring.take(slot, ticket, 40, 30)
        if ticket <= 20 - n_slots:
            assert taken is None
        else:
            assert np.array_equal(taken, picture_of(ticket))


def test_another_process_joins_by_name(ring: FrameRing) -> None:
    other = FrameRing(ring.name)
    slot = other.put(3, picture_of(3))
    other.close()
    taken = ring.take(slot, 3, 40, 30)
    assert np.array_equal(taken, picture_of(3))


def test_the_owner_frees_the_memory() -> None:
    ring = FrameRing()
    ring.close()
    with pytest.raises(FileNotFoundError):
        FrameRing(ring.name)


def test_what_is_too_large_is_refused(ring: FrameRing) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        ring.put(1, np.zeros((MAX_SIDE_PX + 1, MAX_SIDE_PX, 3), np.uint8))
    with pytest.raises(ValueError, match="float64"):
        ring.put(1, np.zeros((4, 4, 3)))


def test_full_shared_memory_is_said_before_it_kills(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr("core.jobs.ring._SHARED_FOLDER", Path("/"))
    with pytest.raises(EngineError, match="shared memory of this machine is full"):
        FrameRing()

"""Every ticket ends once, and nothing is said after its end."""

import logging
import threading

import cv2
import numpy as np
import pytest

from core.base.errors import Cancelled, MediaError
from core.jobs.messages import CancelledReply, Exported, Failed, Noted, Progressed, Refined, Reply
from core.jobs.tickets import Tickets


@pytest.fixture
def said() -> list[Reply]:
    return []


@pytest.fixture
def tickets(said: list[Reply]) -> Tickets:
    tickets = Tickets(said.append)
    tickets.open(1)
    return tickets


def test_only_the_first_end_counts(tickets: Tickets, said: list[Reply]) -> None:
    tickets.tell(Noted(1, "on the way"))
    tickets.tell(Exported(1, "film.mp4", 3))
    tickets.tell(CancelledReply(1))
    tickets.tell(Noted(1, "too late"))
    tickets.tell(Exported(2, "unknown.mp4", 3))
    tickets.tell(Refined(1))  # the one thing that comes after the end
    assert said == [Noted(1, "on the way"), Exported(1, "film.mp4", 3), Refined(1)]


def test_an_end_stops_what_still_works(tickets: Tickets) -> None:
    progress = tickets.progress(1)
    progress.check()
    tickets.tell(CancelledReply(1))
    with pytest.raises(Cancelled):
        progress.check()
    with pytest.raises(Cancelled):
        tickets.progress(1).check()


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (Cancelled("Cancelled."), CancelledReply(1)),
        (MediaError("It is broken: take another."), Failed(1, "It is broken: take another.", True)),
        (
            KeyError("x"),
            Failed(1, "Something went wrong that is our fault (KeyError: 'x').", False),
        ),
    ],
)
def test_whatever_work_raises_becomes_its_end(
    tickets: Tickets,
    said: list[Reply],
    error: Exception,
    reply: Reply,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR), tickets.ending(1):
        raise error
    assert said == [reply]
    assert bool(caplog.records) == isinstance(error, KeyError)


def test_too_little_memory_is_said_with_what_to_do(tickets: Tickets, said: list[Reply]) -> None:
    with tickets.ending(1):
        cv2.resize(np.zeros((2, 2, 3), np.uint8), (2_000_000, 20_000))  # 120 GB
    (reply,) = said
    assert isinstance(reply, Failed)
    assert reply.is_user_error
    assert reply.message.startswith("There is too little memory")
    assert "choose a smaller size" in reply.message


def test_of_many_steps_the_first_and_the_last_of_a_stage_are_told(
    tickets: Tickets, said: list[Reply]
) -> None:
    progress = tickets.progress(1)
    for stage in ("Tracking", "Rendering"):
        for done in range(1001):
            progress.report(stage, done, 1000)
    assert [r for r in said if r.done in (0, 1000)] == [
        Progressed(1, stage, done, 1000)
        for stage in ("Tracking", "Rendering")
        for done in (0, 1000)
    ]
    assert len(said) < 50


def test_all_end_at_last(tickets: Tickets, said: list[Reply]) -> None:
    tickets.open(2)
    progress = tickets.progress(2)
    tickets.cancel_all()
    with pytest.raises(Cancelled):
        progress.check()
    tickets.end_all()
    tickets.end_all()
    assert said == [CancelledReply(1), CancelledReply(2)]


def test_ends_from_many_threads_are_still_one(said: list[Reply]) -> None:
    tickets = Tickets(said.append)
    for ticket in range(200):
        tickets.open(ticket)
    start = threading.Barrier(4)

    def end_all() -> None:
        start.wait()
        for ticket in range(200):
            tickets.tell(CancelledReply(ticket))

    threads = [threading.Thread(target=end_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.ticket for reply in said) == list(range(200))

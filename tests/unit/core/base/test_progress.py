import pytest

from core.base.errors import Cancelled
from core.base.progress import Note, Progress, Step


def test_steps_and_notes_reach_the_listener_in_order() -> None:
    seen: list[Step | Note] = []
    progress = Progress(seen.append)
    progress.report("Rendering", 1, 3)
    progress.note("Two faces found.")
    assert seen == [Step("Rendering", 1, 3), Note("Two faces found.")]


def test_report_raises_once_cancelled_and_the_listener_hears_nothing_more() -> None:
    seen: list[Step | Note] = []
    progress = Progress(seen.append)
    progress.cancel()
    with pytest.raises(Cancelled):
        progress.report("Rendering", 1, 3)
    with pytest.raises(Cancelled):
        progress.check()
    assert seen == []


def test_a_fork_stops_alone_and_with_the_whole() -> None:
    seen: list[Step | Note] = []
    whole = Progress(seen.append)
    part, other = whole.fork(), whole.fork()
    part.report("Tracking", 1)
    part.cancel()
    with pytest.raises(Cancelled):
        part.check()
    other.check()
    whole.cancel()
    with pytest.raises(Cancelled):
        other.check()
    assert seen == [Step("Tracking", 1)]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.timeline.document import Document
from core.timeline.history import History
from core.timeline.project_edits import set_length


def long(n_frames: int) -> Document:
    return Document(n_frames=n_frames)


def test_undo_and_redo_walk_the_steps() -> None:
    first = long(1)
    history = History(first)
    second, third = long(2), long(3)
    history.apply("Two", second)
    history.apply("Three", third)
    assert history.labels == ("Open", "Two", "Three")
    assert (history.undo_label, history.redo_label) == ("Three", None)
    assert history.undo() is second
    assert history.undo() is first
    assert history.undo() is first
    assert (history.undo_label, history.redo_label) == (None, "Two")
    assert history.redo() is second
    history.apply("Four", long(4))
    assert history.labels == ("Open", "Two", "Four")
    assert history.redo().n_frames == 4
    assert history.jump(0) is first
    with pytest.raises(IndexError):
        history.jump(3)


def test_a_gesture_is_one_step() -> None:
    history = History(long(1))
    history.begin("Drag")
    for n in range(2, 50):
        history.preview(long(n))
        assert history.document.n_frames == n
    history.commit()
    assert history.labels == ("Open", "Drag")
    assert history.undo().n_frames == 1


def test_cancel_shows_the_very_document_of_before() -> None:
    first = long(1)
    history = History(first)
    history.begin("Drag")
    history.preview(long(2))
    assert history.in_gesture
    history.cancel()
    assert history.document is first
    assert history.labels == ("Open",)
    history.begin("Drag")
    history.preview(long(2))
    assert history.undo() is first
    with pytest.raises(RuntimeError):
        history.preview(first)


def test_a_gesture_without_effect_is_no_step_and_keeps_what_can_be_redone() -> None:
    history = History(long(1))
    history.apply("Two", long(2))
    history.undo()
    history.apply("Nothing", long(1))
    assert history.redo_label == "Two"


def test_beginning_a_gesture_commits_the_one_under_way() -> None:
    history = History(long(1))
    history.begin("First")
    history.preview(long(2))
    history.begin("Second")
    history.preview(long(3))
    history.commit()
    assert history.labels == ("Open", "First", "Second")


def test_only_the_newest_steps_are_kept() -> None:
    history = History(long(1))
    for n in range(2, 400):
        history.apply(f"{n}", long(n))
    for _ in range(500):
        history.undo()
    assert history.document.n_frames == 399 - 200


def test_modified_compares_with_what_was_saved() -> None:
    history = History(long(1))
    assert not history.is_modified
    history.apply("Two", long(2))
    assert history.is_modified
    history.mark_saved()
    assert not history.is_modified
    history.undo()
    assert history.is_modified
    history.redo()
    assert not history.is_modified


@given(st.lists(st.integers(1, 9), max_size=60))
def test_as_many_undos_as_steps_lead_back(lengths: list[int]) -> None:
    first = long(5)
    history = History(first)
    for n in lengths:
        history.apply("Length", set_length(history.document, n))
    for _ in range(len(history.labels) - 1):
        history.undo()
    assert history.document is first

"""Muting the models' chatter must never mute the user's terminal for good."""

import os
import threading

import pytest

from core.face.quiet import quiet_stderr


def test_what_is_written_inside_is_lost_and_after_it_is_not(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with quiet_stderr():
        os.write(2, b"chatter\n")
    os.write(2, b"sentence\n")
    assert capfd.readouterr().err == "sentence\n"


def test_overlapping_blocks_of_two_threads_bring_stderr_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    is_open, may_end = threading.Event(), threading.Event()

    def second() -> None:
        with quiet_stderr():
            is_open.set()
            may_end.wait(10)

    thread = threading.Thread(target=second)
    with quiet_stderr():
        thread.start()
        assert is_open.wait(10)
    os.write(2, b"still quiet\n")
    may_end.set()
    thread.join(10)
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


def test_an_exception_brings_stderr_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError), quiet_stderr():
        raise ValueError
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"

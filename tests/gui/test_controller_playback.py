"""Playback: the sound is the clock; without a loudspeaker a clock is; devices may go away."""

import threading
import time
import wave
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from core.base.errors import MediaError
from core.base.time import FrameRange
from core.media.soundtrack import RATE
from core.timeline.project_edits import set_range
from studio.controller.sound_plan import Course, sound_along, whole_sound
from studio.controller.studio import Studio
from studio.services.audio_output import ClockOutput, Fill
from studio.services.sound_feed import SoundFeed


class Loudspeaker:
    """A device that takes 10 ms of samples every 10 ms, in a thread of its own."""

    has_sound = True

    def __init__(self) -> None:
        self.played: list[NDArray[np.float32]] = []
        self.is_unplugged = False
        self.is_closed = False
        self._heard = 0
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, fill: Fill) -> None:
        if self.is_unplugged:
            raise MediaError("There is no sound, because it was unplugged.")
        self._heard, self._halt = 0, threading.Event()
        self._thread = threading.Thread(target=self._run, args=(fill, self._halt))
        self._thread.start()

    def heard(self) -> float:
        return float(self._heard)

    def stop(self) -> None:
        self._halt.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        self.is_closed = True

    def _run(self, fill: Fill, halt: threading.Event) -> None:
        began, n_blocks = time.perf_counter(), 0
        while not halt.wait(0.002):
            while not self.is_unplugged and n_blocks * 0.01 < time.perf_counter() - began:
                out = np.zeros((RATE // 100, 2), np.float32)
                self._heard += fill(out)
                self.played.append(out)
                n_blocks += 1

    @property
    def sound(self) -> NDArray[np.float32]:
        return np.concatenate(self.played)


@pytest.fixture
def loudspeaker() -> Loudspeaker:
    return Loudspeaker()


@pytest.fixture
def loud(
    make_studio: Callable[..., Studio], loudspeaker: Loudspeaker, qtbot: QtBot
) -> Iterator[Studio]:
    """A studio with a loudspeaker."""
    studio = make_studio(output_factory=lambda _: loudspeaker)
    qtbot.waitUntil(lambda: studio.playback.has_sound, timeout=5_000)
    yield studio
    studio.close()
    assert loudspeaker.is_closed


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """Four seconds with a click of 5 ms at every half second."""
    sound = np.zeros(4 * 48_000, "<i2")
    for at in range(0, len(sound), 24_000):
        sound[at : at + 240] = 20_000
    path = tmp_path / "clicks.wav"
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(48_000)
        writer.writeframes(sound.tobytes())
    return path


def _with_clicks(studio: Studio, clicks: Path, qtbot: QtBot) -> None:
    with qtbot.waitSignal(studio.imported, timeout=10_000):
        studio.set_audio(clicks)


def _frames(studio: Studio, qtbot: QtBot, seconds: float) -> list[tuple[float, int]]:
    """(seconds since now, frame) of every frame shown in a while."""
    seen: list[tuple[float, int]] = []
    began = time.perf_counter()
    studio.playhead.frame_changed.connect(
        lambda frame: seen.append((time.perf_counter() - began, frame))
    )
    qtbot.wait(round(1000 * seconds))
    return seen


def test_without_a_loudspeaker_it_says_why_and_plays_on(studio: Studio, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "test" in studio.playback.sound_reason, timeout=5_000)
    assert not studio.playback.has_sound
    studio.playback.play()
    seen = _frames(studio, qtbot, 1.0)
    studio.playback.pause()
    assert 15 <= len(seen) <= 30
    assert all(frame == pytest.approx(25 * seconds, abs=2) for seconds, frame in seen)
    assert studio.playhead.frame >= 23
    assert not studio.playhead.is_playing


def test_the_picture_follows_the_sound(
    loud: Studio, loudspeaker: Loudspeaker, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(loud, clicks, qtbot)
    loud.playhead.scrub(10)
    offsets: list[float] = []
    loud.playhead.frame_changed.connect(
        lambda frame: offsets.append(loudspeaker.heard() / RATE * 25 + 10 - frame)
    )
    loud.playback.play()
    qtbot.wait(1500)
    loud.playback.pause()
    assert len(offsets) > 25
    assert min(offsets) >= -1.0
    assert max(offsets) <= 1.0  # within one frame
    loudspeaker.stop()
    sound = loudspeaker.sound[:, 0]
    clicks_at = np.flatnonzero((sound[1:] > 0.3) & (sound[:-1] <= 0.3)) / RATE
    np.testing.assert_allclose(clicks_at[:2], [0.1, 0.6], atol=0.001)  # it began at 0.4 s


def test_it_loops_without_a_gap(
    loud: Studio, loudspeaker: Loudspeaker, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(loud, clicks, qtbot)
    loud.project.apply("Range", set_range(loud.project.document, 10, 20))
    loud.playhead.scrub(10)
    loud.playback.play()
    seen = _frames(loud, qtbot, 1.2)
    loud.playback.pause()
    assert {frame for _, frame in seen} == set(range(10, 20))
    sound = loudspeaker.sound[:, 0]
    clicks_at = np.flatnonzero((sound[1:] > 0.3) & (sound[:-1] <= 0.3)) / RATE
    np.testing.assert_allclose(np.diff(clicks_at), 0.4, atol=0.001)  # the loop's length


def test_without_looping_it_stops_on_the_last_frame(studio: Studio, qtbot: QtBot) -> None:
    studio.playhead.set_looping(False)
    studio.project.apply("Range", set_range(studio.project.document, 5, 12))
    studio.playback.play_range()
    qtbot.waitUntil(lambda: not studio.playback.is_playing, timeout=3_000)
    assert studio.playhead.frame == 11
    studio.playback.play()  # from the start again
    assert studio.playhead.frame == 5
    studio.playback.stop()
    assert studio.playhead.frame == 5


def test_shuttle_doubles_and_goes_back(studio: Studio, qtbot: QtBot) -> None:
    playback = studio.playback
    speeds = []
    for direction in (1, 1, 1, 1, -1, -1):
        playback.shuttle(direction)
        speeds.append(playback.speed)
    assert speeds == [1.0, 2.0, 4.0, 4.0, -1.0, -2.0]
    studio.playhead.set_frame(100)
    playback.shuttle(0)
    playback.shuttle(-1)
    qtbot.wait(300)
    playback.shuttle(0)
    assert 90 <= studio.playhead.frame < 100


def test_scrubbing_while_it_plays_goes_on_from_there(
    loud: Studio, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(loud, clicks, qtbot)
    loud.playback.play()
    qtbot.wait(200)
    loud.playhead.scrub(60)
    seen = _frames(loud, qtbot, 0.5)
    loud.playback.pause()
    assert min(frame for _, frame in seen) >= 60


def test_an_edit_of_the_sound_is_heard_at_once(
    loud: Studio, loudspeaker: Loudspeaker, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(loud, clicks, qtbot)
    loud.playback.play()
    qtbot.wait(200)
    loudspeaker.played.clear()
    loud.verbs.toggle_mute()
    qtbot.wait(700)
    loud.playback.pause()
    assert loud.playhead.frame > 15
    assert np.abs(loudspeaker.sound[RATE // 20 :]).max() == 0.0


def test_an_unplugged_loudspeaker_is_told_and_the_picture_goes_on(
    loud: Studio, loudspeaker: Loudspeaker, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(loud, clicks, qtbot)
    loud.playback.play()
    qtbot.wait(300)
    with qtbot.waitSignal(loud.message, timeout=3_000) as heard:
        loudspeaker.is_unplugged = True
    assert "without sound" in heard.args[0]
    before = loud.playhead.frame
    qtbot.wait(400)
    assert loud.playback.is_playing
    assert loud.playhead.frame > before + 5
    loud.playback.pause()


def test_a_sound_that_is_gone_is_told_and_silence_plays(
    loud: Studio, clicks: Path, qtbot: QtBot
) -> None:
    loud.settings.set("link_media", True)
    _with_clicks(loud, clicks, qtbot)
    clicks.unlink()
    with qtbot.waitSignal(loud.message, timeout=3_000) as heard:
        loud.playback.play()
    assert "clicks.wav" in heard.args[0]
    qtbot.wait(300)
    assert loud.playhead.frame > 3
    loud.playback.pause()


def test_scrubbing_lets_the_frame_be_heard(
    loud: Studio, loudspeaker: Loudspeaker, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(loud, clicks, qtbot)
    loud.playhead.scrub(3)  # mixes the sound

    def scrub_and_hear() -> bool:
        loud.playhead.scrub(24 if loud.playhead.frame == 25 else 25)
        return bool(loudspeaker.played) and float(np.abs(loudspeaker.sound).max()) > 0.3

    qtbot.waitUntil(scrub_and_hear, timeout=5_000)
    qtbot.wait(600)  # it lets the device go by itself
    loudspeaker.played.clear()
    qtbot.wait(50)
    assert not loudspeaker.played


def test_levels_are_told_while_it_plays(loud: Studio, clicks: Path, qtbot: QtBot) -> None:
    _with_clicks(loud, clicks, qtbot)
    levels: list[float] = []
    loud.playback.level_changed.connect(levels.append)
    loud.playback.play()
    qtbot.wait(700)
    loud.playback.pause()
    assert max(levels) == pytest.approx(20 * np.log10(20_000 / 32_768), abs=0.5)
    assert levels[-1] == -96.0


def test_cached_pictures_are_not_dropped(portrait_studio: Studio, qtbot: QtBot) -> None:
    studio = portrait_studio
    studio.verbs.set_value("yaw", 0, 0.0)
    studio.verbs.set_value("yaw", 49, 10.0)
    studio.preview.render_ahead(True)
    qtbot.waitUntil(lambda: bool((studio.preview.statuses() == 2).all()), timeout=60_000)
    shown: list[int] = []
    studio.preview.picture_ready.connect(lambda frame, _: shown.append(frame))
    studio.playhead.to_start()
    studio.playback.play()
    qtbot.wait(1500)
    dropped = studio.playback.dropped
    studio.playback.pause()
    assert dropped <= 2
    assert len(shown) >= 33


# --- the parts -------------------------------------------------------------------------------


def test_a_course_finds_the_frame_of_every_sample() -> None:
    course = Course(15, FrameRange(10, 20), True, Fraction(30000, 1001))
    per_frame = RATE * 1001 / 30000
    assert [course.frame_at(n * per_frame + 1) for n in range(7)] == [15, 16, 17, 18, 19, 10, 11]
    once = Course(15, FrameRange(10, 20), False, Fraction(25))
    assert once.frame_at(5 * 1920 - 1) == 19
    assert once.frame_at(5 * 1920) is None


def test_a_course_keeps_step_for_two_minutes() -> None:
    """After 120 s of a loop whose length is no whole number of samples."""
    course = Course(0, FrameRange(0, 7), True, Fraction(30000, 1001))
    heard = 120 * RATE
    exact = heard * 30000 / 1001 / RATE % 7
    frame = course.frame_at(heard)
    assert frame is not None
    assert abs(frame + 0.5 - exact) <= 1.0


def test_a_feed_counts_no_silence_that_it_fell_behind_with() -> None:
    gate = threading.Event()

    def blocks() -> Iterator[NDArray[np.float32]]:
        yield np.ones((100, 2), np.float32)
        gate.wait(5.0)
        yield np.ones((100, 2), np.float32)

    feed = SoundFeed(blocks())
    out = np.zeros((64, 2), np.float32)
    deadline = time.monotonic() + 5
    counts: list[int] = []
    while sum(counts) < 100 and time.monotonic() < deadline:
        counts.append(feed.fill(out))
    assert feed.fill(out) == 0
    assert not out.any()
    gate.set()
    while sum(counts) < 200 and time.monotonic() < deadline:
        counts.append(feed.fill(out))
    assert sum(counts) >= 200
    feed.close()
    assert feed.fill(out) == 64  # after the end silence counts


def test_a_feed_reads_no_more_than_it_needs() -> None:
    n_read = 0

    def blocks() -> Iterator[NDArray[np.float32]]:
        nonlocal n_read
        while True:
            n_read += 1
            yield np.zeros((4800, 2), np.float32)

    feed = SoundFeed(blocks())
    time.sleep(0.3)
    feed.close()
    assert n_read <= 12


def test_the_clock_runs_at_the_rate_of_the_sound() -> None:
    clock = ClockOutput()
    assert clock.heard() == 0.0
    clock.start(len)
    time.sleep(0.1)
    clock.stop()
    heard = clock.heard()
    assert heard == pytest.approx(0.1 * RATE, rel=0.3)
    assert clock.heard() == heard


def test_the_whole_sound_is_as_long_as_the_document(
    studio: Studio, clicks: Path, qtbot: QtBot
) -> None:
    _with_clicks(studio, clicks, qtbot)
    sound = whole_sound(studio.project.document, studio.project.folder)
    assert sound.shape == (4 * RATE, 2)
    assert sound.dtype == np.int16


def test_the_mix_and_the_files_sound_the_same(studio: Studio, clicks: Path, qtbot: QtBot) -> None:
    _with_clicks(studio, clicks, qtbot)
    studio.verbs.nudge_audio(0.013)
    document, folder = studio.project.document, studio.project.folder
    course = Course(7, FrameRange(5, 61), True, document.rate)
    mixed = whole_sound(document, folder)
    n_samples = course.first_samples + course.loop_samples

    def heard(sound: NDArray[np.int16] | None) -> NDArray[np.float32]:
        blocks, n = [], 0
        for block in sound_along(document, folder, course, sound):
            blocks.append(block)
            n += len(block)
            if n >= n_samples:
                break
        return np.concatenate(blocks)[:n_samples]

    np.testing.assert_allclose(heard(mixed), heard(None), atol=2e-4)

import errno
import os
import resource
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import MediaError
from core.media.audio import read_audio, read_audio_blocks
from core.media.encode import PRESETS, Mp4Writer, check_output
from core.media.picture import FrameEncoder
from core.media.probe import probe
from core.media.soundtrack import FRAME_SAMPLES, RATE, Sound, soundtrack
from core.media.video import read_frames

R25 = Fraction(25)
NTSC = Fraction(30000, 1001)


def write_clip(path: Path, make, n: int = 12, rate: Fraction = R25, **options) -> Path:
    """A numbered clip written with `Mp4Writer`."""
    options.setdefault("duration_s", n / rate)
    with Mp4Writer(path, 64, 64, rate, **options) as writer:
        for i in range(n):
            writer.write(make.numbered_frame(i))
    return path


def noise(side: int = 128) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.mark.parametrize("rate", [R25, NTSC, Fraction(221, 10), Fraction(60)])
@pytest.mark.parametrize("n", [1, 2, 37])
def test_frames_and_their_exact_times_come_back(make, rate: Fraction, n: int) -> None:
    path = write_clip(make.folder / "out.mp4", make, n, rate)
    assert [make.number_of(f) for f in read_frames(path, rate)] == list(range(n))
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert stream.duration * stream.time_base == n / rate
        assert stream.average_rate == rate
        times = [f.pts * f.time_base for f in container.decode(stream)]
    assert times == [i / rate for i in range(n)]


def test_format_is_what_every_player_takes(make) -> None:
    sound = make.wav("speech.wav", make.tone(1, 16000), 16000)
    path = write_clip(make.folder / "out.mp4", make, sounds=[Sound(sound)])
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (video.codec.canonical_name, context.pix_fmt) == ("h264", "yuv420p")
        tags = (context.colorspace, context.color_primaries, context.color_trc, context.color_range)
        assert tags == (1, 1, 1, 1)  # BT.709, limited range
        sound_context = audio.codec_context
        assert (sound_context.name, sound_context.sample_rate) == ("aac", 48000)
        assert sound_context.layout.name == "stereo"
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    nclx = data.index(b"colrnclx") + 8
    assert data[nclx : nclx + 7] == bytes([0, 1, 0, 1, 0, 1, 0])


def test_colours_come_back(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None, :, None].repeat(64, 0).repeat(3, 2)
    frame = np.concatenate([colours.repeat(16, 0).repeat(16, 1), ramp])
    with Mp4Writer(tmp_path / "a.mp4", 64, 128, R25, duration_s=0.04, crf=1) as writer:
        writer.write(frame)
    (shown,) = read_frames(tmp_path / "a.mp4", R25)
    difference = shown.astype(int) - frame
    assert np.abs(difference[8:64:16, 8::16]).max() <= 4
    assert np.abs(difference[68:]).max() <= 4
    assert np.abs(difference[68:].mean(axis=(0, 1))).max() < 0.5


@pytest.mark.parametrize(("width", "height"), [(63, 64), (64, 61), (33, 35), (2, 2), (1, 1)])
def test_odd_sizes_gain_one_repeated_line(tmp_path: Path, width: int, height: int) -> None:
    frame = np.linspace(0, 250, width * height).astype(np.uint8).reshape(height, width)
    frame = np.repeat(frame[..., None], 3, axis=2)
    with Mp4Writer(tmp_path / "a.mp4", width, height, R25, duration_s=0.04, crf=4) as writer:
        writer.write(frame)
    (shown,) = read_frames(tmp_path / "a.mp4", R25)
    assert shown.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(shown[:height, :width].astype(int) - frame).mean() < 8


def test_the_file_says_that_it_is_ai_generated(make) -> None:
    plain = write_clip(make.folder / "plain.mp4", make)
    named = write_clip(make.folder / "named.mp4", make, metadata={"title": "Ärger", "artist": "I"})
    with av.open(str(plain)) as container:
        assert container.metadata["title"].startswith("AI-generated")
        assert container.metadata["comment"].startswith("AI-generated")
    with av.open(str(named)) as container:
        assert container.metadata["title"] == "Ärger"
        assert container.metadata["artist"] == "I"
        assert container.metadata["comment"].startswith("AI-generated")
    with pytest.raises(ValueError, match="comment"):
        write_clip(make.folder / "x.mp4", make, metadata={"comment": "filmed"})


def test_the_same_input_gives_the_same_bytes(make) -> None:
    sound = make.wav("speech.wav", make.tone(1, 16000), 16000)
    first = write_clip(make.folder / "a.mp4", make, 30, sounds=[Sound(sound)])
    second = write_clip(make.folder / "b.mp4", make, 30, sounds=[Sound(sound)])
    assert first.read_bytes() == second.read_bytes()


def test_a_frame_is_copied(make) -> None:
    canvas = np.empty((64, 64, 3), np.uint8)
    with Mp4Writer(make.folder / "a.mp4", 64, 64, R25, duration_s=1) as writer:
        for i in range(25):
            canvas[:] = make.numbered_frame(i)
            writer.write(canvas)
    assert [make.number_of(f) for f in read_frames(make.folder / "a.mp4", R25)] == list(range(25))


@pytest.mark.parametrize("seconds", [0.3, 1.0, 3.0])
def test_sound_lasts_as_long_as_the_pictures(make, seconds: float) -> None:
    sound = make.wav("speech.wav", make.tone(seconds, 44100), 44100)
    path = write_clip(make.folder / "out.mp4", make, 30, NTSC, sounds=[Sound(sound)])
    info = probe(path)
    assert info.audio is not None
    assert info.audio.duration == pytest.approx(30 / NTSC, abs=1 / RATE)
    heard = read_audio(path, RATE)
    assert len(heard) == round(30 / NTSC * RATE)
    end = round(min(seconds, float(30 / NTSC)) * RATE)
    loud = np.abs(heard).reshape(-1, 8).max(axis=1)
    assert loud[300 : end // 8 - 300].min() > 0.0
    assert loud[300 : end // 8 - 300].mean() > 0.3
    assert np.abs(heard[end + 3000 :]).max(initial=0) < 0.01


@pytest.mark.parametrize("offset", [-0.4, 0.0, 0.25])
def test_the_offset_moves_the_sound(make, offset: float) -> None:
    samples = np.zeros(48000)
    samples[24000:24480] = make.tone(0.01, 48000, 2000, 0.9)
    sound = make.wav("click.wav", samples, 48000)
    path = write_clip(make.folder / "out.mp4", make, 25, sounds=[Sound(sound, offset)])
    loudest = int(np.argmax(np.abs(read_audio(path, RATE)))) / RATE
    assert loudest == pytest.approx(0.505 + offset, abs=0.008)


def test_the_gain_changes_the_loudness(make) -> None:
    sound = make.wav("speech.wav", make.tone(1, RATE, level=0.4), RATE)
    quiet = write_clip(make.folder / "quiet.mp4", make, 25, sounds=[Sound(sound, gain_db=-6.0206)])
    loud = write_clip(make.folder / "loud.mp4", make, 25, sounds=[Sound(sound, gain_db=40)])
    assert np.abs(read_audio(quiet, RATE)[9600:38400]).max() == pytest.approx(0.2, rel=0.1)
    assert np.abs(read_audio(loud, RATE)).max() <= 1


@settings(max_examples=30, deadline=None)
@given(
    length=st.integers(1, 60_000),
    duration=st.fractions(Fraction(1, 240), 3, max_denominator=1001),
    offset=st.floats(-2, 2),
)
def test_a_soundtrack_is_exactly_the_shifted_sound(
    make_shared, length: int, duration: Fraction, offset: float
) -> None:
    path = make_shared.wav("n.wav", np.random.default_rng(0).uniform(-1, 1, length), RATE)
    (sound,) = read_audio_blocks(path, RATE, 2)
    frames = list(soundtrack([Sound(path, offset)], duration))
    assert all(f.shape == (2, FRAME_SAMPLES) for f in frames[:-1])
    total = round(duration * RATE)
    shift = round(Fraction(offset).limit_denominator(10**6) * RATE)
    wanted = np.zeros((total, 2), np.float32)
    first, last = max(0, shift), min(total, shift + length)
    if last > first:
        wanted[first:last] = sound[first - shift : last - shift]
    np.testing.assert_array_equal(np.concatenate(frames, axis=1).T, wanted)


def test_overlapping_sounds_add_up_and_stretches_are_cut_out(make) -> None:
    ramp = np.arange(3 * RATE) / (8 * RATE)
    path = make.wav("ramp.wav", ramp, RATE)
    (sound,) = read_audio_blocks(path, RATE, 2)
    parts = [
        Sound(path, at_s=0.5, from_s=1.0, length_s=1.0),
        Sound(path, at_s=1.0, from_s=0.25, length_s=0.5),
        Sound(path, at_s=-0.5, from_s=2.0, length_s=0.75),
    ]
    heard = np.concatenate(list(soundtrack(parts, 2)), axis=1).T
    wanted = np.zeros((2 * RATE, 2), np.float32)
    wanted[RATE // 2 : RATE * 3 // 2] += sound[RATE : 2 * RATE]
    wanted[RATE : RATE * 3 // 2] += sound[RATE // 4 : RATE * 3 // 4]
    wanted[: RATE // 4] += sound[RATE * 5 // 2 : RATE * 11 // 4]
    np.testing.assert_allclose(heard, wanted, atol=1e-6)


def test_an_exception_leaves_nothing_and_keeps_what_was_there(make) -> None:
    path = make.folder / "out.mp4"
    path.write_bytes(b"an earlier film")

    def render() -> None:
        with Mp4Writer(path, 128, 128, R25, duration_s=1) as writer:
            for _ in range(5):
                writer.write(noise())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render()
    assert [p.name for p in make.folder.iterdir()] == ["out.mp4"]
    assert path.read_bytes() == b"an earlier film"
    assert not [t for t in threading.enumerate() if t.name.startswith("mp4")]


def test_nothing_has_the_name_before_the_end(make) -> None:
    path = make.folder / "out.mp4"
    with Mp4Writer(path, 64, 64, R25, duration_s=0.2) as writer:
        for i in range(5):
            writer.write(make.numbered_frame(i))
            assert not path.exists()
    assert [p.name for p in make.folder.iterdir()] == ["out.mp4"]


def test_a_write_that_fails_is_one_sentence_and_stops_the_work(make) -> None:
    path = make.folder / "out.mp4"
    n_written = 0

    def render() -> None:
        nonlocal n_written
        with Mp4Writer(path, 128, 128, R25, duration_s=40, crf=1) as writer:
            for i in range(1000):
                writer.write(np.roll(noise(), 37 * i, axis=1))
                n_written += 1

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(MediaError, match=r"out\.mp4.*cannot be written") as caught:
            render()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(caught.value)
    assert n_written < 1000
    assert list(make.folder.iterdir()) == []


def test_a_full_disk_is_named(make, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MediaError, match=r"out\.mp4.*disk is full"):
        write_clip(make.folder / "out.mp4", make)
    assert list(make.folder.iterdir()) == []


def test_sound_that_cannot_be_read_fails_before_the_first_frame(make) -> None:
    mute = make.clip("mute.mp4", make.steady(3))
    empty = make.wav("empty.wav", np.zeros(0), RATE)
    for sound, why in (
        (mute, "without sound"),
        (empty, "sound"),
        (make.folder / "no.wav", "exist"),
    ):
        with pytest.raises(MediaError, match=why):
            Mp4Writer(
                make.folder / "out.mp4", 64, 64, R25, sounds=[Sound(sound)], duration_s=1
            ).__enter__()
    assert sorted(p.name for p in make.folder.iterdir()) == ["empty.wav", "mute.mp4"]


def test_encoding_has_its_own_thread_and_a_short_queue(
    make, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_encode = threading.Event()
    encoders = set()
    plain = FrameEncoder.to_yuv

    def held_up(self: FrameEncoder, frame: av.VideoFrame) -> av.VideoFrame:
        encoders.add(threading.get_ident())
        assert may_encode.wait(30)
        return plain(self, frame)

    monkeypatch.setattr(FrameEncoder, "to_yuv", held_up)
    path = make.folder / "a.mp4"
    rendered = []

    def render() -> None:
        with Mp4Writer(path, 64, 64, R25, duration_s=2) as writer:
            for i in range(50):
                writer.write(make.numbered_frame(i))
                rendered.append(i)

    renderer = threading.Thread(target=render)
    renderer.start()
    renderer.join(0.5)
    assert 2 <= len(rendered) <= 8  # rendering went ahead, but not far
    may_encode.set()
    renderer.join(60)
    assert len(rendered) == 50
    assert len(encoders) == 1
    assert renderer.ident not in encoders
    assert len(list(read_frames(path, R25))) == 50


def test_wrong_frames_and_settings_are_refused(make) -> None:
    with Mp4Writer(make.folder / "a.mp4", 64, 64, R25, duration_s=1) as writer:
        writer.write(noise(64))
        for frame in (noise(32), noise(64).astype(float), noise(64)[..., 0]):
            with pytest.raises(ValueError, match="expected uint8"):
                writer.write(frame)
    with pytest.raises(ValueError, match="preset"):
        Mp4Writer(make.folder / "b.mp4", 64, 64, R25, duration_s=1, preset="fastest")


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_works(make, preset: str) -> None:
    path = write_clip(make.folder / "a.mp4", make, 3, preset=preset)
    assert [make.number_of(f) for f in read_frames(path, R25)] == [0, 1, 2]


def test_outputs_that_cannot_be_written_are_named(make) -> None:
    source = make.clip("in.mp4", make.steady(2))
    link = make.folder / "link.mp4"
    link.symlink_to(source)
    (make.folder / "dir.mp4").mkdir()
    # Not even root can create a file in /proc; elsewhere permissions do it.
    locked = Path("/proc")
    if not locked.is_dir():
        locked = make.folder / "locked"
        locked.mkdir(mode=0o555)
    cases = {
        make.folder / "out.mov": r"\.mp4",
        make.folder / "none" / "out.mp4": "does not exist",
        make.folder / "dir.mp4": "is a folder",
        source: "also an input",
        link: "also an input",
        make.folder / ".." / make.folder.name / "in.mp4": "also an input",
        locked / "out.mp4": "cannot be written to",
        make.folder / ("x" * 300 + ".mp4"): "shorter",
    }
    for path, why in cases.items():
        with pytest.raises(MediaError, match=why) as caught:
            check_output(path, [source])
        assert "\n" not in str(caught.value)
    check_output(make.folder / "out.MP4", [source, make.folder / "unknown.wav"])
    check_output(source, [])
    assert sorted(p.name for p in make.folder.iterdir()) == ["dir.mp4", "in.mp4", "link.mp4"]


def test_the_sound_s_own_file_is_never_overwritten(make) -> None:
    source = write_clip(
        make.folder / "in.mp4", make, sounds=[Sound(make.wav("a.wav", make.tone(1, 16000), 16000))]
    )
    before = source.read_bytes()
    with pytest.raises(MediaError, match="also an input"):
        write_clip(source, make, sounds=[Sound(source)])
    assert source.read_bytes() == before


def test_non_ascii_and_long_paths_are_written(make) -> None:
    folder = make.folder / ("ö" * 100) / ("名" * 80) / ("x" * 200)
    folder.mkdir(parents=True)
    path = write_clip(folder / ("é" * 120 + " %d.mp4"), make, 3)
    assert len(list(read_frames(path, R25))) == 3
    assert len(list(folder.iterdir())) == 1

import tracemalloc
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import MediaError
from core.media.audio import audio_duration, read_audio, read_audio_blocks
from core.media.mixer import mix_matrix

RATE = 16000
FORMATS = {
    "8bit.wav": ("pcm_u8", "u8"),
    "16bit.wav": ("pcm_s16le", "s16"),
    "24bit.wav": ("pcm_s24le", "s32"),
    "32bit.wav": ("pcm_s32le", "s32"),
    "float.wav": ("pcm_f32le", "flt"),
    "double.wav": ("pcm_f64le", "dbl"),
    "song.flac": ("flac", "s16"),
    "song.mp3": ("libmp3lame", "s16p"),
    "song.m4a": ("aac", "fltp"),
    "song.ogg": ("libvorbis", "fltp"),
    "song.opus": ("libopus", "flt"),
    "song.mkv": ("pcm_s16le", "s16"),
}


def level(samples: np.ndarray, hertz: float, rate: int = RATE) -> float:
    """Amplitude of a sine of `hertz` in the middle of [n] samples."""
    middle = samples[len(samples) // 4 : 3 * len(samples) // 4]
    wave_ = np.exp(-2j * np.pi * hertz * np.arange(len(middle)) / rate)
    return float(2 * abs(np.mean(middle * wave_)))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format_keeps_pitch_level_and_length(make, name: str, channels: int) -> None:
    codec, kind = FORMATS[name]
    samples = np.repeat(make.tone(1.0, 48000)[:, None], channels, axis=1)
    layout = "mono" if channels == 1 else "stereo"
    path = make.sound(name, samples, 48000, codec=codec, sample_format=kind, layout=layout)
    heard = read_audio(path, RATE)
    assert heard.dtype == np.float32
    assert level(heard, 440) == pytest.approx(0.5, rel=0.05)
    is_padded = name.endswith(("mp3", "ogg", "opus"))
    assert len(heard) == pytest.approx(RATE, abs=RATE * 0.05 if is_padded else 1)
    assert audio_duration(path) == pytest.approx(1.0, abs=0.05 if is_padded else 0.002)


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 96000, 192000])
def test_every_rate_is_resampled_in_place(make, rate: int) -> None:
    samples = make.tone(1.0, rate, 440.0) * (np.arange(rate) > rate // 2)
    heard = read_audio(make.wav("half.wav", samples, rate), RATE)
    assert len(heard) == pytest.approx(RATE, abs=1)
    assert np.abs(heard[: RATE // 2 - 100]).max() < 1e-3
    assert level(heard[RATE // 2 + 100 :], 440) == pytest.approx(0.5, rel=0.02)


def test_an_impulse_stays_where_it_is(make) -> None:
    samples = np.zeros(44100)
    samples[22050] = 0.9
    heard = read_audio(make.wav("click.wav", samples, 44100), RATE)
    assert abs(int(np.argmax(np.abs(heard))) - RATE // 2) <= 1


def test_surround_sound_is_mixed_without_getting_louder(make) -> None:
    samples = np.zeros((24000, 6))
    samples[:, 0] = make.tone(0.5, 48000, 300, 0.9)  # front left
    samples[:, 2] = make.tone(0.5, 48000, 500, 0.9)  # centre
    samples[:, 3] = make.tone(0.5, 48000, 900, 0.9)  # low-frequency effects
    path = make.sound("film.wav", samples, 48000, layout="5.1")
    (stereo,) = read_audio_blocks(path, RATE, 2)
    assert stereo.shape == (8000, 2)
    assert np.abs(stereo).max() <= 1
    assert level(stereo[:, 0], 300) > 0.3
    assert level(stereo[:, 1], 300) < 0.01
    assert level(stereo[:, 0], 500) == pytest.approx(level(stereo[:, 1], 500), rel=0.01)
    assert level(stereo[:, 0], 500) > 0.2
    assert level(stereo[:, 0], 900) < 0.01
    assert level(read_audio(path, RATE), 500) > 0.2


@given(
    names=st.lists(
        st.sampled_from(
            ["FL", "FR", "FC", "LFE", "SL", "SR", "BL", "BR", "BC", "FLC", "X", "NONE"]
        ),
        min_size=1,
    )
)
def test_no_mix_is_louder_than_full_scale(names: list[str]) -> None:
    for channels in (1, 2):
        weights = mix_matrix(names, channels)
        assert weights.shape == (len(names), channels)
        assert (weights >= 0).all()
        assert np.isclose(weights.sum(axis=0).max(), 1, atol=1e-6) or channels == 1
        assert weights.sum(axis=0).max() <= 1 + 1e-6


def test_left_and_right_stay_apart_and_mono_fills_both(make) -> None:
    left = np.stack([make.tone(0.5, RATE, 300), make.tone(0.5, RATE, 700)], axis=1)
    (both,) = read_audio_blocks(make.wav("two.wav", left, RATE), RATE, 2)
    assert level(both[:, 0], 300) == pytest.approx(0.5, rel=0.02)
    assert level(both[:, 1], 300) < 0.01
    (one,) = read_audio_blocks(make.wav("one.wav", make.tone(0.5, RATE), RATE), RATE, 2)
    np.testing.assert_array_equal(one[:, 0], one[:, 1])
    assert level(one[:, 0], 440) == pytest.approx(0.5, rel=0.02)


def test_float_files_may_be_too_loud_or_not_a_number(make) -> None:
    samples = make.tone(0.1, RATE, level=3.0)
    samples[10] = np.nan
    samples[20] = np.inf
    path = make.sound("hot.wav", samples[:, None], RATE, codec="pcm_f32le", sample_format="flt")
    heard = read_audio(path, RATE)
    assert np.isfinite(heard).all()
    assert heard[10] == 0
    assert heard.max() == 1.0


@settings(max_examples=25, deadline=None)
@given(
    block_s=st.floats(0.01, 1.0),
    start=st.floats(0, 1.2),
    channels=st.sampled_from([1, 2]),
    rate=st.sampled_from([RATE, 44100]),
)
def test_blocks_are_the_sound_cut_up(
    make_shared, block_s: float, start: float, channels: int, rate: int
) -> None:
    path = make_shared.wav("noise.wav", np.random.default_rng(0).uniform(-1, 1, 44100), 44100)
    (whole,) = read_audio_blocks(path, rate, channels)
    blocks = list(read_audio_blocks(path, rate, channels, block_s, start=start))
    size = round(block_s * rate)
    assert all(len(b) == size for b in blocks[:-1])
    assert all(0 < len(b) <= size for b in blocks)
    first = round(Fraction(start).limit_denominator(10**6) * rate)
    joined = np.concatenate([np.zeros((0, channels), np.float32), *blocks])
    np.testing.assert_array_equal(joined, whole[first:])


def test_memory_does_not_grow_with_the_length(make) -> None:
    def peak(seconds: int) -> int:
        path = make.folder / f"{seconds}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(44100)
            for _ in range(seconds):
                file.writeframes(bytes(44100 * 4))
        tracemalloc.start()
        n = sum(len(block) for block in read_audio_blocks(path, RATE, block_s=2.0))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert n == pytest.approx(seconds * RATE, abs=1)
        return most

    assert peak(60) < peak(6) + 500_000  # the whole sound would take 3.5 MB more


def _film(path: Path, sound: np.ndarray, sound_from: Fraction, picture_from: Fraction) -> Path:
    """A second of pictures and a mono sound that begin at different times."""
    clock = Fraction(1, 1000)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        video.width = video.height = 64
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = clock
        audio = container.add_stream("pcm_s16le", rate=RATE)
        audio.codec_context.layout = "mono"
        for i in range(25):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([128]) * plane.buffer_size)
            frame.pts, frame.time_base = round((picture_from + Fraction(i, 25)) / clock), clock
            container.mux(video.encode(frame))
        for first in range(0, len(sound), 1600):
            block = (sound[first : first + 1600] * 32767).astype("<i2")[None]
            piece = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            piece.sample_rate = RATE
            piece.pts = round(sound_from * RATE) + first
            piece.time_base = Fraction(1, RATE)
            container.mux(audio.encode(piece))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))
    return path


@pytest.mark.parametrize("picture_from", [Fraction(0), Fraction(2, 10)])
@pytest.mark.parametrize("sound_from", [Fraction(0), Fraction(3, 10)])
def test_a_video_s_sound_is_timed_by_its_pictures(
    tmp_path: Path, sound_from: Fraction, picture_from: Fraction
) -> None:
    sound = np.zeros(RATE)
    sound[RATE // 2] = 0.9
    path = _film(tmp_path / "film.mkv", sound, sound_from, picture_from)
    heard = read_audio(path, RATE)
    click = round((Fraction(1, 2) + sound_from - picture_from) * RATE)
    assert abs(int(np.argmax(heard)) - click) <= RATE // 1000
    length = 1 + sound_from - picture_from
    assert len(heard) == pytest.approx(float(length * RATE), abs=RATE // 1000)
    assert audio_duration(path) == pytest.approx(float(length), abs=0.002)


def test_a_gap_in_the_timestamps_is_silence(tmp_path: Path) -> None:
    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE)
        stream.codec_context.layout = "mono"
        for pts in (0, 1600, 8000):
            block = np.full((1, 1600), 9000, "<i2")
            piece = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            piece.sample_rate, piece.pts, piece.time_base = RATE, pts, Fraction(1, RATE)
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    heard = read_audio(path, RATE)
    assert len(heard) == 9600
    assert (heard[:3200] > 0.2).all()
    assert (heard[3200:8000] == 0).all()
    assert (heard[8000:] > 0.2).all()


def test_sound_without_samples_is_one_sentence(make) -> None:
    path = make.wav("empty.wav", np.zeros(0), RATE)
    with pytest.raises(MediaError, match=r"empty.wav.*(zero samples|sound)") as caught:
        read_audio(path, RATE)
    assert "\n" not in str(caught.value)


def test_a_silent_video_given_as_sound_is_one_sentence(make) -> None:
    path = make.clip("mute.mp4", make.steady(3))
    for read in (lambda: read_audio(path, RATE), lambda: audio_duration(path)):
        with pytest.raises(MediaError, match=r"mute.mp4.*video without sound"):
            read()


@pytest.mark.parametrize("content", [b"Dear Sir or Madam,\n" * 40, b"", b"RIFF\x10\0\0\0WAVE"])
def test_what_is_no_sound_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.wav"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"letter.wav"):
        read_audio(path, RATE)
    with pytest.raises(MediaError, match=r"none.wav.*does not exist"):
        read_audio(tmp_path / "none.wav", RATE)
    with pytest.raises(MediaError, match="folder"):
        read_audio(tmp_path, RATE)


@pytest.mark.parametrize("name", ["cut.wav", "cut.mp3", "cut.ogg", "cut.flac"])
def test_a_truncated_sound_is_read_up_to_its_end(make, name: str) -> None:
    codec, kind = {
        "cut.wav": ("pcm_s16le", "s16"),
        "cut.mp3": ("libmp3lame", "s16p"),
        "cut.ogg": ("libvorbis", "fltp"),
        "cut.flac": ("flac", "s16"),
    }[name]
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (48000 * 3, 1))
    path = make.sound(name, noise, 48000, codec=codec, sample_format=kind)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert 0.8 * RATE < len(read_audio(path, RATE)) < 2.2 * RATE

from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from core.base.errors import MediaError
from core.media.audio import read_audio
from core.media.probe import is_uneven, probe

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(221, 10)])
def test_steady_clips(make, ending: str, rate: Fraction) -> None:
    path = make.clip(f"clip.{ending}", make.steady(40, rate), rate=rate)
    info = probe(path)
    assert info.path == path
    assert info.audio is None
    assert info.video is not None
    assert (info.video.width, info.video.height) == (64, 64)
    assert float(info.video.rate) == pytest.approx(float(rate), rel=1e-4)
    assert info.video.duration == pytest.approx(float(40 / rate), abs=0.002)
    assert info.video.n_frames == (None if ending == "mkv" else 40)
    assert not info.video.is_variable


def test_a_variable_rate_is_noticed(make) -> None:
    steps = [Fraction(1, 30), Fraction(1, 30), Fraction(1, 10), Fraction(1, 25)] * 8
    path = make.clip("phone.mp4", [Fraction(0), *accumulate(steps)], time_base=Fraction(1, 90000))
    info = probe(path).video
    assert info is not None
    assert info.is_variable


@given(
    rate=st.sampled_from([Fraction(25), NTSC, Fraction(60), Fraction(12)]),
    tick=st.sampled_from([Fraction(1, 1000), Fraction(1, 90000)]),
    n=st.integers(0, 60),
)
def test_rounded_timestamps_are_not_variable(rate: Fraction, tick: Fraction, n: int) -> None:
    times = [round(i / rate / tick) * tick for i in range(n)]
    assert not is_uneven(times)
    if n > 4:
        assert is_uneven([*times[:3], *(t + 1 / rate for t in times[3:])])


def test_size_is_what_is_shown(make) -> None:
    frame = make.numbered_frame(1, 96, 64)
    path = make.clip("turned.mp4", make.steady(2), frames=[frame, frame], aspect=Fraction(4, 3))
    make.rotate_mp4(path, (0, 1, -1, 0))
    info = probe(path).video
    assert info is not None
    assert (info.width, info.height) == (64, 128)


def test_sound_files(make) -> None:
    path = make.wav("two.wav", np.zeros((22050, 2)), 44100)
    info = probe(path)
    assert info.video is None
    assert info.audio is not None
    assert (info.audio.rate, info.audio.channels, info.audio.duration) == (44100, 2, 0.5)


def test_cover_art_is_no_video(make) -> None:
    path = make.folder / "song.mp3"
    picture = av.VideoFrame.from_ndarray(make.numbered_frame(3), format="rgb24")
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44100)
        sound.codec_context.layout = "mono"
        sound.codec_context.format = "s16p"
        cover = container.add_stream("png", rate=25)
        cover.width = cover.height = 64
        cover.pix_fmt = "rgb24"
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        container.mux(cover.encode(picture))
        container.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 44100), "<i2"), "s16p", "mono")
        silence.sample_rate, silence.pts = 44100, 0
        container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    info = probe(path)
    assert info.video is None
    assert info.audio is not None
    assert len(read_audio(path, 16000)) > 15000


def test_stills_and_folders(make) -> None:
    folder = make.folder / "shots"
    folder.mkdir()
    for i in range(3):
        Pillow.new("RGB", (40, 24)).save(folder / f"{i}.png")
    still = probe(folder / "0.png").video
    several = probe(folder).video
    assert still is not None
    assert several is not None
    assert (still.width, still.height, still.n_frames) == (40, 24, 1)
    assert (several.width, several.height, several.n_frames) == (40, 24, 3)
    assert several.duration == pytest.approx(3 / 25)


@pytest.mark.parametrize("name", ["letter.mp4", "letter.jpg", "letter.wav", "letter.gif"])
def test_text_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Dear Sir or Madam,\n" * 30)
    with pytest.raises(MediaError, match=name):
        probe(tmp_path / name)


def test_a_clip_without_a_whole_picture_is_named(make) -> None:
    path = make.clip("whole.mp4", make.steady(5))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 20])
    with pytest.raises(MediaError, match=r"whole\.mp4"):
        probe(path)

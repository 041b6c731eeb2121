import math
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from core.base.errors import MediaError
from core.media.video import Timed, count_frames, numbered_images, read_frames, resample

R25 = Fraction(25)
NTSC = Fraction(30000, 1001)
ODD = Fraction(221, 10)
CONTAINERS = {
    "mp4": {},
    "mov": {},
    "mkv": {},
    "webm": {"codec": "libvpx"},
    "avi": {"codec": "mpeg4"},
    "gif": {"codec": "gif", "pixel_format": "rgb8"},
}


def expected(times: list[Fraction], end: Fraction, rate: Fraction) -> list[int]:
    """For each output frame the last input that starts no later."""
    targets = [i / rate for i in range(math.ceil(end * rate))]
    return [max((k for k, t in enumerate(times) if t <= target), default=0) for target in targets]


@pytest.mark.parametrize("ending", CONTAINERS)
@pytest.mark.parametrize("out", [R25, NTSC, Fraction(10), Fraction(60)])
def test_every_container_is_resampled_by_time(make, ending: str, out: Fraction) -> None:
    path = make.clip(f"clip.{ending}", make.steady(30), **CONTAINERS[ending])
    shown = [make.number_of(frame) for frame in read_frames(path, out)]
    assert shown == expected(make.steady(30), Fraction(30, 25), out)
    assert count_frames(path, out) == len(shown)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize("rate", [NTSC, ODD, Fraction(24000, 1001), Fraction(50), Fraction(60)])
def test_odd_rates_lose_and_double_nothing(make, ending: str, rate: Fraction) -> None:
    path = make.clip(f"clip.{ending}", make.steady(70, rate), rate=rate)
    assert [make.number_of(f) for f in read_frames(path, rate)] == list(range(70))
    at_25 = [make.number_of(f) for f in read_frames(path, R25)]
    wanted = expected(make.steady(70, rate), 70 / rate, R25)
    if ending == "mkv":  # its clock counts whole milliseconds, so a tie may fall to either side
        assert abs(len(at_25) - len(wanted)) <= 1
        late = [i / R25 - Fraction(k) / rate for i, k in enumerate(at_25)]
        assert all(Fraction(-1, 1000) <= lag < 1 / rate + Fraction(1, 1000) for lag in late)
    else:
        assert at_25 == wanted
    assert count_frames(path, R25) == len(at_25)


def test_variable_rate_is_shown_at_its_own_times(make) -> None:
    times = [Fraction(t, 1000) for t in (0, 33, 40, 41, 300, 333, 366, 1000, 1010, 1500)]
    path = make.clip("phone.mp4", times, time_base=Fraction(1, 90000), rate=Fraction(30))
    shown = [make.number_of(f) for f in read_frames(path, R25)]
    wanted = expected(times, Fraction(1500, 1000), R25)
    assert shown[: len(wanted)] == wanted
    assert set(shown[len(wanted) :]) <= {9}
    assert count_frames(path, R25) == len(shown)


@given(
    steps=st.lists(st.fractions(Fraction(1, 500), 2, max_denominator=90000), min_size=1),
    lead=st.fractions(0, 1, max_denominator=1000),
    rate=st.sampled_from([R25, NTSC, ODD, Fraction(60)]),
    start=st.fractions(0, 5, max_denominator=1000),
    count=st.none() | st.integers(1, 40),
)
def test_frame_i_shows_what_the_clip_shows_at_its_time(
    steps: list[Fraction], lead: Fraction, rate: Fraction, start: Fraction, count: int | None
) -> None:
    begins = [lead + sum(steps[:i]) for i in range(len(steps))]
    end = lead + sum(steps)
    timed = [(Timed(b, b + s), i) for i, (b, s) in enumerate(zip(begins, steps, strict=True))]
    shown = list(resample(timed, rate, start=start, count=count))
    for i, number in enumerate(shown):
        target = start + i / rate
        assert begins[number] <= target or number == 0
        assert number + 1 == len(begins) or begins[number + 1] > target
        assert target < end
    full = max(0, math.ceil((end - start) * rate))
    assert len(shown) == (full if count is None else min(full, count))


@pytest.mark.parametrize("start", [0.4, 1.5, 2.96, 3.3333333])
@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm", "gif"])
def test_starting_later_gives_the_same_frames(make, ending: str, start: float) -> None:
    options = dict(CONTAINERS[ending])
    if ending in {"mp4", "mkv"}:
        options["options"] = {"g": "12", "bf": "3", "preset": "medium"}
    path = make.clip(f"clip.{ending}", make.steady(100), **options)
    first = math.floor(Fraction(start).limit_denominator(10**6) * 25)
    shown = [make.number_of(f) for f in read_frames(path, R25, start=start, duration=0.5)]
    assert shown[: len(range(first, 100))] == list(range(first, first + 13))[: len(shown)]
    assert len(shown) == min(13, 100 - first)
    assert list(read_frames(path, R25, start=9.0)) == []


def test_one_frame_is_one_frame(make) -> None:
    for ending, options in CONTAINERS.items():
        path = make.clip(f"one.{ending}", make.steady(1), **options)
        assert [make.number_of(f) for f in read_frames(path, R25)] == [0], ending
        assert count_frames(path, R25) == 1


def test_doubled_frames_are_independent(make) -> None:
    frames = read_frames(make.clip("slow.mp4", make.steady(2, Fraction(5)), rate=Fraction(5)), R25)
    first = next(frames)
    assert first.flags.c_contiguous
    first[:] = 77
    assert make.number_of(next(frames)) == 0


TURNS = {
    (1, 0, 0, 1): lambda p: p,
    (0, 1, -1, 0): lambda p: np.rot90(p, -1),  # a phone held upright
    (-1, 0, 0, -1): lambda p: np.rot90(p, 2),
    (0, -1, 1, 0): lambda p: np.rot90(p, 1),
    (-1, 0, 0, 1): lambda p: p[:, ::-1],  # a mirrored selfie
    (1, 0, 0, -1): lambda p: p[::-1],
    (0, 1, 1, 0): lambda p: p.transpose(1, 0, 2),
    (0, -1, -1, 0): lambda p: np.rot90(p, 2).transpose(1, 0, 2),
}


@pytest.mark.parametrize("matrix", TURNS)
def test_the_display_matrix_is_applied(make, matrix: tuple[int, int, int, int]) -> None:
    stored = make.numbered_frame(0b0011_0101_0110_1000, 96, 64)
    path = make.clip("turned.mp4", make.steady(1), frames=[stored])
    make.rotate_mp4(path, matrix)
    (shown,) = read_frames(path, R25)
    wanted = TURNS[matrix](stored)
    assert shown.shape == wanted.shape
    assert make.number_of(shown) == make.number_of(wanted)


def test_pixels_that_are_not_square_are_stretched_and_large_frames_shrunk(make) -> None:
    path = make.clip("wide.mp4", make.steady(2), aspect=Fraction(3, 2))
    assert next(read_frames(path, R25)).shape == (64, 96, 3)
    small = next(read_frames(path, R25, max_side=48))
    assert small.shape == (32, 48, 3)
    assert make.number_of(small) == 0


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m"])
@pytest.mark.parametrize("full", [True, False])
def test_colours_follow_the_tags_of_the_file(tmp_path: Path, matrix: str, full: bool) -> None:
    colours = np.array([(255, 0, 0), (0, 255, 0), (20, 40, 230), (128, 128, 128)], np.uint8)
    pixels = colours.repeat(16, 0)[None].repeat(64, 0)
    path = tmp_path / "colours.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv444p"
        context = stream.codec_context
        context.colorspace = {"bt709": 1, "smpte170m": 6}[matrix]
        context.color_range = 2 if full else 1
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv444p",
            src_colorspace=7,
            dst_colorspace={"bt709": 1, "smpte170m": 5}[matrix],
            src_color_range=2,
            dst_color_range=2 if full else 1,
        )
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        frame.colorspace, frame.color_range = context.colorspace, context.color_range
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    (shown,) = read_frames(path, R25)
    np.testing.assert_allclose(shown[32, 8::16].astype(int), colours.astype(int), atol=4)


def test_transparent_frames_show_mid_grey(tmp_path: Path) -> None:
    pixels = np.full((16, 16, 4), 255, np.uint8)
    pixels[:, 8:, 3] = 0
    pictures = [Pillow.fromarray(pixels)] * 2
    pictures[0].save(tmp_path / "cut.gif", save_all=True, append_images=pictures[1:], duration=40)
    frame = next(read_frames(tmp_path / "cut.gif", R25))
    assert frame[4, 2].tolist() == [255, 255, 255]
    assert frame[4, 12].tolist() == [128, 128, 128]


def test_what_is_left_of_a_truncated_clip_is_read(make) -> None:
    path = make.clip("whole.mp4", make.steady(50), options={"bf": "0", "g": "10"})
    data = path.read_bytes()
    media = data.index(b"mdat") + 4
    lengths = []
    for share in (0.31, 0.5, 0.7, 0.95):
        cut = make.folder / "cut.mp4"
        cut.write_bytes(data[: media + int(share * (len(data) - media))])
        shown = [make.number_of(f) for f in read_frames(cut, R25)]
        assert shown == list(range(len(shown)))
        lengths.append(len(shown))
    assert lengths == sorted(lengths)
    assert 1 <= lengths[0] < 10
    assert 40 < lengths[-1] < 50


def test_a_clip_cut_before_its_index_is_one_sentence(make) -> None:
    path = make.clip("whole.mp4", make.steady(50), movflags="+write_colr")
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(MediaError, match=r"whole.mp4.*damaged") as caught:
        list(read_frames(path, R25))
    assert "\n" not in str(caught.value)


def test_a_clip_without_one_whole_picture_is_one_sentence(make) -> None:
    path = make.clip("whole.mp4", make.steady(5))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 20])
    with pytest.raises(MediaError, match=r"whole.mp4"):
        list(read_frames(path, R25))


def test_damage_in_the_middle_is_passed_over(make) -> None:
    path = make.clip("whole.mp4", make.steady(50), options={"g": "10"})
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[at : at + 200] = bytes(200)
    path.write_bytes(data)
    shown = [make.number_of(f) for f in read_frames(path, R25)]
    assert len(shown) == 50
    assert shown[:8] == list(range(8))
    assert shown[-8:] == list(range(42, 50))


@pytest.mark.parametrize(
    "text", ["Dear Sir or Madam,\n" * 50, "#EXTM3U\n#EXTINF:1,\nwhole.mp4\n", ""]
)
def test_text_and_playlists_are_no_video(make, text: str) -> None:
    make.clip("whole.mp4", make.steady(5))
    path = make.folder / "letter.mp4"
    path.write_text(text)
    for read in (lambda: list(read_frames(path, R25)), lambda: count_frames(path, R25)):
        with pytest.raises(MediaError, match=r"letter.mp4"):
            read()


def test_missing_files_and_sound_alone_are_named(make) -> None:
    with pytest.raises(MediaError, match=r"none.mp4.*does not exist"):
        next(read_frames(make.folder / "none.mp4", R25))
    song = make.wav("song.wav", make.tone(0.2, 16000), 16000)
    with pytest.raises(MediaError, match=r"song.wav.*no pictures"):
        next(read_frames(song, R25))


def test_numbered_pictures_are_taken_in_order_of_their_numbers(make) -> None:
    folder = make.folder / "shots"
    folder.mkdir()
    for i in (1, 2, 9, 10, 11, 100):
        Pillow.fromarray(make.numbered_frame(i)).save(folder / f"shot {i}.png")
    (folder / "notes.txt").write_text("not a picture")
    assert [p.name for p in numbered_images(folder)][2:4] == ["shot 9.png", "shot 10.png"]
    assert [make.number_of(f) for f in read_frames(folder, NTSC)] == [1, 2, 9, 10, 11, 100]
    later = read_frames(folder, R25, start=0.08, duration=0.1)
    assert [make.number_of(f) for f in later] == [9, 10, 11]
    assert count_frames(folder, NTSC) == 6
    Pillow.new("RGB", (32, 32)).save(folder / "shot 101.png")
    with pytest.raises(MediaError, match=r"shot 101.png.*another size"):
        list(read_frames(folder, R25))


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no numbered pictures"):
        next(read_frames(tmp_path, R25))


def test_a_still_is_one_frame(make) -> None:
    path = make.folder / "still.png"
    Pillow.fromarray(make.numbered_frame(5)).save(path)
    assert [make.number_of(f) for f in read_frames(path, R25)] == [5]
    assert next(read_frames(path, R25, max_side=32)).shape == (32, 32, 3)
    assert list(read_frames(path, R25, start=1.0)) == []
    assert count_frames(path, R25) == 1


def test_names_that_look_like_something_else_are_files(make, monkeypatch) -> None:
    folder = make.folder / "名前 ö" / ("x" * 200)
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    for name in ("http:a.mp4", "a%03d.mp4", "пример 'q'.mp4", "-i.mp4", "ü" * 120 + ".mp4"):
        made = make.clip("plain.mp4", make.steady(3))
        made.rename(folder / name)
        assert len(list(read_frames(Path(name), R25))) == 3


def test_a_closed_generator_closes_its_file(make) -> None:
    path = make.clip("clip.mp4", make.steady(60))
    frames = read_frames(path, R25, start=1.2)
    next(frames)
    descriptors = Path("/proc/self/fd")

    def is_open() -> bool:
        links = (os.readlink(d) for d in descriptors.iterdir() if d.is_symlink())
        return str(path) in links

    if descriptors.is_dir():
        assert is_open()
    frames.close()
    if descriptors.is_dir():
        assert not is_open()
    path.unlink()

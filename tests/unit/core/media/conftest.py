"""Small clips whose frames carry their own number, and sounds of any sample format."""

import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

SIDE = 64
_CELL = 16


def numbered_frame(number: int, width: int = SIDE, height: int = SIDE) -> NDArray[np.uint8]:
    """A picture that shows `number` (below 4096) as black and white cells, top row first."""
    bits = np.array([number >> i & 1 for i in range(16)], np.uint8).reshape(4, 4) * 255
    big = bits.repeat(height // 4, 0).repeat(width // 4, 1)
    return np.repeat(big[..., None], 3, axis=2)


def number_of(frame: NDArray[np.uint8]) -> int:
    """The number that `numbered_frame` drew."""
    rows, columns = (np.arange(4) * side // 4 + side // 8 for side in frame.shape[:2])
    bits = frame[np.ix_(rows, columns)][..., 1].reshape(-1) > 127
    return int(sum(1 << i for i, bit in enumerate(bits) if bit))


def make_clip(
    path: Path,
    times: Sequence[Fraction],
    *,
    codec: str = "libx264",
    rate: Fraction = Fraction(25),
    time_base: Fraction | None = None,
    options: dict[str, str] | None = None,
    frames: Sequence[NDArray[np.uint8]] | None = None,
    pixel_format: str = "yuv420p",
    aspect: Fraction | None = None,
    movflags: str = "+faststart",
) -> Path:
    """Writes numbered frames shown at `times` seconds."""
    clock = time_base or 1 / rate
    speed = {"preset": "ultrafast", "crf": "10"} if codec == "libx264" else {}
    with av.open(str(path), "w", container_options={"movflags": movflags}) as container:
        stream = container.add_stream(codec, rate=rate, options={**speed, **(options or {})})
        first = numbered_frame(0) if frames is None else frames[0]
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = clock
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for number, time in enumerate(times):
            pixels = numbered_frame(number) if frames is None else frames[number]
            kind = "rgba" if pixels.shape[2] == 4 else "rgb24"
            frame = av.VideoFrame.from_ndarray(pixels, format=kind)
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = round(time / clock), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def steady(n: int, rate: Fraction = Fraction(25)) -> list[Fraction]:
    """The times of `n` frames at a constant rate."""
    return [i / rate for i in range(n)]


def make_sound(
    path: Path,
    samples: NDArray[np.float64],
    rate: int,
    *,
    codec: str = "pcm_s16le",
    sample_format: str = "s16",
    layout: str = "mono",
    first_pts: int = 0,
) -> Path:
    """Encodes [n, channels] samples in -1..1 with FFmpeg."""
    scale, kind = {
        "u8": (127, "u1"),
        "s16": (32767, "i2"),
        "s32": (2**31 - 1, "i4"),
        "flt": (1, "f4"),
        "dbl": (1, "f8"),
        "s16p": (32767, "i2"),
        "fltp": (1, "f4"),
    }[sample_format]
    values = samples * scale + (128 if sample_format == "u8" else 0)
    values = np.rint(values) if kind != "f4" and kind != "f8" else values
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.codec_context.layout = layout
        stream.codec_context.format = sample_format
        for first in range(0, len(values), 1024):
            block = values[first : first + 1024].astype(kind)
            block = block.T if sample_format.endswith("p") else block.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(block), format=sample_format, layout=layout
            )
            frame.sample_rate = rate
            frame.pts, frame.time_base = first_pts + first, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_wav(path: Path, samples: NDArray[np.float64], rate: int) -> Path:
    """A 16-bit PCM file from [n] or [n, channels] samples in -1..1."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def tone(
    seconds: float, rate: int, hertz: float = 440.0, level: float = 0.5
) -> NDArray[np.float64]:
    """A sine of `level`, float64 [n]."""
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def rotate_mp4(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Sets the display matrix (a, b, c, d of -1, 0, 1) in the file's only track header."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = matrix
    values = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in values)
    path.write_bytes(data)


class Maker:
    """The functions above, writing into one folder."""

    numbered_frame = staticmethod(numbered_frame)
    number_of = staticmethod(number_of)
    steady = staticmethod(steady)
    tone = staticmethod(tone)
    rotate_mp4 = staticmethod(rotate_mp4)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def clip(self, name: str, times: Sequence[Fraction], **options: Any) -> Path:
        return make_clip(self.folder / name, times, **options)

    def sound(self, name: str, samples: NDArray[np.float64], rate: int, **options: Any) -> Path:
        return make_sound(self.folder / name, samples, rate, **options)

    def wav(self, name: str, samples: NDArray[np.float64], rate: int) -> Path:
        return make_wav(self.folder / name, samples, rate)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Makes media files in the test's own folder."""
    return Maker(tmp_path)


@pytest.fixture(scope="module")
def make_shared(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Makes media files that the tests of one module share."""
    return Maker(tmp_path_factory.mktemp("media"))

"""Between FFmpeg's pictures and our arrays, in both directions, without a change of colour.

Used by the other modules of core.media only. A converter keeps swscale's state: one per thread.
"""

from fractions import Fraction

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from core.media.image import over_matte

# swscale flags: exact rounding, the same on every processor, chroma at full resolution. Without
# them a grey wedge comes back 1 to 2 levels too dark.
_EXACT = 0x40000 | 0x80000 | 0x2000 | 0x4000
_BILINEAR, _BICUBIC, _AREA = 2 | _EXACT, 4 | _EXACT, 32 | _EXACT

# ISO/IEC 23091-2 numbers as FFmpeg uses them.
BT709 = 1
LIMITED_RANGE = 1
_FULL_RANGE = 2
_UNSPECIFIED = 2
# matrix of the file → swscale's table; what is missing means BT.601
_SWS_TABLES = {1: 1, 4: 4, 7: 7, 9: 9, 10: 9}
_SWS_BT709, _SWS_BT601 = 1, 5
_RGB = 3
_SD_HEIGHT = 576  # untagged pictures above it are taken for BT.709, as players do


class FrameConverter:
    """Turns decoded frames of one stream into upright uint8 RGB [H, W, 3], all of one size.

    Args:
        pixel_aspect: width of the stream's pixels over their height.
        max_side: longest side in px of the output; None keeps the size.
    """

    def __init__(self, pixel_aspect: Fraction | None, max_side: int | None) -> None:
        self._pixel_aspect = pixel_aspect or Fraction(1)
        self._max_side = max_side
        self._size: tuple[int, int] | None = None
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """The picture of `frame` in an array of its own."""
        self._size = self._size or display_size(
            frame.width, frame.height, self._pixel_aspect, self._max_side
        )
        width, height = self._size
        table = _sws_table(frame)
        full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
        has_alpha = frame.format.has_palette or any(c.is_alpha for c in frame.format.components)
        converted = self._reformatter.reformat(
            frame,
            width,
            height,
            format="rgba" if has_alpha else "rgb24",
            src_colorspace=table,
            # RGB ignores its table, but PyAV sets up the source's only where the two differ.
            dst_colorspace=_SWS_BT601 if table == _SWS_BT709 else _SWS_BT709,
            src_color_range=_FULL_RANGE if full else LIMITED_RANGE,
            dst_color_range=_FULL_RANGE,
            interpolation=_filter((frame.width, frame.height), self._size),
        )
        pixels = np.asarray(converted.to_ndarray(), np.uint8)
        return upright(over_matte(pixels) if has_alpha else pixels, display_matrix(frame))


class FrameEncoder:
    """Turns uint8 RGB or RGBA [H, W, C] into BT.709 frames; an odd side repeats its last line.

    Args:
        pixel_format: FFmpeg's name of a YUV format.
    """

    def __init__(self, pixel_format: str = "yuv420p") -> None:
        self._pixel_format = pixel_format
        self._reformatter = VideoReformatter()

    def wrap(self, rgb: NDArray[np.uint8]) -> VideoFrame:
        """A copy of `rgb` [H, W, 3], or [H, W, 4] with opacity, in a frame with even sides."""
        height, width, channels = rgb.shape
        if height % 2 or width % 2:
            rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        order = "rgb24" if channels == _RGB else "rgba"
        return av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format=order)

    def to_yuv(self, frame: VideoFrame) -> VideoFrame:
        """`frame` (from `wrap`) as limited-range BT.709 YUV."""
        yuv = self._reformatter.reformat(
            frame,
            format=self._pixel_format,
            src_colorspace=_SWS_BT601,  # RGB ignores it; differing makes PyAV apply the other one
            dst_colorspace=_SWS_BT709,
            src_color_range=_FULL_RANGE,
            dst_color_range=LIMITED_RANGE,
            interpolation=_BICUBIC,
        )
        yuv.colorspace = BT709
        yuv.color_range = LIMITED_RANGE
        return yuv


def display_size(
    width: int, height: int, pixel_aspect: Fraction | None, max_side: int | None
) -> tuple[int, int]:
    """Width and height in px with square pixels, before any rotation."""
    aspect = pixel_aspect or Fraction(1)
    wide, high = Fraction(width) * aspect, Fraction(height)
    longest = max(wide, high)
    shrink = Fraction(max_side) / longest if max_side and longest > max_side else Fraction(1)
    return max(1, round(wide * shrink)), max(1, round(high * shrink))


def display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """How the file asks to turn the picture: (xx, xy, yx, yy) of -1, 0, 1.

    A source pixel (p, q) is shown at (xx·p + yx·q, xy·p + yy·q), x right and y down, up to a shift.
    """
    data: dict[str, bytes] = frame.side_data  # type: ignore[assignment] # stub lists one kind only
    stored = data.get("DISPLAYMATRIX")
    if stored is None:
        return 1, 0, 0, 1
    values = np.frombuffer(bytes(stored), np.int32)
    xx, xy, yx, yy = (int(values[i]) for i in (0, 1, 3, 4))
    if abs(xx) + abs(yy) >= abs(xy) + abs(yx):
        return _sign(xx), 0, 0, _sign(yy)
    return 0, _sign(xy), _sign(yx), 0


def upright(pixels: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """[H, W, 3] turned and mirrored as `display_matrix` says, contiguous."""
    xx, xy, yx, yy = matrix
    if xy:
        pixels = pixels.transpose(1, 0, 2)
    if xx < 0 or yx < 0:
        pixels = pixels[:, ::-1]
    if yy < 0 or xy < 0:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _sign(value: int) -> int:
    return -1 if value < 0 else 1


def _sws_table(frame: VideoFrame) -> int:
    if frame.colorspace == _UNSPECIFIED and frame.height > _SD_HEIGHT:
        return _SWS_BT709
    return _SWS_TABLES.get(frame.colorspace, _SWS_BT601)


def _filter(source: tuple[int, int], target: tuple[int, int]) -> int:
    if target == source:
        return _BILINEAR
    return _AREA if target[0] <= source[0] and target[1] <= source[1] else _BICUBIC

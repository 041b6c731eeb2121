"""Still pictures in and out: one decoded, upright sRGB array per file.

Anyone above core.base may call it, from any thread. Nothing is cached.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageCms, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from core.base.errors import MediaError
from core.base.files import replacing

MAX_SIDE = 4096
"""Longest side in px of a picture that `read_image` returns; larger ones are scaled down."""

STILL_ENDINGS = frozenset(
    {
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".webp",
        ".tif",
        ".tiff",
        ".bmp",
        ".avif",
        ".ppm",
        ".pgm",
    }
)
"""Lower-case endings of the files that are read as one still picture."""

MATTE = 128
"""The grey (of 255) that shows through where a picture is transparent."""

_MAX_DECODED_PIXELS = 300_000_000  # 0.9 GB as RGB: what a phone's largest sensor gives fits
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
_KINDS = "use a JPEG, PNG, WebP, TIFF or BMP picture"

# Pillow's own limit is one number for the whole process that warns on the error stream; the limit
# above counts the pixels that are really decoded instead.
Pillow.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Image:
    """A decoded picture.

    Attributes:
        rgb: uint8 [H, W, 3], sRGB. Transparent parts show mid grey (128), mixed in by `alpha`: the
            colours that files keep under full transparency are arbitrary (often black or white)
            and would draw a fringe around the hair.
        alpha: uint8 [H, W], 255 = opaque, or None for a picture without transparency.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None


def is_still(path: Path) -> bool:
    """Whether `path` is named like a still picture."""
    return path.suffix.lower() in STILL_ENDINGS


def read_image(path: Path, *, max_side: int = MAX_SIDE) -> Image:
    """Reads a still picture upright, as 8-bit sRGB.

    The EXIF rotation and an embedded colour profile are applied; grey, palette, 16-bit, float and
    CMYK pictures become RGB; of an animation the first picture is taken. A picture with a side
    over `max_side` px is scaled down to it (a large JPEG already while it is decoded).

    Raises:
        MediaError: the file is missing, damaged, no picture, or too large to decode.
    """
    with _opened(path) as picture:
        target = _limited_size(picture.size, max_side)
        _draft(path, picture, target)
        upright = _upright_transpose(picture)
        profile = picture.info.get("icc_profile")
        picture.load()
        eight_bit = _to_eight_bit(picture)
        if target != eight_bit.size:
            eight_bit = eight_bit.resize(target, Pillow.Resampling.LANCZOS, reducing_gap=3.0)
        eight_bit = _to_srgb(eight_bit, profile)
        if upright is not None:
            eight_bit = eight_bit.transpose(upright)
        return _flattened(eight_bit)


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in px that `read_image` will return, from the file's header alone.

    Raises:
        MediaError: the file is missing, no picture, or too large to decode.
    """
    with _opened(path) as picture:
        width, height = _limited_size(picture.size, MAX_SIDE)
        _draft(path, picture, (width, height))
        upright = _upright_transpose(picture)
    turned = upright is not None and upright >= Pillow.Transpose.ROTATE_90
    turned = turned and upright != Pillow.Transpose.ROTATE_180
    return (height, width) if turned else (width, height)


def _draft(path: Path, picture: Pillow.Image, target: tuple[int, int]) -> None:
    """Lets a JPEG be decoded at 1/2, 1/4 or 1/8, and refuses what is too large all the same.

    Comes before anything else: Pillow decodes a whole PNG to look for its EXIF.
    """
    if target != picture.size:
        picture.draft(None, target)
    width, height = picture.size
    if width * height > _MAX_DECODED_PIXELS:
        raise MediaError(
            f"“{path.name}” has {width} × {height} pixels, which is too large to read: "
            f"save it with {MAX_SIDE} pixels on the longest side."
        )


def write_png(path: Path, pixels: NDArray[np.uint8], comment: str = "") -> None:
    """Writes uint8 [H, W, 3] (sRGB) or [H, W, 4] (with straight alpha) as a PNG, or nothing at all.

    A comment is kept in the file, where programs show it.

    Raises:
        MediaError: the file cannot be written.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        raise ValueError(f"pixels must be uint8 [H, W, 3 or 4], not {pixels.dtype} {pixels.shape}")
    notes = PngInfo()
    if comment:
        notes.add_text("Comment", comment)
    try:
        with replacing(path) as part:
            picture = Pillow.fromarray(np.ascontiguousarray(pixels))
            picture.save(part, format="PNG", pnginfo=notes)
    except OSError as error:
        raise MediaError(
            f"“{path.name}” cannot be written ({error.strerror or error}): "
            f"check the folder “{path.parent}” and its free space."
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """The picture behind `path`, not yet decoded; every reading failure becomes a MediaError."""
    try:
        with Pillow.open(path) as picture:
            yield picture
    except FileNotFoundError as error:
        raise MediaError(f"“{path}” does not exist: check the name of the picture.") from error
    except IsADirectoryError as error:
        raise MediaError(f"“{path}” is a folder: name one picture in it.") from error
    except PermissionError as error:
        raise MediaError(f"“{path}” may not be read: change its permissions.") from error
    except UnidentifiedImageError as error:
        raise MediaError(f"“{path.name}” is no picture that can be read: {_KINDS}.") from error
    except MediaError:
        raise
    except (
        # what Pillow's parsers raise on damaged files, besides plain OSError
        OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error,
    ) as error:  # fmt: skip
        raise MediaError(
            f"“{path.name}” is damaged and cannot be read: export it again, or {_KINDS}."
        ) from error


def _limited_size(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    longest = max(size)
    if longest <= max_side:
        return size
    width, height = (max(1, round(side * max_side / longest)) for side in size)
    return width, height


def _upright_transpose(picture: Pillow.Image) -> Pillow.Transpose | None:
    """The turn that the EXIF orientation asks for; unreadable EXIF asks for none."""
    if picture.format == "TIFF":  # Pillow turns these itself
        return None
    with suppress(OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, struct.error):
        return _UPRIGHT.get(picture.getexif().get(_ORIENTATION_TAG, 1))
    return None


def _to_eight_bit(picture: Pillow.Image) -> Pillow.Image:
    """The picture in an 8-bit mode that keeps its colours and its transparency."""
    if picture.mode == "F" or picture.mode.startswith("I"):
        return Pillow.fromarray(_grey_levels(np.asarray(picture), picture.mode))
    if picture.mode in {"RGB", "RGBA", "L", "LA", "CMYK"}:
        if "transparency" in picture.info and picture.mode in {"RGB", "L"}:
            return picture.convert("RGBA")
        return picture
    has_alpha = "transparency" in picture.info or picture.mode in {"PA", "La", "RGBa"}
    return picture.convert("RGBA" if has_alpha else "RGB")


def _grey_levels(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """8-bit grey of 16-bit (0..65535), 32-bit or float samples.

    Float files do not say their white level, so it is taken as the smallest of 1, 255 and 65535
    that holds the brightest sample.
    """
    levels = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    brightest = float(levels.max(initial=0.0))
    if mode.startswith("I;16"):
        white = 65535.0
    elif mode == "F" and brightest <= 1.0:
        white = 1.0
    elif brightest <= 255.0 and mode == "F":
        white = 255.0
    else:
        white = max(65535.0, brightest)
    grey: NDArray[np.uint8] = (np.clip(levels / white, 0, 1) * 255 + 0.5).astype(np.uint8)
    return grey


def _to_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Applies the embedded colour profile, if any, and leaves RGB or RGBA."""
    alpha = picture.getchannel("A") if picture.mode in {"RGBA", "LA"} else None
    opaque = picture.convert(picture.mode[:-1]) if alpha is not None else picture
    if profile:
        opaque = _profiled(opaque, profile)
    rgb = opaque.convert("RGB")
    if alpha is not None:
        rgb.putalpha(alpha)
    return rgb


def _profiled(picture: Pillow.Image, profile: bytes) -> Pillow.Image:
    """The picture converted from its profile to sRGB; a profile that does not fit is ignored."""
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return picture
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        if converted is not None:
            return converted
    return picture


def _flattened(picture: Pillow.Image) -> Image:
    if picture.mode != "RGBA":
        return Image(np.array(picture))
    pixels = np.array(picture)
    alpha = np.ascontiguousarray(pixels[..., 3])
    return Image(over_matte(pixels), alpha) if alpha.min() < 255 else Image(pixels[..., :3].copy())


def over_matte(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [H, W, 4] with straight alpha laid over mid grey: uint8 [H, W, 3]."""
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + MATTE * (255 - alpha)
    flat: NDArray[np.uint8] = ((mixed + 127) // 255).astype(np.uint8)
    return flat

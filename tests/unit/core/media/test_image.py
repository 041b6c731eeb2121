import io
import struct
import sys
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageCms

from core.base.errors import MediaError
from core.media.image import MAX_SIDE, image_size, read_image, write_png


def corners() -> np.ndarray:
    """24 × 40 px, every quarter in another colour, so that each turn and mirror shows."""
    pixels = np.zeros((24, 40, 3), np.uint8)
    pixels[:12, :20] = (250, 10, 10)
    pixels[:12, 20:] = (10, 250, 10)
    pixels[12:, :20] = (10, 10, 250)
    pixels[12:, 20:] = (200, 200, 200)
    return pixels


# EXIF orientation → how the stored pixels come about from the upright ones
STORED = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: np.rot90(p, 1),
    7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: lambda p: np.rot90(p, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_every_exif_orientation_is_turned_upright(
    tmp_path: Path, orientation: int, kind: str
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"portrait.{kind.lower()}"
    stored = Pillow.fromarray(np.ascontiguousarray(STORED[orientation](corners())))
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    stored.save(path, format=kind, exif=exif, **options)
    image = read_image(path)
    assert image.rgb.shape == (24, 40, 3)
    np.testing.assert_allclose(
        image.rgb[4::16, 8::24].astype(int), corners()[4::16, 8::24].astype(int), atol=6
    )
    assert image_size(path) == (40, 24)


def test_transparent_parts_show_mid_grey_and_alpha_is_kept(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 4), 255, np.uint8)
    pixels[..., :3] = (200, 100, 0)
    pixels[:, 2:4, 3] = 0
    pixels[:, 4:6, 3] = 51
    Pillow.fromarray(pixels).save(tmp_path / "cut.png")
    image = read_image(tmp_path / "cut.png")
    assert image.alpha is not None
    np.testing.assert_array_equal(image.alpha, pixels[..., 3])
    assert image.rgb[0, 0].tolist() == [200, 100, 0]
    assert image.rgb[0, 3].tolist() == [128, 128, 128]
    assert image.rgb[0, 5].tolist() == [round(0.2 * c + 0.8 * 128) for c in (200, 100, 0)]


def test_an_opaque_alpha_channel_counts_as_none(tmp_path: Path) -> None:
    Pillow.fromarray(np.full((4, 4, 4), 255, np.uint8)).save(tmp_path / "opaque.png")
    assert read_image(tmp_path / "opaque.png").alpha is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "F"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    grey = Pillow.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 4, axis=1).repeat(8, 0))
    path = tmp_path / ("x.tif" if mode in {"CMYK", "YCbCr", "F"} else "x.png")
    picture = grey.convert("RGB").convert(mode)
    (picture.convert("RGB") if mode == "HSV" else picture).save(path)
    rgb = read_image(path).rgb
    assert rgb.shape == (8, 8, 3)
    assert rgb.dtype == np.uint8
    assert rgb[0, 0].max() <= 2
    assert rgb[0, 7].min() >= 253


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    Pillow.fromarray(np.full((16, 16, 3), (200, 60, 60), np.uint8)).convert("CMYK").save(
        tmp_path / "print.jpg", quality=98
    )
    assert (
        np.abs(read_image(tmp_path / "print.jpg").rgb[8, 8].astype(int) - (200, 60, 60)).max() < 5
    )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_pictures_keep_their_high_byte(tmp_path: Path, channels: int) -> None:
    levels = np.linspace(0, 65535, 256).astype(np.uint16)
    pixels = np.repeat(levels[None, :, None], channels, axis=2).repeat(4, axis=0)
    if channels == 4:
        pixels[..., 3] = 65535
    cv2.imwrite(str(tmp_path / "deep.png"), pixels)
    rgb = read_image(tmp_path / "deep.png").rgb
    np.testing.assert_allclose(rgb[0, :, 1], levels / 257, atol=1)


def test_palette_transparency_is_kept(tmp_path: Path) -> None:
    picture = Pillow.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.putpixel((0, 0), 0)
    picture.save(tmp_path / "icon.png", transparency=0)
    image = read_image(tmp_path / "icon.png")
    assert image.alpha is not None
    assert image.alpha[0, 0] == 0
    assert image.rgb[0, 0].tolist() == [128, 128, 128]
    assert image.rgb[2, 2].tolist() == [255, 0, 0]


def test_an_embedded_profile_is_applied_and_a_broken_one_ignored(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"tmp ").replace(b"gXYZ", b"rXYZ").replace(b"tmp ", b"gXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    red = Pillow.fromarray(np.full((4, 4, 3), (255, 0, 0), np.uint8))
    red.save(tmp_path / "swapped.png", icc_profile=swapped)
    red.save(tmp_path / "broken.png", icc_profile=b"no profile at all")
    red.save(tmp_path / "srgb.png", icc_profile=srgb)
    np.testing.assert_allclose(read_image(tmp_path / "swapped.png").rgb[0, 0], (0, 255, 0), atol=3)
    assert read_image(tmp_path / "broken.png").rgb[0, 0].tolist() == [255, 0, 0]
    assert read_image(tmp_path / "srgb.png").rgb[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_large_pictures_are_scaled_to_4096(tmp_path: Path, ending: str) -> None:
    Pillow.new("RGB", (4800, 2400), (10, 200, 30)).save(tmp_path / f"large.{ending}")
    rgb = read_image(tmp_path / f"large.{ending}").rgb
    assert rgb.shape == (2048, MAX_SIDE, 3)
    np.testing.assert_allclose(rgb[1000, 2000], (10, 200, 30), atol=3)
    assert image_size(tmp_path / f"large.{ending}") == (MAX_SIDE, 2048)


def _png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(b"\0" * 100)
    chunk += struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return b"\x89PNG\r\n\x1a\n" + chunk


def test_a_decompression_bomb_is_refused_without_being_decoded(tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(_png_header(60_000, 60_000))
    resource = pytest.importorskip("resource")
    gibibyte = 1 << (30 if sys.platform == "darwin" else 20)  # bytes there, KiB elsewhere
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read in (read_image, image_size):
        with pytest.raises(MediaError, match=r"60000 × 60000.*too large"):
            read(tmp_path / "bomb.png")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < gibibyte


@pytest.mark.parametrize("content", [b"Dear Sir or Madam,\n", b"", b"\xff\xd8\xff\xe0 cut"])
def test_what_is_no_picture_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "letter.jpg"
    path.write_bytes(content)
    for read in (read_image, image_size):
        with pytest.raises(MediaError, match=r"letter.jpg.*(no picture|damaged)") as caught:
            read(path)
        assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"nothing.png.*does not exist"):
        read_image(tmp_path / "nothing.png")
    with pytest.raises(MediaError, match="folder"):
        read_image(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF"])
@settings(max_examples=40, deadline=None)
@given(cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255))))
def test_damaged_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    cut: float,
    flips: list[tuple[float, int]],
) -> None:
    buffer = io.BytesIO()
    Pillow.fromarray(corners()).save(buffer, format=kind)
    data = bytearray(buffer.getvalue())
    for place, value in flips:
        data[int(place * len(data))] = value
    path = tmp_path_factory.mktemp("damaged") / "picture.png"
    path.write_bytes(data[: int(cut * len(data))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on damaged metadata
        try:
            rgb = read_image(path).rgb
        except MediaError:
            return
    assert rgb.dtype == np.uint8
    assert max(rgb.shape) <= MAX_SIDE


def test_non_ascii_and_long_names_are_read(tmp_path: Path) -> None:
    folder = tmp_path / ("ö" * 100) / ("名" * 80)
    folder.mkdir(parents=True)
    path = folder / f"{'é' * 100} портрет 1%d.png"
    write_png(path, corners())
    np.testing.assert_array_equal(read_image(path).rgb, corners())


def test_png_out_keeps_every_pixel_and_leaves_no_part_file(tmp_path: Path) -> None:
    rgba = np.dstack([corners(), np.full((24, 40), 7, np.uint8)])
    write_png(tmp_path / "a.png", corners()[:, ::-1])
    write_png(tmp_path / "b.png", rgba)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").rgb, corners()[:, ::-1])
    np.testing.assert_array_equal(np.array(Pillow.open(tmp_path / "b.png")), rgba)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]
    with pytest.raises(ValueError, match="uint8"):
        write_png(tmp_path / "c.png", np.zeros((4, 4, 3)))


def test_png_into_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"x.png.*cannot be written"):
        write_png(tmp_path / "none" / "x.png", corners())

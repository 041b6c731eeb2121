"""What an export will come to, before it begins: time, size, and room on the disk."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.export.presets import Kind, Preset, preset_named
from core.export.settings import ExportSettings, Picture, SoundMode

_SOUND_BYTES_PER_S: Final = {Kind.FILM: 24_000, Kind.SOUND: 192_000, Kind.PICTURES: 192_000}
# Bits a pixel of a talking head at 512 px and the quality in brackets, measured on the sample.
_BITS_PER_PX: Final = {"mp4": (0.085, 18), "hevc": (0.045, 18), "webm": (0.05, 18)}
_PRORES_BITS_PER_PX: Final = 11.5
_CRF_HALVES: Final = 6.0
"""A quality number larger by this halves the size (x264's rule of thumb)."""
_PNG_BYTES_PER_PX: Final = 1.45
_GIF_BYTES_PER_PX: Final = 0.45
_ENCODE_NS_PER_PX: Final = {
    "mp4": 14.0,
    "hevc": 60.0,
    "webm": 70.0,
    "prores": 60.0,
    "png": 55.0,
    "gif": 60.0,
}
_DRAW_NS_PER_PX: Final = 75.0  # the mesh engine on two cores


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an export will come to.

    Attributes:
        seconds: Of work.
        n_bytes: On the disk.
        free_bytes: Room on that disk; None when the folder is not there yet.
    """

    seconds: float
    n_bytes: int
    free_bytes: int | None

    @property
    def fits(self) -> bool:
        """Whether there is room for it."""
        return self.free_bytes is None or self.n_bytes < self.free_bytes


def estimate(
    settings: ExportSettings,
    n_frames: int,
    duration_s: float,
    size: tuple[int, int],
    folder: Path,
    frame_s: float | None = None,
) -> Estimate:
    """Estimates an export.

    Args:
        settings: How.
        n_frames: Frames of what is written.
        duration_s: Seconds of what is written.
        size: Width and height in px of one rendered frame.
        folder: Where it goes.
        frame_s: Seconds that the preview takes to draw a frame; None takes a usual machine's.
    """
    preset = preset_named(settings.preset)
    pixels = size[0] * size[1] * (2 if settings.picture is Picture.BESIDE_DRIVER else 1)
    seconds = 0.0
    if preset.has_pictures:
        drawing = _DRAW_NS_PER_PX * 1e-9 * size[0] * size[1] if frame_s is None else frame_s
        # drawing and encoding overlap: the slower of the two counts
        seconds = n_frames * max(drawing, _ENCODE_NS_PER_PX[preset.name] * 1e-9 * pixels)
    return Estimate(seconds, _bytes(preset, settings, n_frames, duration_s, pixels), _free(folder))


def _bytes(
    preset: Preset, settings: ExportSettings, n_frames: int, duration_s: float, pixels: int
) -> int:
    total = 0.0
    if preset.kind is Kind.FILM:
        total = _film_bytes(preset, settings, n_frames * pixels, duration_s)
    elif preset.kind is Kind.PICTURES:
        total = n_frames * pixels * _PNG_BYTES_PER_PX
    elif preset.kind is Kind.GIF:
        total = n_frames * pixels * _GIF_BYTES_PER_PX
    if settings.sound is not SoundMode.NONE or preset.kind is Kind.SOUND:
        total += duration_s * _SOUND_BYTES_PER_S.get(preset.kind, 0)
    return round(total) + len(settings.sidecars) * n_frames * 700


def _film_bytes(
    preset: Preset, settings: ExportSettings, n_pixels: float, duration_s: float
) -> float:
    if not preset.has_quality:
        return n_pixels * _PRORES_BITS_PER_PX / 8
    if settings.bits_per_s is not None:
        return duration_s * settings.bits_per_s / 8
    bits, crf = _BITS_PER_PX[preset.name]
    total = n_pixels * bits / 8 * 2 ** ((crf - settings.crf) / _CRF_HALVES)
    return total * (1.3 if settings.full_chroma else 1.0)


def _free(folder: Path) -> int | None:
    """Room on the disk of a folder, or of the nearest one above it that exists."""
    for path in (folder, *folder.parents):
        try:
            return shutil.disk_usage(path).free
        except OSError:
            continue
    return None

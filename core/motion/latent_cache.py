"""Latents of clips and voices, encoded once: kept by the content of source and encoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.base.cache import ArrayCache
from core.base.content import content_key, sha256_file
from core.base.controls import Factor
from core.base.progress import Progress
from core.face.crop import Box
from core.motion.latent import LatentExtractor, LatentTrack

VERSION: Final = 2
"""Part of the cache key: raise it whenever tracks are kept in another form."""


def clip_latents(
    extractor: LatentExtractor,
    path: Path,
    face: int | None,
    tracker: str,
    cache: ArrayCache,
    progress: Progress,
    *,
    crop: Box | None = None,
) -> dict[Factor, LatentTrack]:
    """What `extractor` makes of a clip: taken from the cache, or encoded and kept there.

    Raises:
        MediaError: the file cannot be read.
        FaceError: it shows no face.
        Cancelled: the work was cancelled.
    """
    key = content_key(
        kind="clip latents",
        version=VERSION,
        sha256=sha256_file(path),
        space=extractor.space,
        face=face or 0,
        tracker=tracker,
        crop=None if crop is None else repr(crop),
    )
    return _kept(cache, key, lambda: extractor.clip(path, face, tracker, progress, crop=crop))


def voice_latents(
    extractor: LatentExtractor, path: Path, cache: ArrayCache, progress: Progress
) -> LatentTrack:
    """What `extractor` makes of a recording: taken from the cache, or encoded and kept there.

    Raises:
        MediaError: the file cannot be read or has no sound.
        Cancelled: the work was cancelled.
    """
    key = content_key(
        kind="voice latents",
        version=VERSION,
        sha256=sha256_file(path) if path.is_file() else "",
        space=extractor.space,
    )
    tracks = _kept(cache, key, lambda: {Factor.LIPS: extractor.voice(path, progress)})
    return tracks[Factor.LIPS]


def _kept(
    cache: ArrayCache, key: str, encode: Callable[[], dict[Factor, LatentTrack]]
) -> dict[Factor, LatentTrack]:
    arrays = cache.get(key)
    if arrays is not None:
        found = [factor for factor in Factor if f"{factor}.text" in arrays]
        try:
            tracks = {f: LatentTrack.from_arrays(arrays, f"{f}.") for f in found}
        except (KeyError, ValueError, ZeroDivisionError):
            tracks = {}  # another kind of entry: encode again and replace it
        if tracks:
            return tracks
    tracks = encode()
    cache.put(
        key, {k: v for f, track in tracks.items() for k, v in track.to_arrays(f"{f}.").items()}
    )
    return tracks

"""Latents as a safetensors file, for other programs."""

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors.numpy import save

from core.base.controls import Factor
from core.base.errors import MotionError
from core.base.files import replacing
from core.motion.latent import LatentTrack


def write_latents(path: Path, tracks: Mapping[Factor, LatentTrack]) -> None:
    """Writes the latents of one clip.

    The file holds `<factor>` float32 [T, D] as the encoder gives them, and `valid` uint8 [T]: 1
    where a face was seen; where none was for more than a second, latents ease to zero. Its
    metadata: `factors` (a JSON list of names), `rate` (frames per second as a fraction), `valid`
    (number of valid frames) and `space`.

    Raises:
        MotionError: the file cannot be written.
    """
    one = next(iter(tracks.values()))
    arrays = {str(factor): track.values for factor, track in tracks.items()}
    metadata = {
        "factors": json.dumps([str(factor) for factor in tracks]),
        "rate": str(one.rate),
        "valid": str(int(one.valid.sum())),
        "space": one.space,
    }
    data = save({**arrays, "valid": one.valid.astype("uint8")}, metadata)
    try:
        with replacing(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise MotionError(
            f"“{path}” cannot be written ({error.strerror}): choose another place."
        ) from error

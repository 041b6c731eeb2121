"""The motion as plain JSON: every control at every frame, and the curves that a person drew."""

import json
from pathlib import Path
from typing import Any, Final

from core.base.controls import CONTROLS, FACTOR_CONTROLS, REST, Factor
from core.base.progress import Progress
from core.motion.motion import Motion
from core.session.files import writing
from core.timeline.curve import Curve, Handles
from core.timeline.document import Document
from core.timeline.lanes import LANES

SCHEMA: Final = "AvatarStudio.Curves.1"
_DIGITS: Final = 6


def write_curves(path: Path, document: Document, motion: Motion, progress: Progress) -> None:
    """Writes evaluated controls and editable curves; controls that stay at rest are left out.

    Raises:
        SessionError: the file cannot be written.
        Cancelled: the work was cancelled.
    """
    progress.check()
    data = {
        "schema": SCHEMA,
        "rate": {"numerator": motion.rate.numerator, "denominator": motion.rate.denominator},
        "start_frame": motion.start_frame,
        "n_frames": len(motion),
        "units": {"yaw": "degrees", "pitch": "degrees", "roll": "degrees", "others": "0..1"},
        "controls": _controls(motion),
        "curves": curves_of(document),
    }
    with writing(path) as part:
        part.write_text(json.dumps(data, allow_nan=False), encoding="utf-8")


def curves_of(document: Document) -> dict[str, Any]:
    """Factor → offset curves by lane, and the influence: frames and values of the keys."""
    return {
        str(track.factor): {
            "offsets": {
                offset.lane: {
                    "unit": LANES[offset.lane].unit,
                    "is_muted": offset.is_muted,
                    **_keys(offset.curve),
                }
                for offset in track.offsets
            },
            "influence": _keys(track.influence),
        }
        for track in document.tracks
    }


def _keys(curve: Curve) -> dict[str, Any]:
    keys = []
    for key in curve.keys:
        entry: dict[str, Any] = {
            "frame": key.frame,
            "value": key.value,
            "interpolation": str(key.interpolation),
            "handles": str(key.handles),
        }
        if key.handles in (Handles.ALIGNED, Handles.FREE):
            entry |= {"left": list(key.left), "right": list(key.right)}
        keys.append(entry)
    return {"extend": str(curve.extend), "keys": keys}


def _controls(motion: Motion) -> dict[str, dict[str, list[float]]]:
    result: dict[str, dict[str, list[float]]] = {}
    for factor in Factor:
        lanes = {}
        for name in FACTOR_CONTROLS[factor]:
            i = CONTROLS.index(name)
            column = motion.controls[:, i]
            if (column != REST[i]).any():
                lanes[name] = [round(float(value), _DIGITS) for value in column]
        result[str(factor)] = lanes
    return result

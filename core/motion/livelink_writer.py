"""Writes motion as a Live Link Face CSV that Unreal, Blender and our own reader understand."""

from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import ARKIT, INDEX, BoolArray
from core.base.errors import MotionError
from core.base.files import replacing
from core.base.progress import Progress
from core.face.lid_rig import LOOK_DOWN_DEG, LOOK_SIDE_DEG, LOOK_UP_DEG
from core.motion.livelink import COLUMNS, HEAD_SIGNS
from core.motion.motion import Motion

SHAPE_COUNT: Final = 61
"""52 coefficients and 9 angles."""
_BASE = 30  # counts a second: below it no reader can take the time base for 60
_ACROSS_RAD, _DOWN_RAD, _UP_RAD = (
    float(a) for a in np.radians((LOOK_SIDE_DEG, LOOK_DOWN_DEG, LOOK_UP_DEG))
)
_Array = NDArray[np.float64]


def write_live_link(
    path: Path, motion: Motion, valid: BoolArray | None = None, progress: Progress | None = None
) -> None:
    """Writes one row per frame: coefficients 0..1, head and eye angles in radians.

    The format has no place for x, y and scale: they are left out. Time codes begin at midnight
    plus `motion.start_frame` and count thirtieths of a second whatever the rate.

    Args:
        path: the .csv file; an existing one is replaced once the new one is complete.
        motion: what to write; head angles are taken as they are (avatar's rest = 0).
        valid: bool [N]; frames without a face become short rows, as the app writes them.
        progress: reports rows.

    Raises:
        MotionError: the file cannot be written.
    """
    progress = progress or Progress()
    seen = np.ones(len(motion), np.bool_) if valid is None else valid
    numbers = _numbers(motion.controls.astype(np.float64))
    try:
        with (
            replacing(path) as part,
            part.open("w", encoding="utf-8", newline="") as stream,
        ):
            stream.write(",".join(COLUMNS) + "\n")
            for i, row in enumerate(numbers):
                if i % 1000 == 0:
                    progress.report("Writing motion", i, len(numbers))
                code = timecode(motion.start_frame + i, motion.rate)
                cells = ",".join(f"{x:.10f}" for x in row)
                stream.write(f"{code},{SHAPE_COUNT},{cells}\n" if seen[i] else f"{code},0\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def timecode(frame: int, rate: Fraction) -> str:
    """`HH:MM:SS:FF.sss` of a frame, in thirtieths of a second from midnight."""
    thousandths = round(frame / rate * _BASE * 1000) % (86400 * _BASE * 1000)
    seconds, counts = divmod(thousandths, _BASE * 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    whole, fraction = divmod(counts, 1000)
    return f"{hour:02d}:{minute:02d}:{second:02d}:{whole:02d}.{fraction:03d}"


def _numbers(controls: _Array) -> _Array:
    """float64 [N, 61]: coefficients, head angles, eye angles."""
    shapes = np.clip(controls[:, [INDEX[name] for name in ARKIT]], 0.0, 1.0)
    head = [sign * np.radians(controls[:, INDEX[name]]) for name, sign in HEAD_SIGNS.items()]
    eyes = []
    for side, inwards in (("Left", 1.0), ("Right", -1.0)):
        look = {
            way: np.clip(controls[:, INDEX[f"eyeLook{way}{side}"]], 0.0, 1.0)
            for way in ("In", "Out", "Down", "Up")
        }
        # the left eye looks to the subject's right when it looks in
        yaw = inwards * _ACROSS_RAD * (look["In"] - look["Out"])
        pitch = _DOWN_RAD * look["Down"] - _UP_RAD * look["Up"]
        eyes += [yaw, pitch, yaw * pitch]  # the app's own roll is this product
    result = np.column_stack([shapes, *head, *eyes])
    return result + 0.0  # no −0.0 in the text


def _unwritable(path: Path, error: OSError) -> MotionError:
    return MotionError(
        f"“{path.name}” cannot be written: {error.strerror}; choose a folder you may write to."
    )

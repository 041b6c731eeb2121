"""What the inspector shows of strips: their place, their motion, and the sound's."""

import math
from collections.abc import Callable
from dataclasses import replace

from core.motion.clip_end import ClipEnd
from core.motion.retarget import Anchor, Reference
from core.motion.retarget import Mode as MotionMode
from core.timeline.document import Document
from core.timeline.edits import (
    edit_audio_strip,
    edit_strip,
    move_strip,
    set_speed,
    slip_strip,
    trim_strip,
)
from core.timeline.strip import MAX_SPEED, MIN_SPEED, AudioStrip, Blend, Strip
from studio.panels.inspector_form import Parameter
from studio.panels.inspector_tracks import (
    DECIBEL,
    GAIN,
    milliseconds,
    number,
    percent,
    seconds,
    share,
)
from studio.widgets.fields import Choices, Editor, Switch, Value
from studio.widgets.number_field import NumberRange

_FRAME_NUMBER = "frame"
_FRESH = Strip("fresh", "", 0, 1)


def strip_of(document: Document, strip_id: str) -> Strip | AudioStrip:
    """The strip of that id, on whatever track.

    Raises:
        KeyError: there is none.
    """
    found = document.find_strip(strip_id)
    if found is not None:
        return found[1]
    sound = next((s for s in document.audio.strips if s.id == strip_id), None)
    if sound is None:
        raise KeyError(strip_id)
    return sound


def _motion_strip(document: Document, strip_id: str) -> Strip:
    strip = strip_of(document, strip_id)
    return strip if isinstance(strip, Strip) else _FRESH


def _sound_strip(document: Document, strip_id: str) -> AudioStrip:
    strip = strip_of(document, strip_id)
    return strip if isinstance(strip, AudioStrip) else AudioStrip("fresh", "", 0, 1)


def _frames(document: Document, lower: int, at_least: float) -> NumberRange:
    upper = max(document.n_frames, at_least)
    return NumberRange(lower, upper, 1, 0, "f", is_whole=True)


_PLACE: tuple[Parameter[str], ...] = (
    Parameter(
        "Time",
        "Start",
        "The frame on which the strip begins; strips it comes to lie on give way.",
        lambda document, strip_id: _frames(document, 0, strip_of(document, strip_id).start),
        0.0,
        lambda document, strip_id: float(strip_of(document, strip_id).start),
        lambda document, strip_id, value: move_strip(document, strip_id, round(number(value))),
        is_single=True,
    ),
    Parameter(
        "Time",
        "Length",
        "How many frames the strip covers.",
        lambda document, strip_id: _frames(document, 1, strip_of(document, strip_id).n_frames),
        lambda document, strip_id: float(
            max(document.n_frames - strip_of(document, strip_id).start, 1)
        ),
        lambda document, strip_id: float(strip_of(document, strip_id).n_frames),
        lambda document, strip_id, value: _with_length(document, strip_id, round(number(value))),
        is_single=True,
    ),
    Parameter(
        "Time",
        "Source in",
        "The second of the source that is used at the strip's first frame.",
        NumberRange(0, math.inf, 0.04, 2, "s"),
        0.0,
        lambda document, strip_id: round(strip_of(document, strip_id).source_in, 4),
        lambda document, strip_id, value: slip_strip(
            document, strip_id, number(value) - strip_of(document, strip_id).source_in
        ),
    ),
)


def _with_length(document: Document, strip_id: str, n_frames: int) -> Document:
    start = strip_of(document, strip_id).start
    return trim_strip(document, strip_id, start, start + max(n_frames, 1))


def _motion(
    section: str,
    title: str,
    tooltip: str,
    editor: Editor | Callable[[Document, str], Editor],
    read: Callable[[Strip], Value],
    change: Callable[[Strip, Value], Strip],
    applies: Callable[[Strip], bool] = lambda _: True,
) -> Parameter[str]:
    return Parameter(
        section,
        title,
        tooltip,
        editor,
        read(_FRESH),
        lambda document, strip_id: read(_motion_strip(document, strip_id)),
        lambda document, strip_id, value: edit_strip(
            document, strip_id, lambda strip: change(strip, value)
        ),
        applies=lambda document, strip_id: applies(_motion_strip(document, strip_id)),
    )


_BLENDS = Choices(((Blend.REPLACE, "Replace"), (Blend.ADD, "Add")))
_ENDS = Choices(
    (
        (ClipEnd.HOLD, "Hold last"),
        (ClipEnd.LOOP, "Loop"),
        (ClipEnd.PINGPONG, "Back and forth"),
    )
)
_REFERENCES = Choices(
    (
        (Anchor.AUTO, "Neutral frame"),
        (Anchor.FIRST, "First frame"),
        (Anchor.LAST, "Last frame"),
        (Anchor.AVERAGE, "Average"),
        (_FRAME_NUMBER, "Frame number"),
    )
)
_MODES = Choices(((MotionMode.RELATIVE, "Relative"), (MotionMode.ABSOLUTE, "Absolute")))


def _fade_range(document: Document, strip_id: str) -> NumberRange:
    longest = min(strip_of(document, strip_id).n_frames, round(2 * document.rate))
    return NumberRange(0, longest, 1, 0, "f", is_whole=True, none_text="Auto")


def _smoothing_range(document: Document, strip_id: str) -> NumberRange:
    found = document.find_strip(strip_id)
    of_track = percent(found[0].smoothing) if found else 0.0
    text = f"Track’s {of_track:.0f} %"
    return NumberRange(0, 100, 1, 0, "%", none_text=text, none_start=of_track)


def _reference_kind(reference: Reference) -> str:
    return reference.value if isinstance(reference, Anchor) else _FRAME_NUMBER


def _with_reference_kind(strip: Strip, value: Value) -> Strip:
    if value != _FRAME_NUMBER:
        return replace(strip, reference=Anchor(str(value)))
    return strip if isinstance(strip.reference, int) else replace(strip, reference=0)


def _whole(value: Value) -> int | None:
    return None if value is None else round(number(value))


MOTION_STRIP: tuple[Parameter[str], ...] = (
    *_PLACE,
    Parameter(
        "Time",
        "Speed",
        "How fast the source runs; the strip keeps its stretch of the source.",
        NumberRange(100 * MIN_SPEED, 100 * MAX_SPEED, 1, 0, "%"),
        100.0,
        lambda document, strip_id: percent(_motion_strip(document, strip_id).speed),
        lambda document, strip_id, value: set_speed(document, strip_id, share(value)),
    ),
    _motion(
        "Time",
        "Clip end",
        "What is shown where the strip is longer than its source.",
        _ENDS,
        lambda strip: str(strip.clip_end),
        lambda strip, value: replace(strip, clip_end=ClipEnd(str(value))),
    ),
    _motion(
        "Blend",
        "Gain",
        "How far the motion goes from the reference pose.",
        GAIN,
        lambda strip: percent(strip.gain),
        lambda strip, value: replace(strip, gain=share(value)),
    ),
    _motion(
        "Blend",
        "Blend",
        "Replace what lies below, or add to it.",
        _BLENDS,
        lambda strip: str(strip.blend),
        lambda strip, value: replace(strip, blend=Blend(str(value))),
    ),
    _motion(
        "Blend",
        "Fade in",
        "Frames over which the strip comes in. Auto crossfades with a strip before it.",
        _fade_range,
        lambda strip: strip.fade_in,
        lambda strip, value: replace(strip, fade_in=_whole(value)),
    ),
    _motion(
        "Blend",
        "Fade out",
        "Frames over which the strip goes out. Auto crossfades with a strip after it.",
        _fade_range,
        lambda strip: strip.fade_out,
        lambda strip, value: replace(strip, fade_out=_whole(value)),
    ),
    _motion(
        "Transfer",
        "Reference",
        "The driver's pose that stands for the portrait's rest.",
        _REFERENCES,
        lambda strip: _reference_kind(strip.reference),
        _with_reference_kind,
    ),
    _motion(
        "Transfer",
        "Reference frame",
        "The frame of the source, counted from 0, that stands for the portrait's rest.",
        NumberRange(0, math.inf, 1, 0, "f", is_whole=True),
        lambda strip: float(strip.reference) if isinstance(strip.reference, int) else 0.0,
        lambda strip, value: replace(strip, reference=round(number(value))),
        lambda strip: isinstance(strip.reference, int),
    ),
    _motion(
        "Transfer",
        "Motion",
        "Relative takes the difference to the reference; absolute takes the driver's own angles.",
        _MODES,
        lambda strip: str(strip.motion),
        lambda strip, value: replace(strip, motion=MotionMode(str(value))),
    ),
    _motion(
        "Transfer",
        "Smoothing",
        "Calms this strip's motion; without a value of its own it takes the track's.",
        _smoothing_range,
        lambda strip: None if strip.smoothing is None else percent(strip.smoothing),
        lambda strip, value: replace(strip, smoothing=None if value is None else share(value)),
    ),
    _motion(
        "Transfer",
        "Mirror",
        "Swaps left and right.",
        Switch("Swap sides"),
        lambda strip: strip.mirror,
        lambda strip, value: replace(strip, mirror=bool(value)),
    ),
    _motion(
        "State",
        "Mute",
        "Leaves the strip out.",
        Switch("Left out"),
        lambda strip: strip.is_muted,
        lambda strip, value: replace(strip, is_muted=bool(value)),
    ),
)
"""The rows of a strip on a factor track."""

SOUND_STRIP: tuple[Parameter[str], ...] = (
    *_PLACE,
    Parameter(
        "Sound",
        "Gain",
        "Makes this recording louder or quieter.",
        DECIBEL,
        0.0,
        lambda document, strip_id: _sound_strip(document, strip_id).gain_db,
        lambda document, strip_id, value: edit_audio_strip(
            document, strip_id, lambda strip: replace(strip, gain_db=number(value))
        ),
    ),
    Parameter(
        "Sound",
        "Offset",
        "Lets the recording come later than its frames; negative is earlier.",
        NumberRange(-300, 300, 10, 0, "ms"),
        0.0,
        lambda document, strip_id: milliseconds(_sound_strip(document, strip_id).offset_s),
        lambda document, strip_id, value: edit_audio_strip(
            document, strip_id, lambda strip: replace(strip, offset_s=seconds(value))
        ),
    ),
    Parameter(
        "State",
        "Mute",
        "Leaves the recording out.",
        Switch("Silent"),
        False,
        lambda document, strip_id: _sound_strip(document, strip_id).is_muted,
        lambda document, strip_id, value: edit_audio_strip(
            document, strip_id, lambda strip: replace(strip, is_muted=bool(value))
        ),
    ),
)
"""The rows of a strip on the audio track."""

"""Strips: trimmed, placed uses of a source. Pure functions on one strip or one lane of strips.

A strip covers the document frames `start` ≤ f < `stop`. Its frame f shows the source at the
second `source_in + (f − start) / rate · speed`, where `rate` is the document's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from core.motion.clip_end import ClipEnd
from core.motion.retarget import MAX_GAIN, Anchor, Reference
from core.motion.retarget import Mode as MotionMode
from core.timeline.extensible import Extensible

CROSSFADE = 6
"""Frames over which one strip passes into the next unless it says otherwise."""
MAX_CROSSFADE_S = 2
MIN_SPEED, MAX_SPEED = 0.25, 4.0


class Blend(StrEnum):
    """Whether a strip takes the place of what lies below it or adds to it."""

    REPLACE = "replace"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Strip(Extensible):
    """A use of a source's motion on a factor track.

    Attributes:
        id: Unique in its document.
        source_id: Which source.
        start: First document frame.
        n_frames: Length in document frames, ≥ 1.
        source_in: Second of the source shown at `start`.
        speed: Source seconds per second, 0.25..4.
        gain: Factor on the motion's distance from rest, 0..2.
        blend: Replace or add.
        clip_end: What is shown before the source's first and after its last frame.
        reference: The frame of the source that counts as rest when it is relative.
        motion: Relative to that frame, or absolute.
        smoothing: 0..1; None takes the track's.
        mirror: Left and right exchanged.
        fade_in: Frames it takes to come in; None decides by itself (see `evaluate`).
        fade_out: Frames it takes to go out; None decides by itself.
        controls: The controls it drives; empty for all of the factor. Of overlapping strips,
            one that drives fewer controls lies above one that drives more.
        is_muted: Whether it is left out.

    Raises:
        ValueError: a number is out of its range.
    """

    id: str
    source_id: str
    start: int
    n_frames: int
    source_in: float = 0.0
    speed: float = 1.0
    gain: float = 1.0
    blend: Blend = Blend.REPLACE
    clip_end: ClipEnd = ClipEnd.HOLD
    reference: Reference = Anchor.AUTO
    motion: MotionMode = MotionMode.RELATIVE
    smoothing: float | None = None
    mirror: bool = False
    fade_in: int | None = None
    fade_out: int | None = None
    controls: tuple[str, ...] = ()
    is_muted: bool = False

    def __post_init__(self) -> None:
        if self.n_frames < 1:
            raise ValueError(f"strip {self.id} has {self.n_frames} frames")
        if not MIN_SPEED <= self.speed <= MAX_SPEED:
            raise ValueError(f"speed {self.speed} is not within {MIN_SPEED}..{MAX_SPEED}")
        if not 0.0 <= self.gain <= MAX_GAIN:
            raise ValueError(f"gain {self.gain} is not within 0..{MAX_GAIN}")
        if self.smoothing is not None and not 0.0 <= self.smoothing <= 1.0:
            raise ValueError(f"smoothing {self.smoothing} is not within 0..1")
        if min(self.fade_in or 0, self.fade_out or 0) < 0:
            raise ValueError("a fade is shorter than nothing")

    @property
    def stop(self) -> int:
        """The frame after the last one."""
        return self.start + self.n_frames

    def drives_any_of(self, other: "Strip") -> bool:
        """Whether both strips drive one control or more in common."""
        return not (self.controls and other.controls) or bool(
            set(self.controls) & set(other.controls)
        )

    def drives_all_of(self, other: "Strip") -> bool:
        """Whether this strip drives every control that `other` drives."""
        return not self.controls or (
            bool(other.controls) and set(other.controls) <= set(self.controls)
        )


@dataclass(frozen=True, slots=True)
class AudioStrip(Extensible):
    """A use of a sound on the audio track.

    Attributes:
        id: Unique in its document.
        source_id: Which source.
        start: First document frame.
        n_frames: Length in document frames, ≥ 1.
        source_in: Second of the source heard at `start`.
        offset_s: Seconds by which the sound comes later (negative: earlier) than its frames.
        gain_db: −24..24.
        is_muted: Whether it is silent.
    """

    id: str
    source_id: str
    start: int
    n_frames: int
    source_in: float = 0.0
    offset_s: float = 0.0
    gain_db: float = 0.0
    is_muted: bool = False

    def __post_init__(self) -> None:
        if self.n_frames < 1:
            raise ValueError(f"strip {self.id} has {self.n_frames} frames")
        if not -24.0 <= self.gain_db <= 24.0:
            raise ValueError(f"gain {self.gain_db} dB is not within −24..24 dB")

    @property
    def stop(self) -> int:
        """The frame after the last one."""
        return self.start + self.n_frames

    @property
    def speed(self) -> float:
        """Sound always runs at its own speed."""
        return 1.0


def source_second(strip: Strip | AudioStrip, frame: float, rate: Fraction) -> float:
    """The second of the source that lies at a document frame."""
    return strip.source_in + (frame - strip.start) / float(rate) * strip.speed


AnyStrip = TypeVar("AnyStrip", bound=Strip | AudioStrip)


def trim(strip: AnyStrip, start: int, stop: int, rate: Fraction) -> AnyStrip:
    """The strip over other frames; what it shows at each frame stays.

    At least one frame is left: a start at or after `stop` ends up just before it.
    """
    first = min(start, stop - 1)
    return replace(
        strip, start=first, n_frames=stop - first, source_in=source_second(strip, first, rate)
    )


def slip(strip: AnyStrip, seconds: float) -> AnyStrip:
    """The strip on the same frames, showing its source `seconds` later."""
    return replace(strip, source_in=strip.source_in + seconds)


def with_speed(strip: Strip, speed: float) -> Strip:
    """The strip at another speed (brought into 0.25..4), over the same stretch of its source."""
    new = min(max(speed, MIN_SPEED), MAX_SPEED)
    n_frames = max(1, round(strip.n_frames * strip.speed / new))
    return replace(strip, speed=new, n_frames=n_frames)


def split(strip: AnyStrip, frame: int, new_id: str, rate: Fraction) -> tuple[AnyStrip, AnyStrip]:
    """The parts before and from `frame`; together they show what the strip showed.

    Raises:
        ValueError: `frame` is not inside the strip.
    """
    if not strip.start < frame < strip.stop:
        raise ValueError(f"frame {frame} is not inside {strip.start + 1}..{strip.stop - 1}")
    right = _cut(strip, frame, strip.stop, rate)
    return _cut(strip, strip.start, frame, rate), replace(right, id=new_id)


def continues(first: Strip, second: Strip, rate: Fraction) -> bool:
    """Whether `second` goes on exactly where `first` stops, as after a split."""
    placed = replace(
        second,
        id=first.id,
        start=first.start,
        n_frames=first.n_frames,
        source_in=first.source_in,
        fade_in=first.fade_in,
        fade_out=first.fade_out,
    )
    gap_s = source_second(first, second.start, rate) - second.source_in
    return first.stop == second.start and abs(gap_s) < 1e-6 and placed == first


def place(
    strips: Iterable[AnyStrip],
    strip: AnyStrip,
    rate: Fraction,
    new_ids: Iterator[str],
    crossfade: int = CROSSFADE,
) -> tuple[AnyStrip, ...]:
    """A lane with `strip` on it, which wins its frames.

    Strips that it covers give way, but reach `crossfade` frames under either end of it so that
    one passes into the other; one that lies around it is cut in two (`new_ids` names its
    second part). Strips that drive other or more controls stay, and so do all below an added strip.
    """
    overlap = min(crossfade, strip.n_frames // 2) if isinstance(strip, Strip) else 0
    free_ids = (name for name in new_ids if name != strip.id)
    result: list[AnyStrip] = []
    for other in strips:
        if other.id == strip.id:
            continue
        if not _gives_way(other, strip):
            result.append(other)
            continue
        if other.start < strip.start:
            stop = min(other.stop, strip.start + overlap)
            result.append(_cut(other, other.start, stop, rate))
        if other.stop > strip.stop:
            start = max(other.start, strip.stop - overlap)
            rest = _cut(other, start, other.stop, rate)
            result.append(replace(rest, id=next(free_ids)) if other.start < strip.start else rest)
    return tuple(sorted([*result, strip], key=lambda s: (s.start, s.id)))


def _cut(strip: AnyStrip, start: int, stop: int, rate: Fraction) -> AnyStrip:
    """`trim`, and the fade of an end that is cut off decides by itself again."""
    cut = trim(strip, start, stop, rate)
    if isinstance(cut, Strip) and start > strip.start:
        cut = replace(cut, fade_in=None)
    if isinstance(cut, Strip) and stop < strip.stop:
        cut = replace(cut, fade_out=None)
    return cut


def _gives_way(other: AnyStrip, strip: AnyStrip) -> bool:
    if other.start >= strip.stop or other.stop <= strip.start:
        return False
    if isinstance(strip, Strip) and isinstance(other, Strip):
        is_replacing = strip.blend is Blend.REPLACE and other.blend is Blend.REPLACE
        return is_replacing and strip.drives_all_of(other)
    return True


def close_gap(
    strips: Iterable[AnyStrip], start: int, stop: int, rate: Fraction, new_ids: Iterator[str]
) -> tuple[AnyStrip, ...]:
    """A lane without the frames `start` ≤ f < `stop`; what follows moves to the left."""
    length = stop - start
    result: list[AnyStrip] = []
    for strip in strips:
        has_head, has_tail = strip.start < start, strip.stop > stop
        if has_head:
            result.append(trim(strip, strip.start, min(strip.stop, start), rate))
        if has_tail:
            tail = trim(strip, max(strip.start, stop), strip.stop, rate)
            tail = replace(tail, start=tail.start - length)
            result.append(replace(tail, id=next(new_ids)) if has_head else tail)
    return tuple(result)

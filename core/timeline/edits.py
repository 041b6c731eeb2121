"""Edits of tracks and strips: pure functions `(Document, …) -> Document`.

Strips of the audio track and of factor tracks are edited by the same functions, by id. An edit
of a locked track is refused with a `StudioError`; an id that does not exist is a `KeyError`.
Edits of curves are in `lane_edits`, of the project as a whole in `project_edits`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from core.base.controls import Factor
from core.base.errors import StudioError
from core.timeline.document import AudioTrack, Document, Track
from core.timeline.strip import (
    CROSSFADE,
    MAX_CROSSFADE_S,
    MAX_SPEED,
    MIN_SPEED,
    AnyStrip,
    AudioStrip,
    Strip,
    place,
    slip,
    split,
    trim,
    with_speed,
)

TITLES = {
    Factor.LIPS: "Lips",
    Factor.HEAD_POSE: "Head pose",
    Factor.EYES: "Eyes",
    Factor.EXPRESSION: "Expression",
}
"""What people read on the tracks."""


class _LaneEdit(Protocol):
    """Makes a new lane of strips from a lane and one strip on it."""

    def __call__(self, strips: tuple[AnyStrip, ...], strip: AnyStrip) -> tuple[AnyStrip, ...]: ...


def edit_track(document: Document, factor: Factor, change: Callable[[Track], Track]) -> Document:
    """Exchanges a track for `change(track)`.

    Raises:
        StudioError: it is locked.
    """
    track = document.track(factor)
    _check_unlocked(track.is_locked, TITLES[factor])
    return document.with_track(change(track))


def set_muted(document: Document, factor: Factor, value: bool) -> Document:
    """Mutes a track or lets it be seen again; works on locked tracks too."""
    return document.with_track(replace(document.track(factor), is_muted=value))


def set_solo(document: Document, factor: Factor, value: bool) -> Document:
    """Makes a track solo or not; works on locked tracks too."""
    return document.with_track(replace(document.track(factor), is_solo=value))


def set_locked(document: Document, factor: Factor, value: bool) -> Document:
    """Locks or unlocks a track."""
    return document.with_track(replace(document.track(factor), is_locked=value))


def edit_audio(document: Document, change: Callable[[AudioTrack], AudioTrack]) -> Document:
    """Exchanges the audio track for `change(track)`.

    Raises:
        StudioError: it is locked, before and after.
    """
    audio = change(document.audio)
    _check_unlocked(document.audio.is_locked and audio.is_locked, "Audio")
    return replace(document, audio=audio)


def add_strip(
    document: Document, factor: Factor, strip: Strip, crossfade: int = CROSSFADE
) -> Document:
    """Lays a strip on a track; those it covers give way (see `strip.place`)."""
    ids = document.new_ids("strip")
    return edit_track(
        document,
        factor,
        lambda t: replace(t, strips=place(t.strips, strip, document.rate, ids, crossfade)),
    )


def add_audio_strip(document: Document, strip: AudioStrip) -> Document:
    """Lays a strip on the audio track; those it covers give way."""
    ids = document.new_ids("strip")
    return edit_audio(
        document, lambda a: replace(a, strips=place(a.strips, strip, document.rate, ids))
    )


def edit_strip(document: Document, strip_id: str, change: Callable[[Strip], Strip]) -> Document:
    """Exchanges a strip of a factor track for `change(strip)`, on the same frames."""
    found = document.find_strip(strip_id)
    if found is None:
        raise KeyError(strip_id)
    track, strip = found
    strips = tuple(change(strip) if s is strip else s for s in track.strips)
    return edit_track(document, track.factor, lambda t: replace(t, strips=strips))


def edit_audio_strip(
    document: Document, strip_id: str, change: Callable[[AudioStrip], AudioStrip]
) -> Document:
    """Exchanges a strip of the audio track for `change(strip)`, on the same frames."""
    if all(strip.id != strip_id for strip in document.audio.strips):
        raise KeyError(strip_id)
    strips = tuple(change(s) if s.id == strip_id else s for s in document.audio.strips)
    return edit_audio(document, lambda a: replace(a, strips=strips))


def move_strip(
    document: Document, strip_id: str, start: int, crossfade: int = CROSSFADE
) -> Document:
    """Moves a strip to `start` (not before 0); strips there give way."""
    ids = document.new_ids("strip")

    def move(strips: tuple[AnyStrip, ...], strip: AnyStrip) -> tuple[AnyStrip, ...]:
        moved = replace(strip, start=max(start, 0))
        return place(strips, moved, document.rate, ids, crossfade)

    return _edit_lane(document, strip_id, move)


def trim_strip(document: Document, strip_id: str, start: int, stop: int) -> Document:
    """Moves the ends of a strip, its motion staying where it is on the timeline.

    An end drawn over a neighbour makes a crossfade of up to 2 s; farther, the neighbour gives
    way.
    """
    ids = document.new_ids("strip")
    longest = round(MAX_CROSSFADE_S * document.rate)

    def change(strips: tuple[AnyStrip, ...], strip: AnyStrip) -> tuple[AnyStrip, ...]:
        trimmed = trim(strip, max(start, 0), max(stop, 1), document.rate)
        return place(strips, trimmed, document.rate, ids, longest)

    return _edit_lane(document, strip_id, change)


def slip_strip(document: Document, strip_id: str, seconds: float) -> Document:
    """Shows the source `seconds` later within the same frames."""
    return _edit_lane(
        document,
        strip_id,
        lambda strips, strip: tuple(slip(s, seconds) if s is strip else s for s in strips),
    )


def split_strip(document: Document, strip_id: str, frame: int) -> Document:
    """Cuts a strip in two at `frame`; outside the strip nothing changes."""
    new_id = next(document.new_ids("strip"))

    def cut(strips: tuple[AnyStrip, ...], strip: AnyStrip) -> tuple[AnyStrip, ...]:
        if not strip.start < frame < strip.stop:
            return strips
        parts = split(strip, frame, new_id, document.rate)
        return tuple(part for s in strips for part in (parts if s is strip else (s,)))

    return _edit_lane(document, strip_id, cut)


def set_speed(document: Document, strip_id: str, speed: float) -> Document:
    """Sets a strip's speed, 0.25..4; it covers the same stretch of its source as before."""
    found = document.find_strip(strip_id)
    if found is None:
        raise KeyError(strip_id)
    track, strip = found
    changed = with_speed(strip, speed)
    return add_strip(document, track.factor, changed)


def fit_strip(document: Document, strip_id: str, start: int, stop: int) -> Document:
    """Lays a strip over `start`..`stop` and lets its stretch of the source run through there.

    Where that would need a speed beyond 0.25..4, the strip shows less or more of its source.
    """
    found = document.find_strip(strip_id)
    if found is None:
        raise KeyError(strip_id)
    track, strip = found
    n_frames = max(stop - start, 1)
    speed = min(max(strip.n_frames * strip.speed / n_frames, MIN_SPEED), MAX_SPEED)
    fitted = replace(strip, start=max(start, 0), n_frames=n_frames, speed=speed)
    return add_strip(document, track.factor, fitted)


def set_crossfade(document: Document, strip_id: str, n_frames: int) -> Document:
    """Lets a strip come in over `n_frames` (0 to 2 s).

    With a strip of the same controls right before it, that one is made to reach so far under it.
    """
    found = document.find_strip(strip_id)
    if found is None:
        raise KeyError(strip_id)
    track, strip = found
    longest = min(round(MAX_CROSSFADE_S * document.rate), strip.n_frames)
    fade = min(max(n_frames, 0), longest)
    before = [
        other
        for other in track.strips
        if other.start < strip.start <= other.stop
        and other.blend is strip.blend
        and set(other.controls) == set(strip.controls)
    ]
    if not before:
        return edit_strip(document, strip_id, lambda s: replace(s, fade_in=fade))
    last = max(before, key=lambda other: other.stop)
    reached = trim(last, last.start, strip.start + fade, document.rate)
    document = edit_strip(document, last.id, lambda _: reached)
    return edit_strip(document, strip_id, lambda s: replace(s, fade_in=fade))


def delete_strip(document: Document, strip_id: str) -> Document:
    """Removes a strip and leaves its place empty."""
    return _edit_lane(
        document, strip_id, lambda strips, strip: tuple(s for s in strips if s is not strip)
    )


def ripple_delete_strip(document: Document, strip_id: str) -> Document:
    """Removes a strip and moves what starts after it on its lane to the left by its length."""

    def close(strips: tuple[AnyStrip, ...], strip: AnyStrip) -> tuple[AnyStrip, ...]:
        return tuple(
            replace(s, start=s.start - strip.n_frames) if s.start >= strip.stop else s
            for s in strips
            if s is not strip
        )

    return _edit_lane(document, strip_id, close)


def duplicate_strip(document: Document, strip_id: str) -> Document:
    """Lays a copy of a strip right after it; strips there give way."""
    ids = document.new_ids("strip")

    def copy(strips: tuple[AnyStrip, ...], strip: AnyStrip) -> tuple[AnyStrip, ...]:
        twin = replace(strip, id=next(ids), start=strip.stop)
        return place(strips, twin, document.rate, ids, 0)

    return _edit_lane(document, strip_id, copy)


def _edit_lane(document: Document, strip_id: str, change: _LaneEdit) -> Document:
    """Applies `change` to whichever lane the strip lies on."""
    sound = next((s for s in document.audio.strips if s.id == strip_id), None)
    if sound is not None:
        heard = change(document.audio.strips, sound)
        return edit_audio(document, lambda a: replace(a, strips=heard))
    found = document.find_strip(strip_id)
    if found is None:
        raise KeyError(strip_id)
    track, seen = found
    strips = change(track.strips, seen)
    return edit_track(document, track.factor, lambda t: replace(t, strips=strips))


def _check_unlocked(is_locked: bool, title: str) -> None:
    if is_locked:
        raise StudioError(f"The {title} track is locked: unlock it to change it.")

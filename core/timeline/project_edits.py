"""Edits of the project as a whole: sources, avatar, markers, range, length and rate.

Pure functions `(Document, …) -> Document`.
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from core.timeline.curve import Curve
from core.timeline.document import AvatarSettings, Document, Marker, Track
from core.timeline.keying import ripple_delete, scale_keys
from core.timeline.source import GeneratorParams, Source, VoiceParams
from core.timeline.strip import AnyStrip, close_gap


def add_source(document: Document, source: Source) -> Document:
    """Puts a source into the library, in the place of the one with its id if there is one."""
    if document.source(source.id) is None:
        return replace(document, sources=(*document.sources, source))
    sources = tuple(source if s.id == source.id else s for s in document.sources)
    return replace(document, sources=sources)


def remove_source(document: Document, source_id: str) -> Document:
    """Takes a source out of the library, with the voices and strips that live on it."""
    gone = {source_id} | {
        s.id
        for s in document.sources
        if isinstance(s.params, VoiceParams) and s.params.audio_id == source_id
    }
    if document.avatar.source_id in gone:
        document = replace(document, avatar=replace(document.avatar, source_id=""))
    return replace(
        document,
        sources=tuple(_without(s, source_id) for s in document.sources if s.id not in gone),
        audio=replace(
            document.audio,
            strips=tuple(s for s in document.audio.strips if s.source_id not in gone),
        ),
        tracks=tuple(
            replace(t, strips=tuple(s for s in t.strips if s.source_id not in gone))
            for t in document.tracks
        ),
    )


def set_avatar(document: Document, avatar: AvatarSettings) -> Document:
    """Chooses who is animated, by which engine, in which picture."""
    return replace(document, avatar=avatar)


def set_engine(document: Document, name: str) -> Document:
    """Chooses what draws the frames; the switches of the engine before it are gone."""
    return set_avatar(document, replace(document.avatar, engine=name, switched_off=()))


def set_marker(document: Document, marker: Marker) -> Document:
    """Adds a marker, or puts it in the place of the one on its frame."""
    others = (m for m in document.markers if m.frame != marker.frame)
    return replace(document, markers=tuple(sorted([*others, marker], key=lambda m: m.frame)))


def remove_marker(document: Document, frame: int) -> Document:
    """Removes the marker on `frame`, if there is one."""
    return replace(document, markers=tuple(m for m in document.markers if m.frame != frame))


def set_range(document: Document, in_frame: int | None, out_frame: int | None) -> Document:
    """Sets the working range `in_frame` ≤ f < `out_frame`; None is the start or the end.

    An in-point at or behind the out-point drops the other one.
    """
    if in_frame is not None and out_frame is not None and in_frame >= out_frame:
        moved_in = in_frame != document.in_frame
        in_frame, out_frame = (in_frame, None) if moved_in else (None, out_frame)
    return replace(document, in_frame=in_frame, out_frame=out_frame)


def set_length(document: Document, n_frames: int) -> Document:
    """Sets the length in frames, at least 1; strips may reach beyond it."""
    return replace(document, n_frames=max(1, n_frames))


def fit_length(document: Document) -> Document:
    """Makes the document as long as its last strip; without strips it stays as it is."""
    stops = [strip.stop for strip in document.audio.strips]
    stops += [strip.stop for track in document.tracks for strip in track.strips]
    return set_length(document, max(stops)) if stops else document


def cut_time(document: Document, start: int, stop: int) -> Document:
    """Removes the frames `start` ≤ f < `stop` from every track and closes the gap.

    At least one frame is left. Locked tracks are cut as well, or they would fall out of step.
    """
    length = min(stop - start, document.n_frames - 1)
    if length <= 0:
        return document
    end = start + length
    ids = document.new_ids("strip")

    def moved(frame: int | None) -> int | None:
        return frame if frame is None or frame <= start else max(start, frame - length)

    def cut(track: Track) -> Track:
        return replace(
            _map_curves(track, lambda curve: ripple_delete(curve, start, end)),
            strips=close_gap(track.strips, start, end, document.rate, ids),
        )

    markers = (m for m in document.markers if not start <= m.frame < end)
    return replace(
        document,
        n_frames=document.n_frames - length,
        audio=replace(
            document.audio,
            strips=close_gap(document.audio.strips, start, end, document.rate, ids),
        ),
        tracks=tuple(cut(track) for track in document.tracks),
        markers=tuple(replace(m, frame=moved(m.frame) or 0) for m in markers),
        in_frame=moved(document.in_frame),
        out_frame=moved(document.out_frame),
    )


def set_rate(document: Document, rate: Fraction) -> Document:
    """Gives the document another frame rate; everything stays at its second.

    Strips, markers and the range fall on the nearest frame, keys stay between frames.
    """
    ratio = rate / document.rate

    def frame(old: int | None) -> int | None:
        return None if old is None else round(old * ratio)

    def strip(old: AnyStrip) -> AnyStrip:
        start = round(old.start * ratio)
        return replace(old, start=start, n_frames=max(1, round(old.stop * ratio) - start))

    def curve(old: Curve) -> Curve:
        return scale_keys(old, range(len(old)), (0.0, 0.0), time=float(ratio))

    def track(old: Track) -> Track:
        strips = tuple(
            replace(
                strip(s),
                fade_in=frame(s.fade_in),
                fade_out=frame(s.fade_out),
            )
            for s in old.strips
        )
        return replace(_map_curves(old, curve), strips=strips)

    return replace(
        document,
        rate=rate,
        n_frames=max(1, round(document.n_frames * ratio)),
        audio=replace(document.audio, strips=tuple(strip(s) for s in document.audio.strips)),
        tracks=tuple(track(t) for t in document.tracks),
        markers=tuple(replace(m, frame=round(m.frame * ratio)) for m in document.markers),
        in_frame=frame(document.in_frame),
        out_frame=frame(document.out_frame),
    )


def _map_curves(track: Track, change: Callable[[Curve], Curve]) -> Track:
    return replace(
        track,
        offsets=tuple(replace(o, curve=change(o.curve)) for o in track.offsets),
        influence=change(track.influence),
    )


def _without(source: Source, audio_id: str) -> Source:
    """The source, no longer listening to a sound that goes; a head can nod without it."""
    params = source.params
    if isinstance(params, GeneratorParams) and params.audio_id == audio_id:
        return replace(source, params=replace(params, audio_id=""))
    return source

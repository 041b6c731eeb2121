"""OpenTimelineIO files (`.otio`) by a small writer of our own: placement, markers, our curves.

Follows the OTIO 0.17 schemas (otio.readthedocs.io, “Serialized data”): Timeline.1, Stack.1,
Track.1, Clip.2, Gap.1, ExternalReference.1, GeneratorReference.1, LinearTimeWarp.1 and Marker.2.
The finished film is the top picture track; the strips of the factors lie below it, disabled, since
they drive the film and are not seen in it. What only this program knows stands under
`metadata["avatar_studio"]`.
"""

import json
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from core.base.controls import Factor
from core.base.time import FrameRange
from core.export.curves_json import curves_of
from core.session.files import write_text
from core.session.media import media_path
from core.timeline.document import Document, Marker
from core.timeline.source import GeneratorParams, PresetParams, Source
from core.timeline.strip import AudioStrip, Strip

APP: Final = "avatar_studio"
"""Key of our own data in every object's metadata."""

Json = dict[str, Any]
_AnyStrip = Strip | AudioStrip
_MARKER_COLOR: Final = "PURPLE"
_TITLES: Final = {
    Factor.LIPS: "Lips",
    Factor.HEAD_POSE: "Head pose",
    Factor.EYES: "Eyes",
    Factor.EXPRESSION: "Expression",
}


def write_otio(
    path: Path, document: Document, folder: Path, film: Path | None, frames: FrameRange
) -> None:
    """Writes the document's whole timeline.

    Args:
        path: The .otio file.
        document: What to write.
        folder: The session folder that relative paths start from.
        film: The exported film; None when there is none.
        frames: Document frames that the film shows.

    Raises:
        SessionError: the file cannot be written.
    """
    timeline = otio_timeline(document, folder, film, frames, path.stem)
    write_text(path, json.dumps(timeline, indent=2, ensure_ascii=False) + "\n")


def otio_timeline(
    document: Document, folder: Path, film: Path | None, frames: FrameRange, name: str
) -> Json:
    """The timeline as plain data."""
    writer = _Writer(document, folder)
    tracks: list[Json] = []
    for track in document.tracks:
        for lane in _lanes(track.strips):
            title = _TITLES[track.factor]
            tracks.append(writer.track(title, "Video", lane, factor=str(track.factor)))
    if film is not None:
        tracks.append(writer.film_track(film, frames))
    tracks += [writer.track("Audio", "Audio", lane) for lane in _lanes(document.audio.strips)]
    own = {"curves": curves_of(document), "n_frames": document.n_frames, "seed": document.seed}
    return {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {APP: own},
        "name": name,
        "global_start_time": writer.time(0),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "metadata": {},
            "name": "tracks",
            "source_range": None,
            "effects": [],
            "markers": [writer.marker(marker) for marker in document.markers],
            "enabled": True,
            "children": tracks,
        },
    }


class _Writer:
    """Makes OTIO objects in the time of one document."""

    def __init__(self, document: Document, folder: Path) -> None:
        self._document = document
        self._folder = folder
        self._rate = float(document.rate)

    def time(self, frame: float) -> Json:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": self._rate, "value": float(frame)}

    def span(self, start: float, n_frames: float) -> Json:
        return {
            "OTIO_SCHEMA": "TimeRange.1",
            "start_time": self.time(start),
            "duration": self.time(n_frames),
        }

    def marker(self, marker: Marker) -> Json:
        return {
            "OTIO_SCHEMA": "Marker.2",
            "metadata": {APP: {"color": marker.color}},
            "name": marker.name,
            "color": _MARKER_COLOR,
            "marked_range": self.span(marker.frame, 0),
        }

    def track(
        self, name: str, kind: str, strips: Sequence[_AnyStrip], factor: str | None = None
    ) -> Json:
        children: list[Json] = []
        end = 0
        for strip in strips:
            if strip.start > end:
                children.append(self._gap(strip.start - end))
            children.append(self._clip(strip))
            end = strip.stop
        metadata = {} if factor is None else {APP: {"factor": factor}}
        return _track(name, kind, children, is_enabled=factor is None, metadata=metadata)

    def film_track(self, film: Path, frames: FrameRange) -> Json:
        children = [self._gap(frames.start)] if frames.start else []
        whole = self.span(0, len(frames))
        reference = _external(film, whole)
        children.append(_clip(film.stem, reference, whole, is_enabled=True))
        return _track(film.stem, "Video", children, is_enabled=True, metadata={})

    def _gap(self, n_frames: int) -> Json:
        return {
            "OTIO_SCHEMA": "Gap.1",
            "metadata": {},
            "name": "",
            "source_range": self.span(0, n_frames),
            "effects": [],
            "markers": [],
            "enabled": True,
        }

    def _clip(self, strip: _AnyStrip) -> Json:
        document = self._document
        source = document.source(strip.source_id)
        later_s = strip.offset_s if isinstance(strip, AudioStrip) else 0.0
        begin = (Fraction(strip.source_in) - Fraction(later_s)) * document.rate
        # a time warp does not change how long a clip lasts: the range counts frames that are seen
        span = self.span(float(begin), strip.n_frames)
        clip = _clip(
            strip.id if source is None else source.name,
            self._reference(source),
            span,
            is_enabled=not strip.is_muted,
        )
        if strip.speed != 1.0:
            clip["effects"] = [
                {
                    "OTIO_SCHEMA": "LinearTimeWarp.1",
                    "metadata": {},
                    "name": "",
                    "effect_name": "LinearTimeWarp",
                    "enabled": True,
                    "time_scalar": strip.speed,
                }
            ]
        clip["metadata"] = {APP: _own(strip)}
        return clip

    def _reference(self, source: Source | None) -> Json:
        if source is None:
            return _missing("")
        if source.media is not None:
            return _external(media_path(self._folder, source.media), None)
        params = source.params
        if isinstance(params, GeneratorParams):
            own: Json = {"seed": params.seed, "amount": params.amount}
            return _generator(source.name, str(params.generator), own)
        if isinstance(params, PresetParams):
            emotions = {e.name: e.intensity for e in params.emotions}
            return _generator(source.name, "emotion", {"emotions": emotions})
        return _missing(source.name)


def _lanes(strips: Iterable[_AnyStrip]) -> list[list[_AnyStrip]]:
    """Strips parted so that none overlap: an OTIO track plays one clip after the other."""
    lanes: list[list[_AnyStrip]] = []
    for strip in sorted(strips, key=lambda s: (s.start, s.id)):
        lane = next((lane for lane in lanes if lane[-1].stop <= strip.start), None)
        if lane is None:
            lanes.append([strip])
        else:
            lane.append(strip)
    return lanes


def _track(name: str, kind: str, children: list[Json], *, is_enabled: bool, metadata: Json) -> Json:
    return {
        "OTIO_SCHEMA": "Track.1",
        "metadata": metadata,
        "name": name,
        "source_range": None,
        "effects": [],
        "markers": [],
        "enabled": is_enabled,
        "kind": kind,
        "children": children,
    }


def _clip(name: str, reference: Json, span: Json, *, is_enabled: bool) -> Json:
    return {
        "OTIO_SCHEMA": "Clip.2",
        "metadata": {},
        "name": name,
        "source_range": span,
        "effects": [],
        "markers": [],
        "enabled": is_enabled,
        "media_references": {"DEFAULT_MEDIA": reference},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def _external(path: Path, available: Json | None) -> Json:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": path.name,
        "available_range": available,
        "available_image_bounds": None,
        "target_url": path.absolute().as_uri(),
    }


def _generator(name: str, kind: str, parameters: Json) -> Json:
    return {
        "OTIO_SCHEMA": "GeneratorReference.1",
        "metadata": {},
        "name": name,
        "available_range": None,
        "available_image_bounds": None,
        "generator_kind": kind,
        "parameters": parameters,
    }


def _missing(name: str) -> Json:
    return {
        "OTIO_SCHEMA": "MissingReference.1",
        "metadata": {},
        "name": name,
        "available_range": None,
        "available_image_bounds": None,
    }


def _own(strip: _AnyStrip) -> Json:
    if isinstance(strip, AudioStrip):
        return {"gain_db": strip.gain_db, "offset_s": strip.offset_s}
    return {
        "gain": strip.gain,
        "blend": str(strip.blend),
        "clip_end": str(strip.clip_end),
        "mirror": strip.mirror,
        "controls": list(strip.controls),
    }

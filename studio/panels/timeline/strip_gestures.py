"""Drags of strips: move, trim either end, slip, and the two fades."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF

from core.timeline.document import Document
from core.timeline.edits import edit_strip, move_strip, set_crossfade, slip_strip, trim_strip
from core.timeline.strip import MAX_CROSSFADE_S, AudioStrip, Strip
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import Gesture, Modifiers
from studio.panels.timeline.snapping import snap, snap_targets
from studio.widgets.timeline_timecode import timecode

AnyStrip = Strip | AudioStrip


def strips_of(document: Document) -> dict[str, AnyStrip]:
    """Every strip of the document by id."""
    strips: dict[str, AnyStrip] = {strip.id: strip for strip in document.audio.strips}
    for track in document.tracks:
        strips |= {strip.id: strip for strip in track.strips}
    return strips


class StripGesture(Gesture):
    """A drag of strips in time.

    Args:
        desk: What it works on.
        start: Where it begins, px.
        label: Name of the step.
        strip_ids: The dragged strips; the one under the pointer first.
    """

    def __init__(self, desk: Desk, start: QPointF, label: str, strip_ids: Sequence[str]) -> None:
        super().__init__(desk, start, label)
        every = strips_of(self.base)
        self.strips = tuple(every[strip_id] for strip_id in strip_ids)
        self._targets = snap_targets(
            self.base, desk.playhead.frame, without_strips=frozenset(strip_ids)
        )

    def frames_to(self, point: QPointF, modifiers: Modifiers, moving: Sequence[float]) -> int:
        """Whole frames from the start to the pointer, so that one of `moving` snaps."""
        d_frame = (point.x() - self.start.x()) / self.desk.axis.px_per_frame
        self.snapped = None
        if self.is_snapping(modifiers):
            moved = [frame + d_frame for frame in moving]
            shift, self.snapped = snap(moved, self._targets, self.desk.axis.px_per_frame)
            d_frame += shift
        return round(d_frame)

    def tell(self, frame: int, d_frame: int) -> None:
        """Writes where something lies now, and how far it went."""
        self.text = f"{timecode(frame, self.base.rate)}  ({d_frame:+d})"


class MoveStrips(StripGesture):
    """Moves the selected strips together."""

    def __init__(self, desk: Desk, start: QPointF, strip_ids: Sequence[str]) -> None:
        label = "Move strips" if len(strip_ids) > 1 else "Move strip"
        super().__init__(desk, start, label, strip_ids)

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Moves them by whole frames; none begins before the document."""
        edges = [e for s in self.strips for e in (s.start, s.stop)]
        d_frame = self.frames_to(point, modifiers, edges)
        d_frame = max(d_frame, -min(strip.start for strip in self.strips))
        # the foremost first, so that they do not cut each other on the way
        order = sorted(self.strips, key=lambda s: s.start, reverse=d_frame > 0)

        def move(document: Document) -> Document:
            for strip in order:
                document = move_strip(document, strip.id, strip.start + d_frame)
            return document

        self.show(move)
        self.tell(self.strips[0].start + d_frame, d_frame)


class TrimStrip(StripGesture):
    """Moves one end of a strip; its motion stays where it is."""

    def __init__(self, desk: Desk, start: QPointF, strip_id: str, *, is_start: bool) -> None:
        super().__init__(desk, start, "Trim strip", (strip_id,))
        self._is_start = is_start

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Moves the end; at least one frame is left."""
        strip = self.strips[0]
        edge = strip.start if self._is_start else strip.stop
        d_frame = self.frames_to(point, modifiers, (edge,))
        start, stop = strip.start, strip.stop
        if self._is_start:
            start = min(max(strip.start + d_frame, 0), strip.stop - 1)
        else:
            stop = max(strip.stop + d_frame, strip.start + 1)
        self.show(lambda d: trim_strip(d, strip.id, start, stop))
        self.tell(start if self._is_start else stop, d_frame)


class SlipStrip(StripGesture):
    """Shows another stretch of the source within the same frames."""

    def __init__(self, desk: Desk, start: QPointF, strip_id: str) -> None:
        super().__init__(desk, start, "Slip strip", (strip_id,))

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Pulls the source along with the pointer."""
        strip = self.strips[0]
        d_frame = round((point.x() - self.start.x()) / self.desk.axis.px_per_frame)
        seconds = -d_frame / float(self.base.rate) * strip.speed
        self.show(lambda d: slip_strip(d, strip.id, seconds))
        self.text = f"source {strip.source_in + seconds:+.2f} s"


class FadeStrip(StripGesture):
    """Sets over how many frames a strip comes or goes."""

    def __init__(
        self, desk: Desk, start: QPointF, strip_id: str, shown: int, *, is_in: bool
    ) -> None:
        super().__init__(desk, start, "Fade", (strip_id,))
        self._shown = shown
        self._is_in = is_in

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Lets the fade end at the pointer: 0 to 2 s, not longer than the strip."""
        strip = self.strips[0]
        d_frame = round((point.x() - self.start.x()) / self.desk.axis.px_per_frame)
        longest = min(round(MAX_CROSSFADE_S * self.base.rate), strip.n_frames)
        fade = min(max(self._shown + (d_frame if self._is_in else -d_frame), 0), longest)
        if self._is_in:
            self.show(lambda d: set_crossfade(d, strip.id, fade))
        else:
            self.show(lambda d: edit_strip(d, strip.id, lambda s: replace(s, fade_out=fade)))
        self.text = f"{fade} frames"

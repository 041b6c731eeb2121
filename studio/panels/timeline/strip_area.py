"""The strips of one track: geometry, hit tests, painting, and the gestures that begin on them."""

from enum import StrEnum
from itertools import combinations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from core.base.controls import CONTROLS, Factor
from core.base.time import FrameRange
from core.timeline.document import Document
from core.timeline.strip import CROSSFADE, AudioStrip, Blend, Strip
from studio.controller.clip_gaps import gaps_text, known_gaps
from studio.controller.selection import AUDIO, Mode
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import BoxSelect, Gesture, Modifiers
from studio.panels.timeline.strip_gestures import FadeStrip, MoveStrips, SlipStrip, TrimStrip
from studio.widgets.theme import colors
from studio.widgets.timeline_colors import Shades, faded, mix, track_color

AnyStrip = Strip | AudioStrip
_EDGE_PX = 6.0
_FADE_PX = 5.0
_RADIUS = 4.0
_TEXT_PX = 20.0
_KINDS = {
    "clip": "Clip",
    "take": "Take",
    "livelink": "Live Link",
    "voice": "Voice",
    "generator": "Generated",
    "preset": "Preset",
    "audio": "Sound",
}


_HINTS = {
    AUDIO: "Drop a recording here",
    Factor.LIPS: "Drop a clip: only its lips are taken · Ctrl+G speaks the sound",
    Factor.HEAD_POSE: "Drop a clip: only its head pose is taken",
    Factor.EYES: "Drop a clip: only its eyes are taken",
    Factor.EXPRESSION: "Drop a clip or an emotion: only its expression is taken",
}


class Part(StrEnum):
    """What of a strip is under the pointer."""

    BODY = "body"
    START = "start"
    STOP = "stop"
    FADE_IN = "fade in"
    FADE_OUT = "fade out"


_CURSORS = {
    Part.BODY: Qt.CursorShape.OpenHandCursor,
    Part.START: Qt.CursorShape.SizeHorCursor,
    Part.STOP: Qt.CursorShape.SizeHorCursor,
    Part.FADE_IN: Qt.CursorShape.PointingHandCursor,
    Part.FADE_OUT: Qt.CursorShape.PointingHandCursor,
}


class StripArea:
    """The strips of one track within `rect` of its body. Knows no widget.

    Args:
        desk: What it works on.
        track: `AUDIO` or a factor.
    """

    def __init__(self, desk: Desk, track: str) -> None:
        self.desk = desk
        self.track = track
        self.rect = QRectF()

    @property
    def strips(self) -> tuple[AnyStrip, ...]:
        """The strips as they are now, those that lie above others last."""
        document = self.desk.project.document
        if self.track == AUDIO:
            return document.audio.strips
        every = document.track(Factor(self.track)).strips
        n_all = len(CONTROLS)
        return tuple(
            sorted(every, key=lambda s: (s.blend is Blend.ADD, -(len(s.controls) or n_all)))
        )

    def strip_rect(self, strip: AnyStrip) -> QRectF:
        """Where a strip is drawn."""
        axis = self.desk.axis
        left = axis.to_x(strip.start)
        width = max(strip.n_frames * axis.px_per_frame, 2.0)
        layers = self._layers()
        height = (self.rect.height() - 4) / len(layers)
        top = self.rect.top() + 2 + height * layers.index(_layer(strip, len(layers)))
        return QRectF(left, top, width, height - (1 if len(layers) > 1 else 0))

    def _layers(self) -> list[tuple[str, ...]]:
        """The sets of controls that lie one below the other because they play at once."""
        strips = [s for s in self.strips if isinstance(s, Strip)]
        overlaps = any(
            a.controls != b.controls and a.start < b.stop and b.start < a.stop
            for a, b in combinations(strips, 2)
        )
        return sorted({s.controls for s in strips}) if overlaps else [()]

    def signature(self) -> tuple[object, ...]:
        """What the strips look like."""
        document = self.desk.project.document
        selected = self.desk.selection.strips
        mine = tuple(self.strips)
        return (frozenset(s.id for s in mine if s.id in selected), document.sources, *mine)

    def strip_at(self, point: QPointF) -> tuple[AnyStrip, Part] | None:
        """The topmost strip under the pointer, and which part of it."""
        if not self.rect.contains(point):
            return None
        for strip in reversed(self.strips):
            rect = self.strip_rect(strip)
            if not rect.adjusted(-2, 0, 2, 0).contains(point):
                continue
            return strip, self._part_at(strip, rect, point)
        return None

    def fades(self, strip: AnyStrip) -> tuple[int, int]:
        """Frames over which a strip comes and goes, as drawn."""
        if isinstance(strip, AudioStrip):
            return 0, 0
        usual = min(CROSSFADE, strip.n_frames // 2) if strip.start > 0 else 0
        before = [
            o.stop - strip.start
            for o in self.strips
            if o.id != strip.id and o.start < strip.start < o.stop
        ]
        automatic = max(before, default=usual)
        fade_in = automatic if strip.fade_in is None else strip.fade_in
        return min(fade_in, strip.n_frames), min(strip.fade_out or 0, strip.n_frames)

    def _part_at(self, strip: AnyStrip, rect: QRectF, point: QPointF) -> Part:
        is_selected = strip.id in self.desk.selection.strips
        if is_selected and isinstance(strip, Strip) and point.y() < rect.top() + 9:
            fade_in, fade_out = self.fades(strip)
            px = self.desk.axis.px_per_frame
            if abs(point.x() - (rect.left() + max(fade_in * px, 4))) <= _FADE_PX:
                return Part.FADE_IN
            if abs(point.x() - (rect.right() - max(fade_out * px, 4))) <= _FADE_PX:
                return Part.FADE_OUT
        edge = min(_EDGE_PX, rect.width() / 4.0)
        if point.x() <= rect.left() + edge:
            return Part.START
        return Part.STOP if point.x() >= rect.right() - edge else Part.BODY

    # --- gestures ------------------------------------------------------------------------------

    def press(self, point: QPointF, modifiers: Modifiers) -> Gesture | None:
        """Begins what a press of the left button means here."""
        selection = self.desk.selection
        hit = self.strip_at(point)
        if hit is None:
            return BoxSelect(self.desk, point, modifiers, self.select_box)
        strip, part = hit
        is_adding = bool(modifiers & Modifiers.ShiftModifier)
        if modifiers & Modifiers.ControlModifier:
            selection.select_strips((strip.id,), Mode.TOGGLE)
            return None
        if strip.id not in selection.strips:
            selection.select_strips((strip.id,), Mode.ADD if is_adding else Mode.REPLACE)
        if modifiers & Modifiers.AltModifier:
            return SlipStrip(self.desk, point, strip.id)
        if part in (Part.START, Part.STOP):
            return TrimStrip(self.desk, point, strip.id, is_start=part is Part.START)
        if part in (Part.FADE_IN, Part.FADE_OUT):
            is_in = part is Part.FADE_IN
            shown = self.fades(strip)[0 if is_in else 1]
            return FadeStrip(self.desk, point, strip.id, shown, is_in=is_in)
        others = sorted(selection.strips - {strip.id})
        return MoveStrips(self.desk, point, (strip.id, *others))

    def select_box(self, box: QRectF, modifiers: Modifiers) -> None:
        """Selects the strips that a box touches: Shift adds, Ctrl takes away."""
        touched = [s.id for s in self.strips if self.strip_rect(s).intersects(box)]
        mode = Mode.REPLACE
        if modifiers & Modifiers.ShiftModifier:
            mode = Mode.ADD
        elif modifiers & Modifiers.ControlModifier:
            mode = Mode.REMOVE
        self.desk.selection.select_strips(touched, mode)

    def cursor_at(self, point: QPointF) -> Qt.CursorShape:
        """The pointer's shape over the strips."""
        hit = self.strip_at(point)
        return Qt.CursorShape.ArrowCursor if hit is None else _CURSORS[hit[1]]

    def tooltip_at(self, point: QPointF) -> str:
        """What is under the pointer and what can be done with it; empty beside the strips."""
        hit = self.strip_at(point)
        return "" if hit is None else self.tooltip(*hit)

    def tooltip(self, strip: AnyStrip, part: Part) -> str:
        """What a strip is and what can be done with the part under the pointer."""
        hints = {
            Part.BODY: "Drag to move · Alt+drag to slip · Ctrl+K splits at the playhead",
            Part.START: "Drag to trim the start",
            Part.STOP: "Drag to trim the end",
            Part.FADE_IN: "Drag to set the fade in",
            Part.FADE_OUT: "Drag to set the fade out",
        }
        lines = [self._words(strip), hints[part]]
        if self._gaps(strip):
            lines.insert(1, "No face is seen in the hatched stretches: motion rests there.")
        return "\n".join(lines)

    def _gaps(self, strip: AnyStrip) -> tuple[FrameRange, ...]:
        """Frames without a face."""
        if isinstance(strip, AudioStrip):
            return ()
        document, bank = self.desk.project.document, self.desk.preview.bank
        return known_gaps(document, bank, Factor(self.track), strip)

    def _words(self, strip: AnyStrip) -> str:
        """The strip in words, its gaps included."""
        document = self.desk.project.document
        gaps = gaps_text(self._gaps(strip), document.rate)
        return f"{describe(document, strip)}{f'  ·  ⚠ {gaps}' if gaps else ''}"

    # --- painting ------------------------------------------------------------------------------

    def paint(self, painter: QPainter, shades: Shades) -> None:
        """Draws all strips that are seen."""
        width = self.desk.axis.width
        selected = self.desk.selection.strips
        for strip in self.strips:
            rect = self.strip_rect(strip)
            if rect.right() >= 0 and rect.left() <= width:
                self._paint_strip(painter, shades, strip, rect, strip.id in selected)
        if not self.strips:
            self._paint_hint(painter, shades)

    def _paint_hint(self, painter: QPainter, shades: Shades) -> None:
        """Says what an empty track is for."""
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(faded(shades.dim_text, 0.7))
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.rect.adjusted(10, 0, -10, 0), align, _HINTS[self.track])

    def _paint_strip(
        self,
        painter: QPainter,
        shades: Shades,
        strip: AnyStrip,
        rect: QRectF,
        is_selected: bool,
    ) -> None:
        color = track_color(self.track, shades.is_dark)
        alpha = 0.25 if strip.is_muted else 1.0
        fill = mix(shades.raised, color, 0.5 if is_selected else 0.34)
        shape = QPainterPath()
        shape.addRoundedRect(rect, _RADIUS, _RADIUS)
        painter.fillPath(shape, faded(fill, alpha))
        painter.save()
        painter.setClipPath(shape)
        stripe = 3 if rect.height() > 14 else 2
        painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), stripe), faded(color, alpha))
        self.paint_content(painter, strip, rect, shades)
        self._paint_fades(painter, strip, rect, shades)
        if isinstance(strip, Strip) and strip.blend is Blend.ADD:
            hatch = QBrush(faded(shades.text, 0.12), Qt.BrushStyle.BDiagPattern)
            painter.fillRect(rect, hatch)
        self._paint_gaps(painter, strip, rect)
        self._paint_text(painter, shades, strip, rect)
        painter.restore()
        edge = QColor(shades.text) if is_selected else faded(color, 0.9)
        painter.setPen(QPen(edge, 1.5 if is_selected else 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)
        if is_selected and isinstance(strip, Strip):
            self._paint_grips(painter, strip, rect, shades)

    def paint_content(
        self, painter: QPainter, strip: AnyStrip, rect: QRectF, shades: Shades
    ) -> None:
        """Draws what lies in a strip, clipped to it; nothing here."""

    def _paint_fades(
        self, painter: QPainter, strip: AnyStrip, rect: QRectF, shades: Shades
    ) -> None:
        px = self.desk.axis.px_per_frame
        fade_in, fade_out = self.fades(strip)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faded(shades.ground, 0.5))
        if fade_in:
            corner, end = rect.topLeft(), QPointF(rect.left() + fade_in * px, rect.top())
            painter.drawPolygon(QPolygonF([corner, end, rect.bottomLeft()]))
        if fade_out:
            corner, end = rect.topRight(), QPointF(rect.right() - fade_out * px, rect.top())
            painter.drawPolygon(QPolygonF([corner, end, rect.bottomRight()]))

    def _paint_gaps(self, painter: QPainter, strip: AnyStrip, rect: QRectF) -> None:
        """Hatches the stretches without a face in red."""
        bad = QColor(colors().bad)
        for gap in self._gaps(strip):
            left, right = self.desk.axis.to_x(gap.start), self.desk.axis.to_x(gap.stop)
            hole = QRectF(left, rect.top(), right - left, rect.height())
            painter.fillRect(hole, faded(bad, 0.22))
            painter.fillRect(hole, QBrush(bad, Qt.BrushStyle.FDiagPattern))
            painter.fillRect(QRectF(left, rect.bottom() - 3, right - left, 3), bad)

    def _paint_grips(self, painter: QPainter, strip: Strip, rect: QRectF, shades: Shades) -> None:
        px = self.desk.axis.px_per_frame
        fade_in, fade_out = self.fades(strip)
        painter.setBrush(shades.text)
        painter.setPen(QPen(shades.ground, 1.0))
        for x in (rect.left() + max(fade_in * px, 4), rect.right() - max(fade_out * px, 4)):
            painter.drawEllipse(QPointF(x, rect.top() + 3.0), 3.0, 3.0)

    def _paint_text(self, painter: QPainter, shades: Shades, strip: AnyStrip, rect: QRectF) -> None:
        left = max(rect.left(), 0.0) + 8
        height = min(rect.height() - 2, _TEXT_PX)
        space = QRectF(left, rect.top() + 1, rect.right() - left - 6, height)
        if space.width() < 18:
            return
        font = painter.font()
        font.setPixelSize(11 if rect.height() > 14 else 9)
        painter.setFont(font)
        painter.setPen(shades.dim_text if strip.is_muted else shades.text)
        text = self._words(strip)
        elided = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(space.width())
        )
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(space, align, elided)


def _layer(strip: AnyStrip, n_layers: int) -> tuple[str, ...]:
    return strip.controls if isinstance(strip, Strip) and n_layers > 1 else ()


def describe(document: Document, strip: AnyStrip) -> str:
    """A strip in words: its source, and what differs from the usual."""
    source = document.source(strip.source_id)
    name = "Missing source" if source is None else source.name
    kind = "" if source is None else _KINDS.get(source.kind, "")
    parts = [name] if kind.lower() in name.lower() else [f"{kind} · {name}"]
    if isinstance(strip, AudioStrip):
        parts += [f"{strip.gain_db:+.0f} dB"] if strip.gain_db else []
        parts += [f"{strip.offset_s * 1000:+.0f} ms"] if strip.offset_s else []
    else:
        parts += [f"{100 * strip.speed:.0f} %"] if strip.speed != 1.0 else []
        parts += [f"gain {100 * strip.gain:.0f} %"] if strip.gain != 1.0 else []
        parts += ["mirrored"] if strip.mirror else []
        parts += ["added"] if strip.blend is Blend.ADD else []
    parts += ["muted"] if strip.is_muted else []
    return "  ·  ".join(parts)

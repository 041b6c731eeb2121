"""The mouth shapes below a waveform: shown, their borders dragged, shapes changed, cut, removed.

An edit of any of them writes all of a sound's shapes into the document, and its lips follow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from core.speech import cues as edits
from core.speech.cues import REST_SHAPE, MouthCue
from core.timeline.cue_edits import edited_cues, set_cues
from core.timeline.source import AudioParams
from core.timeline.strip import AudioStrip, source_second
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import Gesture, Modifiers
from studio.panels.timeline.snapping import snap, snap_targets
from studio.widgets.timeline_colors import Shades, faded, track_color

SHAPE_NAMES: Final = {
    "A": "shut",
    "B": "teeth together",
    "C": "open",
    "D": "wide open",
    "E": "slightly rounded",
    "F": "puckered",
    "G": "lip at the teeth",
    "H": "tongue up",
    "X": "rest",
}
_BORDER_PX: Final = 4.0
_LABEL_PX: Final = 9.0


@dataclass(frozen=True, slots=True)
class CueHit:
    """What of the lane is under the pointer.

    Attributes:
        strip: The strip.
        index: Of the cue; of a border, of the cue that begins there.
        is_border: Whether it is the border before that cue.
        second: Of the sound.
    """

    strip: AudioStrip
    index: int
    is_border: bool
    second: float


class CueLane:
    """The mouth shapes of the audio strips. Knows no widget.

    Args:
        desk: What it works on.
        recognised: The cues that were recognised in a strip's sound, as far as they are known.
    """

    def __init__(
        self, desk: Desk, recognised: Callable[[AudioStrip], tuple[MouthCue, ...]]
    ) -> None:
        self.desk = desk
        self.selected: tuple[str, int] | None = None  # strip and index
        self._recognised = recognised

    # --- what it shows -------------------------------------------------------------------------

    def cues(self, strip: AudioStrip) -> tuple[MouthCue, ...]:
        """The shapes of a strip's sound: as edited, else as recognised."""
        return self._edited(strip) or self._recognised(strip)

    def is_edited(self, strip: AudioStrip) -> bool:
        """Whether a person changed them."""
        return bool(self._edited(strip))

    def x_of(self, strip: AudioStrip, second: float) -> float:
        """The x of a second of the sound, px."""
        rate = float(self.desk.project.document.rate)
        return self.desk.axis.to_x(strip.start + (second - strip.source_in + strip.offset_s) * rate)

    def second_at(self, strip: AudioStrip, x: float) -> float:
        """The second of the sound at x px."""
        frame = self.desk.axis.to_frame(x)
        return source_second(strip, frame, self.desk.project.document.rate) - strip.offset_s

    def hit(self, strip: AudioStrip, x: float) -> CueHit | None:
        """What of a strip's lane is at x px."""
        cues, second = self.cues(strip), self.second_at(strip, x)
        for i in range(1, len(cues)):
            if abs(self.x_of(strip, cues[i].start_s) - x) <= _BORDER_PX:
                return CueHit(strip, i, True, second)
        index = edits.cue_at(cues, second)
        return None if index is None else CueHit(strip, index, False, second)

    def text(self, hit: CueHit) -> str:
        """What is under the pointer, in words."""
        if hit.is_border:
            return "Drag to move the border between two mouth shapes"
        shape = self.cues(hit.strip)[hit.index].shape
        state = "edited" if self.is_edited(hit.strip) else "recognised"
        return (
            f"{shape} · {SHAPE_NAMES[shape]} ({state})\nRight-click to change, split or delete it"
        )

    def _edited(self, strip: AudioStrip) -> tuple[MouthCue, ...]:
        source = self.desk.project.document.source(strip.source_id)
        params = None if source is None else source.params
        return edited_cues(params) if isinstance(params, AudioParams) else ()

    # --- edits ---------------------------------------------------------------------------------

    def press(self, hit: CueHit, point: QPointF) -> Gesture | None:
        """Selects a shape, or begins to drag a border."""
        self.selected = hit.strip.id, hit.index
        if not hit.is_border:
            return None
        return DragBorder(self.desk, point, self, hit)

    def set_shape(self, hit: CueHit, shape: str) -> None:
        """Gives a cue another shape; one step."""
        self._change("Change mouth shape", hit, edits.set_shape(self._of(hit), hit.index, shape))

    def split(self, hit: CueHit) -> None:
        """Cuts a cue in two where the pointer was; one step."""
        self._change(
            "Split mouth shape", hit, edits.split_cue(self._of(hit), hit.index, hit.second)
        )

    def delete(self, hit: CueHit) -> None:
        """Removes a cue; its neighbour takes its time; one step."""
        self._change("Delete mouth shape", hit, edits.delete_cue(self._of(hit), hit.index))

    def replace(self, strip: AudioStrip, cues: Sequence[MouthCue]) -> None:
        """Gives a sound other mouth shapes, or the recognised ones again; one step."""
        label = "Mouth shapes" if cues else "Recognised mouth shapes"
        self.desk.project.edit(label, lambda d: set_cues(d, strip.source_id, cues))

    def _of(self, hit: CueHit) -> tuple[MouthCue, ...]:
        return self.cues(hit.strip)

    def _change(self, label: str, hit: CueHit, cues: tuple[MouthCue, ...]) -> None:
        self.desk.project.edit(label, lambda d: set_cues(d, hit.strip.source_id, cues))

    # --- painting ------------------------------------------------------------------------------

    def paint(self, painter: QPainter, shades: Shades, strip: AudioStrip, rect: QRectF) -> None:
        """Draws the shapes as blocks with their letter; rest is left empty."""
        painter.fillRect(rect, faded(shades.ground, 0.6))
        lips = track_color("lips", shades.is_dark)
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for i, cue in enumerate(self.cues(strip)):
            left, right = self.x_of(strip, cue.start_s), self.x_of(strip, cue.end_s)
            if right < 0 or left > self.desk.axis.width:
                continue
            block = QRectF(left, rect.top(), max(right - left - 1, 1), rect.height() - 1)
            if cue.shape != REST_SHAPE:
                painter.fillRect(block, faded(lips, 0.45 if cue.shape in "CDE" else 0.25))
                if block.width() >= _LABEL_PX:
                    painter.setPen(shades.text)
                    painter.drawText(block, Qt.AlignmentFlag.AlignCenter, cue.shape)
            if self.selected == (strip.id, i):
                painter.setPen(QPen(shades.text, 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(block.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.is_edited(strip):
            painter.fillRect(QRectF(rect.left(), rect.top() - 1, rect.width(), 1.5), lips)


class DragBorder(Gesture):
    """Moves the border between two mouth shapes; it snaps to the playhead, markers and edges."""

    def __init__(self, desk: Desk, start: QPointF, lane: CueLane, hit: CueHit) -> None:
        super().__init__(desk, start, "Move mouth shape")
        self._lane, self._hit = lane, hit
        self._cues = lane.cues(hit.strip)
        self._targets = snap_targets(self.base, desk.playhead.frame)

    def drag(self, point: QPointF, modifiers: Modifiers) -> None:
        """Lets the border follow the pointer between its neighbours."""
        axis, strip = self.desk.axis, self._hit.strip
        x = self._lane.x_of(strip, self._cues[self._hit.index].start_s)
        x += point.x() - self.start.x()
        self.snapped = None
        if self.is_snapping(modifiers):
            shift, self.snapped = snap((axis.to_frame(x),), self._targets, axis.px_per_frame)
            x += shift * axis.px_per_frame if self.snapped is not None else 0.0
        cues = edits.move_border(self._cues, self._hit.index, self._lane.second_at(strip, x))
        self.show(lambda d: set_cues(d, strip.source_id, cues))
        self.text = f"{cues[self._hit.index].start_s:.2f} s"

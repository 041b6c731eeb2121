"""The audio track: waveform and silence inside its strips, mouth shapes below them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from core.speech.cues import MouthCue
from core.timeline.strip import AudioStrip, source_second
from studio.controller.selection import AUDIO
from studio.panels.timeline.cue_lane import CueHit, CueLane
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.gesture import Gesture, Modifiers
from studio.panels.timeline.strip_area import AnyStrip, StripArea
from studio.services.waveform import PEAKS_PER_S, SoundPicture, Waveforms
from studio.widgets.timeline_colors import Shades, faded, mix, track_color

_CUES_FROM_PX = 60  # strips lower than this show no mouth shapes
_CUE_PX = 17.0


class SoundArea(StripArea):
    """The strips of the audio track.

    Args:
        desk: What it works on.
        waveforms: Gives the pictures of the sounds.
        path_of: Source id → its file, or None.
    """

    def __init__(
        self, desk: Desk, waveforms: Waveforms, path_of: Callable[[str], Path | None]
    ) -> None:
        super().__init__(desk, AUDIO)
        self._waveforms = waveforms
        self._path_of = path_of
        self.cues = CueLane(desk, self._recognised)

    def signature(self) -> tuple[object, ...]:
        """What the strips look like, their pictures included."""
        return (
            *super().signature(),
            (self.cues.selected,),
            *(self._picture(s) for s in self.strips),
        )

    def cue_at(self, point: QPointF) -> CueHit | None:
        """The mouth shape, or the border between two, under the pointer."""
        for strip in self.strips:
            rect = self._cue_rect(self.strip_rect(strip))
            if isinstance(strip, AudioStrip) and rect.contains(point):
                return self.cues.hit(strip, point.x())
        return None

    def press(self, point: QPointF, modifiers: Modifiers) -> Gesture | None:
        """Begins what a press of the left button means here."""
        hit = self.cue_at(point)
        if hit is not None:
            return self.cues.press(hit, point)
        self.cues.selected = None
        return super().press(point, modifiers)

    def cursor_at(self, point: QPointF) -> Qt.CursorShape:
        """The pointer's shape over the strips."""
        hit = self.cue_at(point)
        if hit is None:
            return super().cursor_at(point)
        return Qt.CursorShape.SizeHorCursor if hit.is_border else Qt.CursorShape.PointingHandCursor

    def tooltip_at(self, point: QPointF) -> str:
        """What is under the pointer and what can be done with it."""
        hit = self.cue_at(point)
        return super().tooltip_at(point) if hit is None else self.cues.text(hit)

    def duration_s(self, strip: AudioStrip) -> float:
        """Seconds of a strip's sound; 0 while unknown."""
        picture = self._picture(strip)
        return 0.0 if picture is None else picture.duration_s

    def _recognised(self, strip: AudioStrip) -> tuple[MouthCue, ...]:
        picture = self._picture(strip)
        return () if picture is None else picture.cues

    def _cue_rect(self, rect: QRectF) -> QRectF:
        """Where the mouth shapes of a strip lie; empty where it is too low."""
        if rect.height() < _CUES_FROM_PX:
            return QRectF()
        return QRectF(rect.left(), rect.bottom() - _CUE_PX, rect.width(), _CUE_PX - 1)

    def _picture(self, strip: AnyStrip) -> SoundPicture | None:
        path = self._path_of(strip.source_id)
        return None if path is None else self._waveforms.picture(path)

    def paint_content(
        self, painter: QPainter, strip: AnyStrip, rect: QRectF, shades: Shades
    ) -> None:
        """Draws waveform, silence and mouth shapes."""
        picture = self._picture(strip)
        if picture is None or not isinstance(strip, AudioStrip) or len(picture.low) == 0:
            return
        wave = QRectF(rect).adjusted(0, 4, 0, -2)
        if rect.height() >= _CUES_FROM_PX:
            wave.adjust(0, 12, 0, -_CUE_PX)
            self.cues.paint(painter, shades, strip, self._cue_rect(rect))
        self._paint_silence(painter, strip, picture, wave, shades)
        self._paint_wave(painter, strip, picture, wave, shades)

    def _paint_wave(
        self,
        painter: QPainter,
        strip: AudioStrip,
        picture: SoundPicture,
        rect: QRectF,
        shades: Shades,
    ) -> None:
        """One upright line per px: the least and the largest sample in it."""
        axis, rate = self.desk.axis, self.desk.project.document.rate
        left, right = max(rect.left(), 0.0), min(rect.right(), float(axis.width))
        x = np.arange(np.floor(left), np.ceil(right))
        if len(x) == 0:
            return
        frames = axis.first + np.append(x, x[-1] + 1.0) / axis.px_per_frame
        first = source_second(strip, 0.0, rate) - strip.offset_s
        ticks = (first + frames / float(rate) * strip.speed) * PEAKS_PER_S
        at = np.clip(ticks.astype(np.int64), 0, len(picture.low) - 1)
        starts = at[:-1]
        high = np.maximum(np.maximum.reduceat(picture.high, starts), picture.high[at[1:]])
        low = np.minimum(np.minimum.reduceat(picture.low, starts), picture.low[at[1:]])
        is_inside = (ticks[:-1] >= 0) & (ticks[:-1] < len(picture.low))
        gain = 10.0 ** (strip.gain_db / 20.0) * is_inside
        half = rect.height() / 2.0
        middle = rect.center().y()
        top = middle - np.clip(high * gain, -1, 1) * half
        bottom = np.maximum(middle - np.clip(low * gain, -1, 1) * half, top + 1.0)
        y = np.stack([top, bottom], axis=1).ravel()
        color = track_color(self.track, shades.is_dark)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(mix(color, shades.text, 0.35), 1.0))
        painter.drawPath(arrayToQPath(np.repeat(x, 2), y, connect="pairs"))
        painter.restore()

    def _paint_silence(
        self,
        painter: QPainter,
        strip: AudioStrip,
        picture: SoundPicture,
        rect: QRectF,
        shades: Shades,
    ) -> None:
        edges = np.flatnonzero(np.diff(np.r_[False, picture.silent, False].astype(np.int8)))
        for first, stop in edges.reshape(-1, 2).tolist():
            left = self.cues.x_of(strip, first / PEAKS_PER_S)
            right = self.cues.x_of(strip, stop / PEAKS_PER_S)
            painter.fillRect(
                QRectF(left, rect.top(), right - left, rect.height()), faded(shades.ground, 0.55)
            )

"""The audio track: waveform and silence inside its strips, mouth shapes below them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from core.timeline.strip import AudioStrip, source_second
from studio.controller.selection import AUDIO
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.strip_area import AnyStrip, StripArea
from studio.services.waveform import PEAKS_PER_S, SoundPicture, Waveforms
from studio.widgets.timeline_colors import Shades, faded, mix, track_color

_CUES_FROM_PX = 60  # strips lower than this show no mouth shapes
_CUE_PX = 17.0
_LABEL_PX = 9.0
_SHAPES = {
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

    def signature(self) -> tuple[object, ...]:
        """What the strips look like, their pictures included."""
        return (*super().signature(), *(self._picture(s) for s in self.strips))

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
            below = QRectF(rect.left(), wave.bottom() + 2, rect.width(), _CUE_PX - 1)
            self._paint_cues(painter, strip, picture, below, shades)
        self._paint_silence(painter, strip, picture, wave, shades)
        self._paint_wave(painter, strip, picture, wave, shades)

    def _x_of(self, strip: AudioStrip, seconds: float) -> float:
        """The x of a second of the sound, px."""
        rate = float(self.desk.project.document.rate)
        return self.desk.axis.to_x(
            strip.start + (seconds - strip.source_in + strip.offset_s) * rate
        )

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
            left = self._x_of(strip, first / PEAKS_PER_S)
            right = self._x_of(strip, stop / PEAKS_PER_S)
            painter.fillRect(
                QRectF(left, rect.top(), right - left, rect.height()), faded(shades.ground, 0.55)
            )

    def _paint_cues(
        self,
        painter: QPainter,
        strip: AudioStrip,
        picture: SoundPicture,
        rect: QRectF,
        shades: Shades,
    ) -> None:
        """Mouth shapes as blocks with their letter; rest is left empty."""
        painter.fillRect(rect, faded(shades.ground, 0.6))
        lips = track_color("lips", shades.is_dark)
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        for cue in picture.cues:
            left, right = self._x_of(strip, cue.start_s), self._x_of(strip, cue.end_s)
            if cue.shape == "X" or right < 0 or left > self.desk.axis.width:
                continue
            block = QRectF(left, rect.top(), max(right - left - 1, 1), rect.height() - 1)
            painter.fillRect(block, faded(lips, 0.45 if cue.shape in "CDE" else 0.25))
            if block.width() >= _LABEL_PX:
                painter.setPen(shades.text)
                painter.drawText(block, Qt.AlignmentFlag.AlignCenter, cue.shape)

    def cue_text(self, strip: AudioStrip, x: float) -> str:
        """The mouth shape and the phone at x px, in words; empty where it is unknown."""
        picture = self._picture(strip)
        if picture is None:
            return ""
        frame = self.desk.axis.to_frame(x)
        at = source_second(strip, frame, self.desk.project.document.rate) - strip.offset_s
        cue = next((c for c in picture.cues if c.start_s <= at < c.end_s), None)
        phone = next((p.label for p in picture.phones if p.start_s <= at < p.end_s), "")
        return "" if cue is None else f"{cue.shape} {_SHAPES[cue.shape]}  {phone}".rstrip()

"""The transport below the viewer: play, step, loop, time code, rate, speed, auto-key."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from core.timeline.document import Document
from studio.controller.studio import Studio
from studio.widgets.icons import dress
from studio.widgets.theme import mono_font
from studio.widgets.timeline_timecode import timecode

_PLAY_PX: Final = 36
_BUTTON_PX: Final = 30


class TransportPanel(QWidget):
    """Moves the playhead."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setProperty("role", "bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.time = QLineEdit(self)
        self._length = QLabel(self)
        self._rate = QLabel(self)
        self._speed = QLabel(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 4, 8, 4)
        self._row.setSpacing(2)
        self._build()
        self._connect()
        self._on_document()
        self._on_state()

    def _build(self) -> None:
        playhead, playback = self._studio.playhead, self._studio.playback
        self.loop = self._button("loop", "Loop the working range (Ctrl+L)", is_checkable=True)
        self.loop.setChecked(playhead.is_looping)
        self.loop.toggled.connect(playhead.set_looping)
        self.auto_key = self._button(
            "auto-key", "Auto-key: fields of the inspector write keys", is_checkable=True
        )
        self.auto_key.setChecked(bool(self._studio.settings.get("auto_key")))
        self.auto_key.toggled.connect(lambda on: self._studio.settings.set("auto_key", on))
        self._row.addStretch(1)
        for icon, tip, call in (
            ("to-start", "To the start (Home)", playhead.to_start),
            ("step-back", "One frame back (←)", lambda: playhead.step(-1)),
        ):
            self._button(icon, tip).clicked.connect(call)
        self.play = self._button("play", "Play or pause (Space)", px=_PLAY_PX)
        self.play.clicked.connect(playback.toggle)
        for icon, tip, call in (
            ("step-forward", "One frame on (→)", lambda: playhead.step(1)),
            ("to-end", "To the end (End)", playhead.to_end),
        ):
            self._button(icon, tip).clicked.connect(call)
        self._row.addSpacing(8)
        self._row.addWidget(self.loop)
        self._row.addSpacing(8)
        self.time.setFont(mono_font(14))
        self.time.setFixedWidth(self.time.fontMetrics().horizontalAdvance("00:00:00:00") + 22)
        self.time.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.time.setToolTip("Time of the playhead: type a time code, a frame, or +10 and −10")
        self.time.setAccessibleName("Time code")
        self._length.setFont(mono_font(14))
        self._length.setProperty("role", "muted")
        self._rate.setProperty("role", "muted")
        self._row.addWidget(self.time)
        self._row.addWidget(self._length)
        self._row.addSpacing(8)
        self._row.addWidget(self._rate)
        self._row.addSpacing(8)
        self._row.addWidget(self._speed)
        self._row.addSpacing(8)
        self._row.addWidget(self.auto_key)
        self._row.addStretch(1)
        self._speed.setFont(mono_font(12))
        self._speed.setMinimumWidth(_BUTTON_PX)
        self._speed.setToolTip("Speed of playing: J and L, K pauses")

    def _button(
        self, icon: str, tip: str, *, is_checkable: bool = False, px: int = _BUTTON_PX
    ) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(is_checkable)
        button.setFixedSize(px, px)
        button.setIconSize(QSize(px - 12, px - 12))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        dress(button, icon)
        if not is_checkable:
            self._row.addWidget(button)
        return button

    def _connect(self) -> None:
        studio = self._studio
        studio.playhead.frame_changed.connect(self._show_time)
        studio.playhead.range_changed.connect(self._on_document)
        studio.playhead.playing_changed.connect(self._on_state)
        studio.playback.state_changed.connect(self._on_state)
        studio.project.opened.connect(self._on_document)
        studio.settings.changed.connect(self._on_setting)
        self.time.editingFinished.connect(self._on_time_typed)

    def _on_document(self) -> None:
        document = self._studio.project.document
        self._length.setText(f"/ {timecode(document.n_frames, document.rate)}")
        self._rate.setText(f"{float(document.rate):.4g} fps")
        self.loop.setChecked(self._studio.playhead.is_looping)
        self._show_time()

    def _on_state(self) -> None:
        playback = self._studio.playback
        dress(self.play, "pause" if playback.is_playing else "play")
        self._speed.setText(f"×{playback.speed:g}" if playback.is_playing else "×1")

    def _on_setting(self, name: str) -> None:
        if name == "auto_key":
            self.auto_key.setChecked(bool(self._studio.settings.get(name)))

    def _show_time(self) -> None:
        if not self.time.hasFocus() or not self.time.isModified():
            document = self._studio.project.document
            self.time.setText(timecode(self._studio.playhead.frame, document.rate))

    def _on_time_typed(self) -> None:
        if not self.time.isModified():
            return
        document, playhead = self._studio.project.document, self._studio.playhead
        frame = parse_time(self.time.text(), document, playhead.frame)
        self.time.setModified(False)
        if frame is not None:
            playhead.scrub(frame)
        self._show_time()


def parse_time(text: str, document: Document, now: int) -> int | None:
    """The frame that a person means by `1:02:10` (…:seconds:frames), `250`, `+10` or `-10`.

    Args:
        text: What was typed.
        document: Gives the rate.
        now: Where a relative number starts.

    Returns:
        A frame of the document, or None when the text is no time.
    """
    text = text.strip().replace("−", "-")
    sign = {"+": 1, "-": -1}.get(text[:1], 0)
    parts = (text[1:] if sign else text).split(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
        return None
    numbers = [int(part) for part in parts]
    seconds = 0
    for number in numbers[:-1]:
        seconds = 60 * seconds + number
    frames = -(-seconds * document.rate.numerator // document.rate.denominator) + numbers[-1]
    target = now + sign * frames if sign else frames
    return min(max(target, 0), document.n_frames - 1)

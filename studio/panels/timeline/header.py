"""The left part of a track's row: colour, icon, name, arm, solo, mute, lock, gain, curves."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QRectF, QSignalBlocker, QSize, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from core.base.controls import Factor
from core.base.errors import StudioError
from core.timeline.document import Document
from core.timeline.edits import (
    TITLES,
    edit_audio,
    edit_track,
    set_locked,
    set_muted,
    set_solo,
)
from studio.controller.selection import AUDIO
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.lane_list import LaneList
from studio.widgets.icons import dress, pixmap
from studio.widgets.number_field import NumberField, NumberRange
from studio.widgets.theme import TRACK_COLORS, TRACK_ICONS, colors, theme_signal

WIDTH_PX = 292
BAR_PX = 27
_LANES_FROM_PX = 60
_STRIPE_PX = 4
_GAINS = NumberRange(0, 200, 1, 0, "%")
_DECIBELS = NumberRange(-24, 24, 0.5, 1, "dB")


class TrackHeader(QWidget):
    """Shows and changes what holds for a whole track.

    Args:
        desk: What it works on.
        track: `AUDIO` or a factor.
    """

    expand_wanted = Signal(bool)
    add_wanted = Signal(QPoint)
    """Where on the screen a menu of what can be added is to open."""
    menu_wanted = Signal(QPoint)
    """Where on the screen the track's menu is to open."""

    def __init__(self, desk: Desk, track: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.track = track
        self.factor = None if track == AUDIO else Factor(track)
        self.setFixedWidth(WIDTH_PX)
        title = "Audio" if self.factor is None else TITLES[self.factor]
        self.setAccessibleName(f"{title} track header")
        self._icon = QLabel()
        self._name = QLabel(title)
        self.arm = self._button("arm", f"Record into {title} (Shift+R)", "muted", role="arm")
        self.solo = self._button("solo", f"Solo {title}: the other tracks rest")
        self.mute = self._button("mute", f"Mute {title} (Shift+M): the portrait's own rest")
        self.lock = self._button("unlock", f"Lock {title}: no edit changes it")
        self.expand = self._button("chevron-right", f"Show the curves of {title}")
        self.add = self._button("plus", f"Add to {title}…", is_checkable=False)
        self.gain = NumberField(_DECIBELS if self.factor is None else _GAINS)
        self.gain.setFixedSize(52, 20)
        self.gain.setStyleSheet("padding: 0 4px; min-height: 16px; font-size: 11px;")
        self.gain.setToolTip("Gain: drag, type, or use the arrow keys")
        self.gain.setAccessibleName(f"{title} gain")
        self.lanes = None if self.factor is None else LaneList(desk, self.factor)
        self._looks: tuple[bool, bool] | None = None
        self._lay_out()
        self._connect()
        self._on_theme_changed()
        self.refresh()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(_STRIPE_PX + 4, 0, 4, 0)
        bar.setSpacing(1)
        bar.addWidget(self.expand)
        bar.addWidget(self._icon)
        bar.addSpacing(4)
        bar.addWidget(self._name, 1)
        bar.addWidget(self.gain)
        bar.addWidget(self.add)
        for button in (self.arm, self.solo, self.mute, self.lock):
            bar.addWidget(button)
        holder = QWidget()
        holder.setFixedHeight(BAR_PX)
        holder.setLayout(bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 1)
        column.setSpacing(0)
        column.addWidget(holder)
        if self.lanes is not None:
            inner = QHBoxLayout()
            inner.setContentsMargins(_STRIPE_PX + 6, 0, 6, 3)
            inner.addWidget(self.lanes)
            column.addLayout(inner, 1)
        else:
            column.addStretch(1)
        self.solo.setVisible(self.factor is not None)

    def _connect(self) -> None:
        desk = self._desk
        desk.project.document_changed.connect(self.refresh)
        desk.selection.armed_changed.connect(self.refresh)
        desk.selection.changed.connect(self.update)
        theme_signal().changed.connect(self._on_theme_changed)
        self.arm.toggled.connect(lambda is_on: desk.selection.arm(self.track, is_on))
        self.solo.toggled.connect(lambda is_on: self._edit("Solo", self._with_solo(is_on)))
        self.mute.toggled.connect(lambda is_on: self._edit("Mute", self._with_muted(is_on)))
        self.lock.toggled.connect(lambda is_on: self._edit("Lock", self._with_locked(is_on)))
        self.expand.toggled.connect(self.expand_wanted)
        below = QPoint(0, self.add.height())
        self.add.clicked.connect(lambda: self.add_wanted.emit(self.add.mapToGlobal(below)))
        self.gain.began.connect(lambda: desk.project.begin("Gain"))
        self.gain.changed.connect(self._on_gain)
        self.gain.ended.connect(self._on_gain_ended)

    def _button(
        self, icon: str, tooltip: str, tone: str = "text", role: str = "", is_checkable: bool = True
    ) -> QToolButton:
        button = QToolButton()
        button.setCheckable(is_checkable)
        button.setFixedSize(20, 20)
        button.setIconSize(QSize(14, 14))
        button.setToolTip(tooltip)
        button.setAccessibleName(tooltip)
        # a style sheet's padding leaves no room for the picture in a button this small
        button.setStyleSheet("QToolButton { padding: 1px; }")
        if role:
            button.setProperty("role", role)
        dress(button, icon, tone)
        return button

    # --- state ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the track as it is."""
        document = self._desk.project.document
        of = document.audio if self.factor is None else document.track(self.factor)
        states = (
            (self.arm, self.track in self._desk.selection.armed),
            (self.mute, of.is_muted),
            (self.lock, of.is_locked),
            (self.solo, self.factor is not None and document.track(self.factor).is_solo),
        )
        for button, is_on in states:
            if button.isChecked() != is_on:
                with QSignalBlocker(button):
                    button.setChecked(is_on)
        looks = (self.arm.isChecked(), of.is_locked)
        if looks != self._looks:  # colouring an icon takes longer than a frame of a drag may
            self._looks = looks
            dress(self.arm, "arm", "bad" if looks[0] else "muted")
            dress(self.lock, "lock" if looks[1] else "unlock", "warn" if looks[1] else "muted")
        if self.factor is None:
            self.gain.set_value(document.audio.gain_db)
        else:
            self.gain.set_value(100.0 * document.track(self.factor).gain)

    def set_expanded(self, is_expanded: bool, height: int) -> None:
        """Shows whether the row is expanded, and how high it is."""
        with QSignalBlocker(self.expand):
            self.expand.setChecked(is_expanded)
        dress(self.expand, "chevron-down" if is_expanded else "chevron-right", "muted")
        self.setFixedHeight(height)
        if self.lanes is not None:
            self.lanes.setVisible(height >= _LANES_FROM_PX)

    def _edit(self, label: str, change: Callable[[Document], Document]) -> None:
        self._desk.project.edit(label, change)
        self.refresh()

    def _with_muted(self, is_on: bool) -> Callable[[Document], Document]:
        factor = self.factor
        if factor is None:
            return lambda d: edit_audio(d, lambda a: replace(a, is_muted=is_on))
        return lambda d: set_muted(d, factor, is_on)

    def _with_solo(self, is_on: bool) -> Callable[[Document], Document]:
        factor = self.factor
        return lambda d: d if factor is None else set_solo(d, factor, is_on)

    def _with_locked(self, is_on: bool) -> Callable[[Document], Document]:
        factor = self.factor
        if factor is None:
            return lambda d: edit_audio(d, lambda a: replace(a, is_locked=is_on))
        return lambda d: set_locked(d, factor, is_on)

    def _on_gain(self, value: object) -> None:
        project, factor = self._desk.project, self.factor
        if not isinstance(value, float | int):
            return
        gain = float(value)
        try:
            if factor is None:
                changed = edit_audio(project.document, lambda a: replace(a, gain_db=gain))
            else:
                changed = edit_track(
                    project.document, factor, lambda t: replace(t, gain=round(gain / 100.0, 6))
                )
        except StudioError as error:
            project.message.emit(str(error))
            return
        if project.in_gesture:
            project.preview(changed)

    def _on_gain_ended(self, is_kept: bool) -> None:
        if is_kept:
            self._desk.project.commit()
        else:
            self._desk.project.cancel()
        self.refresh()

    # --- looks ---------------------------------------------------------------------------------

    def _on_theme_changed(self) -> None:
        color = TRACK_COLORS[self.track]
        self._icon.setPixmap(pixmap(TRACK_ICONS[self.track], color, 16, self.devicePixelRatioF()))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Gives the track the focus."""
        self._desk.selection.focus_track(self.track)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for the track's menu."""
        self.menu_wanted.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Expands or collapses the row."""
        self.expand.toggle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the ground, the colour stripe and the focus."""
        worn = colors()
        painter = QPainter(self)
        is_focused = self._desk.selection.track == self.track
        painter.fillRect(self.rect(), QColor(worn.raised if is_focused else worn.panel))
        stripe = QRectF(0, 0, _STRIPE_PX, self.height() - 1)
        painter.fillRect(stripe, QColor(TRACK_COLORS[self.track]))
        painter.setPen(QPen(QColor(worn.line), 1.0))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
        painter.end()

"""The take card: what was recorded, how it is cleaned, and whether it is kept."""

from dataclasses import replace
from typing import Final

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.base.controls import CONTROLS, FACTOR_OF, INDEX, LOWER, REST, UPPER
from studio.controller.recorder import Recorder, TakeSettings
from studio.widgets.fields import FieldRow, Value
from studio.widgets.number_field import NumberRange
from studio.widgets.take_curves import DrawnCurve, TakeCurves
from studio.widgets.theme import TRACK_COLORS

_PERCENT: Final = 100.0
_MS: Final = 1000.0
_MAX_CURVES: Final = 8
_ASK_FROM_S: Final = 2.0
_NAME = Qt.ItemDataRole.UserRole


class TakeCard(QFrame):
    """Shows the take under review; every change is seen in the viewer at once."""

    kept = Signal()
    kept_as_keys = Signal()
    retaken = Signal()
    discarded = Signal()

    def __init__(self, recorder: Recorder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recorder = recorder
        self._is_filling = self._is_asking = False
        self.setProperty("role", "card")
        self.title = QLabel("Take", self)
        self.title.setProperty("role", "heading")
        self.curves = TakeCurves(self)
        default = TakeSettings()
        self.rows: dict[str, FieldRow] = {
            "smoothing": self._row(
                "Smoothing", NumberRange(0, 100, 5, 0, "%"), default.smoothing * _PERCENT,
                "Takes out trembling, and quick moves with it.",
            ),
            "simplify": self._row(
                "Simplify", NumberRange(0, 5, 0.5, 1, "%"), default.simplify * _PERCENT,
                "Fewer keys when it is baked to curves; how far they may be off.",
            ),
            "latency_s": self._row(
                "Latency", NumberRange(-500, 500, 10, 0, "ms"), default.latency_s * _MS,
                "How late the device is: the take is moved earlier by it.",
            ),
            "gain": self._row(
                "Gain", NumberRange(0, 200, 5, 0, "%"), default.gain * _PERCENT,
                "How much of the recorded movement is used.",
            ),
        }  # fmt: skip
        self.lanes = QListWidget(self)
        self.lanes.setMaximumHeight(110)
        self.lanes.setToolTip("What is kept of the take; what did not move is left out")
        self.lanes.setAccessibleName("Controls of the take")
        self.lanes.itemChanged.connect(self._on_lane_changed)
        self.keep_button = QPushButton("Keep", self)
        self.keep_button.setProperty("primary", True)
        self.keep_button.setToolTip("Lay it on its tracks (Enter)")
        self.retake_button = QPushButton("Retake", self)
        self.retake_button.setToolTip("Throw it away and record again from the same frame (R)")
        self.discard_button = QPushButton("Discard", self)
        self.discard_button.setToolTip("Throw it away")
        self.keys_button = QPushButton("Keep as keys", self)
        self.keys_button.setToolTip("Draw it as curves that can be edited, instead of a strip")
        self.keep_button.clicked.connect(self.kept)
        self.keys_button.clicked.connect(self.kept_as_keys)
        self.retake_button.clicked.connect(self.retaken)
        self.discard_button.clicked.connect(self.discard)
        self._lay_out()
        recorder.take_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Shows the take as it is now."""
        take, settings = self._recorder.take, self._recorder.settings
        self._is_filling = True
        sound = " with sound" if self._recorder.has_sound else ""
        self.title.setText(f"Take · {self._recorder.recorded_s:.1f} s{sound}")
        self._ask_discard(False)
        for name, row in self.rows.items():
            row.set_value(_shown(name, getattr(settings, name)))
        names = [name for name in CONTROLS if FACTOR_OF[name] in take]
        moved = [name for name in names if name in self._recorder.moved]
        self._fill_lanes(moved, settings.excluded)
        self.curves.set_curves(
            [self._curve(name, name in settings.excluded) for name in moved[:_MAX_CURVES]]
        )
        self._is_filling = False

    def discard(self) -> None:
        """Throws the take away, after asking where more than two seconds would be lost."""
        is_long = self._recorder.recorded_s > _ASK_FROM_S
        if is_long and not self._is_asking:
            self._ask_discard(True)
        else:
            self.discarded.emit()

    def _ask_discard(self, is_asking: bool) -> None:
        """A second click is wanted where much would be lost."""
        self._is_asking = is_asking
        self.discard_button.setText("Really discard?" if is_asking else "Discard")

    def _curve(self, name: str, is_faint: bool) -> DrawnCurve:
        takes = self._recorder.raw_take if is_faint else self._recorder.take
        track, i = takes[FACTOR_OF[name]], INDEX[name]
        values = (track.column(name) - REST[i]).astype(np.float32)
        reach = float(max(UPPER[i] - REST[i], REST[i] - LOWER[i]))
        return DrawnCurve(name, TRACK_COLORS[FACTOR_OF[name]], values, reach, is_faint)

    def _fill_lanes(self, moved: list[str], excluded: frozenset[str]) -> None:
        shown = [self.lanes.item(i).data(_NAME) for i in range(self.lanes.count())]
        if shown != moved:
            self.lanes.clear()
            for name in moved:
                item = QListWidgetItem(name, self.lanes)
                item.setData(_NAME, name)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        for i, name in enumerate(moved):
            is_in = name not in excluded
            self.lanes.item(i).setCheckState(
                Qt.CheckState.Checked if is_in else Qt.CheckState.Unchecked
            )

    def _on_lane_changed(self, item: QListWidgetItem) -> None:
        if self._is_filling:
            return
        name, settings = str(item.data(_NAME)), self._recorder.settings
        is_in = item.checkState() is Qt.CheckState.Checked
        excluded = settings.excluded - {name} if is_in else settings.excluded | {name}
        self._recorder.set_settings(replace(settings, excluded=frozenset(excluded)))

    def _on_changed(self, name: str, value: Value) -> None:
        if self._is_filling or not isinstance(value, (int, float)):
            return
        scaled = float(value) / (_MS if name == "latency_s" else _PERCENT)
        self._recorder.set_settings(_with(self._recorder.settings, name, scaled))

    def _row(self, title: str, range_: NumberRange, default: float, tooltip: str) -> FieldRow:
        row = FieldRow(title, range_, tooltip, default, self)
        name = "latency_s" if title == "Latency" else title.lower()
        row.changed.connect(lambda value: self._on_changed(name, value))
        return row

    def _lay_out(self) -> None:
        buttons = QGridLayout()
        buttons.addWidget(self.discard_button, 0, 0)
        buttons.addWidget(self.retake_button, 0, 1)
        buttons.addWidget(self.keys_button, 1, 0)
        buttons.addWidget(self.keep_button, 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 12)
        layout.setSpacing(6)
        layout.addWidget(self.title)
        layout.addWidget(self.curves)
        for row in self.rows.values():
            layout.addWidget(row)
        layout.addWidget(self.lanes)
        layout.addLayout(buttons)


def _shown(name: str, value: float) -> float:
    return value * (_MS if name == "latency_s" else _PERCENT)


def _with(settings: TakeSettings, name: str, value: float) -> TakeSettings:
    if name == "smoothing":
        return replace(settings, smoothing=value)
    if name == "simplify":
        return replace(settings, simplify=value)
    if name == "latency_s":
        return replace(settings, latency_s=value)
    return replace(settings, gain=value)

"""A slider beside the curve for smooth, simplify and flatten: one gesture with a live preview."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from core.base.controls import Factor
from core.base.errors import StudioError
from studio.controller.curve_verbs import CurveVerbs, Shaping
from studio.controller.project import Project
from studio.panels.timeline.lane_access import curve_of, title_of
from studio.widgets.theme import mono_font

_STEPS: Final = 200
_WIDTH_PX: Final = 260


class AmountPopup(QFrame):
    """Shows what an amount does while it is chosen.

    Enter or a click beside it keeps the curve, Esc brings back the one of before.

    Args:
        project: What is edited.
        verbs: Know how a curve is shaped.
        shaping: What is done.
        factor: The track.
        lane: The curve.
    """

    def __init__(
        self,
        project: Project,
        verbs: CurveVerbs,
        shaping: Shaping,
        factor: Factor,
        lane: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "card")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._project, self._verbs, self._shaping = project, verbs, shaping
        self._factor, self._lane = factor, lane
        self._base = project.document
        self._n_before = len(curve_of(self._base.track(factor), lane))
        self._is_kept = True
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 10)
        self.slider.setValue(round(shaping.usual / shaping.largest * _STEPS))
        self.slider.setAccessibleName(f"{shaping.value} amount")
        self.slider.installEventFilter(self)
        self._amount = QLabel()
        self._amount.setFont(mono_font())
        self._amount.setMinimumWidth(56)
        self._amount.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._keys = QLabel()
        self._keys.setProperty("role", "muted")
        self._lay_out(f"{shaping.value} {title_of(lane)}")
        self.slider.valueChanged.connect(self._preview)

    def open_at(self, place: QPoint) -> None:
        """Begins the gesture with the usual amount."""
        self._project.begin(self._shaping.value)
        self._preview()
        self.adjustSize()
        self.move(place)
        self.show()
        self.slider.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def amount(self) -> float:
        """The chosen amount, 0 to the largest."""
        return self.slider.value() / _STEPS * self._shaping.largest

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter keeps, Esc takes back."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.close()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._is_kept = False
                self.close()
                return True
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ends the gesture."""
        if self._project.in_gesture:
            if self._is_kept:
                self._project.commit()
            else:
                self._project.cancel()
        super().closeEvent(event)

    def _lay_out(self, title: str) -> None:
        heading = QLabel(title)
        heading.setStyleSheet("font-weight: 600;")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.slider, 1)
        row.addWidget(self._amount)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addWidget(heading)
        column.addLayout(row)
        column.addWidget(self._keys)
        self.setFixedWidth(_WIDTH_PX)

    def _preview(self) -> None:
        if not self._project.in_gesture:  # ended from elsewhere
            self.close()
            return
        change = self._verbs.shaped(self._shaping, self.amount)
        try:
            document = self._verbs.with_curve(self._base, self._factor, self._lane, change)
        except StudioError as error:
            self._project.message.emit(str(error))
            self._is_kept = False
            self.close()
            return
        self._project.preview(document)
        n_after = len(curve_of(document.track(self._factor), self._lane))
        self._amount.setText(f"{100.0 * self.amount:.{self._shaping.decimals}f} %")
        text = f"{self._n_before} keys"
        self._keys.setText(text if n_after == self._n_before else f"{text} → {n_after}")

"""How strongly each track follows the camera: gain and deadzone."""

from typing import Final

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.base.controls import Factor
from core.timeline.edits import TITLES
from studio.services.settings import Settings
from studio.widgets.fields import FieldRow, Value
from studio.widgets.number_field import NumberRange

_SETTING: Final = "camera_response"
_GAIN: Final = NumberRange(0, 200, 5, 0, "%")
_DEADZONE: Final = NumberRange(0, 30, 1, 0, "%")


class CameraResponse(QWidget):
    """Two fields for each factor; they are remembered and act at once."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.rows: dict[str, FieldRow] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for name, caption, editor, usual, about in (
            ("gain", "Gain: how much of the motion is taken", _GAIN, 100.0, "100 % is all of it."),
            ("deadzone", "Deadzone: motion that counts as rest", _DEADZONE, 0.0, "Of the reach."),
        ):
            head = QLabel(caption, self)
            head.setProperty("role", "caption")
            layout.addWidget(head)
            for factor in Factor:
                row = FieldRow(TITLES[factor], editor, about, usual, self)
                self._add(f"{name}_{factor}", row)
                layout.addWidget(row)

    def _add(self, name: str, row: FieldRow) -> None:
        stored = self._settings.get(_SETTING).get(name)
        row.set_value(float(stored) if isinstance(stored, int | float) else row.default)
        row.changed.connect(lambda value: self._keep(name, value))
        self.rows[name] = row

    def _keep(self, name: str, value: Value) -> None:
        if isinstance(value, int | float):
            self._settings.set(_SETTING, {**self._settings.get(_SETTING), name: float(value)})

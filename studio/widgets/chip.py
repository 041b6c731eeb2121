"""The device chip: what the engine really runs on, and how long a picture takes."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from studio.widgets.icons import dress


class DeviceChip(QToolButton):
    """A pill that says it in a few words; its tooltip says why."""

    pressed_for_more = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "chip")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Device")
        self._tone = ""
        self.clicked.connect(self.pressed_for_more)
        self.show_device("", 0.0, "")

    def show_device(self, device: str, ms_per_frame: float, reason: str) -> None:
        """Shows a device.

        Args:
            device: In words; empty while the engine starts.
            ms_per_frame: What a full picture took lately; 0 while unknown.
            reason: Why it is this one, or what is wrong; empty when all is well.
        """
        short = device.split(" (")[0].split(" — ")[0]
        text = short or "Starting the engine…"
        if ms_per_frame > 0.0:
            text += f" · {ms_per_frame:.0f} ms"
        self.setText(text)
        lines = [device or "The engine is starting."]
        if ms_per_frame > 0.0:
            lines.append(f"A picture takes {ms_per_frame:.0f} ms.")
        if reason:
            lines.append(reason)
        self.setToolTip("\n".join(lines))
        tone = "warn" if reason else "good" if device else "muted"
        if tone != self._tone:
            self._tone = tone
            dress(self, "device", tone)

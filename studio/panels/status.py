"""The status bar: what runs now with its way to stop it, and the last message."""

from datetime import datetime
from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.controller.studio import Studio
from studio.widgets.icons import icon, pixmap
from studio.widgets.theme import colors

_FADE_MS: Final = 12_000
_MAX_MESSAGES: Final = 200
_LOG_SIZE = QSize(560, 260)
_HEIGHT_PX = 30


class MessageLine(QLabel):
    """The last message; a click opens all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages: list[tuple[str, str, bool]] = []
        self._log: QFrame | None = None
        self.setProperty("role", "muted")
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click for all messages")
        self.setAccessibleName("Messages")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FADE_MS)
        self._timer.timeout.connect(lambda: self.setText(""))

    @property
    def messages(self) -> tuple[str, ...]:
        """All messages, oldest first."""
        return tuple(text for _, text, _ in self._messages)

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Shows one sentence; problems stay until the next message."""
        self._messages.append((f"{datetime.now():%H:%M:%S}", text, is_problem))
        del self._messages[:-_MAX_MESSAGES]
        self.setProperty("role", "warning" if is_problem else "muted")
        self.style().unpolish(self)
        self.style().polish(self)
        self.setText(text)
        if is_problem:
            self._timer.stop()
        else:
            self._timer.start()

    def open_log(self) -> None:
        """Shows all messages above the line."""
        frame = QFrame(self.window(), Qt.WindowType.Popup)
        frame.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        frame.setProperty("role", "card")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(4, 4, 4, 4)
        listing = QListWidget(frame)
        listing.setWordWrap(True)
        for time, text, is_problem in reversed(self._messages):
            item = QListWidgetItem(f"{time}   {text}", listing)
            item.setIcon(icon("warning", "warn") if is_problem else icon("info", "muted"))
        if not self._messages:
            QListWidgetItem("No messages yet", listing)
        layout.addWidget(listing)
        frame.resize(_LOG_SIZE)
        corner = self.mapToGlobal(self.rect().topRight())
        frame.move(corner.x() - frame.width(), corner.y() - frame.height() - 4)
        frame.show()
        listing.setFocus()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Opens all messages."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.open_log()


class StatusPanel(QWidget):
    """One row at the foot of the window."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.stage = QLabel(self)
        self.bar = QProgressBar(self)
        self.bar.setFixedWidth(160)
        self.bar.setTextVisible(False)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setProperty("flat", True)
        self.cancel.setToolTip("Stop what runs now")
        self._sound = QLabel(self)
        self.message = MessageLine(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(10)
        for widget in (self.stage, self.bar, self.cancel):
            row.addWidget(widget)
        row.addWidget(self.message, 1)
        row.addWidget(self._sound)
        self.cancel.clicked.connect(self._on_cancel)
        studio.activity.changed.connect(self._on_activity)
        studio.playback.state_changed.connect(self._on_sound)
        studio.message.connect(self.message.say)
        studio.failed.connect(lambda text: self.message.say(text, is_problem=True))
        self._on_activity()
        self._on_sound()

    def _on_activity(self) -> None:
        task = self._studio.activity.current
        self.bar.setVisible(task is not None)
        self.cancel.setVisible(task is not None)
        if task is None:
            self.stage.setText("Ready")
            return
        status = task.status
        self.stage.setText(status.text)
        self.bar.setRange(0, status.total or 0)
        self.bar.setValue(status.done if status.total else 0)

    def _on_cancel(self) -> None:
        task = self._studio.activity.current
        if task is not None:
            task.cancel()

    def _on_sound(self) -> None:
        has_sound = self._studio.playback.has_sound
        name, tone = ("sound", colors().muted) if has_sound else ("mute", colors().warn)
        self._sound.setPixmap(pixmap(name, tone, 16, self.devicePixelRatioF()))
        self._sound.setToolTip(self._studio.playback.sound_reason or "Sound is played")

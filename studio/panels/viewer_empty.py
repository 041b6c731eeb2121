"""What lies over the viewer while it has no picture: one sentence, and what to do about it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.controller.preview import State
from studio.widgets.icons import dress, pixmap
from studio.widgets.theme import colors

_ICON_PX = 48
_TEXT_PX = 420
_ICON_FROM_PX = 280
"""Height of the viewer from which the icon leaves room for a long sentence and the buttons."""


class EmptyView(QWidget):
    """Covers its parent; lets the mouse through where it has nothing to press."""

    portrait_wanted = Signal()
    audio_wanted = Signal()
    sample_wanted = Signal()
    crop_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = State.EMPTY
        self._has_picture = False
        self._hint = ""
        self._faceless = ""
        self._icon = QLabel(self)
        self._title = QLabel(self)
        self._text = QLabel(self)
        self._buttons = QWidget(self)
        self._build()
        parent.installEventFilter(self)
        self.setGeometry(parent.rect())
        self._show()

    def show_state(
        self, state: State, reason: str, *, has_picture: bool, faceless: str = ""
    ) -> None:
        """Says why there is no picture, or hides.

        `faceless` is the name of a portrait whose face has to be pointed out by hand.
        """
        self._state, self._has_picture, self._faceless = state, has_picture, faceless
        self._text.setText(reason)
        self._show()

    def set_has_picture(self, *, has_picture: bool) -> None:
        """A picture came, or went."""
        if has_picture != self._has_picture:
            self._has_picture = has_picture
            self._show()

    @property
    def title(self) -> str:
        """What it says in large letters."""
        return self._title.text()

    def set_drop_hint(self, hint: str) -> None:
        """Says what a drop would do; empty when nothing is dragged over the viewer."""
        self._hint = hint
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays as large as the viewer."""
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
            self._icon.setVisible(self.height() >= _ICON_FROM_PX)
        return False

    def changeEvent(self, event: QEvent) -> None:
        """Colours the icon anew."""
        if event.type() is QEvent.Type.PaletteChange:
            self._show()
        super().changeEvent(event)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        self._title.setProperty("role", "title")
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(_TEXT_PX)
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(8)
        self._crop = QPushButton("Draw the crop…", self._buttons)
        self._crop.setProperty("primary", True)
        self._crop.setToolTip("Show by hand where the face is")
        dress(self._crop, "pencil", "on_accent")
        self._crop.clicked.connect(self.crop_wanted)
        row.addWidget(self._crop)
        self._others: list[QPushButton] = []
        for text, icon, signal, is_primary in (
            ("Choose a portrait…", "portrait", self.portrait_wanted, True),
            ("Choose a voice…", "audio", self.audio_wanted, False),
            ("Open the sample", "clip", self.sample_wanted, False),
        ):
            button = QPushButton(text, self._buttons)
            button.setProperty("primary", is_primary)
            dress(button, icon, "on_accent" if is_primary else "text")
            button.clicked.connect(signal)
            row.addWidget(button)
            self._others.append(button)
        layout.addStretch(1)
        center = Qt.AlignmentFlag.AlignHCenter
        for widget in (self._icon, self._title, self._text, self._buttons):
            layout.addWidget(widget, 0, center)
        self._text.setAlignment(center)
        layout.addStretch(1)

    def _show(self) -> None:
        icon, title = {
            State.EMPTY: ("portrait", "Drop a portrait here"),
            State.PREPARING: ("clock", "Preparing the portrait…"),
            State.READY: ("clock", "Drawing the first picture…"),
            State.FAILED: ("warning", "There is no picture"),
        }[self._state]
        self._crop.setVisible(bool(self._faceless))
        for button in self._others[1:]:
            button.setVisible(not self._faceless)
        self._text.setMinimumHeight(max(self._text.heightForWidth(_TEXT_PX), 0))
        if self._hint:
            icon, title = "import", self._hint
        elif self._faceless:
            title = f"No face found in {self._faceless}. Draw the crop by hand?"
        elif self._state is State.EMPTY and not self._text.text():
            self._text.setText(
                "A photograph or a drawing of one face, seen from the front. Add a voice, press "
                "Generate preview, and it speaks."
            )
        self._icon.setPixmap(pixmap(icon, colors().faint, _ICON_PX, self.devicePixelRatioF()))
        self._title.setText(title)
        self._text.setVisible(not self._hint and bool(self._text.text()))
        self._buttons.setVisible(not self._hint and self._state in (State.EMPTY, State.FAILED))
        self.setVisible(bool(self._hint) or not self._has_picture)
        shade = ""
        if self._hint and self._has_picture:
            shade = "background: rgba(0, 0, 0, 150);"
        elif self._state is State.FAILED:  # the last picture may still lie below
            shade = f"background: {colors().canvas};"
        sheet = f"EmptyView {{ {shade} }}"
        if sheet != self.styleSheet():  # which changes the palette, and that calls again
            self.setStyleSheet(sheet)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        is_passive = not self._buttons.isVisibleTo(self)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, is_passive)
        self.raise_()

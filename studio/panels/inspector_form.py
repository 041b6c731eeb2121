"""Forms of the inspector: a table of parameters shown as rows, every edit one undoable step.

A parameter knows how to read and write its value in a document; a form shows one or several
subjects (tracks, strips, keys …) at once. Where they differ, a row shows a dash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.base.errors import StudioError
from core.timeline.document import Document
from studio.controller.project import Project
from studio.widgets.fields import Editor, FieldRow, Section, Value
from studio.widgets.number_field import MIXED

Subject = TypeVar("Subject")


def _always(document: Document, subject: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Parameter(Generic[Subject]):
    """One row of a form. Values are in the shown unit.

    Attributes:
        section: Title of the group it stands in.
        title: Label; unique in its form.
        tooltip: What it does, as sentences.
        editor: What edits it, or a function that makes it for a subject; its kind never changes.
        default: What reset brings back, or a function of the subject.
        read: The value of a subject.
        write: The document with the value of a subject changed.
        applies: Whether a subject has it; rows that do not apply are hidden.
        is_single: Whether it is shown for one subject only.
        is_free: Whether it can be changed while the track is locked.
    """

    section: str
    title: str
    tooltip: str
    editor: Editor | Callable[[Document, Subject], Editor]
    default: Value | Callable[[Document, Subject], Value]
    read: Callable[[Document, Subject], Value]
    write: Callable[[Document, Subject, Value], Document]
    applies: Callable[[Document, Subject], bool] = _always
    is_single: bool = False
    is_free: bool = False


class Form(QWidget, Generic[Subject]):
    """Rows for the parameters of some subjects.

    Args:
        project: What is edited.
        parameters: The rows, those of one section side by side. They are made when the first
            subject is shown.
    """

    edited = Signal(str)
    """Emitted with the parameter's title after a gesture made a step."""

    def __init__(
        self,
        project: Project,
        parameters: Sequence[Parameter[Subject]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._project = project
        self._parameters = tuple(parameters)
        self._subjects: tuple[Subject, ...] = ()
        self._base: Document | None = None
        self._rows: dict[str, FieldRow] = {}
        self._sections: dict[str, Section] = {}
        self._lock = _LockNote(self)
        self._unlock: Callable[[Document], Document] | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addWidget(self._lock)
        self._lock.unlocked.connect(self._on_unlock)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What it shows."""
        return self._subjects

    def row(self, title: str) -> FieldRow:
        """The row of a parameter; there are rows once a subject is shown."""
        return self._rows[title]

    def show_subjects(self, subjects: Sequence[Subject]) -> None:
        """Shows the values of some subjects; all must be in the document.

        In the middle of its own gesture a form keeps what it shows.
        """
        if self.in_gesture:
            return
        self._base = None
        self._subjects = tuple(subjects)
        if self._subjects:
            if not self._rows:
                self._build(self._subjects[0])
            self._refresh()

    @property
    def in_gesture(self) -> bool:
        """Whether one of its rows is being changed."""
        return self._base is not None and self._project.in_gesture

    def set_lock(self, text: str, unlock: Callable[[Document], Document] | None) -> None:
        """Greys the rows with a reason and a way out; an empty text frees them."""
        self._lock.set_text(text)
        self._unlock = unlock
        for parameter in self._parameters:
            if parameter.title in self._rows:
                self._rows[parameter.title].setEnabled(not text or parameter.is_free)

    def _refresh(self) -> None:
        document = self._project.document
        shown: set[str] = set()
        for parameter in self._parameters:
            row = self._rows[parameter.title]
            is_shown = self._applies(parameter, document)
            row.setVisible(is_shown)
            if is_shown:
                shown.add(parameter.section)
                self._show(parameter, row, document)
        for title, section in self._sections.items():
            section.setVisible(title in shown)

    def _applies(self, parameter: Parameter[Subject], document: Document) -> bool:
        if parameter.is_single and len(self._subjects) > 1:
            return False
        return all(parameter.applies(document, subject) for subject in self._subjects)

    def _show(self, parameter: Parameter[Subject], row: FieldRow, document: Document) -> None:
        first = self._subjects[0]
        if callable(parameter.editor):
            row.set_editor(parameter.editor(document, first))
        if callable(parameter.default):
            row.set_default(parameter.default(document, first))
        values = [parameter.read(document, subject) for subject in self._subjects]
        is_same = all(value == values[0] for value in values)
        row.set_value(values[0] if is_same else MIXED)

    def _build(self, first: Subject) -> None:
        by_section: dict[str, list[FieldRow]] = {}
        for parameter in self._parameters:
            by_section.setdefault(parameter.section, []).append(self._make_row(parameter, first))
        for title, rows in by_section.items():
            self._sections[title] = Section(title, rows, self)
            self._layout.addWidget(self._sections[title])

    def _make_row(self, parameter: Parameter[Subject], first: Subject) -> FieldRow:
        document = self._project.document
        editor, default = parameter.editor, parameter.default
        row = FieldRow(
            parameter.title,
            editor(document, first) if callable(editor) else editor,
            parameter.tooltip,
            default(document, first) if callable(default) else default,
            self,
        )
        row.began.connect(lambda: self._begin(parameter))
        row.changed.connect(lambda value: self._preview(parameter, value))
        row.ended.connect(lambda is_kept: self._end(parameter, is_kept))
        self._rows[parameter.title] = row
        return row

    def _begin(self, parameter: Parameter[Subject]) -> None:
        self._project.begin(f"Change {_lowered(parameter.title)}")
        self._base = self._project.document

    def _preview(self, parameter: Parameter[Subject], value: Value) -> None:
        base = self._base
        if base is None or not self._project.in_gesture:
            return
        document = base
        try:
            for subject in self._subjects:
                document = parameter.write(document, subject, value)
        except StudioError as error:
            self._base = None
            self._project.cancel()
            self._project.message.emit(str(error))
            self._refresh()
            return
        self._project.preview(document)

    def _end(self, parameter: Parameter[Subject], is_kept: bool) -> None:
        is_ours = self.in_gesture
        self._base = None
        if is_ours and is_kept:
            self._project.commit()
            self.edited.emit(parameter.title)
        elif is_ours:
            self._project.cancel()
        else:
            self._refresh()  # somebody else ended the gesture: the row shows what is

    def _on_unlock(self) -> None:
        if self._unlock is not None:
            self._project.edit("Unlock track", self._unlock)


class _LockNote(QWidget):
    """One sentence why nothing can be changed, and the button that changes that."""

    unlocked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        button = QPushButton("Unlock", self)
        button.setToolTip("Let this track be changed again")
        button.clicked.connect(self.unlocked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.addWidget(self._text, 1)
        layout.addWidget(button)
        self.hide()

    def set_text(self, text: str) -> None:
        self._text.setText(text)
        self.setVisible(bool(text))


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]

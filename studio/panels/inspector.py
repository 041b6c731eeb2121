"""The inspector: everything that can be set for what is selected, one tab per kind of thing.

The tab follows the selection; a person may look at another tab meanwhile.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.base.controls import Factor
from core.base.time import FrameRange
from core.timeline.document import Document
from core.timeline.edits import TITLES, edit_audio, set_locked
from core.timeline.strip import Strip
from studio.controller.clip_gaps import gaps_text, known_gaps
from studio.controller.selection import AUDIO
from studio.controller.studio import Studio
from studio.panels.inspector_avatar import AVATAR
from studio.panels.inspector_faces import SourceFaces
from studio.panels.inspector_form import Form
from studio.panels.inspector_keys import FRAME, KEYS, PLAYHEAD, CurveRef, lane_title
from studio.panels.inspector_sources import SOURCE
from studio.panels.inspector_strips import MOTION_STRIP, SOUND_STRIP, strip_of
from studio.panels.inspector_tracks import AUDIO_TRACK, FACTOR_TRACK

MIN_WIDTH_PX = 280


class Tab(StrEnum):
    """What the inspector can show."""

    TRACK = "Track"
    CLIP = "Clip"
    KEY = "Key"
    AVATAR = "Avatar"


class InspectorPanel(QWidget):
    """Shows and changes what is selected."""

    portrait_wanted = Signal()
    """A person asks for another portrait file."""
    engines_wanted = Signal()
    weights_wanted = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        project = studio.project
        self.factor_form = Form[Factor](project, FACTOR_TRACK)
        self.audio_form = Form[str](project, AUDIO_TRACK)
        self.strip_form = Form[str](project, MOTION_STRIP)
        self.sound_form = Form[str](project, SOUND_STRIP)
        self.source_form = Form[str](project, SOURCE)
        self.key_form = Form[CurveRef](project, KEYS)
        self.playhead_form = Form[CurveRef](project, PLAYHEAD)
        self.avatar_form = Form[str](project, AVATAR)
        self.clip_faces = SourceFaces(studio, is_portrait=False)
        self.portrait_faces = SourceFaces(studio, is_portrait=True)
        self._pages = {
            Tab.TRACK: _Page([self.factor_form, self.audio_form]),
            Tab.CLIP: _Page([self.clip_faces, self.source_form, self.strip_form, self.sound_form]),
            Tab.KEY: _Page([self.key_form, self.playhead_form]),
            Tab.AVATAR: _Page([self.portrait_faces, self.avatar_form, self._make_avatar_buttons()]),
        }
        self._tabs: dict[Tab, QToolButton] = {}
        self._stack = QStackedWidget(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(self._make_tabs())
        layout.addWidget(self._stack, 1)
        self.setMinimumWidth(MIN_WIDTH_PX)
        self._seen = self._selection_state()
        self.key_form.edited.connect(self._on_key_edited)
        studio.selection.changed.connect(self._on_selection_changed)
        studio.playhead.frame_changed.connect(self._on_frame_changed)
        project.document_changed.connect(self.refresh)
        studio.preview.avatar.bank_changed.connect(self.refresh)
        self.show_tab(Tab.TRACK)

    @property
    def tab(self) -> Tab:
        """The tab that is shown."""
        return next(tab for tab, button in self._tabs.items() if button.isChecked())

    @property
    def title(self) -> str:
        """What the shown page speaks of."""
        return self._pages[self.tab].title

    def show_tab(self, tab: Tab) -> None:
        """Shows a tab whatever is selected."""
        self._tabs[tab].setChecked(True)
        self._stack.setCurrentWidget(self._pages[tab])
        self.refresh()

    def refresh(self) -> None:
        """Shows the document and the selection as they are."""
        page, tab = self._pages[self.tab], self.tab
        if any(form.in_gesture for form in page.forms):
            return
        if tab is Tab.TRACK:
            self._show_track(page)
        elif tab is Tab.CLIP:
            self._show_strips(page)
        elif tab is Tab.KEY:
            self._show_keys(page)
        else:
            page.show_forms("Avatar", {self.avatar_form: [""]})
            self.portrait_faces.show_source(self._studio.project.document.avatar.source_id)

    def _show_track(self, page: "_Page") -> None:
        factor = self._studio.selection.factor
        if factor is None:
            page.show_forms("Audio", {self.audio_form: [AUDIO]})
            self._set_lock([self.audio_form], None)
        else:
            page.show_forms(TITLES[factor], {self.factor_form: [factor]})
            self._set_lock([self.factor_form], factor)

    def _show_strips(self, page: "_Page") -> None:
        document = self._studio.project.document
        ids = sorted(self._studio.selection.strips)
        self.clip_faces.show_source("")
        page.warn("")
        if not ids:
            page.show_text("Clip", "Select a strip on the timeline to change it here.")
            return
        kinds = {type(strip_of(document, strip_id)) for strip_id in ids}
        if len(kinds) > 1:
            page.show_text("Clips", "Select strips of one kind: either motion or sound.")
            return
        sources = list(dict.fromkeys(strip_of(document, i).source_id for i in ids))
        known = [s for i in sources if (s := document.source(i)) is not None]
        title = known[0].name if len(ids) == 1 and known else f"{len(ids)} strips"
        if kinds == {Strip}:
            found = document.find_strip(ids[0])
            factor = found[0].factor if found else None
            forms: dict[Form[str], Sequence[str]] = {self.strip_form: ids}
            if len({source.kind for source in known}) == 1 and len(known) == len(sources):
                forms[self.source_form] = sources
                self.clip_faces.show_source(sources[0] if len(sources) == 1 else "")
            page.show_forms(title, forms)
            page.warn(self._gap_warning(ids))
            self._set_lock([self.strip_form], factor)
        else:
            page.show_forms(title, {self.sound_form: ids})
            self._set_lock([self.sound_form], None)

    def _gap_warning(self, strip_ids: Sequence[str]) -> str:
        """Says for how long the clips of some strips show no face."""
        document, bank = self._studio.project.document, self._studio.preview.bank
        gaps: list[FrameRange] = []
        for strip_id in strip_ids:
            found = document.find_strip(strip_id)
            if found is not None:
                gaps += known_gaps(document, bank, found[0].factor, found[1])
        text = gaps_text(gaps, document.rate)
        return f"⚠ {text} without a face: motion rests there." if text else ""

    @property
    def warning(self) -> str:
        """What the shown page warns of."""
        return self._pages[self.tab].warning

    def _show_keys(self, page: "_Page") -> None:
        selection = self._studio.selection
        factor, lane = selection.factor, selection.lane
        if factor is None or lane is None:
            page.show_text("Key", "Select keys of a curve to change them here.")
            return
        title = f"{TITLES[factor]} · {lane_title(lane)}"
        if selection.keys:
            refs = [CurveRef(factor, lane, index) for index in selection.keys]
            suffix = f" · {len(refs)} keys" if len(refs) > 1 else ""
            page.show_forms(title + suffix, {self.key_form: refs})
            self._set_lock([self.key_form], factor)
        else:
            ref = CurveRef(factor, lane, None, self._studio.playhead.frame)
            page.show_forms(title, {self.playhead_form: [ref]})
            self._set_lock([self.playhead_form], factor)

    def _set_lock(
        self, forms: Sequence[Form[str] | Form[Factor] | Form[CurveRef]], factor: Factor | None
    ) -> None:
        document = self._studio.project.document
        is_locked = document.audio.is_locked if factor is None else document.track(factor).is_locked
        name = "Audio" if factor is None else TITLES[factor]
        for form in forms:
            form.set_lock(
                f"The {name} track is locked." if is_locked else "",
                lambda document: _unlocked(document, factor),
            )

    def _on_selection_changed(self) -> None:
        """Turns to what was selected last."""
        before, self._seen = self._seen, self._selection_state()
        strips, keys, _ = self._seen
        if keys and keys != before[1]:
            self.show_tab(Tab.KEY)
        elif strips and strips != before[0]:
            self.show_tab(Tab.CLIP)
        elif self._seen[2] != before[2]:
            self.show_tab(Tab.KEY if self._studio.selection.lane else Tab.TRACK)
        elif not strips and not keys and self.tab is Tab.CLIP:
            self.show_tab(Tab.TRACK)
        else:
            self.refresh()

    def _selection_state(self) -> tuple[object, object, object]:
        selection = self._studio.selection
        return selection.strips, selection.keys, (selection.track, selection.lane)

    def _on_frame_changed(self, _: int) -> None:
        if self.tab is Tab.KEY:
            self.refresh()

    def _on_key_edited(self, title: str) -> None:
        """A key that was moved in time stays selected."""
        value = self.key_form.row(FRAME).value
        if title == FRAME and isinstance(value, float):
            self._studio.selection.select_keys_at([value])

    def _make_tabs(self) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setSpacing(0)
        group = QButtonGroup(self)
        for tab in Tab:
            button = QToolButton(self)
            button.setText(tab.value)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("role", "segment")
            button.setToolTip(_TAB_TOOLTIPS[tab])
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _, tab=tab: self.show_tab(tab))
            group.addButton(button)
            layout.addWidget(button)
            self._tabs[tab] = button
            self._stack.addWidget(self._pages[tab])
        return layout

    def _make_avatar_buttons(self) -> QWidget:
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for text, tooltip, signal in (
            ("Choose portrait…", "Animate another picture or clip", self.portrait_wanted),
            ("Engines…", "Compare the engines and what they need", self.engines_wanted),
            ("Weights…", "See and import network weights", self.weights_wanted),
        ):
            button = QPushButton(text, box)
            button.setToolTip(tooltip)
            button.clicked.connect(signal)
            layout.addWidget(button)
        return box


_TAB_TOOLTIPS = {
    Tab.TRACK: "Settings of the focused track",
    Tab.CLIP: "Settings of the selected strips",
    Tab.KEY: "Settings of the selected keys",
    Tab.AVATAR: "Portrait, engine, picture and project",
}


class _Page(QScrollArea):
    """A title over forms of which some are shown."""

    def __init__(self, parts: Sequence[QWidget]) -> None:
        super().__init__()
        self.forms = [part for part in parts if isinstance(part, Form)]
        self._title = QLabel(self)
        self._title.setProperty("role", "heading")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setWordWrap(True)
        self._hint = QLabel(self)
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self._warning = QLabel(self)
        self._warning.setProperty("role", "warning")
        self._warning.setWordWrap(True)
        self._warning.hide()
        body = QWidget(self)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addWidget(self._hint)
        layout.addWidget(self._warning)
        for part in parts:
            layout.addWidget(part)
        layout.addStretch(1)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def title(self) -> str:
        return self._title.text()

    @property
    def warning(self) -> str:
        return self._warning.text()

    def warn(self, text: str) -> None:
        """Shows a warning below the title; an empty one hides it."""
        self._warning.setText(text)
        self._warning.setVisible(bool(text))

    def show_forms(self, title: str, subjects: dict[Form[Any], Sequence[Any]]) -> None:
        """Shows some forms with their subjects; the others are hidden."""
        self._title.setText(title)
        self._hint.hide()
        for form in self.forms:
            form.setVisible(form in subjects)
        for form, things in subjects.items():
            form.show_subjects(things)

    def show_text(self, title: str, text: str) -> None:
        """Shows a sentence instead of forms."""
        self._title.setText(title)
        self._hint.setText(text)
        self._hint.show()
        for form in self.forms:
            form.hide()


def _unlocked(document: Document, factor: Factor | None) -> Document:
    if factor is not None:
        return set_locked(document, factor, False)
    return edit_audio(document, lambda audio: replace(audio, is_locked=False))

"""What keys and menus do with the selected strips. Every verb is one undo step."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from core.base.controls import Factor
from core.timeline.document import Document
from core.timeline.edits import (
    delete_strip,
    duplicate_strip,
    edit_audio_strip,
    edit_strip,
    move_strip,
    ripple_delete_strip,
    split_strip,
)
from core.timeline.lane_edits import bake_strip
from core.timeline.strip import Blend
from studio.controller.selection import AUDIO
from studio.panels.timeline.desk import Desk
from studio.panels.timeline.strip_gestures import strips_of


class StripVerbs(QObject):
    """Edits the selected strips.

    Args:
        desk: What it works on.
    """

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk

    def split(self) -> None:
        """Cuts strips in two at the playhead: the selected ones, else those of the track."""
        frame = self._desk.playhead.frame
        chosen = self._desk.selection.strips or self._of_focused_track()
        self._each("Split", lambda d, i: split_strip(d, i, frame), sorted(chosen))

    def delete(self) -> None:
        """Removes the selected strips."""
        self._each("Delete strips", delete_strip)

    def ripple_delete(self) -> None:
        """Removes the selected strips and closes their gaps."""
        self._each("Ripple delete", ripple_delete_strip)

    def duplicate(self) -> None:
        """Lays a copy of each selected strip right after it."""
        self._each("Duplicate strips", duplicate_strip)

    def nudge(self, d_frame: int) -> None:
        """Moves the selected strips by frames."""
        strips = strips_of(self._desk.project.document)
        chosen = [strips[i] for i in self._desk.selection.strips]
        if not chosen:
            return
        step = max(d_frame, -min(strip.start for strip in chosen))
        order = sorted(chosen, key=lambda s: s.start, reverse=step > 0)
        self._each(
            "Nudge strips",
            lambda d, i: move_strip(d, i, strips[i].start + step),
            [strip.id for strip in order],
        )

    def toggle_muted(self) -> None:
        """Leaves the selected strips out, or lets them count again."""

        def toggle(document: Document, strip_id: str) -> Document:
            if document.find_strip(strip_id) is None:
                return edit_audio_strip(
                    document, strip_id, lambda s: replace(s, is_muted=not s.is_muted)
                )
            return edit_strip(document, strip_id, lambda s: replace(s, is_muted=not s.is_muted))

        self._each("Mute strips", toggle)

    def toggle_blend(self) -> None:
        """Lets the selected strips replace what lies below, or add to it."""
        turned = {Blend.REPLACE: Blend.ADD, Blend.ADD: Blend.REPLACE}
        self._each_motion(
            "Blend mode", lambda d, i: edit_strip(d, i, lambda s: replace(s, blend=turned[s.blend]))
        )

    def mirror(self) -> None:
        """Exchanges left and right in the selected strips."""
        self._each_motion(
            "Mirror strips",
            lambda d, i: edit_strip(d, i, lambda s: replace(s, mirror=not s.mirror)),
        )

    def bake(self, bank_of: Callable[[], object]) -> None:
        """Turns the selected strips into keys.

        Args:
            bank_of: Gives the motion bank of now (`core.timeline.base_lane.Bank`).
        """
        bank = bank_of()
        self._each_motion("Bake to keys", lambda d, i: bake_strip(d, i, bank))  # type: ignore[arg-type]

    def nudge_audio_offset(self, seconds: float) -> None:
        """Lets the sound come later; the selected strips, else all of the audio track."""
        document = self._desk.project.document
        sounds = [s.id for s in document.audio.strips]
        chosen = [i for i in sounds if i in self._desk.selection.strips] or sounds

        def shift(d: Document, strip_id: str) -> Document:
            return edit_audio_strip(
                d, strip_id, lambda s: replace(s, offset_s=round(s.offset_s + seconds, 6))
            )

        self._each("Audio offset", shift, chosen)

    def select_all(self) -> None:
        """Selects every strip of the focused track."""
        self._desk.selection.select_strips(self._of_focused_track())

    def _of_focused_track(self) -> set[str]:
        document, track = self._desk.project.document, self._desk.selection.track
        if track == AUDIO:
            return {strip.id for strip in document.audio.strips}
        return {strip.id for strip in document.track(Factor(track)).strips}

    def _each_motion(self, label: str, change: Callable[[Document, str], Document]) -> None:
        document = self._desk.project.document
        chosen = [i for i in self._desk.selection.strips if document.find_strip(i) is not None]
        self._each(label, change, sorted(chosen))

    def _each(
        self,
        label: str,
        change: Callable[[Document, str], Document],
        strip_ids: list[str] | None = None,
    ) -> None:
        chosen = sorted(self._desk.selection.strips) if strip_ids is None else strip_ids

        def edit(document: Document) -> Document:
            for strip_id in chosen:
                document = change(document, strip_id)
            return document

        if chosen:
            self._desk.project.edit(label, edit)

"""What a person does to the selected strips, keys and tracks: each call is one undoable step.

Menus, shortcuts and panels call these; all of them do nothing where nothing fits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.timeline import edits, keying, lane_edits, project_edits
from core.timeline.curve import Key
from core.timeline.document import Document, Gap, Marker
from core.timeline.strip import AudioStrip, Strip
from studio.controller.playhead import Playhead
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.selection import AUDIO, Selection
from studio.controller.strip_verbs import StripVerbs


@dataclass(frozen=True, slots=True)
class _Keys:
    lane: str
    limits: tuple[float, float, float]
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class _Strips:
    strips: tuple[tuple[str, Strip | AudioStrip], ...]  # track, strip; frames from the first one


class Verbs(StripVerbs):
    """Edits on what is selected, those of curves included. Main thread only."""

    clipboard_changed = Signal()

    def __init__(
        self,
        project: Project,
        selection: Selection,
        playhead: Playhead,
        preview: Preview,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(project, selection, playhead, parent)
        self._preview = preview
        self._clipboard: _Keys | _Strips | None = None

    # --- strips and keys -----------------------------------------------------------------------

    def nudge(self, n_frames: int) -> None:
        """Moves the selected keys, or else the selected strips, by frames."""
        if self._selection.keys:
            self.nudge_keys(n_frames, 0.0)
            return

        def move(document: Document) -> Document:
            order = sorted(self._strips_in(document), key=lambda s: -s.start * n_frames)
            for strip in order:
                document = edits.move_strip(document, strip.id, strip.start + n_frames)
            return document

        if self._selection.strips:
            self._project.edit("Nudge", move)

    def bake_strips(self) -> None:
        """Turns the selected strips of factor tracks into keys."""
        bank, rest = self._preview.bank, self._preview.rest_pose
        chosen = self._selection.strips

        def bake(document: Document) -> Document:
            for strip_id in sorted(chosen):
                if document.find_strip(strip_id) is not None:
                    document = lane_edits.bake_strip(document, strip_id, bank, rest)
            return document

        self._project.edit("Bake to keys", bake)

    def delete(self) -> None:
        """Removes the selected keys, or else the selected strips."""
        if self._selection.keys:
            self._on_keys("Delete keys", keying.delete_keys)
        else:
            self._on_strips("Delete", edits.delete_strip)

    def ripple_delete(self) -> None:
        """Removes the selected strips (or the stretch of the selected keys) and closes the gap."""
        curve, chosen = self._selection.curve, self._selection.keys
        if chosen:
            start, stop = curve.keys[chosen[0]].frame, curve.keys[chosen[-1]].frame + 1.0
            self.edit_curve("Ripple delete", lambda c: keying.ripple_delete(c, start, stop))
        else:
            self._on_strips("Ripple delete", edits.ripple_delete_strip)

    def duplicate(self) -> None:
        """Copies the selected keys to the playhead, or the selected strips to their own end."""
        chosen, frame = self._selection.keys, self._playhead.frame
        if chosen:
            keys = keying.copy_keys(self._selection.curve, chosen)
            if self.edit_curve("Duplicate", lambda c: keying.paste_keys(c, keys, frame)):
                self._selection.select_keys_at([key.frame + frame for key in keys])
        else:
            self._on_strips("Duplicate", edits.duplicate_strip)

    def split(self) -> None:
        """Cuts the selected strips at the playhead; without a selection, all that lie under it."""
        frame, document = self._playhead.frame, self._project.document
        chosen = self._selection.strips
        if not chosen:
            factor = self._selection.factor
            lanes = document.audio.strips if factor is None else document.track(factor).strips
            chosen = frozenset(strip.id for strip in lanes)

        def cut(now: Document) -> Document:
            for strip_id in sorted(chosen):
                now = edits.split_strip(now, strip_id, frame)
            return now

        self._project.edit("Split", cut)

    def copy(self) -> None:
        """Copies the selected keys, or else the selected strips."""
        chosen, lane = self._selection.keys, self._selection.lane
        if chosen and lane is not None:
            keys = keying.copy_keys(self._selection.curve, chosen)
            self._clipboard = _Keys(lane, self._selection.limits, keys)
        elif self._selection.strips:
            self._clipboard = self._copied_strips()
        self.clipboard_changed.emit()

    def cut(self) -> None:
        """Copies and removes."""
        self.copy()
        self.delete()

    @property
    def can_paste(self) -> bool:
        """Whether something was copied."""
        return self._clipboard is not None

    def paste(self) -> None:
        """Puts what was copied at the playhead: keys on the focused curve, strips on their track.

        Keys of a curve with another range are scaled to the focused one's.
        """
        held, frame = self._clipboard, self._playhead.frame
        if isinstance(held, _Strips):
            self._paste_strips(held, frame)
        elif held is not None and self._selection.lane is not None:
            is_same = held.lane == self._selection.lane
            limits = self._selection.limits
            keys = held.keys if is_same else keying.rescale_keys(held.keys, held.limits, limits)
            if self.edit_curve("Paste", lambda c: keying.paste_keys(c, keys, frame)):
                self._selection.select_keys_at([key.frame + frame for key in keys])

    def select_all(self) -> None:
        """Selects all keys of the focused curve, or else all strips of the focused track."""
        if self._selection.lane is not None:
            self._selection.select_keys(range(len(self._selection.curve)))
        else:
            self.select_all_strips()

    def select_all_strips(self) -> None:
        """Selects all strips of the focused track."""
        document, factor = self._project.document, self._selection.factor
        strips = document.audio.strips if factor is None else document.track(factor).strips
        self._selection.select_strips(strip.id for strip in strips)

    # --- tracks, range and markers -------------------------------------------------------------

    def toggle_mute(self) -> None:
        """Mutes the focused track, or lets it be seen (or heard) again."""
        factor = self._selection.factor
        if factor is None:
            audio = self._project.document.audio
            self._project.edit(
                "Mute",
                lambda d: edits.edit_audio(d, lambda a: replace(a, is_muted=not audio.is_muted)),
            )
        else:
            now = self._project.document.track(factor).is_muted
            self._project.edit("Mute", lambda d: edits.set_muted(d, factor, not now))

    def toggle_solo(self) -> None:
        """Makes the focused factor track solo, or not."""
        factor = self._selection.factor
        if factor is not None:
            now = self._project.document.track(factor).is_solo
            self._project.edit("Solo", lambda d: edits.set_solo(d, factor, not now))

    def toggle_lock(self) -> None:
        """Locks or unlocks the focused track."""
        factor = self._selection.factor
        if factor is None:
            audio = self._project.document.audio
            self._project.edit(
                "Lock", lambda d: replace(d, audio=replace(audio, is_locked=not audio.is_locked))
            )
        else:
            now = self._project.document.track(factor).is_locked
            self._project.edit("Lock", lambda d: edits.set_locked(d, factor, not now))

    def mirror_track(self) -> None:
        """Swaps left and right in everything on the focused factor track."""
        factor = self._selection.factor
        if factor is not None:
            self._project.edit("Mirror track", lambda d: lane_edits.mirror_track(d, factor))

    def toggle_gap_hold(self) -> None:
        """Holds the last pose where no strip lies on the focused track, or eases to rest."""
        factor = self._selection.factor
        if factor is None:
            return
        is_held = self._project.document.track(factor).gap is Gap.HOLD
        gap = Gap.EASE if is_held else Gap.HOLD
        self._project.edit(
            "Gaps", lambda d: edits.edit_track(d, factor, lambda t: replace(t, gap=gap))
        )

    def toggle_arm(self) -> None:
        """Arms the focused track for recording, or disarms it."""
        track = self._selection.track
        self._selection.arm(track, track not in self._selection.armed)

    def set_in(self) -> None:
        """The range begins at the playhead."""
        frame, out = self._playhead.frame, self._project.document.out_frame
        self._project.edit("Set in", lambda d: project_edits.set_range(d, frame, out))

    def set_out(self) -> None:
        """The range ends with the shown frame."""
        start, stop = self._project.document.in_frame, self._playhead.frame + 1
        self._project.edit("Set out", lambda d: project_edits.set_range(d, start, stop))

    def clear_range(self) -> None:
        """The range is the whole document again."""
        self._project.edit("Clear range", lambda d: project_edits.set_range(d, None, None))

    def toggle_marker(self) -> None:
        """Sets a marker at the playhead, or removes the one that is there."""
        frame = self._playhead.frame
        if any(marker.frame == frame for marker in self._project.document.markers):
            self._project.edit("Remove marker", lambda d: project_edits.remove_marker(d, frame))
        else:
            self._project.edit("Set marker", lambda d: project_edits.set_marker(d, Marker(frame)))

    def fit_length(self) -> None:
        """Makes the document as long as its last strip."""
        self._project.edit("Fit length", project_edits.fit_length)

    def nudge_audio(self, seconds: float) -> None:
        """Moves the sound against the pictures; the selected audio strips, or all of them."""
        strips = self._project.document.audio.strips
        chosen = [s.id for s in strips if s.id in self._selection.strips] or [s.id for s in strips]

        def shift(document: Document) -> Document:
            for strip_id in chosen:
                document = edits.edit_audio_strip(
                    document, strip_id, lambda s: replace(s, offset_s=s.offset_s + seconds)
                )
            return document

        if chosen:
            self._project.edit("Nudge sound", shift)

    # --- inside --------------------------------------------------------------------------------

    def _on_strips(self, label: str, change: Callable[[Document, str], Document]) -> None:
        chosen = self._selection.strips

        def each(document: Document) -> Document:
            for strip in reversed(self._strips_in(document)):
                if strip.id in chosen:
                    document = change(document, strip.id)
            return document

        if chosen:
            self._project.edit(label, each)

    def _strips_in(self, document: Document) -> list[Strip | AudioStrip]:
        """The selected strips of a document, by their start."""
        chosen = self._selection.strips
        found: list[Strip | AudioStrip] = [s for s in document.audio.strips if s.id in chosen]
        found += [s for track in document.tracks for s in track.strips if s.id in chosen]
        return sorted(found, key=lambda strip: strip.start)

    def _copied_strips(self) -> _Strips:
        document, chosen = self._project.document, self._strips_in(self._project.document)
        first = chosen[0].start
        held: list[tuple[str, Strip | AudioStrip]] = []
        for strip in chosen:
            found = document.find_strip(strip.id)
            track = AUDIO if found is None else str(found[0].factor)
            held.append((track, replace(strip, start=strip.start - first)))
        return _Strips(tuple(held))

    def _paste_strips(self, held: _Strips, frame: int) -> None:
        pasted: list[str] = []

        def paste(document: Document) -> Document:
            for track, strip in held.strips:
                if document.source(strip.source_id) is None:
                    continue
                new_id = next(document.new_ids("strip"))
                if isinstance(strip, AudioStrip):
                    placed = replace(strip, id=new_id, start=strip.start + frame)
                    document = edits.add_audio_strip(document, placed)
                else:
                    laid = replace(strip, id=new_id, start=strip.start + frame)
                    document = edits.add_strip(document, Factor(track), laid, 0)
                pasted.append(new_id)
            return document

        if self._project.edit("Paste", paste):
            self._selection.select_strips(pasted)

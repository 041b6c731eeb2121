"""What is selected, focused and armed. It follows the document: what is gone is not selected."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Final, TypeVar

from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.timeline.curve import NO_KEYS, Curve
from core.timeline.lanes import LANES, Lane
from studio.controller.project import Project

T = TypeVar("T")
AUDIO: Final = "audio"
"""Name of the audio track, beside the factors."""
INFLUENCE: Final = "influence"
"""Name of a track's influence curve, beside its lanes."""
TRACKS: Final[tuple[str, ...]] = (AUDIO, *Factor)
"""All tracks from top to bottom."""


class Mode(StrEnum):
    """How a new selection joins the old one."""

    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"
    TOGGLE = "toggle"


class Selection(QObject):
    """Strips, keys of the focused curve, the focused and the armed tracks, one library entry."""

    changed = Signal()
    armed_changed = Signal()

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._strips: frozenset[str] = frozenset()
        self._track: str = AUDIO
        self._lane: str | None = None
        self._keys: frozenset[int] = frozenset()
        self._armed: frozenset[str] = frozenset()
        self._source_id: str | None = None
        self._anchors: frozenset[float] = frozenset()
        project.document_changed.connect(self._on_document_changed)

    @property
    def strips(self) -> frozenset[str]:
        """Ids of the selected strips, of any track."""
        return self._strips

    @property
    def track(self) -> str:
        """The focused track: `AUDIO` or a factor."""
        return self._track

    @property
    def factor(self) -> Factor | None:
        """The focused factor track; None for the audio track."""
        return None if self._track == AUDIO else Factor(self._track)

    @property
    def lane(self) -> str | None:
        """The focused curve: a name of `LANES` or `INFLUENCE`; None while none is."""
        return self._lane

    @property
    def keys(self) -> tuple[int, ...]:
        """Indices of the selected keys of the focused curve, ascending."""
        n_keys = len(self.curve)
        return tuple(sorted(i for i in self._keys if i < n_keys))

    @property
    def armed(self) -> frozenset[str]:
        """The tracks that record: factors, and `AUDIO`."""
        return self._armed

    @property
    def source_id(self) -> str | None:
        """The selected entry of the library."""
        return self._source_id

    @property
    def curve(self) -> Curve:
        """The focused curve as it is now; without keys when none is focused."""
        if self._lane is None or self.factor is None:
            return NO_KEYS
        track = self._project.document.track(self.factor)
        return track.influence if self._lane == INFLUENCE else track.offset(self._lane)

    @property
    def limits(self) -> tuple[float, float, float]:
        """(lower, default, upper) of the focused curve."""
        if self._lane is None or self._lane == INFLUENCE:
            return 0.0, 1.0, 1.0
        lane: Lane = LANES[self._lane]
        return lane.limits

    def select_strips(self, strip_ids: Iterable[str], mode: Mode = Mode.REPLACE) -> None:
        """Selects strips; keys are no longer selected, and the track of a single one has focus."""
        chosen = frozenset(strip_ids)
        self._strips = _joined(self._strips, chosen, mode)
        self._select_key_indices(frozenset())
        if len(chosen) == 1:
            self._track_of(next(iter(chosen)))
        self.changed.emit()

    def focus_track(self, track: str) -> None:
        """Gives a track the focus; a curve of another track loses it.

        Raises:
            ValueError: there is no such track.
        """
        if track not in TRACKS:
            raise ValueError(f"there is no track {track}")
        if track != self._track:
            self._track, self._lane = track, None
            self._select_key_indices(frozenset())
            self.changed.emit()

    def focus_lane(self, factor: Factor, lane: str | None) -> None:
        """Focuses a curve of a track (a lane or `INFLUENCE`), or only the track.

        Raises:
            ValueError: the track has no such curve.
        """
        if lane not in (None, INFLUENCE) and (lane not in LANES or LANES[lane].factor != factor):
            raise ValueError(f"track {factor} has no lane {lane}")
        if (factor, lane) != (self._track, self._lane):
            self._track, self._lane = str(factor), lane
            self._select_key_indices(frozenset())
            self.changed.emit()

    def select_keys(self, indices: Iterable[int], mode: Mode = Mode.REPLACE) -> None:
        """Selects keys of the focused curve by index; strips are no longer selected.

        Indices that do not exist are left out.
        """
        n_keys = len(self.curve)
        chosen = frozenset(i for i in indices if 0 <= i < n_keys)
        self._select_key_indices(_joined(self._keys, chosen, mode))
        self._strips = frozenset()
        self.changed.emit()

    def select_keys_at(self, frames: Collection[float]) -> None:
        """Selects the keys of the focused curve on these frames, e.g. after they were moved."""
        wanted = set(frames)
        self.select_keys(i for i, key in enumerate(self.curve.keys) if key.frame in wanted)

    def select_source(self, source_id: str | None) -> None:
        """Selects an entry of the library."""
        if source_id != self._source_id:
            self._source_id = source_id
            self.changed.emit()

    def arm(self, track: str, is_armed: bool) -> None:
        """Arms a track for recording or disarms it.

        Raises:
            ValueError: there is no such track.
        """
        if track not in TRACKS:
            raise ValueError(f"there is no track {track}")
        armed = self._armed | {track} if is_armed else self._armed - {track}
        if armed != self._armed:
            self._armed = armed
            self.armed_changed.emit()

    def clear(self) -> None:
        """Selects neither strips nor keys; focus stays."""
        if self._strips or self._keys:
            self._strips = frozenset()
            self._select_key_indices(frozenset())
            self.changed.emit()

    def _track_of(self, strip_id: str) -> None:
        document = self._project.document
        found = document.find_strip(strip_id)
        track = AUDIO if found is None else str(found[0].factor)
        if track != self._track:
            self._track, self._lane = track, None

    def _select_key_indices(self, indices: frozenset[int]) -> None:
        self._keys = indices
        keys = self.curve.keys
        self._anchors = frozenset(keys[i].frame for i in indices)

    def _on_document_changed(self) -> None:
        """Forgets what is gone. Keys stay selected by their frame, as far as they stand."""
        document = self._project.document
        known = {strip.id for strip in document.audio.strips}
        known |= {strip.id for track in document.tracks for strip in track.strips}
        strips = self._strips & known
        source_id = self._source_id
        if source_id is not None and document.source(source_id) is None:
            source_id = None
        keys = self._keys
        if keys and not self._project.in_gesture:
            frames = self.curve.frames.tolist()
            keys = frozenset(i for i, frame in enumerate(frames) if frame in self._anchors)
        if (strips, source_id, keys) != (self._strips, self._source_id, self._keys):
            self._strips, self._source_id, self._keys = strips, source_id, keys
            self.changed.emit()


def _joined(old: frozenset[T], new: frozenset[T], mode: Mode) -> frozenset[T]:
    if mode is Mode.ADD:
        return old | new
    if mode is Mode.REMOVE:
        return old - new
    return old ^ new if mode is Mode.TOGGLE else new

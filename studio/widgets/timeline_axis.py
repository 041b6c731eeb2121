"""The time axis that the ruler and all tracks share: which frames are seen, and how wide."""

from PySide6.QtCore import QObject, Signal

MIN_PX, MAX_PX = 0.02, 64.0
_MARGIN = 0.5  # share of the view that may lie behind the end
_ZOOM_STEP = 1.25


class TimeAxis(QObject):
    """Maps document frames to x in px and back.

    Args:
        n_frames: Length of what is shown.
    """

    changed = Signal()

    def __init__(self, n_frames: int = 250, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._first = 0.0
        self._px = 4.0
        self._width = 800
        self._n_frames = n_frames

    @property
    def first(self) -> float:
        """The frame at x = 0."""
        return self._first

    @property
    def px_per_frame(self) -> float:
        """Width of a frame in px."""
        return self._px

    @property
    def width(self) -> int:
        """Width of the view in px."""
        return self._width

    @property
    def n_frames(self) -> int:
        """Length of what is shown, frames."""
        return self._n_frames

    @property
    def n_visible(self) -> float:
        """Frames that fit into the view."""
        return self._width / self._px

    @property
    def last_first(self) -> float:
        """The largest `first` that the view can be moved to."""
        return max(0.0, self._n_frames - self.n_visible * (1.0 - _MARGIN))

    def to_x(self, frame: float) -> float:
        """The x of a frame's beginning, px."""
        return (frame - self._first) * self._px

    def to_frame(self, x: float) -> float:
        """The frame at x px, fractions included."""
        return self._first + x / self._px

    def set_width(self, width: int) -> None:
        """Tells how wide the view is, px."""
        if width != self._width and width > 0:
            self._width = width
            self._set(self._first, self._px, always=True)

    def set_length(self, n_frames: int) -> None:
        """Tells how many frames there are."""
        if n_frames != self._n_frames:
            self._n_frames = n_frames
            self._set(self._first, self._px, always=True)

    def zoom(self, steps: float, x: float) -> None:
        """Zooms in by wheel steps (out when negative); the frame at x px stays where it is."""
        anchor = self.to_frame(x)
        px = min(max(self._px * _ZOOM_STEP**steps, MIN_PX), MAX_PX)
        self._set(anchor - x / px, px)

    def pan(self, frames: float) -> None:
        """Moves the view to later frames (earlier when negative)."""
        self._set(self._first + frames, self._px)

    def show_from(self, first: float) -> None:
        """Moves the view so that it begins at a frame."""
        self._set(first, self._px)

    def fit(self, start: float, stop: float) -> None:
        """Shows just the frames `start` ≤ f < `stop`, with a little air on both sides."""
        length = max(stop - start, 1.0) * 1.04
        px = min(max(self._width / length, MIN_PX), MAX_PX)
        self._set(start - 0.02 * (stop - start) if start > 0 else 0.0, px)

    def reveal(self, frame: float) -> None:
        """Turns a page when a frame is out of view."""
        if not self._first <= frame < self._first + self.n_visible:
            self._set(frame - 0.1 * self.n_visible, self._px)

    def _set(self, first: float, px: float, *, always: bool = False) -> None:
        before = (self._first, self._px)
        self._px = px
        self._first = min(max(first, 0.0), self.last_first)
        if always or before != (self._first, self._px):
            self.changed.emit()

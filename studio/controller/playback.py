"""Playing: the sound is the clock, pictures that come too late are dropped."""

from PySide6.QtCore import QObject, Signal


class Playback(QObject):
    """Moves the playhead in time with the sound. Main thread only."""

    state_changed = Signal()
    """Playing, speed or sound device changed."""
    level_changed = Signal(float)
    """Loudness of what is heard in dBFS, −96..0, about 20 times a second while playing."""

    def play(self, speed: float = 1.0) -> None:
        """Plays from the playhead: speed 1, 2, 4 or backwards; sound only at 1."""
        raise NotImplementedError

    def pause(self) -> None:
        """Stops where it is."""
        raise NotImplementedError

    def stop(self) -> None:
        """Stops and goes back to where playing began."""
        raise NotImplementedError

    def toggle(self) -> None:
        """Plays or pauses."""
        raise NotImplementedError

    def shuttle(self, direction: int) -> None:
        """J (−1), K (0) and L (1): each press doubles the speed, up to 4; K pauses."""
        raise NotImplementedError

    def play_range(self) -> None:
        """Plays from the in-point to the out-point once."""
        raise NotImplementedError

    def scrub_sound(self, frame: int) -> None:
        """Lets the sound of one frame be heard."""
        raise NotImplementedError

    @property
    def is_playing(self) -> bool:
        """Whether it runs."""
        raise NotImplementedError

    @property
    def speed(self) -> float:
        """Frames per document frame: 1, 2, 4, or negative."""
        raise NotImplementedError

    @property
    def has_sound(self) -> bool:
        """Whether a sound device could be opened."""
        raise NotImplementedError

    @property
    def sound_reason(self) -> str:
        """Why there is no sound; empty when there is."""
        raise NotImplementedError

    @property
    def dropped(self) -> int:
        """Pictures that came too late since playing began."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends sound and clock."""
        raise NotImplementedError

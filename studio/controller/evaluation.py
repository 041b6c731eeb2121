"""What the document comes to, frame by frame: made again after an edit, a few frames at a time."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.base.controls import N_CONTROLS, REST, Factor
from core.base.errors import MotionError
from core.base.time import FrameRange
from core.engines.registry import spec_of
from core.face.pose import Pose
from core.motion.motion import LatentMotion, Motion
from core.motion.track import FactorTrack
from core.session.bank import final_motion
from core.timeline.document import Document

Bank = Mapping[str, Mapping[Factor, FactorTrack]]
_CHUNK: Final = 128


class Evaluation:
    """The controls of every frame, float32 [n_frames, 58], as the engine is given them. One thread.

    Attributes:
        error: Why some of it could not be evaluated, one sentence; those frames are at rest.
    """

    def __init__(self) -> None:
        self._document = Document()
        self._bank: Bank = {}
        self._rest_pose = Pose()
        self._rows: NDArray[np.float32] = np.tile(REST, (1, 1))
        self._is_known: NDArray[np.bool_] = np.zeros(1, np.bool_)
        self._with_latents = False
        self._latents: dict[int, bytes] = {}  # digests; the latents are made again where needed
        self.error = ""

    @property
    def n_frames(self) -> int:
        """Frames of the document."""
        return len(self._rows)

    @property
    def is_complete(self) -> bool:
        """Whether every frame is up to date."""
        return bool(self._is_known.all())

    def set(self, document: Document, bank: Bank, rest_pose: Pose) -> None:
        """Takes another document, motion or avatar; every frame has to be made again."""
        self._document, self._bank, self._rest_pose = document, bank, rest_pose
        if document.n_frames != self.n_frames:
            rows = np.tile(REST, (document.n_frames, 1))
            n_kept = min(len(rows), self.n_frames)
            rows[:n_kept] = self._rows[:n_kept]
            self._rows = rows
        self._is_known = np.zeros(document.n_frames, np.bool_)
        self._with_latents = spec_of(document.avatar.engine).takes_latents
        self._latents.clear()
        self.error = ""

    def latents(self, frame: int) -> LatentMotion | None:
        """The latents of one frame, up to date; None where the engine takes none."""
        if not self._with_latents:
            return None
        try:
            return self._motion(frame, frame + 1).latents
        except MotionError:
            return None  # `error` says so once the frame is made

    def digest(self, frame: int) -> bytes:
        """What one frame shows, up to date: equal for equal controls and latents."""
        return self.row(frame).tobytes() + self._latents.get(frame, b"")

    def row(self, frame: int) -> NDArray[np.float32]:
        """The controls of one frame, up to date: float32 [58]."""
        if not self._is_known[frame]:
            self._make(frame, frame + 1)
        row: NDArray[np.float32] = self._rows[frame]
        return row

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """The controls of frames `start` ≤ f < `stop`, up to date: float32 [N, 58]."""
        start, stop = max(start, 0), min(stop, self.n_frames)
        if stop <= start:
            return np.zeros((0, N_CONTROLS), np.float32)
        if not self._is_known[start:stop].all():
            self._make(start, stop)
        return self._rows[start:stop].copy()

    def advance(self, near: int, budget_s: float) -> FrameRange | None:
        """Brings frames up to date for a while, those from `near` on first.

        Returns:
            A range that holds all frames that were made; None when there was nothing to do.
        """
        deadline = time.perf_counter() + budget_s
        made: list[int] = []
        while not made or time.perf_counter() < deadline:
            start = self._first_unknown(near)
            if start is None:
                break
            stop = min(start + _CHUNK, self.n_frames)
            self._make(start, stop)
            made += [start, stop]
        return FrameRange(min(made), max(made)) if made else None

    def _first_unknown(self, near: int) -> int | None:
        ahead = np.flatnonzero(~self._is_known[near:])
        if len(ahead):
            return near + int(ahead[0])
        behind = np.flatnonzero(~self._is_known[:near])
        return int(behind[0]) if len(behind) else None

    def _make(self, start: int, stop: int) -> None:
        try:
            motion = self._motion(start, stop)
            self._rows[start:stop] = motion.controls
            if motion.latents is not None:
                digests = _digests(motion.latents)
                self._latents.update(zip(range(start, stop), digests, strict=True))
        except MotionError as error:
            self.error = str(error)
            self._rows[start:stop] = REST
        self._is_known[start:stop] = True

    def _motion(self, start: int, stop: int) -> Motion:
        return final_motion(
            self._document,
            FrameRange(start, stop),
            self._bank,
            self._rest_pose,
            with_latents=self._with_latents,
        )


def _digests(latents: LatentMotion) -> Iterator[bytes]:
    """One digest per frame."""
    switches = sorted(latents.muted), sorted(latents.switched_off)
    how = f"{switches} {latents.blink_gain} {latents.look_at_camera}".encode()
    parts = sorted(latents.parts.items())
    for row, controls in enumerate(latents.controls):
        digest = hashlib.blake2b(how, digest_size=16)
        digest.update(controls.tobytes())
        for factor, part in parts:
            digest.update(factor.encode())
            digest.update(part.own[row].tobytes())
            digest.update(part.values[row].tobytes())
        yield digest.digest()

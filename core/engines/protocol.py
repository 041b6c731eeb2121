"""What an engine is: avatar + motion → frames.

Everything above the engines (export, jobs, command line) knows only these types. An engine may
be called from any one thread at a time; its avatars are opaque to the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.base.progress import Progress
from core.face.crop import Box
from core.face.pose import Pose
from core.motion.latent import LatentExtractor
from core.motion.motion import Motion

Frame = NDArray[np.uint8]
"""uint8 RGB [H, W, 3], sRGB; [H, W, 4] where a view is cut out."""


class Accepts(StrEnum):
    """The languages of motion that an engine understands."""

    CONTROLS = "controls"
    LATENTS = "latents"
    DRIVING_FRAMES = "driving_frames"


@dataclass(frozen=True, slots=True)
class Switch:
    """A part of the motion that an engine can leave out by itself.

    Attributes:
        name: In sessions.
        title: For people.
        tooltip: What is left out, as a sentence.
    """

    name: str
    title: str
    tooltip: str


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What an engine can do, known without importing it.

    Attributes:
        name: The name it is registered under.
        title: One line for people.
        label: What people call it; empty when that is its name.
        needs: Names of the weights cards that must be on disk.
        accepts: The motion it can be driven by.
        native_size: Side of its face crop in px, or None when it renders at any size.
        max_pose_deg: |yaw|, |pitch|, |roll| up to which its pictures look natural, relative to
            the portrait's own pose; beyond them a preview warns.
        switches: What can be switched off in it, all on at first.
        can_cut_out: Whether it tells the person from the background, see `View.is_cut_out`.
        is_sequential: Whether a frame of a still portrait may depend on those before it.
    """

    name: str
    title: str
    needs: tuple[str, ...] = ()
    accepts: frozenset[Accepts] = frozenset({Accepts.CONTROLS})
    native_size: int | None = None
    max_pose_deg: tuple[float, float, float] = (25.0, 20.0, 20.0)
    switches: tuple[Switch, ...] = ()
    label: str = ""
    can_cut_out: bool = False
    is_sequential: bool = True

    @property
    def shown_name(self) -> str:
        """Its name for people."""
        return self.label or self.name.capitalize()

    @property
    def takes_latents(self) -> bool:
        """Whether `Motion.latents` must be given to it."""
        return Accepts.LATENTS in self.accepts


class SourceKind(StrEnum):
    """A single picture, or a video whose every frame is a source."""

    STILL = "still"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Source:
    """The picture or clip that an avatar is made from.

    Attributes:
        path: File (or folder of numbered pictures).
        face: Number of the face, largest first from 0; None takes the largest.
        kind: Still or video.
        crop: The only part of the pictures in which the face is looked for; None is the whole.
    """

    path: Path
    face: int | None = None
    kind: SourceKind = SourceKind.STILL
    crop: Box | None = None


class Framing(StrEnum):
    """Which part of the portrait a frame shows."""

    FACE = "face"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class View:
    """What to render: a square crop around the face, or the whole portrait.

    Attributes:
        mode: `FACE` (2.3 face heights square) or `FULL` (the portrait at its own resolution).
        size: Side of the face crop in px, 64..2160; for `FULL` the longest side, or None for the
            portrait's own resolution.
        is_draft: Whether it will be replaced by a better one soon, so that an engine may answer
            sooner with one that is less exact.
        is_cut_out: Whether frames are uint8 RGBA [H, W, 4] with straight alpha: the person alone.
            Only for engines whose `EngineSpec.can_cut_out`.
    """

    mode: Framing = Framing.FACE
    size: int | None = field(default=512)
    is_draft: bool = False
    is_cut_out: bool = False


class Avatar(Protocol):
    """An identity prepared by an engine; opaque apart from these members."""

    @property
    def rest_pose(self) -> Pose:
        """Head pose of the portrait itself in degrees: controls are relative to it."""
        ...

    def output_size(self, view: View) -> tuple[int, int]:
        """Width and height in px of the frames that `view` gives; both even."""
        ...

    def refine(self, progress: Progress) -> None:
        """Finishes what a first preview need not wait for.

        May run in a background thread while frames are rendered; deterministic; does nothing the
        second time.

        Raises:
            Cancelled: the work was cancelled; it can be started again.
        """
        ...


class Engine(Protocol):
    """A renderer. Constructed without arguments by the registry."""

    spec: EngineSpec

    def prepare(self, source: Source, *, progress: Progress) -> Avatar:
        """Makes an avatar of `source`.

        Raises:
            MediaError: the file cannot be read.
            FaceError: it shows no usable face.
            Cancelled: the work was cancelled.
        """
        ...

    def render(self, avatar: Avatar, motion: Motion, view: View) -> Iterator[Frame]:
        """Yields one frame per row of `motion.controls`, in order; bit-identical every time."""
        ...


@runtime_checkable
class LatentEngine(Protocol):
    """An engine with an encoder of its own: its sources give latents."""

    def extractor(self) -> LatentExtractor:
        """Encodes sources into the engine's space."""
        ...


@runtime_checkable
class OnDevice(Protocol):
    """An engine with networks, which run where `core.engines.wanted_device` says if they can."""

    @property
    def device(self) -> str:
        """What they run on, for people, such as “CUDA:0 (NVIDIA A100)”."""
        ...

    @property
    def fallback_reason(self) -> str:
        """Why they do not run where they were wanted, one sentence; empty when they do."""
        ...


@runtime_checkable
class Rehearsing(Protocol):
    """An avatar whose drafts come sooner once it has practised."""

    def rehearse(self, progress: Progress) -> None:
        """Prepares for drafts; its other pictures stay the same.

        May run in a background thread while frames are rendered; deterministic; does nothing the
        second time.

        Raises:
            Cancelled: the work was cancelled; it can be started again.
        """
        ...

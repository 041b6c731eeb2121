"""What the window and the engine process tell each other: frozen, picklable, by ticket.

A request captures all that it needs; a reply carries the ticket of its request. Documents travel
as the text of `core.session.schema`, paths as text; an unchanged document costs nothing on the
other side. The host numbers the requests, so they are made without a ticket.

Every ticket but those of `Cancel` and `Shutdown` ends in exactly one of `ENDINGS`. `Progressed`,
`Noted` and `Refined` are told on the way (`Refined` after `Prepared`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.base.controls import Factor
from core.export.settings import ExportSettings
from core.face.crop import Box
from core.face.pose import Pose
from core.motion.motion import LatentMotion
from core.motion.track import FactorTrack

# --- requests --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticketed:
    """A request. `ticket` is given by the host; 0 until then."""

    ticket: int = 0


@dataclass(frozen=True, slots=True)
class Prepare(Ticketed):
    """Make the avatar of a document ready, then refine it in the background.

    A newer one takes the place of one that is not finished. Ends in `Prepared`; `Refined` follows.

    Attributes:
        document_text: The project as `core.session.schema.to_text` writes it.
        folder: The session folder that relative paths start from.
        device: Where networks shall run from now on, see `core.engines.wanted_device`; empty
            leaves it as it was.
    """

    document_text: str
    folder: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Preview(Ticketed):
    """Draw one frame. Only the newest waits; an older one that did not start is cancelled.

    The avatar is prepared first where that was not done. Motion that was not gathered yet counts
    as absent (or as it was gathered last), see `FrameReady.is_final`. Ends in `FrameReady`.

    Attributes:
        document_text: The project as `core.session.schema.to_text` writes it.
        folder: The session folder that relative paths start from.
        frame: Document frame.
        side: Side (for the whole picture: longest side) in px of a draft; None for the
            document's own size. Never more than `core.jobs.ring.MAX_SIDE_PX`.
        controls: The 58 values to draw, where the sender has evaluated the document itself: of
            the document, only the avatar, its view and the rate count then, so that an older
            text of the same avatar will do while a curve is dragged.
        latents: The same frame for an engine that takes latents, given with `controls`.
    """

    document_text: str
    folder: str
    frame: int
    side: int | None = None
    controls: tuple[float, ...] | None = None
    latents: LatentMotion | None = None


@dataclass(frozen=True, slots=True)
class Gather(Ticketed):
    """Make the motion of all sources in use: track clips, listen to voices. Ends in `Gathered`.

    Previews are served meanwhile; those after it show the motion.

    Attributes:
        document_text: The project as `core.session.schema.to_text` writes it.
        folder: The session folder that relative paths start from.
    """

    document_text: str
    folder: str


@dataclass(frozen=True, slots=True)
class FindFaces(Ticketed):
    """Say which faces a picture or a clip shows. Ends in `FacesFound`.

    Attributes:
        path: The file, absolute.
        tracker: Name of the face tracker.
        crop: The only part of the pictures that is looked at, see `core.face.crop`.
    """

    path: str
    tracker: str = "facemesh"
    crop: Box | None = None


@dataclass(frozen=True, slots=True)
class Export(Ticketed):
    """Write a film, pictures, sound or motion files. Ends in `Exported`.

    Previews are served between its frames.

    Exports are written one after the other, in the order of arrival.

    Attributes:
        document_text: The project as `core.session.schema.to_text` writes it.
        folder: The session folder that relative paths start from.
        output: The file; a folder for pictures, only a name for motion files. Nothing is
            overwritten.
        first: First document frame; None is the start of the working range.
        stop: Document frame after the last; None is the end of the working range.
        settings: What kind of output, and how.
    """

    document_text: str
    folder: str
    output: str
    first: int | None = None
    stop: int | None = None
    settings: ExportSettings = field(default_factory=ExportSettings)


@dataclass(frozen=True, slots=True)
class Cancel(Ticketed):
    """Stop the request whose ticket is `target`; nothing happens when it has ended."""

    target: int


@dataclass(frozen=True, slots=True)
class Shutdown(Ticketed):
    """Cancel everything and end."""


Request = Prepare | Preview | Gather | FindFaces | Export | Cancel | Shutdown

# --- replies ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prepared:
    """The avatar can be drawn.

    After the death of the engine process the avatar is prepared again, and the same ticket is
    answered once more.

    Attributes:
        ticket: Of the `Prepare`.
        width: Of the document's view in px.
        height: Of the document's view in px.
        rest_pose: Head pose of the portrait itself in degrees.
        device: What the engine runs on, for people.
    """

    ticket: int
    width: int
    height: int
    rest_pose: Pose
    device: str


@dataclass(frozen=True, slots=True)
class Refined:
    """The avatar of that `Prepare` is finished: frames that were drawn before are drafts."""

    ticket: int


@dataclass(frozen=True, slots=True)
class FrameReady:
    """A frame is drawn: `Host.frame` gives it, until the next `Host.poll`.

    Attributes:
        ticket: Of the `Preview`.
        frame: Document frame.
        slot: Where the picture lies.
        height: In px.
        width: In px.
        ms: Milliseconds that evaluating and drawing took.
        is_final: Whether this is what an export shows at this size: the avatar was refined and
            all motion known.
    """

    ticket: int
    frame: int
    slot: int
    height: int
    width: int
    ms: float
    is_final: bool


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The motion of every source in use.

    Attributes:
        ticket: Of the `Gather`.
        bank: Source id → factor → motion, as `core.timeline.evaluate` takes it.
    """

    ticket: int
    bank: Mapping[str, Mapping[Factor, FactorTrack]]


@dataclass(frozen=True, slots=True, eq=False)
class FacesFound:
    """The faces that can be chosen from, the largest first.

    Attributes:
        ticket: Of the `FindFaces`.
        picture: The frame in which they were found (without faces: the first one), uint8 RGB
            [H, W, 3], at most 960 px.
        thumbnails: Each face, uint8 RGB [96, 96, 3].
        boxes: Left, top, right and bottom of each, as shares of the picture.
    """

    ticket: int
    picture: NDArray[np.uint8]
    thumbnails: tuple[NDArray[np.uint8], ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Progressed:
    """`done` of `total` units of `stage` are finished; `total` is None while unknown."""

    ticket: int
    stage: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Noted:
    """One sentence for the user that does not stop the work."""

    ticket: int
    text: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What was asked for lies at `path` and has `n_frames` frames."""

    ticket: int
    path: str
    n_frames: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed.

    Attributes:
        ticket: Of the request.
        message: One sentence for the user.
        is_user_error: Whether the input was at fault; else it was the program.
        lacks_face: Whether no face was found that can be used.
    """

    ticket: int
    message: str
    is_user_error: bool
    lacks_face: bool = False


@dataclass(frozen=True, slots=True)
class CancelledReply:
    """The request was cancelled, or a newer one took its place; nothing is half done."""

    ticket: int


Reply = (
    Prepared
    | Refined
    | FrameReady
    | Gathered
    | FacesFound
    | Progressed
    | Noted
    | Exported
    | Failed
    | CancelledReply
)
ENDINGS = (Prepared, FrameReady, Gathered, FacesFound, Exported, Failed, CancelledReply)
"""The replies that end a ticket."""

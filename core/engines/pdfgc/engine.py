"""PD-FGC (Wang et al., CVPR 2023) as an engine: each factor from a source of its own."""

from collections.abc import Iterator

from core.base.content import sha256_file
from core.base.errors import EngineError
from core.base.progress import Progress
from core.engines.pdfgc.avatar import PdfgcAvatar
from core.engines.pdfgc.extract import PdfgcExtractor
from core.engines.pdfgc.networks import load_networks
from core.engines.protocol import Avatar, Frame, Source, SourceKind, View
from core.engines.registry import PDFGC
from core.face.crop import looking_through
from core.face.portrait import find_portrait_face
from core.face.tracker import create_tracker
from core.media.image import read_image
from core.motion.latent import LatentExtractor
from core.motion.motion import Motion


class PdfgcEngine:
    """Implements `Engine`, `LatentEngine` and `OnDevice`.

    Raises:
        WeightsError: the weights are missing or damaged.
    """

    spec = PDFGC

    def __init__(self) -> None:
        self._networks = load_networks()

    @property
    def device(self) -> str:
        """Where its networks run."""
        return self._networks.device.words

    @property
    def fallback_reason(self) -> str:
        """Why they do not run where they were wanted; empty when they do."""
        return self._networks.device.reason

    def extractor(self) -> LatentExtractor:
        """Encodes clips and voices."""
        return PdfgcExtractor(self._networks)

    def prepare(self, source: Source, *, progress: Progress) -> Avatar:
        """Makes an avatar of a portrait.

        Raises:
            EngineError: the source is a clip.
            MediaError: the file cannot be read.
            FaceError: it shows no usable face.
            Cancelled: the work was cancelled.
        """
        if source.kind is SourceKind.VIDEO:
            raise EngineError(
                f"PD-FGC animates a picture, but “{source.path.name}” is a clip: choose a still "
                "portrait, or the engine “mesh”."
            )
        portrait = read_image(source.path).rgb
        tracker = looking_through(create_tracker(), source.crop)
        face = find_portrait_face(portrait, tracker, source.face, progress)
        content = sha256_file(source.path, progress)
        return PdfgcAvatar(portrait, face, content, self._networks, progress)

    def render(self, avatar: Avatar, motion: Motion, view: View) -> Iterator[Frame]:
        """Yields one frame per row of `motion`, uint8 RGB [H, W, 3].

        Raises:
            EngineError: the avatar is another engine's, or the view cannot be rendered.
        """
        if not isinstance(avatar, PdfgcAvatar):
            raise EngineError("This avatar was made by another engine: prepare it again.")
        yield from avatar.frames(motion, view)

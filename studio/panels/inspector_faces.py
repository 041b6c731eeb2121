"""What the inspector shows of the faces of a clip or of the portrait: each choice is one step."""

from PySide6.QtWidgets import QWidget

from core.session.bank import source_path
from core.timeline.source import ClipParams, PortraitParams
from studio.controller.studio import Studio
from studio.panels.face_chooser import FaceChooser


class SourceFaces(FaceChooser):
    """The faces of one source.

    Args:
        studio: Does what is chosen.
        is_portrait: Whether it chooses whose face is animated, not whose motion is taken.
    """

    def __init__(self, studio: Studio, *, is_portrait: bool, parent: QWidget | None = None) -> None:
        super().__init__(studio.faces, parent)
        self._studio = studio
        self._is_portrait = is_portrait
        self._source_id = ""
        self.face_chosen.connect(self._on_face)
        self.crop_chosen.connect(lambda crop: studio.set_crop(self._source_id, crop))

    def show_source(self, source_id: str) -> None:
        """Shows the faces of a source; hidden for what shows none."""
        project = self._studio.project
        source = project.document.source(source_id)
        self._source_id = source_id
        if source is None or source.media is None:
            self.show_file(None, None, None)
            return
        path, params = source_path(source, project.folder), source.params
        if self._is_portrait and isinstance(params, ClipParams | PortraitParams):
            self.show_file(path, project.document.avatar.face, params.crop)
        elif not self._is_portrait and isinstance(params, ClipParams):
            self.show_file(path, params.face, params.crop)
        else:
            self.show_file(None, None, None)

    def _on_face(self, number: int) -> None:
        if self._is_portrait:
            self._studio.set_face(number)
        else:
            self._studio.set_clip_face(self._source_id, number)

"""What a person does to the selected strips by a menu: each call is one undoable step."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.base.progress import Progress
from core.media.loudness import SPEECH_LUFS, integrated_loudness
from core.motion.clip_end import ClipEnd
from core.session.bank import source_path
from core.timeline import edits
from core.timeline.document import Document
from core.timeline.strip import AudioStrip, Blend, Strip
from studio.controller.curve_verbs import CurveVerbs

_MAX_GAIN_DB = 24.0


class StripVerbs(CurveVerbs):
    """Edits of strips as a whole; they do nothing where no strip is selected."""

    @property
    def selected_strips(self) -> tuple[Strip, ...]:
        """The selected strips of factor tracks."""
        chosen = self._selection.strips
        return tuple(
            s for track in self._project.document.tracks for s in track.strips if s.id in chosen
        )

    @property
    def selected_sounds(self) -> tuple[AudioStrip, ...]:
        """The selected strips of the audio track."""
        chosen = self._selection.strips
        return tuple(s for s in self._project.document.audio.strips if s.id in chosen)

    def fit_to_audio(self) -> None:
        """Stretches the selected strips over the sound that they lie under, by their speed."""
        sounds = self._project.document.audio.strips

        def fit(document: Document, strip: Strip) -> Document:
            sound = max(sounds, key=lambda s: min(s.stop, strip.stop) - max(s.start, strip.start))
            return edits.fit_strip(document, strip.id, sound.start, sound.stop)

        if sounds:
            self._each("Fit to audio", fit)

    def set_speed(self, speed: float) -> None:
        """Sets the speed of the selected strips; they keep their stretch of the source."""
        self._each("Speed", lambda d, s: edits.set_speed(d, s.id, speed))

    def set_clip_end(self, end: ClipEnd) -> None:
        """Sets what the selected strips show after their source has ended."""
        self._change("Clip end", lambda s: replace(s, clip_end=end))

    def set_blend(self, blend: Blend) -> None:
        """Lets the selected strips replace what lies below them, or add to it."""
        self._change("Blend", lambda s: replace(s, blend=blend))

    def mirror_strips(self) -> None:
        """Swaps left and right in the selected strips."""
        self._change("Mirror strip", lambda s: replace(s, mirror=not s.mirror))

    def set_crossfade(self, n_frames: int) -> None:
        """Lets the selected strips come in over so many frames, over the strip before them."""
        self._each("Crossfade", lambda d, s: edits.set_crossfade(d, s.id, n_frames))

    def toggle_strip_mute(self) -> None:
        """Leaves the selected strips out, or lets them count again."""
        strips: list[Strip | AudioStrip] = [*self.selected_strips, *self.selected_sounds]
        is_muted = not all(strip.is_muted for strip in strips)
        self._edit_all(
            "Mute strip",
            lambda s: replace(s, is_muted=is_muted),
            lambda s: replace(s, is_muted=is_muted),
        )

    def normalise(self) -> None:
        """Sets the gain of the selected sounds so that they are as loud as speech usually is."""
        for strip in self.selected_sounds:
            source = self._project.document.source(strip.source_id)
            if source is not None:
                path = source_path(source, self._project.folder)
                self._normalise(strip.id, path)

    def _normalise(self, strip_id: str, path: Path) -> None:
        def work(progress: Progress) -> float | None:
            return integrated_loudness(path, progress)

        def done(lufs: float | None) -> None:
            if lufs is None:
                self._project.message.emit(f"“{path.name}” is silent: its gain stays.")
                return
            gain = min(max(round(SPEECH_LUFS - lufs, 1), -_MAX_GAIN_DB), _MAX_GAIN_DB)
            if any(s.id == strip_id for s in self._project.document.audio.strips):
                self._project.edit(
                    "Normalise",
                    lambda d: edits.edit_audio_strip(
                        d, strip_id, lambda s: replace(s, gain_db=gain)
                    ),
                )

        self._project.disk.run("Measuring loudness", work, done)

    # --- inside --------------------------------------------------------------------------------

    def _each(self, label: str, change: Callable[[Document, Strip], Document]) -> None:
        strips = self.selected_strips

        def apply(document: Document) -> Document:
            for strip in strips:
                document = change(document, strip)
            return document

        if strips:
            self._project.edit(label, apply)

    def _change(self, label: str, change: Callable[[Strip], Strip]) -> None:
        self._each(label, lambda d, s: edits.edit_strip(d, s.id, change))

    def _edit_all(
        self,
        label: str,
        change: Callable[[Strip], Strip],
        change_sound: Callable[[AudioStrip], AudioStrip],
    ) -> None:
        strips, sounds = self.selected_strips, self.selected_sounds

        def apply(document: Document) -> Document:
            for strip in strips:
                document = edits.edit_strip(document, strip.id, change)
            for sound in sounds:
                document = edits.edit_audio_strip(document, sound.id, change_sound)
            return document

        if strips or sounds:
            self._project.edit(label, apply)

"""The studio: everything the window shows and does, tied together."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.base.controls import Factor
from core.base.errors import MediaError, StudioError
from core.base.progress import Progress
from core.engines.registry import list_engines
from core.timeline.document import Document, ViewSettings
from core.timeline.project_edits import set_avatar, set_engine
from core.timeline.source import AudioParams, ClipParams, CropBox, PortraitParams, Source
from studio.controller import assembly
from studio.controller.actions import Actions
from studio.controller.activity import Activity
from studio.controller.assembly import PLAINLY, Arrival, ClipUse
from studio.controller.conditions import conditions_of
from studio.controller.engine_link import EngineLink, HostFactory
from studio.controller.exports import ExportQueue
from studio.controller.faces import Faces
from studio.controller.importer import Imported, take_in
from studio.controller.library import PRESET_PREFIX, Library
from studio.controller.playback import Playback
from studio.controller.playhead import Playhead
from studio.controller.preview import Preview
from studio.controller.project import Project
from studio.controller.recorder import Recorder
from studio.controller.selection import Selection
from studio.controller.verbs import Verbs
from studio.services.audio_output import OutputFactory, open_output
from studio.services.pool import Pool
from studio.services.settings import Settings

Change = Callable[[Document], Document]


class Studio(QObject):
    """Made once per window, on the main thread. Close it before the application ends.

    Args:
        host_factory: Makes the engine host; a process of its own when None.
        settings: The user's settings when None.
        unsaved: Folder of sessions without a name; the user's own when None.
        output_factory: Opens the sound device.

    Attributes:
        settings: What is remembered between runs.
        pool: Threads for blocking work.
        activity: Running tasks, for the status bar.
        project: Document, history and session.
        selection: What is selected, focused and armed.
        playhead: The shown frame.
        engine: The wire to the engine.
        preview: Pictures of the document.
        playback: Playing with sound.
        library: The document's sources, with thumbnails.
        faces: Whose face can be chosen in a picture or clip.
        jobs: Films that are written in the background.
        recorder: Live takes.
        verbs: What menus do to the selection.
        actions: All commands with their keys.
    """

    message = Signal(str)
    """One sentence for the status bar."""
    failed = Signal(str)
    """One sentence: something that was asked for could not be done."""
    imported = Signal(object)
    """tuple[str, …]: ids of the sources that an import brought."""

    def __init__(
        self,
        host_factory: HostFactory | None = None,
        settings: Settings | None = None,
        unsaved: Path | None = None,
        output_factory: OutputFactory = open_output,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.settings = settings or Settings(parent=self)
        self.pool = Pool(parent=self)
        self.activity = Activity(self)
        self.project = Project(self.settings, self.pool, self.activity, unsaved, self)
        self.selection = Selection(self.project, self)
        self.playhead = Playhead(self.project, self.settings, self)
        self.engine = (
            EngineLink(parent=self) if host_factory is None else EngineLink(host_factory, self)
        )
        self.preview = Preview(
            self.project,
            self.playhead,
            self.engine,
            self.activity,
            self.pool,
            self.settings,
            self,
        )
        self.playback = Playback(
            self.project,
            self.playhead,
            self.preview,
            self.pool,
            self.settings,
            output_factory,
            self,
        )
        self.library = Library(self.project, self.pool, self)
        self.faces = Faces(self.engine, self)
        self.jobs = ExportQueue(self.project, self.engine, self.preview, self.activity, self)
        self.recorder = Recorder(
            self.project,
            self.selection,
            self.playhead,
            self.playback,
            self.preview,
            self.settings,
            self,
        )
        self.verbs = Verbs(self.project, self.selection, self.playhead, self.preview, self)
        self.actions = Actions(self, self.settings, conditions_of(self), self)
        self._is_closed = False
        self.project.picture = lambda: self.preview.shown
        self._pass_on_messages()
        self._pass_on_states()

    # --- what is animated ----------------------------------------------------------------------

    def set_portrait(self, path: Path) -> None:
        """Copies a picture or clip into the session and animates it; one step."""

        def change(document: Document, arrival: Arrival) -> Document:
            if not arrival.has_pictures:
                raise MediaError(f"“{path.name}” shows no picture: choose a portrait or a clip.")
            return assembly.use_portrait(document, arrival)

        self._bring("Set portrait", [path], lambda d, arrivals: change(d, arrivals[0]))

    def set_portrait_source(self, source_id: str) -> None:
        """Animates a portrait or clip of the library; one step."""
        source = self.project.document.source(source_id)
        if source is None or source.media is None:
            return
        if isinstance(source.params, PortraitParams):
            self._edit_avatar("Set portrait", source_id=source_id, face=None)
        elif isinstance(source.params, ClipParams):

            def change(document: Document) -> Document:
                new_id = next(document.new_ids("portrait"))
                portrait = Source(new_id, source.name, PortraitParams(), source.media)
                document = replace(document, sources=(*document.sources, portrait))
                avatar = replace(document.avatar, source_id=new_id, face=None)
                return set_avatar(document, avatar)

            self.project.edit("Set portrait", change)

    def set_face(self, face: int | None) -> None:
        """Chooses which face of the portrait is animated, largest first; None is the largest."""
        self._edit_avatar("Choose face", face=face)

    def set_crop(self, source_id: str, crop: CropBox | None) -> None:
        """Says where in a clip's or portrait's pictures the face is looked for; one step."""
        label = "Crop by hand" if crop else "Look everywhere"
        self.project.edit(label, lambda d: assembly.with_crop(d, source_id, crop))

    def set_clip_face(self, source_id: str, face: int | None) -> None:
        """Chooses which face of a clip is followed, largest first; one step."""
        self.project.edit("Choose face", lambda d: assembly.with_clip_face(d, source_id, face))

    def set_engine(self, name: str) -> None:
        """Chooses the engine; one step. One that lacks weights says so by `preview.reason`."""
        self.project.edit("Choose engine", lambda document: set_engine(document, name))

    def set_view(self, mode: str, size: int | None) -> None:
        """Chooses the face crop (`face`) or the whole portrait (`full`) and its size; one step."""
        view = replace(self.project.document.avatar.view, mode=mode, size=size)
        self._edit_avatar("Set picture", view=view)

    # --- media ---------------------------------------------------------------------------------

    def set_audio(self, path: Path) -> None:
        """Puts a recording on the whole audio track and gives the document its length; one step.

        Lips that spoke another recording speak this one.
        """

        def change(document: Document, arrivals: Sequence[Arrival]) -> Document:
            return assembly.use_sound(document, assembly.with_sound(arrivals[0]))

        self._bring("Set sound", [path], change)

    def import_media(
        self, paths: Sequence[Path], factors: Collection[Factor] | None = None
    ) -> None:
        """Takes files into the library: portraits, sound, clips, Live Link Face CSV; one step.

        Args:
            paths: Dropped files, or folders of numbered pictures.
            factors: Tracks on which clips are laid at the playhead; None lays nothing, except
                that the first portrait and the first sound of an empty project are used.
        """
        frame = self.playhead.frame

        def change(document: Document, arrivals: Sequence[Arrival]) -> Document:
            for arrival in arrivals:
                document = assembly.with_arrival(document, arrival, factors, frame)
            return document

        self._bring("Import", paths, change)

    def drop_clip(
        self, path: Path, factors: Collection[Factor], frame: int, use: ClipUse = PLAINLY
    ) -> None:
        """Takes a clip in and lays it at `frame` on the tracks of `factors` only; one step."""

        def change(document: Document, arrivals: Sequence[Arrival]) -> Document:
            arrival = arrivals[0]
            if not arrival.gives_motion:
                raise MediaError(
                    f"“{path.name}” shows no face to take motion from: drop it on the Audio track."
                )
            document, clip_id = assembly.with_source(
                document, arrival, assembly.clip_params(arrival, use)
            )
            document = assembly.lay_motion(
                document, clip_id, arrival.length_s, factors, frame, use.style
            )
            if use.with_audio and arrival.sound_s is not None:
                document, audio_id = assembly.with_source(document, arrival, AudioParams())
                document = assembly.lay_sound(document, audio_id, arrival.sound_s, frame)
            return document

        self._bring("Drop clip", [path], change)

    def drop_audio(self, path: Path, frame: int) -> None:
        """Takes a recording in and lays it at `frame` of the audio track; one step."""

        def change(document: Document, arrivals: Sequence[Arrival]) -> Document:
            arrival = assembly.with_sound(arrivals[0])
            document, audio_id = assembly.with_source(document, arrival, AudioParams())
            return assembly.lay_sound(document, audio_id, arrival.sound_s or 0.0, frame)

        self._bring("Drop sound", [path], change)

    def drop_source(
        self, item_id: str, factors: Collection[Factor], frame: int, use: ClipUse = PLAINLY
    ) -> None:
        """Lays an entry of the library at `frame` on the tracks of `factors`; one step.

        Sound goes to the audio track whatever the factors, presets to Expression.
        """
        if item_id.startswith(PRESET_PREFIX):
            self.apply_preset(item_id.removeprefix(PRESET_PREFIX), frame)
            return
        source = self.project.document.source(item_id)
        if source is None:
            return
        seconds = self.library.seconds(item_id)

        def change(document: Document) -> Document:
            if isinstance(source.params, AudioParams):
                return assembly.lay_sound(document, item_id, seconds or 1.0, frame)
            document, used = assembly.used_source(document, source, use)
            length_s = assembly.length_of(used, seconds, document.rate, document.n_frames)
            return assembly.lay_motion(document, used.id, length_s, factors, frame, use.style)

        self.project.edit("Drop", change)

    # --- motion --------------------------------------------------------------------------------

    def generate_preview(self) -> None:
        """Fills Lips from the sound and only empty tracks with generated strips; one step."""
        is_moving = self.preview.avatar.is_moving
        change = assembly.speak if is_moving else assembly.generate
        if not self.project.edit("Generate preview", change):
            self.message.emit("Every track has motion already: clear one to generate it anew.")

    def apply_preset(self, emotion: str, frame: int | None = None) -> None:
        """Lays an emotion on the Expression track, from `frame` or over the range; one step."""
        span = self.playhead.range
        rate = self.project.document.rate
        start = span.start if frame is None else max(frame, 0)
        n_frames = len(span) if frame is None else max(1, round(assembly.PRESET_S * rate))
        self.project.edit(
            f"{emotion.capitalize()} preset",
            lambda d: assembly.lay_preset(d, emotion, start, n_frames),
        )

    # --- switches ------------------------------------------------------------------------------

    def toggle_loop(self) -> None:
        """Loops or no longer."""
        self.playhead.set_looping(not self.playhead.is_looping)

    def toggle_snap(self) -> None:
        """Snaps while dragging or no longer."""
        self.settings.set("snap", not self.settings.get("snap"))

    def toggle_auto_key(self) -> None:
        """Writes keys on every change of a value or no longer."""
        self.settings.set("auto_key", not self.settings.get("auto_key"))

    def toggle_scrub_sound(self) -> None:
        """Lets the sound be heard while scrubbing or no longer."""
        self.settings.set("scrub_sound", not self.settings.get("scrub_sound"))

    @property
    def engines(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """(name, title, weights it needs) of every engine, for the engine chooser."""
        return tuple((spec.name, spec.title, spec.needs) for spec in list_engines())

    def close(self) -> None:
        """Ends playback, engine and threads, in this order; closing again does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self.recorder.close()
        self.playback.close()
        self.preview.close()
        self.jobs.close()
        self.engine.close()
        self.project.disk.cancel()
        self.pool.close()
        self.project.close()
        self.settings.sync()

    # --- inside --------------------------------------------------------------------------------

    def _edit_avatar(self, label: str, **changes: str | int | ViewSettings | None) -> None:
        self.project.edit(
            label,
            lambda d: set_avatar(d, replace(d.avatar, **changes)),  # type: ignore[arg-type]
        )

    def _bring(
        self,
        label: str,
        paths: Sequence[Path],
        change: Callable[[Document, Sequence[Arrival]], Document],
    ) -> None:
        """Takes files in beside the main thread, then makes one step of what they change."""
        is_linked = self.settings.get("link_media")

        def work(progress: Progress) -> Imported:
            return take_in(paths, self.project.folder, link=is_linked, progress=progress)

        def done(result: Imported) -> None:
            for sentence in result.failures:
                self.failed.emit(sentence)
            if not result.arrivals:
                return
            before = {source.id for source in self.project.document.sources}
            try:
                document = change(self.project.document, result.arrivals)
            except StudioError as error:
                self.failed.emit(str(error))
                return
            self.project.apply(label, document)
            new = tuple(s.id for s in document.sources if s.id not in before)
            self.imported.emit(new)

        self.project.disk.run(label, work, done)

    def _pass_on_messages(self) -> None:
        self.project.message.connect(self.message)
        self.project.failed.connect(self.failed)
        self.preview.message.connect(self.message)
        self.activity.noted.connect(self.message)
        self.playback.message.connect(self.message)
        self.jobs.failed.connect(lambda _, reason: self.failed.emit(reason))
        self.recorder.message.connect(self.message)

    def _pass_on_states(self) -> None:
        """Whatever may enable a command or switch it on."""
        for signal in (
            self.project.document_changed,
            self.project.history_changed,
            self.selection.changed,
            self.selection.armed_changed,
            self.playhead.playing_changed,
            self.playhead.range_changed,
            self.settings.changed,
            self.verbs.clipboard_changed,
            self.verbs.links_changed,
            self.recorder.phase_changed,
            self.library.changed,
        ):
            signal.connect(self.actions.state_changed)
        self.playhead.scrubbed.connect(self._on_scrubbed)
        self.jobs.changed.connect(self._on_jobs_changed)

    def _on_scrubbed(self, frame: int) -> None:
        if self.settings.get("scrub_sound") and not self.playhead.is_playing:
            self.playback.scrub_sound(frame)

    def _on_jobs_changed(self) -> None:
        self.preview.is_held = self.jobs.is_running
